"""Multipliers of active inequalities, against their conditions of optimality."""

import pytest
import torch

from pishield_cli.layers.least_squares import least_squares, solve_on
from pishield_cli.layers.normal_equations import NormalEquations


def system(rows, columns, seed, components=1):
    """Unit rows, so that the diagonal is one; with more rows than columns some depend on others."""
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(components, rows, columns, generator=generator, dtype=torch.float64)
    a /= a.norm(dim=2, keepdim=True)
    # A point that every inequality allows exists: the right sides are those of one.
    z = torch.randn(components, columns, 40, generator=generator, dtype=torch.float64) * 3
    inside = (torch.randn(components, columns, 1, generator=generator) * 1.0).double()
    slack = torch.rand(components, rows, 1, generator=generator, dtype=torch.float64)
    q = (a @ inside - slack) - a @ z
    return a @ a.mT, q.mT


@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize(("rows", "columns"), [(1, 2), (3, 2), (4, 6), (7, 4), (12, 6), (30, 10)])
def test_complementarity_holds(rows, columns, components):
    gram, q = system(rows, columns, rows, components)
    equations = NormalEquations(gram, torch.zeros(components, rows, dtype=torch.bool))
    component = torch.arange(components).repeat_interleave(40)
    flat = q.flatten(0, 1)
    allowed = torch.ones_like(flat, dtype=torch.bool)
    x = equations.nonnegative(component, allowed, flat)
    rest = torch.bmm(x.unsqueeze(1), gram[component]).squeeze(1) - flat
    scale = flat.abs().amax(1, keepdim=True)
    assert bool((x >= 0).all())
    assert bool((rest >= -1e-8 * scale).all())
    assert bool(((x * rest).abs() <= 1e-7 * scale**2).all())
    if equations.direct:
        every = equations.complementary(q.mT).mT.reshape(flat.shape)
        pairs = (torch.bmm(one.unsqueeze(1), gram[component]) for one in (x, every))
        first, second = pairs
        assert torch.allclose(first, second, atol=1e-7 * float(scale.max()))


@pytest.mark.parametrize("rows", [2, 5, 9])
def test_chosen_rows_are_met_and_others_get_nothing(rows):
    gram, q = system(rows, rows + 3, rows)
    equations = NormalEquations(gram, torch.zeros(1, rows, dtype=torch.bool))
    chosen = torch.rand(40, rows, generator=torch.Generator().manual_seed(1)) > 0.4
    x = equations.solve(torch.zeros(40, dtype=torch.long), chosen, q[0])
    assert not bool(x[~chosen].any())
    assert torch.allclose((x @ gram[0])[chosen], q[0][chosen])


def test_least_squares_meets_its_conditions_with_and_without_free_rows():
    gram, q = system(6, 9, 2)
    grams = gram.expand(40, 6, 6)
    allowed = torch.ones(40, 6, dtype=torch.bool)
    for free in (torch.zeros_like(allowed), torch.arange(6).expand(40, 6) < 2):
        x = least_squares(grams, allowed, q[0], free)
        gain = q[0] - torch.bmm(grams, x.unsqueeze(2)).squeeze(2)
        assert bool((x[~free] >= 0).all())
        assert bool((gain[~free] <= 1e-9).all())
        assert torch.allclose(gain[free], torch.zeros_like(gain[free]), atol=1e-9)


def test_dependent_rows_are_solved_to_full_precision():
    a = torch.tensor([[1.0, 0.0], [0.6, 0.8], [1.0, 0.0]], dtype=torch.float64)
    gram = (a @ a.T).unsqueeze(0)
    q = (a @ torch.tensor([2.0, -1.0], dtype=torch.float64)).unsqueeze(0)
    x = solve_on(gram, torch.ones(1, 3, dtype=torch.bool), q)
    assert torch.allclose(x @ gram[0], q, atol=1e-12)
