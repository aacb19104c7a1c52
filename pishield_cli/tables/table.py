"""What every kind of table offers: batches of numeric columns in, changed batches out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from pishield_cli.errors import TableError
from pishield_cli.kernels.changes import Changes, ColumnChange
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.dialect import BadCells, InputFormat

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Batch",
    "Changes",
    "ColumnChange",
    "Derive",
    "Listing",
    "NewTable",
    "RangedReader",
    "StoredTable",
    "Style",
    "TableReader",
    "TableWriter",
    "refuse_repeated",
]


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of a table.

    Attributes:
        start: The first row's number in the table, from 0.
        rows: How many.
        columns: The numeric columns asked for, by name.
        native: The rows as the table's own format holds them; for its writer only.
        raw: The columns asked for as they are stored, by name: Arrow arrays.
        derive: Works out the derived columns of some rows, given by number, as they are once the
            columns that are given hold other numbers; None where no column is derived.
    """

    start: int
    rows: int
    columns: Mapping[str, NumericColumn]
    native: Any = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    derive: "Derive | None" = None


Derive = Callable[[Array, Mapping[str, NumericColumn]], Mapping[str, NumericColumn]]


def refuse_repeated(wanted: Sequence[str], columns: Sequence[str], title: str) -> None:
    """Refuse to read columns whose names do not tell which of several is meant.

    Args:
        wanted: Names of columns.
        columns: All columns of the table.
        title: The table, for the message.

    Raises:
        TableError: If one of them stands in the table more than once.
    """
    times = Counter(columns)
    repeated = [name for name in wanted if times[name] > 1]
    if repeated:
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(repeated))
        raise TableError(
            f"Names of columns that are used must be distinct, but {title} repeats {listed}.",
            hint="rename the columns",
        )


class TableReader(Protocol):
    """A table that can be read in batches, any number of times."""

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order; one that stands there twice cannot be read."""

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """What looks like a misunderstanding of how the table is written, each with a hint."""

    def row_count(self) -> int | None:
        """How many rows there are, where the table says so before it is read."""

    @property
    def stored(self) -> "StoredTable":
        """The table as it is stored, without derived columns."""

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What columns hold by their types and first cells, and what requirements take them for.

        Args:
            uses: The columns; names that the table lacks are left out.
        """

    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,
        raw: Sequence[str] = (),
        days: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """Read the table from its start.

        Args:
            columns: The columns to parse; each must be numeric.
            rows: About how many rows a batch holds; None lets the format choose.
            whole: Whether a writer will need the rows themselves (`Batch.native`).
            raw: Columns of texts or dates to give as they are stored (`Batch.raw`).
            days: Columns among `raw` whose texts say days: where they are read faster as dates of
                days, they may come as such.

        Raises:
            ColumnTypeError: If a column asked for holds something other than numbers.
            TableError: If the table is malformed; the message names file and line.
        """

    def settled(self, columns: Sequence[str]) -> Schema:
        """Which values columns hold; a table is read through for this where no type tells.

        Args:
            columns: Columns that `batches` gives as numbers.

        Raises:
            ColumnTypeError: If one holds something other than numbers.
        """


@dataclass(frozen=True, slots=True)
class Style:
    """How a text table is written, so that what is taken out of it is written alike.

    Attributes:
        delimiter: What stands between two cells; empty for a table that is not CSV.
        chosen: Whether the user named the delimiter.
        line_ending: What ends a line.
        mark: The byte order mark that the file begins with, if any.
        encoding: The text's encoding, as Python names it.
    """

    delimiter: bytes = b""
    chosen: bool = False
    line_ending: bytes = b"\n"
    mark: bytes = b""
    encoding: str = "utf-8"


