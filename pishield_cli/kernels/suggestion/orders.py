"""Find columns that never exceed others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import floor, log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, related
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import binomial_tail, poisson_tail
from pishield_cli.logic.expressions import Kind

SCREENED_ROWS = 1_500
"""Rows on which all pairs are compared first."""

LEAST_EXPECTED = 10.0
"""Violations that must be expected by chance: with fewer, holding tells nothing."""

NEAR = 0.1
"""Rows are near a boundary within this part of their values, or of the inter-quartile range."""

ATTAINED = 10
"""Rows that must attain a constant for it to be written."""

FADING = 0.5

EDGE_ROWS = 30
EDGE_OUTSIDE = 3
"""Of a rule with exceptions: the rows nearest inside, and how many may be as near outside."""


@dataclass(frozen=True, slots=True)
class Order:
    """How two columns compare, `small <= large`, in the rows at risk.

    Attributes:
        small: The smaller column.
        large: The larger column.
        exceptions: Rows where it is not.
        expected: How many were expected by chance.
        inside: Rows near the boundary that hold.
        outside: Rows as near that do not.
        informative: Rows where one column's range does not tell.
        slack: `large - small`, of all decided rows.
        gap: The whole number that they differ by at least: 1 where they never tie.
    """

    small: ProfiledColumn
    large: ProfiledColumn
    exceptions: int
    expected: float
    inside: int
    outside: int
    informative: int
    slack: Array
    gap: int = 0

    @property
    def chance(self) -> float:
        """The decimal logarithm of the probability of so few exceptions by chance."""
        return poisson_tail(self.exceptions, self.expected)

    @property
    def edge(self) -> float:
        """The same, of so few rows just outside."""
        return binomial_tail(self.outside, self.inside + self.outside)


def orders(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `a <= b` with evidence.

    Without rows near the boundary they are candidates; and so they are with exceptions that lie as
    near as others inside, where the names share a word.

    Args:
        columns: The columns.
        share: The share of rows that may violate it.
        chance: The probability of one rule by chance, over all pairs.
        clock: Until when.
    """
    found = list(compared(columns, share, clock))
    limit = order_limit(columns, chance)
    for one in clock.over(found):
        if one.expected < LEAST_EXPECTED or one.chance >= limit:
            continue
        rule, sharp = order_rule(one), not one.exceptions or has_edge(one.slack)
        if sharp and one.edge < limit:
            yield rule
            yield from _strict(one, share)
        elif not one.exceptions or (one.edge < limit and rule.related):
            yield replace(rule, candidate=True)


def order_limit(columns: Sequence[ProfiledColumn], chance: float) -> float:
    """The logarithm of the probability that an order must stay below: shared among all pairs."""
    varying = sum(not one.constant for one in columns)
    return log10(chance / max(1, varying * (varying - 1)))


def _strict(order: Order, share: float) -> Iterator[FoundRule]:
    """The order without ties, where a few rows tie and hardly any other comes near."""
    if order.exceptions or order.gap or not (order.small.integer and order.large.integer):
        return
    ties = int(np.count_nonzero(order.slack == 0))
    if ties and ties <= min(EDGE_OUTSIDE, share * len(order.slack)) and has_edge(order.slack - 1):
        strict = replace(order, exceptions=ties, gap=1)
        if not _guards(strict):
            yield order_rule(strict)


def compared(
    columns: Sequence[ProfiledColumn], share: float, clock: Clock = ENDLESS
) -> Iterator[Order]:
    """All pairs of columns where one exceeds the other in at most a share of rows.

    Args:
        columns: A sample of the table, as many rows of each.
        share: Of the rows in which both cells are there, in [0, 1).
        clock: Ends the search when its time is up.
    """
    usable = [one for one in columns if not one.constant and not one.boolean]
    if not usable:
        return
    some = [one.values[:SCREENED_ROWS] for one in usable]
    stacked = np.stack(some, axis=1)
    decided = ~np.isnan(stacked)
    most = np.array([one.greatest for one in usable])
    for at, small in enumerate(clock.over(usable)):
        above = (stacked[:, [at]] > stacked).sum(axis=0)
        both = (decided[:, [at]] & decided).sum(axis=0)
        fits = (above <= 2 * share * both + 3 * (share > 0)) & (both >= 10)
        fits &= most >= small.least
        fits[at] = False
        for place in np.flatnonzero(fits):
            order = compare(small, usable[place], share)
            if order is not None:
                yield order


