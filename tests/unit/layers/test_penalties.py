from fractions import Fraction

import pytest

from pishield_cli.errors import ShapeError
from pishield_cli.language import parse_requirements

torch = pytest.importorskip("torch")
layers = pytest.importorskip("pishield_cli.layers", exc_type=ImportError)

TEXTS = [
    "y_0 <= y_1\n2y_1 + y_2 >= 3\ny_0 == y_2",
    "y_0 >= 3 or y_0 <= -3\nif y_0 > 0 then y_1 >= 2 * y_0\nnot (y_1 > 1 and y_2 > 1)",
    "y_0 or not y_1\ny_0 iff y_2",
]


def by_definition(requirements, columns, row):
    """Sum over requirements of max over clauses of min over literals, in fractions."""
    values = {name: Fraction(value) for name, value in zip(columns, row, strict=True)}
    total = Fraction(0)
    for one in requirements.requirements:
        worst = Fraction(0)
        for clause in one.clauses:
            short = []
            for literal in clause.as_inequalities():
                left = sum(coefficient * values[name] for name, coefficient in literal.terms)
                short.append(max(Fraction(0), literal.constant - left))
            worst = max(worst, min(short))
        total += worst
    return float(total)


@pytest.mark.parametrize("text", TEXTS)
def test_the_penalty_is_the_violation_as_defined(text):
    requirements = parse_requirements(text)
    z = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 4
    penalty = layers.ViolationPenalty(requirements, 3)
    expected = [by_definition(requirements, penalty.columns, row) for row in z.tolist()]
    assert penalty.of_rows(z).tolist() == pytest.approx(expected, abs=1e-12)
    assert penalty(z).item() == pytest.approx(sum(expected) / 20, abs=1e-12)
    assert layers.violation_penalty(z, requirements, 3).item() == penalty(z).item()
    assert penalty.of_rows(z.view(4, 5, 3)).shape == (4, 5)
    z.requires_grad_()
    assert torch.autograd.gradcheck(penalty, (z,), eps=1e-8, atol=1e-5)


def test_shielded_values_have_no_penalty():
    requirements = parse_requirements(TEXTS[1])
    y = layers.Shield(requirements, 3)(torch.randn(50, 3, dtype=torch.float64))
    assert layers.violation_penalty(y, requirements, 3).item() == 0.0


def test_the_infeasibility_and_its_gradient():
    shield = layers.Shield(parse_requirements("y_0 <= y_1"), 2)
    z = torch.tensor([[3.0, 1.0], [0.0, 1.0]], requires_grad=True)
    loss = layers.infeasibility(z, shield)
    loss.backward()
    assert loss.item() == pytest.approx((1.0 - 3.0) ** 2 / 4 / 2)
    assert torch.allclose(z.grad, (z - shield(z)).detach() / 4)


def test_empty_batches_cost_nothing():
    empty = torch.zeros(0, 3, requires_grad=True)
    requirements = parse_requirements(TEXTS[0])
    loss = layers.infeasibility(empty, layers.Shield(requirements, 3))
    loss = loss + layers.violation_penalty(empty, requirements, 3)
    loss.backward()
    assert loss.item() == 0.0


def test_nothing_required_costs_nothing():
    assert layers.violation_penalty(torch.ones(2, 1), parse_requirements("y_0 >= y_0"), 1) == 0


def test_a_wrong_width_is_an_error():
    with pytest.raises(ShapeError, match=r"\(2, 5\)"):
        layers.violation_penalty(torch.ones(2, 5), parse_requirements(TEXTS[0]), 3)
