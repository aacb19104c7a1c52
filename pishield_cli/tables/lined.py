"""Tables whose rows stand on lines of a text."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from pishield_cli.tables.table import Batch


class CountedLines(Protocol):
    """The lines of a text, which is read once more, as far as is asked."""

    def line(self, offset: int) -> int:
        """The line, from 1, that a place of the text is on.

        Args:
            offset: As `LinedTable.offset` gave it, not before that of the last call.
        """

    def close(self) -> None:
        """Close the text."""


@runtime_checkable
class LinedTable(Protocol):
    """A table whose rows stand on lines of a text."""

    def offset(self, batch: Batch, row: int) -> int:
        """Where a row of a batch begins in the text."""

    def lines(self, offsets: Sequence[int]) -> list[int]:
        """The lines, from 1, that places of the text are on; the text is read once more.

        Args:
            offsets: As `offset` gave them, ascending.
        """

    def line_counter(self) -> CountedLines:
        """Tells the lines of rows as they come."""
