"""Backward rules: what gradient a shield hands to the raw values.

A rule takes a shield and raw values, shape `(rows, columns)`, and returns the shield's output with
a gradient of its own. With z the raw values, y the output, g the gradient of y, and t anything that
satisfies the requirements, a rule that hands r to z obeys the *law* if

    (z - t).r >= (y - t).g

since then what a learner that moves y is promised holds of one that moves z.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from pishield_cli.errors import UsageError
from pishield_cli.layers.backward._clamp import clamp
from pishield_cli.layers.backward._cone import cone
from pishield_cli.layers.backward._implicit import implicit
from pishield_cli.layers.backward._masked import Masked, MaskedSweeps
from pishield_cli.layers.backward._one_sided import one_sided
from pishield_cli.layers.backward._projection import projection
from pishield_cli.layers.backward._routed import Routed
from pishield_cli.layers.backward._ste import ste

Rule = Callable[[Any, Tensor], Tensor]

BACKWARDS: Mapping[str, Rule] = {
    "clamp": clamp,
    "routed": Routed(),
    "ste": ste,
    "projection": projection,
    "cone": cone,
    "one_sided": one_sided,
    "implicit": implicit,
    "masked": Masked(),
}
"""The rules by name."""

SEQUENTIAL = frozenset({"clamp", "routed", "masked"})
"""The rules that go back through the sequential correction, and so need it."""


def rule_of(backward: str | Rule) -> Rule:
    """A rule, or the one of a name.

    Raises:
        UsageError: If there is none of that name.
    """
    if not isinstance(backward, str):
        return backward
    if backward not in BACKWARDS:
        known = ", ".join(BACKWARDS)
        raise UsageError(f"A backward rule is one of {known}, but this is `{backward}`.")
    return BACKWARDS[backward]


__all__ = [
    "BACKWARDS",
    "SEQUENTIAL",
    "Masked",
    "MaskedSweeps",
    "Routed",
    "Rule",
    "clamp",
    "cone",
    "implicit",
    "one_sided",
    "projection",
    "rule_of",
    "ste",
]