class StoredTable(TableReader, Protocol):
    """A table as a file or the memory holds it: also its rows themselves, whatever they hold."""

    def share_read(self) -> float | None:
        """What share of its bytes is in the batches so far, in [0, 1]; None if nothing tells."""

    @property
    def format(self) -> InputFormat | None:
        """What kind of file it is; None for a table in memory."""

    @property
    def title(self) -> str:
        """The table as messages call it."""

    @property
    def bad_cells(self) -> BadCells:
        """What is done with cells that are not numbers or dates where these are needed."""

    @property
    def missing_texts(self) -> frozenset[str]:
        """Texts that mean a missing cell in a column of dates, besides those that are missing."""

    @property
    def schema(self) -> "pa.Schema | None":
        """The types of all columns; None where only reading them all would tell."""

    @property
    def style(self) -> Style:
        """How it is written, if it is text."""

    def picked(self, batch: Batch, rows: Sequence[int] | Array) -> Batch:
        """Some rows of a batch as a batch without numeric columns, for the methods below.

        Args:
            batch: As `batches` gave it.
            rows: Row numbers within the batch, ascending.
        """

    def place(self, batch: Batch, row: int) -> str:
        """Where a row of a batch stands, for messages: its line in a text, else its number."""

    def texts(self, batch: Batch) -> list[Sequence[str]]:
        """Each row's cells as text, in file order, for messages and listings.

        A column that was not read (`whole` was false) may come out empty.
        """

    def written(self, batch: Batch) -> list[Sequence[bytes]] | None:
        """Each row's cells as the file writes them, in file order; None where it holds values."""

    def arrow(
        self,
        batches: Sequence[Batch],
        *,
        columns: Sequence[str] | None = None,
        texts: Sequence[str] = (),
        times: bool = False,
    ) -> "pa.Table":
        """The rows of batches that were read whole, one below the other.

        Args:
            batches: The batches; where there are none, a table without rows.
            columns: The columns wanted; None for all.
            texts: Those of them that are wanted as texts if the file holds texts.
            times: Whether texts in JSON that all say dates are wanted as such; in CSV, where
                nothing else tells texts from dates, they always come out as dates.

        Returns:
            Columns of the types that they have, or that fit all rows given.
        """

    def restored(self, name: str, texts: Sequence[str | None]) -> Array:
        """Values that a writer makes into the cells that an audit tells.

        Args:
            name: The column's name.
            texts: As `written` gave them, or where that gave nothing, numbers, texts, and None for
                missing cells.

        Raises:
            ValueError: If one is not a value of the column's type.
        """

    def open_writer(self, output: str) -> "TableWriter":
        """Start writing a changed copy; nothing is visible before `commit`.

        Args:
            output: Where to; of the same kind as the table.

        Raises:
            TableError: If the kinds differ, or nothing can be written there.
        """


@runtime_checkable
class RangedReader(TableReader, Protocol):
    """A table that knows, piece by piece, in which ranges its cells lie before they are read."""

    def passing_over(
        self,
        columns: Sequence[str],
        settled: Callable[[Mapping[str, tuple[Fraction, Fraction]]], bool],
    ) -> tuple[TableReader, int]:
        """The table without the pieces that need not be read.

        Args:
            columns: The columns that matter, at least one.
            settled: Whether a piece need not be read, by the least and the greatest value of each
                of the columns. Not asked of pieces with missing cells, or of unknown ranges.

        Returns:
            A reader that leaves those pieces out, its rows numbered as ever; and how many rows it
            leaves out.
        """


class TableWriter(Protocol):
    """A table being written aside; it appears under its name at `commit`, whole or not at all."""

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""

    def commit(self) -> None:
        """Rename the finished table into place."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""


CellTexts = Mapping[str, "Callable[[pa.Array], list[str]]"]
"""How the cells of some columns are written in a file of texts."""


class NewTable(Protocol):
    """A table of typed columns being written aside; it appears at `commit`, whole or not at all."""

    def start(self, schema: "pa.Schema") -> None:
        """Say which columns there are, once."""

    def append(self, rows: "pa.Table") -> None:
        """Append rows of the schema."""

    def commit(self) -> None:
        """Rename the finished table into place."""

    def close(self) -> None:
        """Remove what was written aside, unless committed."""


class Listing(Protocol):
    """Some rows of a table, being written aside: number, line, what was found, then the row."""

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        """Append rows of a batch that was read whole.

        Args:
            batch: The batch.
            rows: Row numbers within the batch, ascending, shape `(listed,)`.
            violated: What each of them violates, in the same order.
            undecided: What each of them leaves undecided.
        """

    def commit(self) -> None:
        """Rename the finished listing into place."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""
