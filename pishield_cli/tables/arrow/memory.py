"""Tables in memory: Arrow tables, read and changed in batches like files."""

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa

from pishield_cli.kernels.changes import Changes
from pishield_cli.tables.arrow.arrays import without_views
from pishield_cli.tables.arrow.changes import with_changes
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.typed_table import TypedTable
from pishield_cli.tables.table import Batch

_ROWS = 1 << 20


class MemoryReader(TypedTable):
    """An Arrow table.

    Args:
        table: Its column names are distinct.
        name: What messages call it.
    """

    def __init__(self, table: pa.Table, name: str = "the table") -> None:
        super().__init__(name, name, table.schema)
        self.table = table

    def row_count(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def _read(
        self,
        wanted: list[str],
        raw: list[str],
        rows: int | None,
        *,
        whole: bool,  # noqa: ARG002 - the rows are there anyway
    ) -> Iterator[Batch]:
        """A million rows at a time where nothing is asked for; see `NamedTable`."""
        size = max(1, rows or _ROWS)
        for start in range(0, self.table.num_rows, size):
            part = self.table.slice(start, size)
            parsed = {name: numeric_column(part.column(name)) for name in wanted}
            stored = {name: without_views(part.column(name).combine_chunks()) for name in raw}
            yield Batch(start, part.num_rows, parsed, part, stored)

    def open_writer(self, output: str) -> "MemoryWriter":
        """Start a changed copy in memory, whatever the output's name."""
        del output
        return MemoryWriter(self.schema)


class MemoryWriter:
    """A changed copy of an Arrow table, put together batch by batch.

    Args:
        schema: The table's.

    Attributes:
        table: The copy, once committed.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._parts: list[pa.Table] = []
        self.table: pa.Table | None = None

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed."""
        part: pa.Table = batch.native
        for name, change in changes.items():
            place = part.schema.get_field_index(name)
            cells = part.column(place).combine_chunks()
            field = part.schema.field(place)
            part = part.set_column(place, field, with_changes(cells, change, name))
        self._parts.append(part)

    def commit(self) -> None:
        """Make the copy available."""
        self.table = pa.concat_tables(self._parts) if self._parts else self._schema.empty_table()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is left behind anyway."""


class NewMemoryTable:
    """A new table in memory, put together part by part.

    Attributes:
        table: The table, once committed.
    """

    def __init__(self) -> None:
        self.table: pa.Table | None = None
        self._schema = pa.schema([])
        self._parts: list[pa.Table] = []

    def start(self, schema: pa.Schema) -> None:
        """Say which columns there are, once."""
        self._schema = schema

    def append(self, rows: pa.Table) -> None:
        """Append rows of the schema."""
        self._parts.append(rows)

    def commit(self) -> None:
        """Make the table available."""
        self.table = pa.concat_tables(self._parts) if self._parts else self._schema.empty_table()

    def close(self) -> None:
        """Nothing is left behind anyway."""
