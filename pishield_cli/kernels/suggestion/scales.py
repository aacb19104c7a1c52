"""Find columns that stay below a multiple of others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import permutations
from math import floor, log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.orders import EDGE_ROWS, has_edge
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, related
from pishield_cli.kernels.suggestion.round_numbers import rounded_up, written
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import poisson_tail

MULTIPLES = tuple(
    Fraction(text)
    for text in ("1", "1.2", "1.25", "1.5", "2", "2.5", "3", "4", "5", "6", "7.5", "8")
)
"""The multiples that people write, times powers of ten."""

MOST_PAIRED = 100
SCREENED_ROWS = 1_500
"""Columns at most of which all pairs are tried; of more, how many rows tell which."""

REACHED = 0.98
"""The greatest ratio of two columns, as a part of the multiple."""

NEAR = 0.9
LEAST_NEAR = 10
MOST_NEAR = 0.5
"""Rows with a ratio of at least nine tenths of the multiple: at least so many, and at most such a
share of all. With more, the columns are all but proportional."""

ATTAINED = 2
"""Rows that attain a ratio of small whole numbers exactly: so many stand for rows near it. Of
correlated columns without a rule hardly two do."""

LEAST_PARTS = 3
ROUND_PARTS = frozenset((*range(1, 11), 12, 15, 20, 25))
"""Such a ratio is of two of these numbers, one of them at most three."""

SAME = 1e-12
"""What two ratios of floats that are equal may differ by, relative to them."""

LEAST_EXPECTED = 10.0
MOST_EXCEPTIONS = 0.07
"""Violations that must be expected by chance, and exceptions as a part of them."""


@dataclass(frozen=True, slots=True)
class _Multiple:
    """How many times another a column is at most.

    Attributes:
        times: The multiple.
        exceptions: Rows that exceed it.
        near: Rows within a tenth of it.
        closest: The greatest ratio that does not exceed it, as a part of it.
        attained: Rows that attain it.
    """

    times: Fraction
    exceptions: int
    near: int
    closest: float
    attained: int


def scales(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `a <= k*b` with a round k that is reached: never more than candidates.

    Args:
        columns: A sample of the table, as many rows of each.
        share: The most exceptions a rule may have, as a share of its rows, in [0, 1).
        chance: How likely, at most, any rule is found in a table without one.
        clock: Ends the search when its time is up.
    """
    usable = [one for one in columns if not one.constant and one.least >= 0 and not one.boolean]
    usable = [one for one in usable if not one.codes]
    limit = log10(chance / max(1, len(usable) ** 2))
    if len(usable) < 2:
        return
    for small, large in clock.over(_pairs(usable, clock)):
        # A multiple of a stranger is worth telling only without exceptions.
        rule = _scale(small, large, share if related(small, large) else 0.0, limit)
        if rule is not None:
            yield rule


def _pairs(
    columns: Sequence[ProfiledColumn], clock: Clock
) -> Iterator[tuple[ProfiledColumn, ProfiledColumn]]:
    """All pairs; of many columns those of which some first rows come near the greatest ratio."""
    if len(columns) <= MOST_PAIRED:
        yield from permutations(columns, 2)
        return
    stacked = np.stack([one.values[:SCREENED_ROWS] for one in columns], axis=1)
    for at, small in enumerate(clock.over(columns)):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = stacked[:, [at]] / stacked
            ratios[:, at] = np.nan
            most = np.fmax.reduce(ratios, axis=0)
            near = (ratios >= NEAR * most).sum(axis=0)
            nearest = (ratios >= (1 + NEAR) / 2 * most).sum(axis=0)
        fits = np.isfinite(most) & (near >= LEAST_NEAR / 4) & (4 * nearest >= near)
        for place in np.flatnonzero(fits & (near <= MOST_NEAR * len(stacked))).tolist():
            yield small, columns[place]


def _scale(
    small: ProfiledColumn, large: ProfiledColumn, share: float, limit: float
) -> FoundRule | None:
    both = ~np.isnan(small.values) & ~np.isnan(large.values)
    low, high = small.values[both], large.values[both]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = low / high
    found = _multiple(ratios[~np.isnan(ratios)], share)
    if found is None:
        return None
    expected = _expected(low, float(found.times) * high)
    tail = poisson_tail(found.exceptions, expected)
    if expected < LEAST_EXPECTED or tail >= limit or found.exceptions > MOST_EXCEPTIONS * expected:
        return None
    note = f"closest {found.closest:.3g} of it"
    if found.attained:
        note = f"{found.attained:,} rows at it"
    return FoundRule(
        RuleKind.SCALE,
        _pattern(found.times),
        (small.name, large.name),
        Evidence(tail, expected, found.near, note=note),
        candidate=True,
        related=related(small, large),
        exceptions=found.exceptions,
    )


