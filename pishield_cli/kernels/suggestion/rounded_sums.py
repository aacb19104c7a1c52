"""Find sums that hold but for the rounding of their parts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.equalities import (
    LEAST_INFORMATIVE,
    ROUNDING,
    IntegerRelation,
    equation_rule,
)
from pishield_cli.kernels.suggestion.families import namesakes
from pishield_cli.kernels.suggestion.null_space import blocks
from pishield_cli.kernels.suggestion.profile import ProfiledColumn
from pishield_cli.kernels.suggestion.rules import FoundRule

MOST_PLACES = 6
"""Decimal places that numbers are rounded to, at most: with more, they are not rounded."""

TRIED_ROWS = 64
"""Rows on which all pairs of parts are tried."""

LEAST_TRUE = 0.8
"""The share of them in which a sum must hold to be tried on all."""

LEAST_SPREAD = 5
"""The inter-quartile range in units of the last digit, at least: what varies by less is always
about right."""

WHOLES = 1, 100
"""What shares and percentages add up to."""


def rounded_sums(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `-0.01 <= t - a - b <= 0.01` and `0.99 <= a + b + c <= 1.01` with evidence.

    A sum of n rounded numbers is off by at most n halves of a last digit.

    Args:
        columns: The columns.
        share: The share of rows that may violate one.
        chance: The probability of one rule by chance.
        clock: Until when.
    """
    units = {one.name: unit for one in columns if (unit := _unit(one)) is not None}
    usable = [one for one in columns if one.name in units]
    if len(usable) < 2:
        return
    limit = log10(chance / len(usable) ** 3)
    seen: set[frozenset[str]] = set()
    for equation in (*_families(usable, units, clock), *_of_two(usable, units, clock)):
        names = frozenset(one.name for one in equation.named)
        if names in seen:
            continue
        rounded = _within_rounding(equation, max(units[name] for name in names))
        rule = None if rounded is None else equation_rule(rounded, share, limit)
        if rule is not None:
            seen.add(names)
            yield rule


def _unit(column: ProfiledColumn) -> Fraction | None:
    """The last digit that numbers are written with; None if they are not rounded, or all alike."""
    if column.constant or column.boolean or column.codes:
        return None
    present = column.values[~np.isnan(column.values)]
    for places in range(MOST_PLACES + 1):
        scaled = present * 10**places
        if (np.abs(scaled - np.round(scaled)) <= ROUNDING * (1 + np.abs(scaled))).all():
            lower, upper = np.percentile(scaled, [25, 75])
            return Fraction(1, 10**places) if upper - lower >= LEAST_SPREAD else None
    return None


def _within_rounding(equation: IntegerRelation, unit: Fraction) -> IntegerRelation | None:
    """The equation with the width that its rounded parts explain; None if it needs none."""
    total, size = equation.residuals()
    off = np.abs(total[~np.isnan(total)])
    most = max(1, len(equation.named) // 2)
    exact = ROUNDING * (size[~np.isnan(total)] + 1)
    steps = np.round(off / float(unit))
    explained = (off > exact) & (steps <= most) & (np.abs(off - steps * float(unit)) <= exact)
    if np.count_nonzero(explained) < LEAST_INFORMATIVE:
        return None
    return replace(equation, width=int(steps[explained].max()) * unit)


def _of_two(
    columns: Sequence[ProfiledColumn], units: dict[str, Fraction], clock: Clock
) -> Iterator[IntegerRelation]:
    """Columns that are nearly the sum of two others in most of some rows."""
    for block in blocks(columns):
        cells = np.stack([one.values[:TRIED_ROWS] for one in block], axis=1)
        widths = np.array([1.5 * float(units[one.name]) for one in block])
        for first, second in clock.over(combinations(range(len(block)), 2)):
            width = np.maximum(widths, max(widths[first], widths[second]))
            near = np.abs(cells - (cells[:, [first]] + cells[:, [second]])) <= width
            for total in _mostly(near, cells):
                if total not in (first, second):
                    yield IntegerRelation((block[total], block[first], block[second]), (1, -1, -1))


def _mostly(near: Array, cells: Array) -> list[int]:
    decided = np.maximum(1, np.count_nonzero(~np.isnan(cells), axis=0))
    found: list[int] = np.flatnonzero(near.sum(axis=0) >= LEAST_TRUE * decided).tolist()
    return found


def _families(
    columns: Sequence[ProfiledColumn], units: dict[str, Fraction], clock: Clock
) -> Iterator[IntegerRelation]:
    """Columns whose names differ in one word, which add up to a whole or to another column."""
    for family in clock.over(namesakes(columns)):
        parts = [one for _, one in family]
        total = np.sum([one.values[:TRIED_ROWS] for one in parts], axis=0)
        width = len(parts) / 2 * float(max(units[one.name] for one in parts))
        ones = (1,) * len(parts)
        for whole in WHOLES:
            if _holds_mostly(total - whole, width):
                yield IntegerRelation((*parts, None), (*ones, -whole))
        for other in columns if len(parts) > 2 else ():
            if all(other is not one for one in parts) and _holds_mostly(
                total - other.values[:TRIED_ROWS], width
            ):
                yield IntegerRelation((other, *parts), (1, *(-one for one in ones)))


def _holds_mostly(residual: Array, width: float) -> bool:
    return bool(np.count_nonzero(np.abs(residual) <= width) >= LEAST_TRUE * len(residual))
