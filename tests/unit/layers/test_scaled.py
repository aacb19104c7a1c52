import pytest
import torch

from pishield_cli.errors import ShapeError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.backward import BACKWARDS
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.scaled import ScaledShield
from pishield_cli.layers.shield import Shield

TEXT = "y_1 >= 3y_0\ny_2 >= y_1 + 1\ny_2 <= 10"
MEAN, SCALE = torch.tensor([1.0, 2.0, 4.0]).double(), torch.tensor([2.0, 8.0, 0.25]).double()


def standardised(text):
    """The same requirements, written for standardised values; all numbers are short binaries."""
    A, b, _ = Shield(parse_requirements(text), 3).matrix()
    lines = []
    for row, bound in zip(A * SCALE, b - A @ MEAN, strict=True):
        terms = [f"{value.item()}y_{i}" for i, value in enumerate(row) if value]
        lines.append(" + ".join(terms).replace("+ -", "- ") + f" >= {bound.item()}")
    return "\n".join(lines)


def normal(rows):
    generator = torch.Generator().manual_seed(5)
    return torch.randn(rows, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("kind", [Shield, NearestShield])
@pytest.mark.parametrize("rule", sorted(set(BACKWARDS) - {"masked"}))
def test_is_the_shield_of_the_rewritten_requirements(kind, rule):
    if kind is NearestShield and rule in {"clamp", "routed"}:
        rule = "one_sided"
    scaled = ScaledShield(kind(parse_requirements(TEXT), 3, backward=rule), MEAN, SCALE)
    plain = kind(parse_requirements(standardised(TEXT)), 3, backward=rule)
    h, g = normal(80).requires_grad_(), normal(80).flip(0)
    out, expected = scaled(h), plain(h)
    assert torch.allclose(out.standard, expected)
    (r,) = torch.autograd.grad(out.standard, h, g, retain_graph=True)
    assert torch.allclose(r, torch.autograd.grad(expected, h, g)[0], atol=1e-9)
    # The table's values carry the same gradient, in their own units.
    assert torch.allclose(r, torch.autograd.grad(out.table, h, g / SCALE)[0])


def test_the_table_is_the_corrections_bit_for_bit():
    shield = Shield(parse_requirements(TEXT), 3, backward="projection")
    h = normal(50)
    out = ScaledShield(shield, MEAN, SCALE)(h)
    assert torch.equal(out.table, shield.clip(h * SCALE + MEAN))


def test_values_that_stay_keep_their_bits():
    shield = ScaledShield(Shield(parse_requirements("y_0 <= y_1"), 3), [0.1] * 3, [0.3] * 3)
    h = torch.tensor([[0.7, 0.9, 0.123456789]]).double()
    assert torch.equal(shield(h).standard, h)


def test_weights_count_standardised_steps():
    requirements = parse_requirements("y_0 + y_1 >= 8")
    weights = torch.tensor([1.0, 2.0, 1.0])
    shield = NearestShield(requirements, 3, weights=weights)
    scaled = ScaledShield(shield, [0.0] * 3, [2.0, 1.0, 1.0])
    # Least h_0**2 + (2 h_1)**2 with 2 h_0 + h_1 >= 8.
    h = scaled(torch.zeros(1, 3).double()).standard[0, :2]
    assert torch.allclose(h * 17, torch.tensor([64.0, 8.0]).double())


def test_targets_reach_the_masked_rule():
    shield = Shield(parse_requirements("y_1 >= y_0"), 2, backward="masked")
    scaled = ScaledShield(shield, [1.0, 1.0], [2.0, 2.0])
    h, t = torch.tensor([[3.0, 0.0]]), torch.tensor([[1.0, 2.0]])
    assert scaled(h, t).standard.tolist() == [[3.0, 3.0]]


@pytest.mark.parametrize(("mean", "scale"), [([0.0], [1.0] * 3), ([0.0] * 3, [1.0, 0.0, 1.0])])
def test_wrong_units_are_refused(mean, scale):
    with pytest.raises(ShapeError):
        ScaledShield(Shield(parse_requirements(TEXT), 3), mean, scale)
