"""The derivative of what a user gets, behind either shield: held against finite differences."""

import numpy as np
import pytest
import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield, ScaledShield, Shield
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.training.features import FeatureEncoder, NumberFeature, TargetScaler
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.monotone import Slope, derivatives, monotone_penalty
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import TrainSettings
from tests.laws import sampled

FILES = (
    "low <= high",
    "low >= floor + 1\nlow <= high\n2 high - other <= 3",
    "low + high == other\nlow >= floor",
    "low < 0.5 or high > 0.5",
)
NAMES = ("floor", "low", "high", "other")
STEP = 1e-6


def scaled(text, kind):
    requirements = parse_requirements(text)
    shield = kind(requirements, NAMES, fixed={"floor"}, check_nan=False)
    return ScaledShield(shield, [0.0, 1.0, -1.0, 2.0], [1.0, 0.5, 2.0, 1.5])


def differences(function, points):
    """Slopes to both sides of each point by each input, `(inputs, points, outputs)` each."""
    ahead, behind = [], []
    at = function(points)
    for place in range(points.shape[1]):
        step = torch.zeros_like(points)
        step[:, place] = STEP
        ahead.append((function(points + step) - at) / STEP)
        behind.append((at - function(points - step)) / STEP)
    return torch.stack(ahead), torch.stack(behind)


@pytest.mark.parametrize("kind", [Shield, NearestShield])
@pytest.mark.parametrize("text", FILES)
def test_smooth_outputs_are_the_shields_and_so_are_their_derivatives(text, kind):
    shield = scaled(text, kind).train()
    torch.manual_seed(0)
    points = torch.randn(200, 4, dtype=torch.float64)
    torch.testing.assert_close(shield.smooth(points), shield(points).standard)
    told = derivatives(shield.smooth, points, range(4))
    ahead, behind = differences(lambda rows: shield(rows).standard, points)
    edges = ((ahead - behind).abs() > 1e-3).any(dim=2)
    assert edges.double().mean() < 0.02
    torch.testing.assert_close(told[~edges], ahead[~edges], atol=1e-5, rtol=1e-5)


def model_of(text, given, shield):
    features = tuple(NumberFeature(name, 0.0, 0.5, 2.0, indicator=False) for name in given)
    encoder = FeatureEncoder((*features, NumberFeature("age", 0.0, 0.0, 1.0, indicator=False)))
    names = ("low", "high", "other")
    scaler = TargetScaler(names, np.array([1.0, -1.0, 2.0]), np.array([0.5, 2.0, 1.5]))
    requirements = parse_requirements(text)
    outline = Outline(encoder, scaler, requirements, given, (), "8")
    settings = TrainSettings(shield=ShieldChoice(shield), monotone=("low:+age",))
    torch.manual_seed(1)
    return ShieldedNetwork(outline, settings)


CASES = [
    (text, given, shield)
    for text, given in (
        ("low <= high\nhigh <= other", ()),
        ("low >= floor\nlow <= high", ("floor",)),
    )
    for shield in ("layer", "nearest")
]


@pytest.mark.parametrize("case", sampled(CASES, 4), ids=str)
def test_the_penalty_of_what_a_user_gets_goes_down_as_finite_differences_say(case):
    model = model_of(*case).train()
    network = model.network.double()
    inputs = model.outline.encoder.width
    points = torch.randn(40, inputs, dtype=torch.float64, generator=torch.manual_seed(3))
    slopes = (Slope(0, inputs - 1, 1), Slope(1, 0, -1), Slope(2, inputs - 1, -1))

    def penalty():
        return monotone_penalty(model.smooth, points, slopes)

    (gradient,) = torch.autograd.grad(penalty(), network[-1].weight)
    assert gradient.abs().max() > 1e-4
    for place in ((0, 0), (1, 3), (2, 7)):
        ends = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                network[-1].weight[place] += step
                ends.append(penalty())
                network[-1].weight[place] -= step
        told = float(ends[0] - ends[1]) / 2e-6
        assert float(gradient[place]) == pytest.approx(told, abs=1e-6, rel=1e-4)


def test_a_free_network_is_told_of_what_it_is_corrected_to():
    model = model_of("low <= high\nhigh <= other", (), "none").train()
    points = torch.randn(30, 1)
    raw, finished = model.smooth(points), model.smooth(points, finished=True)
    assert torch.equal(raw, model.raw(points))
    torch.testing.assert_close(finished, model.finished(raw, points[:, :0]).standard)
    assert not torch.equal(raw, finished)
