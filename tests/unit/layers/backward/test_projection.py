import pytest
import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.shield import Shield


def test_is_the_formula_row_by_row(case, normal, handed, active_rows):
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward="projection")
    z, g = normal(200, columns, 3), normal(200, columns)
    y, r = handed(shield, z, g)
    for place, rows in enumerate(active_rows(text, columns, y)):
        gram = torch.linalg.pinv(rows @ rows.T, rtol=1e-10, hermitian=True)
        expected = g[place] - rows.T @ (gram @ (rows @ g[place]))
        assert torch.allclose(r[place], expected, atol=1e-9, rtol=0)


def test_nothing_is_left_across_active_rows(case, normal, handed, active_rows):
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward="projection")
    y, r = handed(shield, normal(100, columns, 3), normal(100, columns))
    for place, rows in enumerate(active_rows(text, columns, y)):
        assert torch.allclose(rows @ r[place], torch.zeros(len(rows)).double(), atol=1e-10)


def test_single_precision_agrees_with_double(case, normal, handed):
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward="projection")
    z, g = normal(100, columns, 3).round(), normal(100, columns)
    double, single = handed(shield, z, g)[1], handed(shield, z.float(), g.float())[1]
    assert single.dtype == torch.float32
    assert torch.allclose(single.double(), double, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(dtype, handed):
    shield = Shield(parse_requirements("y_0 + y_1 >= 0"), 2, backward="projection")
    z = torch.tensor([[-1.0, 0.5], [1.0, 1.0]], dtype=dtype)
    y, r = handed(shield, z, torch.ones_like(z))
    assert r.dtype == y.dtype == dtype
    assert r.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_strict_bound_is_active_within_its_gap(handed):
    shield = Shield(parse_requirements("y_1 > y_0"), 2, backward="projection")
    for dtype in (torch.float32, torch.float64):
        z = torch.tensor([[3.0, 1.0], [0.0, 0.0], [0.0, 5.0]], dtype=dtype)
        g = torch.tensor([[1.0, 0.0]] * 3, dtype=dtype)
        expected = torch.tensor([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]], dtype=dtype)
        assert torch.allclose(handed(shield, z, g)[1], expected)


def test_over_a_disjunction_the_part_that_the_row_is_in_counts(handed):
    shield = Shield(parse_requirements("y_0 <= -5 or y_1 >= 2"), 2, backward="projection")
    z = torch.tensor([[-4.5, 0.0], [0.0, 1.5], [-9.0, 0.0], [0.0, 9.0]]).double()
    r = handed(shield, z, torch.ones_like(z))[1]
    # The second variable is corrected last: it rises to 2, wherever the first is.
    assert r.tolist() == [[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]


def test_fixed_columns_keep_their_gradient(handed):
    requirements = parse_requirements("y_1 >= y_0")
    shield = Shield(requirements, 2, backward="projection", fixed=["y_0"])
    z = torch.tensor([[3.0, 1.0]]).double()
    assert handed(shield, z, torch.ones_like(z))[1].tolist() == [[1.0, 0.0]]
