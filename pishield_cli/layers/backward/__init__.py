"""Backward rules: what gradient a shield hands to the raw values.

A rule is prepared once for a shield, and then applied to every gradient. With z the raw values, y
the output, g the gradient of y, and t anything that satisfies the requirements, a rule that hands r
to z obeys the *law* if

    (z - t).r >= (y - t).g

since then what a learner that moves y is promised holds of one that moves z.
"""

from collections.abc import Mapping

from pishield_cli.errors import UsageError
from pishield_cli.layers.backward._clamp import Clamp
from pishield_cli.layers.backward._cone import Cone
from pishield_cli.layers.backward._implicit import Implicit
from pishield_cli.layers.backward._masked import Masked, MaskedSweeps
from pishield_cli.layers.backward._one_sided import OneSided
from pishield_cli.layers.backward._projection import Projection
from pishield_cli.layers.backward._routed import Routed
from pishield_cli.layers.backward._rule import (
    BackwardRule,
    BeforeAndAfter,
    Both,
    Directed,
    ScaledCorrection,
    Swept,
)
from pishield_cli.layers.backward._ste import StraightThrough
from pishield_cli.layers.rules import ShieldChoice

_RULES = (
    Clamp(),
    Routed(),
    StraightThrough(),
    Projection(),
    Cone(),
    OneSided(),
    Implicit(),
    Masked(),
)

BACKWARDS: Mapping[str, BackwardRule] = {rule.name: rule for rule in _RULES}
"""The rules by name."""


def rule_of(backward: str | BackwardRule, shield: ShieldChoice) -> BackwardRule:
    """A rule, or the one of a name.

    Args:
        backward: A name, or a rule of one's own.
        shield: What it is for.

    Raises:
        UsageError: If there is none of that name, or it does not go with the shield.
    """
    if isinstance(backward, str) and backward in BACKWARDS:
        backward = BACKWARDS[backward]
    if not isinstance(backward, BackwardRule):
        known = ", ".join(BACKWARDS)
        raise UsageError(
            f"A backward rule is one of {known}, or a Rule, but this is `{backward}`.",
        )
    if shield not in backward.shields:
        others = ", ".join(name for name, one in BACKWARDS.items() if shield in one.shields)
        raise UsageError(
            f"Rule `{backward.name}` goes back through the sequential correction, but this is the "
            "nearest point.",
            hint=f"use one of {others}",
        )
    return backward


__all__ = [
    "BACKWARDS",
    "BackwardRule",
    "BeforeAndAfter",
    "Both",
    "Clamp",
    "Cone",
    "Directed",
    "Implicit",
    "Masked",
    "MaskedSweeps",
    "OneSided",
    "Projection",
    "Routed",
    "ScaledCorrection",
    "StraightThrough",
    "Swept",
    "rule_of",
]