def compare(small: ProfiledColumn, large: ProfiledColumn, share: float) -> Order | None:
    """How two columns compare; None where more than a share of the rows say otherwise.

    Args:
        small: The column that should be at most the other.
        large: The other, of as many rows.
        share: Of the rows in which both cells are there, in [0, 1).
    """
    low, high = small.values, large.values
    slack = high - low
    slack = slack[~np.isnan(slack)]
    exceptions = int(np.count_nonzero(slack < 0))
    if exceptions > share * len(slack):
        return None
    both = ~np.isnan(low) & ~np.isnan(high)
    low, high = low[both], high[both]
    if not len(low):
        return None
    gap = _gap(small, large, slack)
    if gap > 1:
        low, slack = low + gap, slack - gap
    risky = (low > high.min()) & (high < low.max())
    inside, outside = _near(low[risky], high[risky], small, large)
    return Order(
        small,
        large,
        exceptions,
        _expected(low, high),
        inside,
        outside,
        int(risky.sum()),
        slack,
        gap,
    )


def _gap(small: ProfiledColumn, large: ProfiledColumn, slack: Array) -> int:
    """The whole number that lies at least between two columns of whole numbers.

    More than 1 only where rows do not fade away towards it: at least ten attain it, and half as
    many as attain each of the next numbers, up to a tenth of the smaller range.
    """
    if not (small.integer and large.integer) or not len(slack):
        return 0
    held = slack[slack >= 0]
    least = int(held.min()) if len(held) else 0
    if least <= 1 or len(held) < len(slack):
        return min(least, 1)
    attained = np.count_nonzero(held == least)
    width = max(1.0, NEAR * min(abs(small.greatest), abs(large.greatest)))
    beside = np.count_nonzero((held > least) & (held <= least + width)) / floor(width)
    return least if attained >= max(ATTAINED, FADING * beside) else 1


def _expected(low: Array, high: Array) -> float:
    """How many rows of as many would violate `low <= high` if they were independent."""
    return float(np.searchsorted(np.sort(high), low, side="left").sum() / len(low))


def _near(low: Array, high: Array, small: ProfiledColumn, large: ProfiledColumn) -> tuple[int, int]:
    slack = high - low
    if small.kind is Kind.NUMBER and small.least >= 0 and large.least >= 0:
        width = NEAR * np.maximum(np.abs(low), np.abs(high))
    else:
        width = np.full(len(low), NEAR * max(_spread(small.values), _spread(large.values)))
    if small.integer and large.integer:
        width = np.maximum(width, 1.0)
    inside = np.count_nonzero((slack >= 0) & (slack <= width))
    outside = np.count_nonzero((slack < 0) & (-slack <= width))
    return int(inside), int(outside)


def _spread(values: Array) -> float:
    """The inter-quartile range."""
    lower, upper = np.nanpercentile(values, [25, 75])
    return float(upper - lower)


def has_edge(slack: Array) -> bool:
    """Whether few of the exceptions lie as near to the boundary as the rows nearest inside.

    Args:
        slack: How far each row is from violating a rule; negative where it does.
    """
    inside = np.sort(slack[slack >= 0])[:EDGE_ROWS]
    if len(inside) < EDGE_ROWS:
        return False
    return bool(np.count_nonzero((slack < 0) & (-slack <= inside[-1])) <= EDGE_OUTSIDE)


def order_rule(order: Order, family: str = "", *, by_analogy: bool = False) -> FoundRule:
    """The rule that an order is written as: strict, or with an offset, where it never ties.

    Args:
        order: The two columns, by how much they differ, and the evidence.
        family: The name that rules of one shape share; empty for none.
        by_analogy: Whether it is suggested because the others of its family are.
    """
    pattern = _pattern(order)
    needed = _guards(order)
    if needed:
        conditions = " and ".join(f"{{{place}}} >= 0" for place in needed)
        pattern = f"if {conditions} then {pattern}"
    evidence = Evidence(
        max(order.chance, order.edge), order.expected, order.inside, order.informative
    )
    return FoundRule(
        RuleKind.ORDER,
        pattern,
        (order.small.name, order.large.name),
        evidence,
        related=related(order.small, order.large),
        by_analogy=by_analogy,
        family=family,
        exceptions=order.exceptions,
    )


def _pattern(order: Order) -> str:
    gap = f"{order.gap} days" if order.small.kind is Kind.DATE else str(order.gap)
    return ("{0} <= {1}", "{0} < {1}", f"{{0}} + {gap} <= {{1}}")[min(order.gap, 2)]


def _guards(order: Order) -> tuple[int, ...]:
    """Which columns' codes must be set aside for the rule to be true of them: the fewest."""
    low, high = order.small.raw, order.large.raw
    coded = np.isnan(order.small.values) | np.isnan(order.large.values)
    broken = coded & (low + order.gap > high)
    guarded = [place for place, one in enumerate((order.small, order.large)) if one.codes]
    for size in range(len(guarded) + 1):
        for some in combinations(guarded, size):
            if not any_left(broken, [(low, high)[place] >= 0 for place in some]):
                return some
    return tuple(guarded)


def any_left(broken: Array, conditions: Sequence[Array]) -> bool:
    """Whether rows that break a rule satisfy all of some conditions."""
    return bool(np.logical_and.reduce([broken, *conditions]).any())
