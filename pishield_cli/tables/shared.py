"""Tables that several processes read and write, each a share of them."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from pishield_cli.tables.table import StoredTable, TableWriter


class SharedOutput(Protocol):
    """A table being written aside by several processes; it appears at `publish`."""

    @property
    def writers(self) -> Callable[[StoredTable], TableWriter]:
        """Opens the writer of a share, which commits its part only; other processes can have it."""

    def publish(self) -> None:
        """Rename the finished table into place."""

    def discard(self) -> None:
        """Remove what was written aside."""


@runtime_checkable
class SharedTable(StoredTable, Protocol):
    """A table that several processes can read and write, each a share of it."""

    def shares(self, *, rows: int | None = None) -> Sequence[StoredTable]:
        """The table in consecutive pieces, each of which numbers its rows as the whole does.

        Args:
            rows: About how many rows a piece has; None for pieces that are written one by one.

        Returns:
            Readers that can be sent to other processes; together they have all rows.
        """

    def shared_output(self, output: str) -> SharedOutput:
        """Start writing a changed copy, share by share.

        Raises:
            TableError: If nothing of this name can be written.
        """
