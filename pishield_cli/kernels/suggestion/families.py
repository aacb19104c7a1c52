"""Rules between columns whose names differ in one word, which bear witness to each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.orders import (
    LEAST_EXPECTED,
    Order,
    compare,
    has_edge,
    order_rule,
)
from pishield_cli.kernels.suggestion.profile import ProfiledColumn
from pishield_cli.kernels.suggestion.rules import FoundRule
from pishield_cli.kernels.suggestion.statistics import binomial_tail, poisson_tail

LEAST_PAIRS = 3
"""Pairs that a family needs, each of columns that are not constant."""

MOST_NAMESAKES = 200
"""Columns at most whose names differ in one and the same word."""


@dataclass(slots=True)
class Family:
    """Pairs of columns whose names differ in one word: `min` in one, `max` in the other.

    Attributes:
        words: The two words.
        orders: How the pairs compare that are not constant.
        empty: Pairs with a column that is.
        against: How many pairs say otherwise.
    """

    words: tuple[str, str]
    orders: list[Order] = field(default_factory=list)
    empty: list[tuple[ProfiledColumn, ProfiledColumn]] = field(default_factory=list)
    against: int = 0


def family_orders(
    columns: Sequence[ProfiledColumn], share: float, limit: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """The orders of families whose evidence, taken together, is enough.

    Args:
        columns: The columns.
        share: The share of rows that may violate one.
        limit: The decimal logarithm of the probability that must not be reached.
        clock: Until when.
    """
    for family in _families(columns, share, clock):
        if family.against or len(family.orders) < LEAST_PAIRS:
            continue
        expected = sum(one.expected for one in family.orders)
        exceptions = sum(one.exceptions for one in family.orders)
        inside = sum(one.inside for one in family.orders)
        outside = sum(one.outside for one in family.orders)
        tail = max(poisson_tail(exceptions, expected), binomial_tail(outside, inside + outside))
        if expected < LEAST_EXPECTED or tail >= limit:
            continue
        name = "<=".join(family.words)
        for one in family.orders:
            if not one.exceptions or has_edge(one.slack):
                yield order_rule(one, name)
        for small, large in family.empty:
            order = compare(small, large, 0.0)
            if order is not None:
                yield order_rule(order, name, by_analogy=True)


def _families(columns: Sequence[ProfiledColumn], share: float, clock: Clock) -> list[Family]:
    pairs = Counter(
        words for words, small, large in _pairs(columns) if not (small.constant or large.constant)
    )
    found: dict[tuple[str, str], Family] = {}
    for words, small, large in clock.over(_pairs(columns)):
        if pairs[words] < LEAST_PAIRS:
            continue
        family = found.setdefault(words, Family(words))
        if not family.against:
            _add(family, small, large, share)
    return list(found.values())


def _pairs(
    columns: Sequence[ProfiledColumn],
) -> Iterator[tuple[tuple[str, str], ProfiledColumn, ProfiledColumn]]:
    """Columns whose names differ in one word, with the two words."""
    for some in namesakes(columns):
        for (word, small), (other, large) in permutations(some, 2):
            if word != other and small is not large:
                yield (word, other), small, large


def _add(family: Family, small: ProfiledColumn, large: ProfiledColumn, share: float) -> None:
    if small.constant or large.constant:
        if small.least <= large.greatest:
            family.empty.append((small, large))
        return
    order = compare(small, large, share)
    if order is None:
        family.against += 1
    else:
        family.orders.append(order)


def namesakes(columns: Sequence[ProfiledColumn]) -> Iterator[list[tuple[str, ProfiledColumn]]]:
    """Columns whose names are the same but for one word, with that word."""
    by_rest: dict[tuple[int, tuple[str, ...]], list[tuple[str, ProfiledColumn]]] = {}
    for one in columns:
        for place, word in enumerate(one.tokens):
            rest = one.tokens[:place] + one.tokens[place + 1 :]
            if rest:
                by_rest.setdefault((place, rest), []).append((word, one))
    for some in by_rest.values():
        if 1 < len(some) <= MOST_NAMESAKES:
            yield some
