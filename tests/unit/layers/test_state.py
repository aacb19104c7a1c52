"""A state says what it belongs to, and is refused where it does not."""

import copy

import pytest
import torch

from pishield_cli.errors import StateError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.scaled import ScaledShield
from pishield_cli.layers.shield import Shield

TEXT = "y_0 + y_1 >= 8"


def plain(text=TEXT, columns=2, **options):
    return Shield(parse_requirements(text), columns, **options)


def nearest(weights=None, **options):
    given = None if weights is None else torch.tensor(weights)
    return NearestShield(parse_requirements(TEXT), 2, weights=given, **options)


def scaled(mean=(0.0, 0.0), scale=(1.0, 1.0), inner=None):
    return ScaledShield(nearest() if inner is None else inner, list(mean), list(scale))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (plain(), plain("y_0 + y_1 >= 9"), "requirements are others"),
        (plain(), plain("y_0 + y_1 > 8"), "requirements are others"),
        (plain(), plain("a + b >= 8", ["a", "b"]), "requirements are others"),
        (plain(columns=3), plain(columns=4), "columns are others"),
        (plain(), plain(ordering=["y_1"]), "ordering is another"),
        (plain(), plain(fixed=["y_1"]), "fixed columns are others"),
        (nearest(), nearest([1.0, 2.0]), r"weights are \[1.0, 1.0\] and not \[1.0, 2.0\]"),
        (scaled(), scaled(scale=(1.0, 10.0)), r"scale is \[1.0, 1.0\] and not \[1.0, 10.0\]"),
        (scaled(), scaled(mean=(1.0, 0.0)), r"mean is"),
        (scaled(), scaled(inner=nearest([1.0, 2.0])), "weights are"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_the_state_of_another_shield_is_refused(one, other, told, strict):
    for saved, into in ((one, other), (other, one)):
        behind = torch.nn.Sequential(copy.deepcopy(into))
        state = torch.nn.Sequential(saved).state_dict()
        with pytest.raises(StateError, match=told if saved is one else None):
            behind.load_state_dict(state, strict=strict)


@pytest.mark.parametrize("make", [plain, nearest, scaled])
def test_the_state_of_the_same_shield_is_taken(make):
    module = make()
    for other in (make(), make().to(torch.float16)):
        other.load_state_dict(module.state_dict())
    module.to(torch.float16).load_state_dict(make().state_dict())


def test_spelling_does_not_count():
    plain("y_0 + y_1 >= 8").load_state_dict(plain("8 - y_0 - y_1 <= 0").state_dict())
