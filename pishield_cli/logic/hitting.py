"""Minimum hitting sets: the least to change where every reason says that one of these must.

Sets of elements are whole numbers here, one bit an element.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

SET_LIMIT = 256
"""Sets of equal cost to list; past that the choice between them is left open."""

NODE_LIMIT = 20_000
"""Branches of one search: some tenths of a second."""


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
        nodes: How many branches to take.
    """
    search = _Search(costs, limit, nodes)
    search.branch(minimal_cores(cores), 0, Fraction(0), 0)
    found = sorted(search.found, key=lambda one: sorted(elements(one), reverse=True), reverse=True)
    return HittingSets(tuple(found), search.complete)


def minimal_cores(cores: Iterable[int]) -> tuple[int, ...]:
    """The cores that contain no other, ascending by size."""
    kept: list[int] = []
    for core in sorted(set(cores), key=lambda one: (one.bit_count(), one)):
        if not any(smaller & core == smaller for smaller in kept):
            kept.append(core)
    return tuple(kept)


def elements(mask: int) -> Iterator[int]:
    """The elements of a set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@dataclass(slots=True)
class _Search:
    costs: Sequence[Fraction]
    limit: int
    nodes: int
    found: list[int] = field(default_factory=list)
    best: Fraction | None = None
    complete: bool = True

    def branch(self, left: Sequence[int], chosen: int, cost: Fraction, barred: int) -> None:
        """Extend a set to hit the cores left, without the barred elements."""
        self.nodes -= 1
        if self.nodes < 0:
            self.complete = False
            return
        allowed = [core & ~barred for core in left]
        bound = cost + self._least(allowed)
        if not all(allowed) or (self.best is not None and bound > self.best):
            return
        if not left:
            self._note(chosen, cost)
            return
        first = min(allowed, key=lambda core: (core.bit_count(), core))
        for one in sorted(elements(first), key=lambda one: (self.costs[one], -one)):
            rest = [core for core in left if not core >> one & 1]
            self.branch(rest, chosen | 1 << one, cost + self.costs[one], barred)
            barred |= 1 << one

    def _least(self, cores: Sequence[int]) -> Fraction:
        """What cores without common elements cost at least."""
        total, met = Fraction(0), 0
        for core in sorted(cores, key=int.bit_count):
            if not core & met:
                total += min((self.costs[one] for one in elements(core)), default=Fraction(0))
                met |= core
        return total

    def _note(self, chosen: int, cost: Fraction) -> None:
        if self.best is None or cost < self.best:
            self.best = cost
            self.found.clear()
            self.complete = True
        if len(self.found) < self.limit:
            self.found.append(chosen)
        else:
            self.complete = False
