"""Find bounds that a truth value brings: `if approved then score >= 580`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log, log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.implications import MOST_CONCLUSIONS, SMALL_PREMISE
from pishield_cli.kernels.suggestion.orders import EDGE_OUTSIDE, EDGE_ROWS
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, related
from pishield_cli.kernels.suggestion.round_numbers import digits, roundest_between, shown, written
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import poisson_tail

LEAST_EXPECTED = 10.0
"""Violations that must be expected by chance: with fewer, holding tells nothing."""

MOST_EXCEPTIONS = 0.15
"""Exceptions, as a part of the violations expected by chance."""

LEAST_CHOSEN = 0.7
"""Just inside, values are chosen at least so often as further inside: else they fade away."""

LARGEST_PREMISE = 0.9
"""A premise of more of the rows says little: its contrary is a small cluster."""

AS_GOOD = 0.85
"""A rounder bound is preferred to one with more evidence, if it has at least this part of that."""

MOST_CUTS = 500

SLIGHT = 1e-9
"""What products of floats may differ by, relative to them."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where chosen values end, but for some.

    Attributes:
        bound: The bound.
        exceptions: Chosen values below it.
        expected: How many there would be, were the choice independent.
        tail: The decimal logarithm of the probability of so few.
        nearest: The least chosen value that is not below it, and the last of the thirty nearest.
    """

    bound: Fraction
    exceptions: int
    expected: float
    tail: float
    nearest: tuple[float, float]


def bounds(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `if a then b >= c` with a sharp edge: never more than candidates.

    Args:
        columns: A sample of the table, as many rows of each.
        share: The most exceptions a rule may have, as a share of the rows that it speaks of, in [0,
            1).
        chance: How likely, at most, any rule is found in a table without one.
        clock: Ends the search when its time is up.
    """
    flags = [one for one in columns if one.boolean and not one.codes and one.greatest <= 1]
    numbers = [one for one in columns if not one.constant and not one.boolean and not one.codes]
    limit = log10(chance / max(1, 4 * len(flags) * len(numbers)))
    if not numbers:
        return
    ordered = _Ordered.of(numbers)
    for flag in flags:
        for premise in (1, 0):
            clock.check()
            sides = _promising(flag.values[ordered.rows], ordered.present, premise, share, limit)
            rules = [
                rule
                for place, sign in sides
                if (
                    rule := _bound(
                        flag, numbers[place], ordered[place], (premise, sign), share, limit
                    )
                )
                is not None
            ]
            chosen = float(np.count_nonzero(flag.values == premise))
            alien = sum(not rule.related for rule in rules)
            clustered = chosen < SMALL_PREMISE * len(flag.values) and alien > MOST_CONCLUSIONS
            yield from (rule for rule in rules if rule.related or not clustered)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """The rows in the order of each column's values, those where it is missing last.

    Attributes:
        rows: Their numbers, shape `(rows, columns)`.
        present: Whether the column is there, shape `(rows, columns)`.
    """

    rows: Array
    present: Array

    @classmethod
    def of(cls, columns: Sequence[ProfiledColumn]) -> "_Ordered":
        rows = np.stack([np.argsort(one.values) for one in columns], axis=1)
        present = np.stack([~np.isnan(one.values) for one in columns], axis=1)
        return cls(rows, np.take_along_axis(present, rows, axis=0))

    def __getitem__(self, place: int) -> Array:
        ascending: Array = self.rows[self.present[:, place], place]
        return ascending


def _promising(
    flags: Array, present: Array, premise: int, share: float, limit: float
) -> list[tuple[int, int]]:
    """Numbers of columns, and their sides, of which some cut may have the evidence.

    The chosen value of rank r has at least as many values before it as expected violations tell:
    a necessary condition of `_cut`, for all columns at once.

    Args:
        flags: The truth values in the order of each column, shape `(rows, columns)`.
        present: Where that column is not missing, shape `(rows, columns)`.
        premise: Which truth value chooses.
        share: The share of rows that may be exceptions.
        limit: The decimal logarithm of the probability that a cut must stay below.
    """
    chosen, decided = present & (flags == premise), present & ~np.isnan(flags)
    rows, total = decided.sum(axis=0), chosen.sum(axis=0)
    rate = total / np.maximum(rows, 1)
    most = np.minimum(2 * (share * rows).astype(int), MOST_CUTS)
    found = []
    for sign in (1, -1):
        ranks = np.cumsum(chosen[::sign], axis=0, dtype=np.int32) - 1
        before = np.cumsum(decided[::sign], axis=0, dtype=np.int32) - 1
        needed = np.maximum(max(-limit * log(10), LEAST_EXPECTED), ranks / MOST_EXCEPTIONS)
        fits = chosen[::sign] & (ranks <= most) & (before * rate >= (1 - SLIGHT) * needed)
        found += [(place, sign) for place in np.flatnonzero(fits.any(axis=0)).tolist()]
    return sorted(found, key=lambda one: (one[0], -one[1]))


