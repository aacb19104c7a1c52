"""Arrow files, read batch by batch."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from pishield_cli.tables.arrow.arrays import without_views
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.typed_table import TypedTable
from pishield_cli.tables.dialect import InputFormat
from pishield_cli.tables.endings import format_named, has_same_ending, other_kind
from pishield_cli.tables.ipc.file import damage, layout_of, record_batches, schema_of
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import open_source
from pishield_cli.tables.table import Batch, TableWriter

_ROWS = 1 << 19


@dataclass(frozen=True, slots=True)
class ArrowRows:
    """A batch's rows, and where they belong.

    Attributes:
        rows: The rows, with all columns where the table was read whole.
        batch_ends: Whether the last row ends a batch of the file.
    """

    rows: pa.RecordBatch
    batch_ends: bool


class ArrowReader(TypedTable):
    """A table in an Arrow file; from standard input it is held in memory.

    Args:
        path: The file, an address, or `-`.

    Attributes:
        source: The file.
        layout: How it is laid out.

    Raises:
        TableError: If there is no such file, or it is not a valid one.
    """

    format = InputFormat.ARROW

    def __init__(self, path: str) -> None:
        self.source = open_source(path)
        self.layout = layout_of(self.source)
        super().__init__(path, f"`{self.source.title}`", schema_of(self.source, self.layout))

    def row_count(self) -> None:
        """Nothing tells before the file is read."""

    def _read(
        self, wanted: list[str], raw: list[str], rows: int | None, *, whole: bool
    ) -> Iterator[Batch]:
        """The next batch is read while the caller works on this one; see `NamedTable`.

        A batch has at most half a million rows where nothing is asked for, and does not go beyond
        the end of one of the file's own.
        """
        return prefetched(self._tasks(wanted, raw, rows or _ROWS, whole=whole))

    def open_writer(self, output: str) -> TableWriter:
        """Start writing a changed copy.

        Raises:
            TableError: If the output's name is of another kind, or nothing can be written there.
        """
        from pishield_cli.tables.ipc.writer import ArrowWriter

        if format_named(output) is not self.format and not has_same_ending(self.name, output):
            raise other_kind(self.name, output)
        return ArrowWriter(self, output)

    def _tasks(
        self, wanted: list[str], raw: list[str], rows: int, *, whole: bool
    ) -> Generator[Callable[[], Batch], None, None]:
        named = dict.fromkeys([*wanted, *raw])
        # The rows are counted by some column.
        places = [self._columns.index(name) for name in named] or [0][: len(self._columns)]
        start = 0
        for read in record_batches(self.source, self.layout, None if whole else places):
            for first in range(0, read.num_rows, rows):
                part = read.slice(first, rows)
                native = ArrowRows(part, first + rows >= read.num_rows)
                yield partial(self._batch, start + first, native, wanted, raw)
            start += read.num_rows
        self.source.require_unchanged()

    def _batch(self, start: int, native: ArrowRows, wanted: list[str], raw: list[str]) -> Batch:
        rows = native.rows
        with damage(self.source.title):
            rows.validate()
            columns = {name: numeric_column(rows.column(name)) for name in wanted}
            stored = {name: without_views(rows.column(name)) for name in raw}
        return Batch(start, rows.num_rows, columns, native, stored)

    def _rows_of(self, native: Any) -> Any:
        return native.rows if isinstance(native, ArrowRows) else native
