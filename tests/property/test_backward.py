"""Laws of the backward rules, over random convex requirements.

The law: with z raw, y corrected, g the gradient of y, r what a rule hands to z, and t feasible,
`(z - t).r >= (y - t).g`.
"""

from dataclasses import dataclass

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from pishield_cli.errors import ContradictionError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.backward import BACKWARDS, Cone, OneSided, Routed
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.shield import Shield
from tests.laws import examples

ROWS = 24
TOLERANCE = 1e-9
QUICK = examples(40)


@dataclass(frozen=True)
class Sample:
    """Requirements over `columns` columns, raw values and feasible targets."""

    text: str
    columns: int
    z: Tensor
    noise: Tensor


@st.composite
def samples(draw: st.DrawFn, *, strict: bool = False) -> Sample:
    """Files that a whole point satisfies, so that most have many more; and values around it."""
    columns = draw(st.integers(2, 6))
    point = draw(st.lists(st.integers(-3, 3), min_size=columns, max_size=columns))
    relations = [">=", ">=", ">=", ">=", "==", *([">"] if strict else [])]
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        size = draw(st.integers(1, min(4, columns)))
        named = draw(st.permutations(range(columns)))[:size]
        factors = [draw(st.sampled_from([-3, -2, -1, 1, 2, 3])) for _ in named]
        value = sum(factor * point[name] for factor, name in zip(factors, named, strict=True))
        relation = draw(st.sampled_from(relations))
        slack = 0 if relation == "==" else draw(st.integers(0, 3)) + (relation == ">")
        terms = " + ".join(f"{f}y_{name}" for f, name in zip(factors, named, strict=True))
        lines.append(f"{terms.replace('+ -', '- ')} {relation} {value - slack}")
    order = draw(st.permutations(range(columns)))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    z = torch.randn(ROWS, columns, generator=generator, dtype=torch.float64) * 4
    noise = torch.randn(ROWS, columns, generator=generator, dtype=torch.float64)
    ordering = "ordering " + " ".join(f"y_{name}" for name in order)
    return Sample("\n".join([ordering, *lines]), columns, z + torch.tensor(point), noise)


def shield_of(sample: Sample, kind: type = Shield, **options: object) -> Shield | NearestShield:
    try:
        return kind(parse_requirements(sample.text), sample.columns, **options)
    except ContradictionError:
        assume(False)
        raise


def handed(shield: Shield | NearestShield, z: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """Corrected values, and what the rule hands to the raw ones."""
    z = z.clone().requires_grad_()
    y = shield(z)
    (r,) = torch.autograd.grad(y, z, g)
    return y.detach(), r


def gradients(y: Tensor, t: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """Gradients of losses at y, and one that is of none."""
    error = y - t
    return {
        "squared": error,
        "absolute": error.sign(),
        "huber": error.clamp(-1, 1),
        "quartic": error**3,
        "any": noise,
    }


def assert_law(
    rows: tuple[Tensor, Tensor, Tensor], g: Tensor, r: Tensor, factor: Tensor | float = 1.0
) -> None:
    """That the law holds for every row with every target, its right side times a factor."""
    z, y, t = rows
    left = (z * r).sum(1, keepdim=True) - r @ t.T
    right = ((y * g).sum(1, keepdim=True) - g @ t.T) * factor
    parts = (z * r).abs().sum(1, keepdim=True) + r.abs() @ t.T.abs()
    parts = parts + (y * g).abs().sum(1, keepdim=True) + g.abs() @ t.T.abs()
    assert bool((left - right >= -TOLERANCE * (1 + parts)).all())


@QUICK
@given(samples(strict=True))
def test_routed_keeps_the_law_for_any_gradient(sample: Sample) -> None:
    shield = shield_of(sample, backward="routed")
    t, y = shield.clip(sample.noise * 5), shield.clip(sample.z)
    for g in gradients(y, t, sample.noise).values():
        _, r = handed(shield, sample.z, g)
        assert_law((sample.z, y, t), g, r)


@QUICK
@given(samples(strict=True))
def test_the_cap_shortens_but_does_not_turn(sample: Sample) -> None:
    shield = shield_of(sample, backward=Routed(cap=True))
    t, y = shield.clip(sample.noise * 5), shield.clip(sample.z)
    for g in gradients(y, t, sample.noise).values():
        _, whole = handed(shield_of(sample, backward="routed"), sample.z, g)
        _, r = handed(shield, sample.z, g)
        lengths = g.norm(dim=1, keepdim=True), whole.norm(dim=1, keepdim=True)
        factor = torch.where(lengths[1] > lengths[0], lengths[0] / lengths[1], 1.0)
        assert torch.allclose(r, whole * factor)
        assert bool((r.norm(dim=1) <= g.norm(dim=1) * (1 + 1e-12)).all())
        assert_law((sample.z, y, t), g, r, factor)


@pytest.mark.parametrize("rule", [OneSided(), Cone()])
@QUICK
@given(sample=samples(strict=True))
def test_the_nearest_point_keeps_the_law_for_any_gradient(rule: object, sample: Sample) -> None:
    shield = shield_of(sample, NearestShield, backward=rule)
    t, y = shield.clip(sample.noise * 5), shield.clip(sample.z)
    for g in gradients(y, t, sample.noise).values():
        _, r = handed(shield, sample.z, g)
        assert_law((sample.z, y, t), g, r)


@QUICK
@given(samples())
def test_one_sided_is_straight_through_under_squared_error(sample: Sample) -> None:
    shield = shield_of(sample, NearestShield)
    g = shield.clip(sample.z) - shield.clip(sample.noise * 5)
    assert torch.allclose(handed(shield, sample.z, g)[1], g, atol=1e-8)


@pytest.mark.parametrize("name", sorted(BACKWARDS))
@QUICK
@given(sample=samples(strict=True))
def test_every_rule_has_the_outputs_of_the_correction(name: str, sample: Sample) -> None:
    shield = shield_of(sample, backward=name)
    y, r = handed(shield, sample.z, sample.noise)
    assert torch.equal(y, shield.clip(sample.z))
    assert bool(r.isfinite().all())


@pytest.mark.parametrize("name", sorted(BACKWARDS))
def test_a_rule_is_straight_through_where_nothing_is_active(name: str) -> None:
    shield = Shield(parse_requirements("y_0 <= y_1\ny_1 + 2y_2 > -100"), 4, backward=name)
    torch.manual_seed(0)
    z = torch.rand(50, 4, dtype=torch.float64) + torch.tensor([0.0, 2.0, 0.0, 0.0])
    y, r = handed(shield, z, g := torch.randn(50, 4, dtype=torch.float64))
    assert torch.equal(y, z)
    assert torch.equal(r, g)


@pytest.mark.parametrize("name", ["clamp", "ste", "projection", "implicit"])
def test_the_other_rules_break_the_law(name: str) -> None:
    """Recorded, so that nobody relies on it: each has a row that the law forbids."""
    text = "3y_0 - y_1 <= 0\ny_1 - 2y_2 <= 1\ny_0 + y_2 >= 0"
    torch.manual_seed(0)
    z = torch.randn(400, 3, dtype=torch.float64) * 3
    shield = Shield(parse_requirements(text), 3, backward=name)
    t = shield.clip(torch.randn(400, 3, dtype=torch.float64) * 3)
    y, r = handed(shield, z, g := shield.clip(z) - t)
    gain = ((z - t) * r).sum(1) - ((y - t) * g).sum(1)
    assert float((gain < -1e-6).double().mean()) > 0.02
