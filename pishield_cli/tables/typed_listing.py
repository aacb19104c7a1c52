"""Some rows of a table as a table of typed columns, each with its number and what was found."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.arrays import plain_array, plain_schema, text_array
from pishield_cli.tables.aside import WrittenAside
from pishield_cli.tables.lined import LinedTable
from pishield_cli.tables.table import Batch, NewTable, StoredTable

_NAMES = "row", "line", "violated", "undecided"


def listing_names(columns: Sequence[str]) -> list[str]:
    """The names of the columns before a table's own, distinct from those."""
    names = []
    for name in _NAMES:
        while name in columns:
            name = "_" + name  # noqa: PLW2901 - until it is free
        names.append(name)
    return names


class ListedLines:
    """The lines of a text that rows begin on, told as the rows are listed.

    Args:
        reader: The table; the rows of one that is not a text have no lines.
    """

    def __init__(self, reader: StoredTable) -> None:
        self._table = reader if isinstance(reader, LinedTable) else None
        self._counter = None if self._table is None else self._table.line_counter()

    def of(self, batch: Batch, rows: Array) -> list[int | None]:
        """The lines, from 1, of rows of a batch; None where there are none.

        Args:
            batch: The batch, not before that of the last call.
            rows: Row numbers within the batch, ascending, shape `(listed,)`.
        """
        if self._table is None or self._counter is None:
            return [None] * len(rows)
        return [self._counter.line(self._table.offset(batch, row)) for row in rows.tolist()]

    def close(self) -> None:
        """Close the text."""
        if self._counter is not None:
            self._counter.close()


class TypedListing(WrittenAside):
    """A listing being written aside to a table of typed columns.

    Rows of a table that has types keep them and are written as they come; other columns get types
    that fit all rows listed, which are held until `commit`.

    Args:
        reader: The table.
        table: Where to.
    """

    def __init__(self, reader: StoredTable, table: NewTable) -> None:
        number, line, *found = listing_names(reader.columns)
        texts = [(name, pa.large_string()) for name in found]
        self._own = pa.schema([(number, pa.int64()), (line, pa.int64()), *texts])
        self._reader = reader
        self._table = table
        self._held: list[Batch] = []
        self._numbers: list[int] = []
        self._text = ListedLines(reader)
        self._lines: list[int | None] = []
        self._found: tuple[list[str], list[str]] = ([], [])
        if reader.schema is not None:
            table.start(pa.schema([*self._own, *plain_schema(reader.schema)]))

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        """Append rows of a batch that was read whole; see `Listing`."""
        if not len(rows):
            return
        self._held.append(self._reader.picked(batch, rows))
        self._numbers += (rows + batch.start).tolist()
        self._lines += self._text.of(batch, rows)
        self._found[0].extend(violated)
        self._found[1].extend(undecided)
        if self._reader.schema is not None:
            self._write(self._reader.arrow(self._held))

    def commit(self) -> None:
        """Rename the finished listing into place."""
        if self._reader.schema is None:
            rows = self._reader.arrow(self._held)
            self._table.start(pa.schema([*self._own, *rows.schema]))
            self._write(rows)
        self._table.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._text.close()
        self._table.close()

    def _write(self, rows: pa.Table) -> None:
        numbers = plain_array(np.array(self._numbers, dtype=np.int64))
        schema = pa.schema([*self._own, *rows.schema])
        columns = [numbers, _line_array(self._lines), *map(text_array, self._found), *rows.columns]
        self._table.append(pa.Table.from_arrays(columns, schema=schema))
        self._held, self._numbers, self._lines, self._found = [], [], [], ([], [])


def _line_array(lines: Sequence[int | None]) -> pa.Array:
    """Lines as an array: without lists, for whose sake Arrow would load pandas."""
    known = [line for line in lines if line is not None]
    if len(known) < len(lines):  # of a table that is not a text
        return pa.nulls(len(lines), pa.int64())
    return plain_array(np.array(known, dtype=np.int64))
