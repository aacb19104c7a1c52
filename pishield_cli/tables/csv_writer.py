"""Changed copies of CSV tables: bytes are copied, only the cells that change are written anew."""

from types import TracebackType
from typing import Self

import numpy as np

from pishield_cli.kernels.changes import Changes
from pishield_cli.kernels.columns import Array
from pishield_cli.tables.aside import AsideStream
from pishield_cli.tables.csv_cells import cell_like
from pishield_cli.tables.csv_reader import CsvReader
from pishield_cli.tables.csv_records import Records, split_cells
from pishield_cli.tables.table import Batch


class CsvWriter:
    """A CSV table being written aside.

    Args:
        reader: The table that is copied.
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: CsvReader, output: str) -> None:
        self._places = {name: place for place, name in enumerate(reader.columns)}
        self._stream = AsideStream(output)
        self._head: bytes | None = reader.header.data

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        self._write_head()
        records: Records = batch.native
        changed = [change.rows for change in changes.values() if len(change.rows)]
        if not changed:
            self._stream.write(records.data)
            return
        rows = np.unique(np.concatenate(changed))
        self._stream.write(self._with_changes(records, rows, batch.rows, changes))

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._write_head()
        self._stream.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()

    def _write_head(self) -> None:
        if self._head is not None:
            self._stream.write(self._head)
            self._head = None

    def _with_changes(
        self, records: Records, rows: Array, count: int, changes: Changes
    ) -> bytes:
        data, delimiter, spans = records.data, records.delimiter, records.spans()
        if len(spans.starts) != count:
            raise AssertionError(f"{count} rows were read, but {len(spans.starts)} lie in the text")
        starts, ends = spans.starts[rows].tolist(), spans.ends[rows].tolist()
        cells = [
            split_cells(data[start:end], delimiter)
            for start, end in zip(starts, ends, strict=True)
        ]
        for name, change in changes.items():
            place = self._places[name]
            found = np.searchsorted(rows, change.rows).tolist()
            for row, value in zip(found, change.values.tolist(), strict=True):
                row_cells = cells[row]
                row_cells[place] = cell_like(row_cells[place], value)
        pieces: list[bytes | memoryview] = []
        text, copied = memoryview(data), 0
        for start, end, row_cells in zip(starts, ends, cells, strict=True):
            pieces.append(text[copied:start])
            pieces.append(delimiter.join(row_cells))
            copied = end
        pieces.append(text[copied:])
        return b"".join(pieces)
