"""Sets of numbers: unions of intervals with open and closed ends, as values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

Cut = tuple[Fraction, bool]
"""A place between numbers: right before a number, or (True) right after it."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """A union of intervals, closed under `&`, `|` and `~`; equal sets are equal values.

    Attributes:
        unbounded_below: Whether the set goes on without end towards minus infinity.
        cuts: Ascending; at each the set ends if it was going on, and else begins again.
    """

    unbounded_below: bool
    cuts: tuple[Cut, ...] = ()

    @classmethod
    def above(cls, value: Fraction, *, strict: bool) -> "Ranges":
        """All numbers at least a value; greater ones, if strict."""
        return cls(unbounded_below=False, cuts=((value, strict),))

    @classmethod
    def union(cls, parts: Iterable["Ranges"]) -> "Ranges":
        """What lies in any of the parts, in time `n log n` of their cuts."""
        listed = list(parts)
        depth = sum(one.unbounded_below for one in listed)
        changes = sorted(
            (cut, -1 if (place % 2 == 0) == one.unbounded_below else 1)
            for one in listed
            for place, cut in enumerate(one.cuts)
        )
        begins, inside = depth > 0, depth > 0
        cuts: list[Cut] = []
        for cut, steps in groupby(changes, key=lambda change: change[0]):
            depth += sum(step for _, step in steps)
            if (depth > 0) != inside:
                inside = depth > 0
                cuts.append(cut)
        return cls(begins, tuple(cuts))

    def __invert__(self) -> "Ranges":
        return Ranges(not self.unbounded_below, self.cuts)

    def __or__(self, other: "Ranges") -> "Ranges":
        return Ranges.union((self, other))

    def __and__(self, other: "Ranges") -> "Ranges":
        return ~(~self | ~other)

    def __contains__(self, value: Fraction) -> bool:
        passed = sum((at, after) <= (value, False) for at, after in self.cuts)
        return self.unbounded_below == (passed % 2 == 0)

    def intervals(self) -> Iterator[tuple[Cut | None, Cut | None]]:
        """The intervals, ascending; None stands for an end at infinity."""
        ends: list[Cut | None] = [None] if self.unbounded_below else []
        ends += self.cuts
        if len(ends) % 2:
            ends.append(None)
        yield from zip(ends[::2], ends[1::2], strict=True)

    def gaps(self) -> Iterator[tuple[Cut | None, Cut | None]]:
        """The intervals between them, and beyond."""
        return (~self).intervals()
