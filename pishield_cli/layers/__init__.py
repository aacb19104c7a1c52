"""Torch modules: shields that correct, and losses that encourage.

Names are loaded when they are first used: `layers.rules` is read without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pishield_cli.layers.backward import BackwardRule, BeforeAndAfter, Directed, Swept
    from pishield_cli.layers.choices import ChoiceShield
    from pishield_cli.layers.compatible import (
        build_shield_layer,
        build_shield_loss,
        detect_requirements_type,
    )
    from pishield_cli.layers.nearest import NearestShield
    from pishield_cli.layers.penalties import ViolationPenalty, infeasibility, violation_penalty
    from pishield_cli.layers.scaled import Scaled, ScaledShield
    from pishield_cli.layers.shield import Shield
    from pishield_cli.layers.signed_errors import SignedErrors
    from pishield_cli.layers.text_shield import TextShield
    from pishield_cli.layers.tnorms import TNorm, TNormLoss

__all__ = [
    "BackwardRule",
    "BeforeAndAfter",
    "ChoiceShield",
    "Directed",
    "NearestShield",
    "Scaled",
    "ScaledShield",
    "Shield",
    "SignedErrors",
    "Swept",
    "TNorm",
    "TNormLoss",
    "TextShield",
    "ViolationPenalty",
    "build_shield_layer",
    "build_shield_loss",
    "detect_requirements_type",
    "infeasibility",
    "violation_penalty",
]

_HOMES = {
    "ChoiceShield": "choices",
    "Directed": "backward",
    "NearestShield": "nearest",
    "BeforeAndAfter": "backward",
    "BackwardRule": "backward",
    "Scaled": "scaled",
    "ScaledShield": "scaled",
    "Shield": "shield",
    "SignedErrors": "signed_errors",
    "Swept": "backward",
    "TNorm": "tnorms",
    "TNormLoss": "tnorms",
    "TextShield": "text_shield",
    "ViolationPenalty": "penalties",
    "build_shield_layer": "compatible",
    "build_shield_loss": "compatible",
    "detect_requirements_type": "compatible",
    "infeasibility": "penalties",
    "violation_penalty": "penalties",
}
"""The module of each public name."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
