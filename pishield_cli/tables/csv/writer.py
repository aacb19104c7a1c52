"""CSV files being written aside: copies, of which only changed cells are new, and new ones."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.changes import Changes
from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.columns import cell_texts, in_one_array
from pishield_cli.tables.aside import AsideStream, WrittenAside
from pishield_cli.tables.csv.file import CsvFile
from pishield_cli.tables.csv.listing import quoted_all
from pishield_cli.tables.csv.records import Records, split_cells
from pishield_cli.tables.table import Batch, CellTexts

# Rows split at a time: few enough that their cells stay small beside the text itself.
_SLICE = 1 << 12


class CsvWriter(WrittenAside):
    """A CSV table being written aside.

    Args:
        reader: The table that is copied.
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: CsvFile, output: str) -> None:
        self._reader = reader
        self._places = {name: place for place, name in enumerate(reader.columns)}
        self._stream = AsideStream(output, encoding=reader.encoding)
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
        assert len(records.spans().starts) == batch.rows
        self._write_changed(records, rows, changes)

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._write_head()
        self._reader.source.require_unchanged()
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()

    def _write_head(self) -> None:
        if self._head is not None:
            self._stream.write(self._head)
            self._head = None

    def _write_changed(self, records: Records, rows: Array, changes: Changes) -> None:
        """Append a text with its changed cells.

        Args:
            records: The text.
            rows: The rows with a change, ascending, distinct, shape `(changed,)`.
            changes: By column.
        """
        spans, text, copied = records.spans(), memoryview(records.data), 0
        for first in range(0, len(rows), _SLICE):
            some = rows[first : first + _SLICE]
            starts, ends = spans.starts[some].tolist(), spans.ends[some].tolist()
            cells = [
                split_cells(records.data[start:end], records.delimiter)
                for start, end in zip(starts, ends, strict=True)
            ]
            self._replace(cells, some, changes)
            pieces: list[bytes | memoryview] = []
            for start, end, row_cells in zip(starts, ends, cells, strict=True):
                pieces.append(text[copied:start])
                pieces.append(records.delimiter.join(row_cells))
                copied = end
            self._stream.write(b"".join(pieces))
        self._stream.write(records.data[copied:])

    def _replace(self, cells: list[list[bytes]], rows: Array, changes: Changes) -> None:
        for name, change in changes.items():
            place = self._places[name]
            first, last = np.searchsorted(change.rows, [rows[0], rows[-1] + 1])
            changed = np.searchsorted(rows, change.rows[first:last]).tolist()
            new = self._reader.written_like(
                [cells[row][place] for row in changed], change.values[first:last]
            )
            for row, cell in zip(changed, new, strict=True):
                cells[row][place] = cell


class NewCsv(WrittenAside):
    """A table of typed columns being written aside as CSV, a missing cell as an empty one.

    Args:
        output: Where to; `-` is standard output.
        delimiter: What stands between two cells.
        texts: How the cells of some columns are written, where not as they print.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str, delimiter: str, texts: CellTexts) -> None:
        self._stream = AsideStream(output)
        self._delimiter = delimiter
        self._own = texts

    def start(self, schema: pa.Schema) -> None:
        """Write the names of the columns."""
        self._stream.write(self._line(quoted_all(schema.names, self._delimiter)).encode())

    def append(self, rows: pa.Table) -> None:
        """Append rows of the schema."""
        columns = [
            quoted_all(self._own.get(name, cell_texts)(in_one_array(column)), self._delimiter)
            for name, column in zip(rows.column_names, rows.columns, strict=True)
        ]
        self._stream.write("".join(map(self._line, zip(*columns, strict=True))).encode())

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()

    def _line(self, cells: Iterable[str]) -> str:
        line = self._delimiter.join(cells)
        # A line with nothing in it would be no row.
        return (line or '""') + "\n"
