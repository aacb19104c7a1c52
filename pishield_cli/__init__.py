"""Check, correct and learn tables under requirements, exactly.

Names are loaded when they are first used: importing this package loads neither torch nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pishield_cli.api import (
        Corrected,
        CorrectionReport,
        LoadedGenerator,
        LoadedRun,
        TableReport,
        check_table,
        correct_table,
        load_run,
        suggest_requirements,
    )
    from pishield_cli.errors import PishieldError, RequirementsViolatedError
    from pishield_cli.language import parse_requirements
    from pishield_cli.language import read_requirements as load_requirements
    from pishield_cli.layers import (
        NearestShield,
        ScaledShield,
        Shield,
        TNormLoss,
        ViolationPenalty,
        build_shield_layer,
        build_shield_loss,
        detect_requirements_type,
        infeasibility,
        violation_penalty,
    )
    from pishield_cli.logic.requirements import Requirements
    from pishield_cli.tables.dialect import Dialect

__version__ = "0.1.0"

__all__ = [
    "Corrected",
    "CorrectionReport",
    "Dialect",
    "LoadedGenerator",
    "LoadedRun",
    "NearestShield",
    "PishieldError",
    "Requirements",
    "RequirementsViolatedError",
    "ScaledShield",
    "Shield",
    "TNormLoss",
    "TableReport",
    "ViolationPenalty",
    "__version__",
    "build_shield_layer",
    "build_shield_loss",
    "check_table",
    "correct_table",
    "detect_requirements_type",
    "infeasibility",
    "load_requirements",
    "load_run",
    "parse_requirements",
    "suggest_requirements",
    "violation_penalty",
]

_NAMES = {
    "pishield_cli.api": (
        "Corrected",
        "CorrectionReport",
        "LoadedGenerator",
        "LoadedRun",
        "TableReport",
        "check_table",
        "correct_table",
        "load_run",
        "suggest_requirements",
    ),
    "pishield_cli.errors": ("PishieldError", "RequirementsViolatedError"),
    "pishield_cli.language": ("parse_requirements",),
    "pishield_cli.layers": (
        "NearestShield",
        "ScaledShield",
        "Shield",
        "TNormLoss",
        "ViolationPenalty",
        "build_shield_layer",
        "build_shield_loss",
        "detect_requirements_type",
        "infeasibility",
        "violation_penalty",
    ),
    "pishield_cli.logic.requirements": ("Requirements",),
    "pishield_cli.tables.dialect": ("Dialect",),
}
"""Public names, by the module where they live."""

_HOMES = {name: (module, name) for module, names in _NAMES.items() for name in names} | {
    "load_requirements": ("pishield_cli.language", "read_requirements")
}
"""Where each public name lives: its module, and its name there."""

_EXTRAS = {"pishield_cli.layers": ("torch", "torch")}
"""Modules that need more than the package's own dependencies, and the extra that brings it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own_name = _HOMES[name]
    value = _imported(module, own_name, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _imported(module: str, own_name: str, name: str) -> Any:
    try:
        return getattr(import_module(module), own_name)
    except ModuleNotFoundError as error:
        package, extra = _EXTRAS.get(module, (None, None))
        if package is None or error.name != package:
            raise
        from pishield_cli.errors import MissingExtraError

        raise MissingExtraError(
            f"`{name}` needs {package}, which is not installed.",
            extra=extra,
        ) from None