def _bound(
    flag: ProfiledColumn,
    number: ProfiledColumn,
    ascending: Array,
    sides: tuple[int, int],
    share: float,
    limit: float,
) -> FoundRule | None:
    premise, sign = sides
    held = flag.values[ascending[::sign]]
    decided = ~np.isnan(held)
    values, chosen = sign * number.values[ascending[::sign]][decided], held[decided] == premise
    if not len(values) or chosen.mean() > LARGEST_PREMISE:
        return None
    cut = _cut(values, values[chosen], share)
    if cut is None or cut.tail >= limit or (sign < 0 and cut.bound == 0 == number.least):
        return None
    supposed = "{0}" if premise else "not {0}"
    compared = ">=" if sign > 0 else "<="
    return FoundRule(
        RuleKind.BOUND,
        f"if {supposed} then {{1}} {compared} {written(sign * cut.bound)}",
        (flag.name, number.name),
        Evidence(cut.tail, cut.expected, note=_nearest(cut, sign)),
        at_risk=supposed,
        candidate=True,
        related=related(flag, number),
        exceptions=cut.exceptions,
    )


def _cut(values: Array, inside: Array, share: float) -> _Cut | None:
    """The cut with the most evidence of those with an edge; None if there is none.

    Args:
        values: All values, ascending.
        inside: The chosen ones, ascending.
        share: The share of all rows that may be exceptions.
    """
    allowed = int(share * len(values))
    most = min(2 * allowed, MOST_CUTS, len(inside) - EDGE_ROWS)
    if most < 0:
        return None
    cuts = np.arange(most + 1)
    starts, near = inside[cuts], inside[cuts + EDGE_ROWS - 1]
    below = np.searchsorted(values, starts)
    expected = below * (len(inside) / len(values))
    width = near - starts
    beside = np.searchsorted(values, near, side="right") - below
    chosen_near = (np.searchsorted(inside, near, side="right") - cuts) / beside
    chosen = (len(inside) - cuts) / (len(values) - below)
    fading = chosen_near < LEAST_CHOSEN * chosen
    outside = cuts - np.searchsorted(inside, starts - width)
    first = np.concatenate([[True], np.diff(starts) > 0])
    fits = first & ~fading & (outside <= EDGE_OUTSIDE) & (expected >= LEAST_EXPECTED)
    fits &= cuts <= MOST_EXCEPTIONS * expected
    found = [_at(inside, int(cut), float(expected[cut])) for cut in np.flatnonzero(fits)]
    known = [one for one in found if one is not None]
    best = min((one.tail for one in known), default=0.0)
    good = [one for one in known if one.tail <= AS_GOOD * best]
    chosen_cut = min(good, key=lambda one: (digits(one.bound), one.tail), default=None)
    # A cut at the last exception that is allowed would be a quantile, and not an edge.
    return None if chosen_cut is None or chosen_cut.exceptions > allowed else chosen_cut


def _at(inside: Array, cut: int, expected: float) -> _Cut | None:
    first = float(inside[cut])
    lower = first - float(inside[cut + EDGE_ROWS - 1] - first)
    if cut:
        lower = max(lower, float(np.nextafter(inside[cut - 1], np.inf)))
    bound = roundest_between(min(lower, first), first)
    if bound is None:
        return None
    nearest = first, float(inside[cut + EDGE_ROWS - 1])
    return _Cut(bound, cut, expected, poisson_tail(cut, expected), nearest)


def _nearest(cut: _Cut, sign: int) -> str:
    lower, upper = sorted(sign * value for value in cut.nearest)
    return f"the {EDGE_ROWS} nearest lie in {shown(lower)}..{shown(upper)}"
