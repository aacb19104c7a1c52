"""How much work a row may take: counted rather than timed, and its own.

So what becomes of a row depends on its cells and on the requirements: on no other row, no batch, no
worker and no machine.
"""

from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array

EXACT = 120_000
"""Units of exact work for each row, about a tenth of a second: many times what most rows take."""

ENTRIES = 1_300_000.0
"""Entries of arrays that searches for a row may go through: several milliseconds."""

LEAST = 500
"""Units of it without which a search is not begun."""

SHARE = 0.5
"""The part of what is left that one search for a row may take, so that others may follow."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Work that is left for each of some rows of a batch.

    Attributes:
        exact: Units of exact work, of all rows of the batch.
        entries: Entries of arrays, likewise.
        rows: The rows that are meant, by their numbers in the batch.
    """

    exact: Array
    entries: Array
    rows: Array

    @classmethod
    def of(cls, rows: int, exact: int = EXACT) -> "Effort":
        """All the work that the rows of a batch may take.

        Args:
            rows: How many rows.
            exact: Units of exact work for each.
        """
        return cls(np.full(rows, exact), np.full(rows, ENTRIES), np.arange(rows))

    def take(self, places: Array) -> "Effort":
        """Of some of the rows; what they spend is spent here too."""
        return Effort(self.exact, self.entries, self.rows[places])

    def exact_share(self, place: int, most: int) -> int:
        """Units of exact work that one search for a row may take.

        Args:
            place: The row's place among these.
            most: Of how many units in all, for the row; no more than `EXACT`.
        """
        left = int(self.exact[self.rows[place]]) - (EXACT - most)
        return int(SHARE * left) if left >= LEAST else 0

    def spend_exact(self, place: int, work: int) -> None:
        """Account for exact work on a row."""
        self.exact[self.rows[place]] -= work

    @property
    def entries_share(self) -> Array:
        """Entries that one search may go through for each row, shape `(rows,)`."""
        return np.asarray(SHARE * self.entries[self.rows])

    def spend_entries(self, entries: Array) -> None:
        """Account for entries gone through, shape `(rows,)`."""
        self.entries[self.rows] -= entries

    def end_entries(self) -> None:
        """Leave no entries to these rows: a search of theirs ends where it begins."""
        self.entries[self.rows] = 0.0

    @property
    def kinds(self) -> Array:
        """A number for each row, from 0, equal where equally much is left; shape `(rows,)`."""
        left = np.column_stack([self.exact[self.rows], self.entries[self.rows]])
        if (left == left[:1]).all():
            return np.zeros(len(left), dtype=np.int64)
        return np.unique(left, axis=0, return_inverse=True)[1].reshape(-1)

    def apart(self) -> "Effort":
        """As much work for as many rows, that spend it for themselves."""
        places = np.arange(len(self.rows))
        return Effort(self.exact[self.rows], self.entries[self.rows], places)

    def settle(self, other: "Effort") -> None:
        """Take over what is left for as many rows."""
        self.exact[self.rows] = other.exact[other.rows]
        self.entries[self.rows] = other.entries[other.rows]