def _pattern(times: Fraction) -> str:
    """`a <= k*b`, or `k*a <= b`; both columns have a factor where no decimal is the multiple."""
    if times < 1 and times.numerator == 1:
        return f"{times.denominator}*{{0}} <= {{1}}"
    if _is_decimal(times):
        return f"{{0}} <= {written(times)}*{{1}}"
    return f"{times.denominator}*{{0}} <= {times.numerator}*{{1}}"


def _is_decimal(number: Fraction) -> bool:
    return 10**6 % number.denominator == 0


def _multiple(ratios: Array, share: float) -> _Multiple | None:
    """The round multiple that ratios stay below, but for a few with an edge behind them."""
    allowed = int(share * len(ratios))
    size = min(len(ratios), allowed + EDGE_ROWS + 1)
    greatest = np.sort(np.partition(ratios, len(ratios) - size)[len(ratios) - size :])[::-1]
    for exceptions in _cuts(greatest[: allowed + 1]):
        found = _reached(greatest[exceptions:], ratios)
        if found is None or found.times == 1:
            continue
        slack = float(found.times) - greatest
        if not exceptions or (slack[exceptions - 1] < 0 and has_edge(slack)):
            return found
    return None


def _cuts(greatest: Array) -> Iterator[int]:
    """How many of the greatest ratios may be exceptions: none, or those before the widest gap."""
    if len(greatest):
        yield 0
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.nan_to_num(greatest[:-1] / greatest[1:], nan=0.0)
    if len(gaps) and gaps.max() > 1:
        yield int(np.argmax(gaps)) + 1


def _reached(greatest: Array, ratios: Array) -> _Multiple | None:
    """A round multiple that the first of the greatest ratios attains, or comes near.

    What is near is told from zero, or from one where no ratio is less: `b <= a <= 1.2*b`.
    """
    most = float(greatest[0])
    if not 0 < most < np.inf:
        return None
    start = 1 if float(ratios.min()) >= 1 else 0
    times = _whole_ratio(most)
    attained = 0 if times is None else int(np.count_nonzero(np.abs(ratios - most) <= SAME * most))
    if attained < ATTAINED:
        times, attained = _round_multiple(most, start), 0
    if times is None:
        return None
    width, above = float(times) - start, ratios[ratios >= NEAR * float(times)] - start
    exceptions = int(np.count_nonzero(above > (1 + SAME) * width))
    near = int(np.count_nonzero(above >= NEAR * width)) - exceptions
    nearest = int(np.count_nonzero(above >= (1 + NEAR) / 2 * width)) - exceptions
    if near > MOST_NEAR * len(ratios):
        return None
    if not attained and (near < _needed(times) or 4 * nearest < near):
        return None
    return _Multiple(times, exceptions, near, most / float(times), attained)


def _whole_ratio(ratio: float) -> Fraction | None:
    """The ratio as one of small whole numbers; None if it is not one."""
    for denominator in sorted(ROUND_PARTS):
        numerator = round(ratio * denominator)
        small = min(numerator, denominator) <= LEAST_PARTS and numerator in ROUND_PARTS
        if small and abs(ratio * denominator - numerator) <= SAME * numerator:
            return Fraction(numerator, denominator)
    return None


def _expected(low: Array, high: Array) -> float:
    return float(np.searchsorted(np.sort(high), low, side="left").sum() / max(1, len(low)))


def _round_multiple(ratio: float, start: int) -> Fraction | None:
    """The round number that a greatest ratio reaches to two parts in a hundred; None if none.

    Args:
        ratio: The ratio.
        start: The least that ratios are, from which the parts are counted.
    """
    for most, multiple in _multiples(floor(log10(ratio))):
        if _reaches(ratio, most, start):
            return multiple
    multiple = rounded_up(ratio, 2)
    return multiple if _reaches(ratio, float(multiple), start) else None


@cache
def _multiples(power: int) -> tuple[tuple[float, Fraction], ...]:
    """The round multiples of a power of ten and the next, ascending."""
    scales = Fraction(10) ** power, Fraction(10) ** (power + 1)
    return tuple((float(one * scale), one * scale) for scale in scales for one in MULTIPLES)


def _reaches(ratio: float, most: float, start: int) -> bool:
    return ratio <= most and REACHED * (most - start) <= ratio - start


@cache
def _needed(multiple: Fraction) -> int:
    """How many rows must be near a multiple: three times as many where it is less round."""
    power = Fraction(10) ** floor(log10(float(multiple)))
    return LEAST_NEAR if multiple / power in MULTIPLES else 3 * LEAST_NEAR
