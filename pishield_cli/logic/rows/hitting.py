"""Minimum hitting sets: the least to change where every reason says that one of these must.

Sets of elements are whole numbers here, one bit an element.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from pishield_cli.logic.rows.flips import FlipSearch, elements

SET_LIMIT = 256
"""Sets of equal cost to list; past that the choice between them is left open."""

NODE_LIMIT = 4_000
"""Nodes of a search: some tenths of a second at most."""


@dataclass(frozen=True, slots=True)
class HittingSets:
    """Sets of least cost that meet every core.

    Attributes:
        sets: Ascending by preference: of two sets the one whose elements come later.
        complete: Whether these are all of them, and none costs less.
    """

    sets: tuple[int, ...]
    complete: bool


def minimum_hitting_sets(
    cores: Iterable[int],
    costs: Sequence[Fraction],
    *,
    limit: int = SET_LIMIT,
    nodes: int = NODE_LIMIT,
) -> HittingSets:
    """List the cheapest sets that have an element in common with every core.

    Args:
        cores: Sets of elements; a set without elements can never be hit.
        costs: What each element costs, more than zero.
        limit: How many sets to list.
        nodes: How many nodes to visit, for the least cost and once more for the list.
    """
    smallest = minimal_cores(cores)
    named = sorted({one for core in smallest for one in elements(core)})
    position = {one: place for place, one in enumerate(named)}
    search = FlipSearch(
        ([(position[one], True) for one in elements(core)] for core in smallest), len(named)
    )
    scale = lcm(*(costs[one].denominator for one in named))
    prices = [int(costs[one] * scale) for one in named]
    cheapest = search.cheapest(0, prices, limit=nodes)
    if cheapest.truths is None:
        return HittingSets((), cheapest.proven)
    sets, complete = search.equally_cheap(0, prices, cheapest.cost, most=limit, limit=nodes)
    found = [sum(1 << named[place] for place in elements(one)) for one in sets]
    found.sort(key=lambda one: sorted(elements(one), reverse=True), reverse=True)
    return HittingSets(tuple(found), cheapest.proven and complete)


def minimal_cores(cores: Iterable[int]) -> tuple[int, ...]:
    """The cores that contain no other, ascending by size."""
    kept: list[int] = []
    for core in sorted(set(cores), key=lambda one: (one.bit_count(), one)):
        if not any(smaller & core == smaller for smaller in kept):
            kept.append(core)
    return tuple(kept)
