"""How much work a search may take, counted rather than timed: equal input, equal output."""

from dataclasses import dataclass

GRANTED = 8_000.0
"""Work granted at first, about a millisecond each."""

GRANTED_A_ROW = 0.5
"""Further work granted for every row, so that tables are not cut short for their length."""

_CALL = 1.0

_ENTRY = 1e-5


@dataclass
class Effort:
    """Work that is left, shared by all that searches for one group's rows.

    Attributes:
        left: About how many milliseconds of it.
    """

    left: float = GRANTED

    def grant(self, rows: int) -> None:
        """Allow for some more rows."""
        self.left += GRANTED_A_ROW * rows

    def spend(self, entries: int) -> None:
        """Account for one step on arrays of so many entries."""
        self.left -= _CALL + _ENTRY * entries

    @property
    def exhausted(self) -> bool:
        return self.left <= 0
