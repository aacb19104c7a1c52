"""Find how many days lie at most between two dates, or always."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from math import floor

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.orders import (
    ATTAINED,
    FADING,
    LEAST_EXPECTED,
    NEAR,
    compare,
    order_limit,
)
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, related
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import binomial_tail, poisson_tail


def days_between(
    columns: Sequence[ProfiledColumn], chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `end - start <= 30 days`, and `end - start == 14 days`, with evidence.

    Args:
        columns: Columns of dates.
        chance: The probability of one rule by chance, over all pairs.
        clock: Until when.
    """
    limit = order_limit(columns, chance)
    usable = [one for one in columns if one.integer and not one.constant]
    equal: set[frozenset[str]] = set()
    for start, end in clock.over(permutations(usable, 2)):
        order = compare(start, end, 0.0)
        names = frozenset((start.name, end.name))
        if order is None or order.chance >= limit or names in equal:
            continue
        rule = _most(start, end, limit)
        if rule is not None:
            equal |= {names} if rule.kind is RuleKind.EQUAL else set()
            yield rule


def _most(start: ProfiledColumn, end: ProfiledColumn, limit: float) -> FoundRule | None:
    """The rule of two dates of which the first is never later."""
    both = ~np.isnan(start.values) & ~np.isnan(end.values)
    early, late = start.values[both], end.values[both]
    days = late - early
    most = int(days.max())
    always = int(days.min()) == most
    near = int(np.count_nonzero(days >= most - max(1, floor(NEAR * most))))
    expected = _expected(early + most, late, always=always)
    tail = max(poisson_tail(0, expected), binomial_tail(0, near))
    if expected < LEAST_EXPECTED or tail >= limit or not (always or _has_edge(days, most)):
        return None
    return FoundRule(
        RuleKind.EQUAL if always else RuleKind.ORDER,
        _pattern(most, always=always),
        (start.name, end.name),
        Evidence(tail, expected, None if always else near),
        related=related(start, end),
    )


def _pattern(most: int, *, always: bool) -> str:
    if not most:
        return "{0} == {1}"
    return f"{{1}} - {{0}} {'==' if always else '<='} {most} day{'' if most == 1 else 's'}"


def _expected(latest: Array, late: Array, *, always: bool) -> float:
    """How many rows would violate it if the two dates were independent."""
    ordered = np.sort(latest)
    below = np.searchsorted(ordered, late, side="left").sum()
    above = len(late) ** 2 - np.searchsorted(ordered, late, side="right").sum()
    return float(below + above * always) / len(late)


def _has_edge(days: Array, most: int) -> bool:
    """Whether rows do not fade away towards the greatest number of days."""
    width = max(1, floor(NEAR * most))
    beside = np.count_nonzero((days < most) & (days >= most - width)) / width
    return bool(np.count_nonzero(days == most) >= max(ATTAINED, FADING * beside))
