"""Until when to search."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TypeVar

_Item = TypeVar("_Item")


class OutOfTimeError(Exception):
    """A search has reached its end by the clock: what it gave until then stands."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The end of a search.

    Attributes:
        end: When it is, as `time.monotonic` counts; infinity for never.
    """

    end: float = inf

    @classmethod
    def of(cls, seconds: float) -> "Clock":
        """A clock that ends some seconds from now."""
        return cls(time.monotonic() + seconds)

    def check(self) -> None:
        """Go on unless it is the end.

        Raises:
            OutOfTimeError: If it is.
        """
        if time.monotonic() > self.end:
            raise OutOfTimeError

    def over(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """The items, looking at the clock before each.

        Raises:
            OutOfTimeError: If it is the end.
        """
        for item in items:
            self.check()
            yield item


ENDLESS = Clock()
"""For a search that takes as long as it takes."""
