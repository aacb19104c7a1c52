"""Tables whose rows stand on lines of a text."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from pishield_cli.tables.table import Batch


class CountedLines(Protocol):
    """The lines of a text, which may be read once more, as far as is asked."""

    def line(self, offset: int) -> int:
        """The line, from 1, that a place of the text is on.

        Args:
            offset: As `LinedTable.offset` gave it, not before that of the last call.
        """

    def close(self) -> None:
        """Close the text."""


class KnownLines:
    """The lines of a text whose offsets are its lines; nothing is read."""

    def line(self, offset: int) -> int:
        """The line itself."""
        return offset

    def close(self) -> None:
        """Nothing is open."""


@runtime_checkable
class LinedTable(Protocol):
    """A table whose rows stand on lines of a text."""

    def offset(self, batch: Batch, row: int) -> int:
        """Where a row of a batch begins in the text: a byte, or the line where that is known."""

    def lines(self, offsets: Sequence[int]) -> list[int]:
        """The lines, from 1, that places of the text are on; the text may be read once more.

        Args:
            offsets: As `offset` gave them, ascending.
        """

    def line_counter(self) -> CountedLines:
        """Tells the lines of rows as they come."""
