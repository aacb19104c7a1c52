"""Torch modules: shields that correct, and losses that encourage."""

from pishield_cli.layers.compatible import (
    build_shield_layer,
    build_shield_loss,
    detect_requirements_type,
)
from pishield_cli.layers.infeasibility import ViolationPenalty, infeasibility, violation_penalty
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.scaled import Scaled, ScaledShield
from pishield_cli.layers.shield import Backward, Shield
from pishield_cli.layers.signed_errors import SignedErrors
from pishield_cli.layers.tnorms import TNorm, TNormLoss

__all__ = [
    "Backward",
    "NearestShield",
    "Scaled",
    "ScaledShield",
    "Shield",
    "SignedErrors",
    "TNorm",
    "TNormLoss",
    "ViolationPenalty",
    "build_shield_layer",
    "build_shield_loss",
    "detect_requirements_type",
    "infeasibility",
    "violation_penalty",
]
