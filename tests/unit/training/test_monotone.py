import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.errors import UsageError
from pishield_cli.training.features import CategoryFeature, FeatureEncoder, NumberFeature
from pishield_cli.training.monotone import (
    Slope,
    derivatives,
    draw_points,
    find_slopes,
    monotone_penalty,
    parse_monotone,
    wrong_shares,
)
from pishield_cli.training.monotone_network import MonotoneNetwork
from pishield_cli.training.settings import PointsChoice
from tests.laws import examples

ENCODER = FeatureEncoder(
    (
        CategoryFeature("kind", ("a", "b")),
        NumberFeature("area", 0, 0, 1, indicator=True),
        NumberFeature("age", 0, 0, 1, indicator=False),
    )
)


def test_rules_are_read():
    rules = parse_monotone(["price:+area, -age", "a:b:+area"])
    assert [(rule.target, rule.feature, rule.sign) for rule in rules] == [
        ("price", "area", 1),
        ("price", "age", -1),
        ("a:b", "area", 1),
    ]
    assert rules[1].title == "price:-age"
    slopes = find_slopes(rules[:2], ENCODER, ["x", "price"])
    assert slopes == (Slope(1, 3, 1), Slope(1, 5, -1))


@pytest.mark.parametrize("text", ["price", "price:area", "price:+", ":+area", "p:+a,,-b"])
def test_other_texts_are_refused(text):
    with pytest.raises(UsageError, match="--monotone"):
        parse_monotone([text])


def test_contradictory_rules_are_refused():
    with pytest.raises(UsageError, match="both signs"):
        parse_monotone(["p:+a", "p:-a"])


@pytest.mark.parametrize(
    ("text", "fact"), [("q:+area", "not a target"), ("price:+kind", "not a numeric feature")]
)
def test_rules_of_what_is_not_there(text, fact):
    with pytest.raises(UsageError, match=fact):
        find_slopes(parse_monotone([text]), ENCODER, ["price"])


def curve(points):
    first, second = points[:, 0], points[:, 1]
    return torch.stack([first**2 + second, first * second], dim=1)


def test_derivatives_are_those_by_hand():
    points = torch.tensor([[1.0, 2], [-3, 4]])
    first, second = [[2.0, 2], [-6, 4]], [[1.0, 1], [1, -3]]
    torch.testing.assert_close(derivatives(curve, points, [0]), torch.tensor([first]))
    torch.testing.assert_close(derivatives(curve, points, [1, 0]), torch.tensor([second, first]))


def test_the_penalty_counts_wrong_signs_alone():
    points = torch.tensor([[1.0, 2], [-3, 4]])
    slopes = (Slope(0, 0, 1), Slope(1, 1, -1))
    # The first rule: 0 and 6; the second: 1 and 0.
    assert float(monotone_penalty(curve, points, slopes)) == pytest.approx((3 + 0.5) / 2)
    assert wrong_shares(curve, points, slopes) == [0.5, 0.5]


def test_the_penalty_can_be_descended():
    layer = torch.nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(-0.5)
    loss = monotone_penalty(layer, torch.zeros(3, 1), (Slope(0, 0, 1),))
    loss.backward()
    assert layer.weight.grad.item() == pytest.approx(-1)


@pytest.mark.parametrize("choice", list(PointsChoice))
def test_points_stay_within_the_box(choice):
    batch = torch.rand(50, 3)
    low, high = batch.amin(0), batch.amax(0)
    points = draw_points(choice, batch, low, high, torch.Generator().manual_seed(0))
    assert points.shape == batch.shape
    assert bool(((points >= low - 1e-6) & (points <= high + 1e-6)).all())


@examples(15)
@given(st.integers(0, 10_000), st.sampled_from([(3,), (7, 5), (2, 3, 4)]))
def test_law_the_network_is_monotone_whatever_its_weights(seed, widths):
    slopes = (Slope(0, 1, 1), Slope(0, 2, -1), Slope(2, 1, -1))
    generator = torch.Generator().manual_seed(seed)
    network = MonotoneNetwork(widths, 4, 3, slopes)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(3 * torch.randn(value.shape, generator=generator))
    points = 4 * torch.randn(64, 4, generator=generator)
    assert wrong_shares(network, points, slopes) == [0, 0, 0]


def test_every_input_may_be_ruled():
    slopes = (Slope(0, 0, 1), Slope(0, 1, -1))
    network = MonotoneNetwork((4,), 2, 1, slopes)
    rising = network(torch.tensor([[0.0, 0], [1, 0], [1, 1]])).flatten()
    assert rising[1] > rising[0]
    assert rising[2] < rising[1]


def test_the_guarantee_needs_layers():
    with pytest.raises(UsageError, match="hidden layers"):
        MonotoneNetwork((), 2, 1, ())
