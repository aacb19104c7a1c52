"""What all readers share: a table's name, its columns, and which of them can be asked for."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Self

from pishield_cli.errors import MissingColumnError
from pishield_cli.tables.dialect import BadCells, InputFormat
from pishield_cli.tables.table import Batch, Style, refuse_repeated


class NamedTable(ABC):
    """A table with a name and columns.

    Args:
        name: As the user gave it.
        title: As messages call it.
        columns: All column names, in file order.
    """

    format: InputFormat | None = None
    bad_cells: BadCells = BadCells.ERROR
    missing_texts: frozenset[str] = frozenset()

    def __init__(self, name: str, title: str, columns: Sequence[str]) -> None:
        self._name = name
        self._title = title
        self._columns = tuple(columns)

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self._name

    @property
    def title(self) -> str:
        """The table as messages call it."""
        return self._title

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order."""
        return self._columns

    def share_read(self) -> float | None:
        """None: nothing tells."""
        return None

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """None: nothing of how the table is written can be misunderstood."""
        return ()

    @property
    def style(self) -> Style:
        """How it is written, if it is text."""
        return Style()

    @property
    def stored(self) -> Self:
        """The table itself."""
        return self

    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,
        raw: Sequence[str] = (),
        days: Sequence[str] = (),  # noqa: ARG002 - they come as they are stored
    ) -> Iterator[Batch]:
        """Read the table from its start; see `TableReader`."""
        return self._read(self._numeric(columns), self._known(raw), rows, whole=whole)

    @abstractmethod
    def _read(
        self, wanted: list[str], raw: list[str], rows: int | None, *, whole: bool
    ) -> Iterator[Batch]:
        """The table's batches; see `TableReader`.

        Args:
            wanted: The columns of numbers, each once.
            raw: The columns to give as they are stored, each once.
            rows: About how many rows a batch holds; None lets the format choose.
            whole: Whether a writer will need the rows themselves.
        """

    def _numeric(self, columns: Sequence[str]) -> list[str]:
        """Columns that are asked for as numbers, each once."""
        return self._known(columns)

    def _known(self, columns: Sequence[str]) -> list[str]:
        """Columns that are asked for, each once.

        Raises:
            MissingColumnError: If the table lacks one.
            TableError: If it has one more than once.
        """
        wanted = list(dict.fromkeys(columns))
        known = frozenset(self._columns)
        for name in wanted:
            if name not in known:
                raise MissingColumnError(f"{self._title} has no column `{name}`.")
        refuse_repeated(wanted, self._columns, self._title)
        return wanted
