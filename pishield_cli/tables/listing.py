"""Some rows of a table as a table of typed columns, each with its number and what was found."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.arrays import plain_array, text_array
from pishield_cli.tables.aside import WrittenAside
from pishield_cli.tables.table import Batch, NewTable, StoredTable

_NAMES = "row", "violated", "undecided"


def listing_names(columns: Sequence[str]) -> list[str]:
    """The names of the columns before a table's own, distinct from those."""
    names = []
    for name in _NAMES:
        while name in columns:
            name = "_" + name  # noqa: PLW2901 - until it is free
        names.append(name)
    return names


class TypedListing(WrittenAside):
    """A listing being written aside to a table of typed columns.

    Rows of a table that has types keep them and are written as they come; other columns get types
    that fit all rows listed, which are held until `commit`.

    Args:
        reader: The table.
        table: Where to.
    """

    def __init__(self, reader: StoredTable, table: NewTable) -> None:
        number, *found = listing_names(reader.columns)
        texts = [(name, pa.large_string()) for name in found]
        self._own = pa.schema([(number, pa.int64()), *texts])
        self._reader = reader
        self._table = table
        self._held: list[Batch] = []
        self._numbers: list[int] = []
        self._found: tuple[list[str], list[str]] = ([], [])
        if reader.schema is not None:
            table.start(pa.schema([*self._own, *reader.schema]))

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        """Append rows of a batch that was read whole; see `Listing`."""
        if not len(rows):
            return
        self._held.append(self._reader.picked(batch, rows))
        self._numbers += (rows + batch.start).tolist()
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
        self._table.close()

    def _write(self, rows: pa.Table) -> None:
        numbers = plain_array(np.array(self._numbers, dtype=np.int64))
        schema = pa.schema([*self._own, *rows.schema])
        columns = [numbers, *map(text_array, self._found), *rows.columns]
        self._table.append(pa.Table.from_arrays(columns, schema=schema))
        self._held, self._numbers, self._found = [], [], ([], [])
