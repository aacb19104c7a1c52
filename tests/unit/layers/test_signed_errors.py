import pytest
import torch

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import Shield, SignedErrors

RULES = parse_requirements("b >= a\nc <= 9")
COLUMNS = ["a", "b", "c"]


@pytest.mark.parametrize("bounded", [True, False])
def test_it_is_the_squared_error_where_nothing_moves(bounded):
    y = torch.tensor([[1.0, 2.0, 3.0]])
    targets = torch.tensor([[0.0, 5.0, 1.0]])
    errors = SignedErrors(RULES, COLUMNS, bounded=bounded)
    assert errors.of_cells(y, y, targets).tolist() == [[1.0, 9.0, 4.0]]
    assert float(errors(y, y, targets)) == pytest.approx(14 / 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_was_moved_against_its_mask_counts_below_zero(dtype):
    z = torch.tensor([[3.0, 1.0, 0.0]], dtype=dtype)
    y = Shield(RULES, COLUMNS)(z)
    # a, at 3, is 2 too low, and carries b, at 3, 1 above its target.
    targets = torch.tensor([[5.0, 2.0, 0.0]], dtype=dtype)
    assert SignedErrors(RULES, COLUMNS, bounded=False).of_cells(z, y, targets).tolist() == [
        [4.0, -1.0, 0.0]
    ]
    assert SignedErrors(RULES, COLUMNS).of_cells(z, y, targets).tolist() == [[4.0, -0.5, 0.0]]


def test_only_linear_requirements_have_such_signs():
    with pytest.raises(UsageError, match="linear"):
        SignedErrors(parse_requirements("a >= 1 or b >= 1"), ["a", "b"])
