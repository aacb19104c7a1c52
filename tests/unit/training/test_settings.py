import json
from dataclasses import replace

import pytest

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.training.settings import (
    LossChoice,
    TrainSettings,
)


def test_settings_survive_json():
    settings = TrainSettings(
        backward=RuleName.CONE,
        loss=LossChoice.SIGN_BOUNDED,
        targets=("a", "b"),
        monotone=("a:+b",),
        patience=None,
    )
    assert TrainSettings.from_json(json.loads(json.dumps(settings.as_json()))) == settings
    assert TrainSettings.from_json({**settings.as_json(), "of a later version": 1}) == settings


def test_defaults_of_shields():
    assert TrainSettings().method == "routed"
    assert TrainSettings(shield=ShieldChoice.NEAREST).method == "nearest one_sided"
    assert TrainSettings(shield=ShieldChoice.NONE).method == "none"


LINEAR = parse_requirements("low <= high")
DISJUNCTIVE = parse_requirements("low <= high or high <= 0")
SCORES = parse_requirements("a or not b")


@pytest.mark.parametrize(
    ("choices", "requirements", "method"),
    [
        ({}, LINEAR, "nearest one_sided"),
        ({}, DISJUNCTIVE, "routed"),
        ({}, SCORES, "clamp"),
        ({}, None, "routed"),
        ({"monotone": ("low:+a",)}, LINEAR, "nearest one_sided"),
        ({"backward": RuleName.ROUTED}, LINEAR, "routed"),
        ({"backward": RuleName.PROJECTION}, LINEAR, "projection"),
        ({"backward": RuleName.ONE_SIDED}, DISJUNCTIVE, "nearest one_sided"),
        ({"backward": RuleName.IMPLICIT}, LINEAR, "nearest implicit"),
        ({"shield": ShieldChoice.LAYER}, LINEAR, "routed"),
        (
            {"shield": ShieldChoice.LAYER, "backward": RuleName.ONE_SIDED},
            LINEAR,
            "one_sided",
        ),
        ({"shield": ShieldChoice.NONE}, LINEAR, "none"),
    ],
)
def test_what_is_left_open_is_settled_by_the_requirements(choices, requirements, method):
    settled = TrainSettings(**choices).settled(requirements)
    assert settled.method == method
    assert settled.settled(requirements) == settled


@pytest.mark.parametrize("loss", sorted(set(LossChoice) - {LossChoice.MSE}))
def test_losses_of_numbers_are_not_for_truth_values(loss):
    with pytest.raises(UsageError, match="cross-entropy"):
        TrainSettings(loss=loss).settled(SCORES)
    assert TrainSettings(loss=loss).settled(LINEAR).loss is loss


@pytest.mark.parametrize("rule", ["clamp", "routed", "masked"])
def test_clipping_rules_do_not_go_with_the_nearest_point(rule):
    with pytest.raises(UsageError, match="--shield layer"):
        TrainSettings(shield=ShieldChoice.NEAREST, backward=RuleName(rule))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("restore", -1.0),
        ("penalty", float("nan")),
        ("clip_norm", -1.0),
        ("lr", 0.0),
        ("val_size", 1.0),
        ("test_size", 0.0),
        ("reconstruction", float("inf")),
    ],
)
def test_values_outside_their_range(name, value):
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} must be"):
        replace(TrainSettings(), **{name: value})


def test_gradients_of_raw_targets_are_not_shortened_unless_asked():
    assert TrainSettings().longest_gradient == 1
    assert TrainSettings(scale_targets=False).longest_gradient == 0
    assert TrainSettings(scale_targets=False, clip_norm=2.0).longest_gradient == 2
    assert TrainSettings(clip_norm=0.0).longest_gradient == 0


def test_rows_to_train_on_must_remain():
    with pytest.raises(UsageError, match="add up to 1.1"):
        TrainSettings(val_size=0.5, test_size=0.6)


def test_small_steps_are_not_shared_among_threads():
    assert TrainSettings().suited_threads == 1
    assert TrainSettings(batch_size=100_000).suited_threads is None
    assert TrainSettings(threads=3).suited_threads == 3
