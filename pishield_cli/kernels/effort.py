"""How much work a table's rows may take, counted rather than timed: equal input, equal output."""

from dataclasses import dataclass, field

from pishield_cli.logic.rows.corrected import ROW_WORK
from pishield_cli.logic.solver.limits import Limits

GRANTED = 6_000.0
"""Work on proposals in floats granted at first, about a millisecond each."""

GRANTED_A_ROW = 0.5
"""Further work of them granted for every row, so that tables are not cut short for their length."""

EXACT = 3_000_000
"""Units of exact work granted at first on rows that floats cannot settle: about three seconds."""

EXACT_A_ROW = 6_000
"""Further units of them granted for every such row: more than most rows take."""

EXACT_LEAST = 50_000
"""Units of them without which a row is not begun."""

PLANNING = 3_000_000
"""Units of work on plans for rows of which only some columns may change."""

_CALL = 1.0

_ENTRY = 1e-5


@dataclass
class Effort:
    """Work that is left, shared by all that corrects the rows of one table.

    Attributes:
        left: About how many milliseconds of it, on arrays of floats.
        exact: What is left of work on rows one by one, in exact arithmetic.
        planning: What is left of work on plans made for some rows only.
    """

    left: float = GRANTED
    exact: Limits = field(default_factory=lambda: Limits(None, EXACT))
    planning: Limits = field(default_factory=lambda: Limits(None, PLANNING))

    def grant(self, rows: int) -> None:
        """Allow for some more rows."""
        self.left += GRANTED_A_ROW * rows

    def spend(self, entries: int) -> None:
        """Account for one step on arrays of so many entries."""
        self.left -= _CALL + _ENTRY * entries

    @property
    def exhausted(self) -> bool:
        return self.left <= 0

    def for_row(self) -> Limits | None:
        """What one more row may take in exact arithmetic; None if too little is left for any."""
        self.exact.work += EXACT_A_ROW
        return self.exact.part(ROW_WORK) if self.exact.work >= EXACT_LEAST else None
