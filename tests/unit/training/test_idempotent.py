import numpy as np
import pytest
import torch

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.training.features import FeatureEncoder, NumberFeature, TargetScaler
from pishield_cli.training.idempotent import (
    BASIN,
    IdempotentObjective,
    idempotent_figures,
    matrix_of,
)
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.objectives import Minibatch
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import IdempotentBackward, TrainSettings

NAMES = ("a", "b", "c")


def model(arch="linear", text=None, **choices):
    encoder = FeatureEncoder(tuple(NumberFeature(n, 0, 0, 1, indicator=False) for n in NAMES))
    scaler = TargetScaler(NAMES, np.zeros(3), np.ones(3))
    requirements = None if text is None else parse_requirements(text)
    settings = TrainSettings(restore=0, **choices)
    return ShieldedNetwork(Outline(encoder, scaler, requirements, (), (), arch), settings), settings


def rows(count=50):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, 3, generator=generator)
    return Minibatch(x, torch.zeros(count, 0).double(), x.double())


def set_matrix(own, values):
    with torch.no_grad():
        matrix_of(own).copy_(torch.as_tensor(values))


def gradient(own, settings, batch):
    matrix_of(own).grad = None
    found = IdempotentObjective(own, settings)(batch)
    found.loss.backward()
    return matrix_of(own).grad.clone(), float(found.loss.detach())


def test_the_modified_rule_is_the_outer_product_rule():
    kept, settings = model(idempotent_backward=IdempotentBackward.MODIFIED, reconstruction=0.0)
    _, outer = model(idempotent_backward=IdempotentBackward.M1, reconstruction=0.0)
    torch.manual_seed(0)
    set_matrix(kept, 0.4 * torch.randn(3, 3))
    one, first = gradient(kept, settings, rows())
    other, second = gradient(kept, outer, rows())
    torch.testing.assert_close(one, other)
    assert first == pytest.approx(second)


def test_the_modified_rule_is_mcweenys_step():
    # With eigenvalue s in each direction, y = s x, and the step leads to 3 s**2 - 2 s**3.
    own, settings = model(idempotent_backward=IdempotentBackward.MODIFIED, reconstruction=0.0)
    s = torch.tensor([0.9, 0.2, 0.6])
    set_matrix(own, torch.diag(s))
    x = torch.eye(3)
    batch = Minibatch(x, torch.zeros(3, 0).double(), x.double())
    found, _ = gradient(own, settings, batch)
    stepped = torch.diag(torch.diag(s) - 3 * found)  # the rule divides by the three rows
    torch.testing.assert_close(stepped, 3 * s**2 - 2 * s**3, atol=1e-5, rtol=1e-5)


def test_repeated_steps_lead_to_a_projection():
    own, settings = model(
        idempotent_backward=IdempotentBackward.MODIFIED, reconstruction=0.0, lr=0.5
    )
    set_matrix(own, [[0.9, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.7]])
    optimizer = torch.optim.SGD(own.network.parameters(), lr=0.3)
    judge = IdempotentObjective(own, settings)
    for _ in range(60):
        optimizer.zero_grad()
        judge(rows()).loss.backward()
        optimizer.step()
    figures = idempotent_figures(own, rows())
    assert figures.idempotent_error < 1e-2
    assert figures.trace == pytest.approx(2, abs=1e-2)
    assert judge.warnings == ()


def test_the_ordinary_rule_is_the_derivative_of_its_error():
    own, settings = model(idempotent_backward=IdempotentBackward.ORDINARY, reconstruction=0.7)
    torch.manual_seed(0)
    set_matrix(own, torch.randn(3, 3))
    batch = rows()
    found, value = gradient(own, settings, batch)
    w = matrix_of(own).detach().double().requires_grad_()
    x = batch.truths
    error = ((x @ w.T @ w.T - x @ w.T) ** 2).mean() + 0.7 * ((x @ w.T - x) ** 2).mean()
    error.backward()
    assert value == pytest.approx(float(error.detach()), rel=1e-5)
    torch.testing.assert_close(found.double(), w.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("rule", [IdempotentBackward.MODIFIED, IdempotentBackward.M1])
def test_beside_the_modified_rule_reconstruction_is_a_mean_over_rows(rule):
    own, settings = model(idempotent_backward=rule, reconstruction=0.7)
    projection = torch.diag(torch.tensor([1.0, 1.0, 0.0]))  # there the rule itself asks for nothing
    set_matrix(own, projection)
    batch = rows()
    found, _ = gradient(own, settings, batch)
    x = batch.inputs
    expected = 0.7 * (x @ projection - x).T @ x / len(x)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_leaving_the_basin_is_told_and_steps_are_clipped():
    own, settings = model(idempotent_backward=IdempotentBackward.MODIFIED, reconstruction=0.0)
    set_matrix(own, 3 * torch.eye(3))
    batch = rows()
    judge = IdempotentObjective(own, settings)
    judge(batch).loss.backward()
    # Unclipped, an eigenvalue of 3 asks for a step of 3 * 9 - 2 * 27 - 3 = -30; clipped, of -3.
    steps = -matrix_of(own).grad @ torch.linalg.pinv(
        batch.inputs.T @ batch.inputs / len(batch.inputs)
    )
    torch.testing.assert_close(steps, -3 * torch.eye(3), atol=1e-3, rtol=1e-3)
    assert "left its basin on 100% of the rows" in judge.warnings[0]
    assert pytest.approx((-0.366, 1.366), abs=1e-3) == BASIN


def test_a_shield_makes_it_feasible():
    own, settings = model(arch="8", text="a <= b", reconstruction=1.0)
    batch = rows()
    judge = IdempotentObjective(own, settings)
    assert bool(judge(batch).loss.isfinite())
    y = own.predicted(own.raw(batch.inputs), batch.given).table
    assert bool((y[:, 0] <= y[:, 1]).all())
    figures = idempotent_figures(own, batch)
    assert figures.trace is None
    assert "norm" not in figures.as_json()


@pytest.mark.parametrize(("arch", "text"), [("8", None), ("linear", "a <= b")])
def test_the_outer_product_rule_is_for_one_matrix(arch, text):
    own, settings = model(arch=arch, text=text, idempotent_backward=IdempotentBackward.M1)
    with pytest.raises(UsageError, match="single matrix"):
        IdempotentObjective(own, settings)
