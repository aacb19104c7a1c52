"""Backward rules: what gradient a shield hands to the raw values.

A rule takes a shield and raw values, shape `(rows, columns)`, and returns the shield's output with a
gradient of its own. With z the raw values, y the output, g the gradient of y, and t anything that
satisfies the requirements, a rule that hands r to z obeys the *law* if

    (z - t).r >= (y - t).g

since then what a learner that moves y is promised holds of one that moves z.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from pishield_cli.layers.backward._clamp import clamp
from pishield_cli.layers.backward._cone import cone
from pishield_cli.layers.backward._one_sided import one_sided
from pishield_cli.layers.backward._projection import projection
from pishield_cli.layers.backward._routed import Routed
from pishield_cli.layers.backward._ste import ste

BACKWARDS: Mapping[str, Callable[[Any, Tensor], Tensor]] = {
    "clamp": clamp,
    "routed": Routed(),
    "ste": ste,
    "projection": projection,
    "cone": cone,
    "one_sided": one_sided,
}
"""The rules by name."""

__all__ = ["BACKWARDS", "Routed", "clamp", "cone", "one_sided", "projection", "ste"]
