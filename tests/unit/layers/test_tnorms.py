import math

import pytest

from pishield_cli.errors import RequirementError, ShapeError, UsageError
from pishield_cli.language import parse_requirements

torch = pytest.importorskip("torch")
layers = pytest.importorskip("pishield_cli.layers", exc_type=ImportError)

RULES = "c0 0 :- 1 n2\nc1 1 :- 0\nc2 n2 :- 0 n1 3\n"
WITHOUT_IDENTIFIERS = "0 :- 1 n2\n1 :- 0\nn2 :- 0 n1 3\n"
CLAUSES = "y_0 or not y_1 or y_2\ny_1 or not y_0\nnot y_2 or not y_0 or y_1 or not y_3\n"
TRUTHS = {
    "godel": max,
    "product": lambda truths: 1 - math.prod(1 - truth for truth in truths),
    "lukasiewicz": lambda truths: min(1.0, sum(truths)),
}


def by_definition(tnorm, rows):
    """One minus the mean truth, clause by clause, from the clauses as written above."""
    total = 0.0
    for a, b, c, d in rows:
        clauses = [[a, 1 - b, c], [b, 1 - a], [1 - c, 1 - a, b, 1 - d]]
        total += sum(TRUTHS[tnorm](clause) for clause in clauses)
    return 1 - total / (3 * len(rows))


@pytest.mark.parametrize("text", [RULES, WITHOUT_IDENTIFIERS, CLAUSES])
@pytest.mark.parametrize("tnorm", list(TRUTHS))
def test_the_loss_is_one_minus_the_mean_truth(text, tnorm):
    z = torch.rand(20, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    loss = layers.TNormLoss(parse_requirements(text), 4, tnorm)
    assert loss(z).item() == pytest.approx(by_definition(tnorm, z.tolist()), abs=1e-12)
    assert loss(z.view(4, 5, 4)).item() == pytest.approx(loss(z).item(), abs=1e-12)


@pytest.mark.parametrize("tnorm", list(TRUTHS))
def test_its_gradient_is_right_and_zero_where_all_is_true(tnorm):
    loss = layers.TNormLoss(parse_requirements(CLAUSES), 4, tnorm)
    z = torch.rand(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(loss, (z.requires_grad_(),), eps=1e-8, atol=1e-5)
    assert loss(torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0]])).item() == 0.0


def test_an_empty_batch_loses_nothing():
    z = torch.zeros(0, 4, requires_grad=True)
    loss = layers.TNormLoss(parse_requirements(CLAUSES), 4)(z)
    loss.backward()
    assert loss.item() == 0.0


def test_what_it_refuses():
    with pytest.raises(UsageError, match="godel, product, lukasiewicz"):
        layers.TNormLoss(parse_requirements(CLAUSES), 4, "goedel")
    with pytest.raises(UsageError, match="linear"):
        layers.TNormLoss(parse_requirements("y_0 >= 1"), 4)
    with pytest.raises(RequirementError):
        layers.TNormLoss(parse_requirements(CLAUSES), 3)
    with pytest.raises(ShapeError, match=r"\(2, 5\)"):
        layers.TNormLoss(parse_requirements(CLAUSES), 4)(torch.rand(2, 5))
