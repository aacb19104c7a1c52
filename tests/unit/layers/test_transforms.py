"""Shields in `torch.func`, on `meta`, and under automatic mixed precision."""

import pytest
import torch
from torch.func import functional_call, grad, jacrev, jvp, vmap

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield, ScaledShield, Shield
from pishield_cli.layers.rules import ShieldChoice, rules_of

LINEAR = "y_1 >= 3y_0\ny_2 >= y_1 + 1\ny_2 <= 10"
DISJUNCTIVE = "y_0 >= 3 or y_0 <= -3\nif y_0 > 0 then y_1 >= 2 * y_0\ny_2 - y_1 > 1 or y_2 <= -y_1"
KINDS = [
    *((Shield, rule) for rule in rules_of(ShieldChoice.LAYER)),
    *((NearestShield, rule) for rule in rules_of(ShieldChoice.NEAREST)),
]


def normal(seed, rows=6):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, 3, generator=generator, dtype=torch.float64) * 4


def module(text, kind, rule, *, scaled):
    shield = kind(parse_requirements(text), 3, backward=rule)
    if not scaled:
        return shield
    both = ScaledShield(shield, [1.0, 2.0, 3.0], [2.0, 1.0, 3.0])
    return lambda z: torch.stack(both(z))


cases = pytest.mark.parametrize(
    ("text", "kind", "rule", "scaled"),
    [
        (text, *pair, scaled)
        for text in (LINEAR, DISJUNCTIVE)
        for pair in KINDS
        for scaled in (False, True)
    ],
)


@cases
def test_a_mapped_row_is_the_row_of_a_batch(text, kind, rule, scaled):
    shield, z = module(text, kind, rule, scaled=scaled), normal(0)
    assert torch.equal(vmap(shield, out_dims=-2)(z), shield(z))


@cases
def test_gradients_of_single_rows_are_those_of_the_batch(text, kind, rule, scaled):
    shield, z, t = module(text, kind, rule, scaled=scaled), normal(0), normal(1)
    single = vmap(grad(lambda row, weights: (shield(row) * weights).sum()))(z, t)
    whole = z.clone().requires_grad_()
    (shield(whole) * t).sum().backward()
    assert torch.allclose(single, whole.grad)


@cases
def test_any_dimension_can_be_mapped(text, kind, rule, scaled):
    shield, weights = module(text, kind, rule, scaled=scaled), normal(5, 4)
    z = torch.stack([normal(seed, 4) for seed in range(3)], dim=1)  # (row, batch, column)

    def handed(batch):
        return grad(lambda rows: (shield(rows) * weights).sum())(batch)

    for function in (shield, handed):
        found = vmap(function, in_dims=1)(z)
        expected = torch.stack([function(batch) for batch in z.unbind(1)])
        assert torch.allclose(found, expected)


@cases
def test_forward_mode_is_the_transpose_where_the_rule_is_linear(text, kind, rule, scaled):
    shield, z, t, g = module(text, kind, rule, scaled=scaled), normal(0), normal(1), normal(2)
    y, moved = jvp(shield, (z,), (t,))
    assert torch.equal(y, shield(z))
    assert moved.shape == y.shape
    if rule in {"clamp", "ste", "projection", "implicit", "masked"}:
        whole = z.clone().requires_grad_()
        weights = g.expand(y.shape)
        (handed,) = torch.autograd.grad((shield(whole) * weights).sum(), whole)
        assert torch.allclose((moved * weights).sum(), (t * handed).sum())


@pytest.mark.parametrize("kind", [Shield, NearestShield])
def test_gradients_by_parameters_of_single_rows(kind):
    network = torch.nn.Sequential(
        torch.nn.Linear(2, 3), kind(parse_requirements(LINEAR), 3, backward="ste")
    ).double()
    parameters = dict(network.named_parameters())

    def loss(parameters, row):
        return functional_call(network, parameters, (row,)).square().sum()

    rows = normal(3)[:, :2]
    single = vmap(grad(loss), in_dims=(None, 0))(parameters, rows)
    network(rows).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert torch.allclose(single[name].sum(0), parameter.grad)


def test_jacobians_of_every_row():
    shield = NearestShield(parse_requirements(LINEAR), 3, backward="implicit")
    found = vmap(jacrev(shield))(normal(0))
    assert torch.allclose(found, found.mT)


def test_second_derivatives_of_a_rule_are_refused():
    shield = Shield(parse_requirements(LINEAR), 3, backward="ste")
    z = normal(0).requires_grad_()
    (first,) = torch.autograd.grad(shield(z).square().sum(), z, create_graph=True)
    with pytest.raises(UsageError, match="second derivative"):
        first.sum().backward()


@pytest.mark.parametrize("exact", [False, True])
def test_mixed_precision_leaves_outputs_right(exact):
    torch.manual_seed(0)
    for kind, rule in KINDS:
        shield = kind(parse_requirements(LINEAR), 3, backward=rule, exact=exact)
        network = torch.nn.Sequential(torch.nn.Linear(2, 3), shield)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            raw = network[0](normal(3)[:, :2].float())
            y = shield(raw)
            y.float().square().sum().backward()
        assert y.dtype == raw.dtype
        assert torch.equal(y.detach(), shield(raw.detach()))
        assert all(bool(one.grad.isfinite().all()) for one in network.parameters())
