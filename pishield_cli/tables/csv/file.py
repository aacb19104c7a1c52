"""CSV files: how they are written, and their rows as they stand there."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.csv.encodings import decoded_source
from pishield_cli.tables.csv.faults import lines_at
from pishield_cli.tables.csv.header import CsvHeader, read_header
from pishield_cli.tables.csv.line_counter import LineCounter
from pishield_cli.tables.csv.notation import readable_cells
from pishield_cli.tables.csv.records import (
    BOM,
    Records,
    record_chunks,
    split_cells,
)
from pishield_cli.tables.csv.text import CsvText
from pishield_cli.tables.csv.typed import typed_columns
from pishield_cli.tables.dialect import Dialect, InputFormat
from pishield_cli.tables.endings import csv_delimiter, has_same_ending, is_plain_text, other_kind
from pishield_cli.tables.sources import STANDARD_STREAM, open_source, reading
from pishield_cli.tables.table import Batch, Style, TableWriter
from pishield_cli.tables.textual.numbers import MISSING_TEXTS
from pishield_cli.tables.textual.text_table import TextTable


class CsvFile(TextTable):
    """A table in a CSV file, possibly compressed, or from standard input.

    Args:
        path: The file, an address, or `-`.
        delimiter: What stands between two cells, where the dialect does not say.
        dialect: How the file is written.

    Raises:
        TableError: If the file is missing or has no usable header.
    """

    missing_texts = MISSING_TEXTS

    def __init__(self, path: str, delimiter: str, dialect: Dialect | None = None) -> None:
        self.dialect = dialect or Dialect()
        self.bad_cells = self.dialect.bad_cells
        self.format = InputFormat.TSV if delimiter == "\t" else InputFormat.CSV
        source, self.encoding = decoded_source(open_source(path), self.dialect)
        self.delimiter = (self.dialect.delimiter or delimiter).encode()
        with reading(source.title):
            self.header: CsvHeader = read_header(source, self.delimiter, self.dialect)
        super().__init__(source, self.header.names, self.header.row_length)
        self._places = {name: place for place, name in enumerate(self.header.names)}

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """What looks like a misunderstanding of the first line."""
        return self.header.remarks

    @property
    def style(self) -> Style:
        """How the file is written."""
        return Style(
            self.delimiter,
            self.dialect.delimiter is not None,
            self.header.line_ending,
            BOM if self.header.data.startswith(BOM) else b"",
            self.encoding,
        )

    def readable(self, batch: Batch, name: str) -> pa.Array:
        """Which cells of a column are numbers; see `TellsBadCells`."""
        return readable_cells(batch.raw[name], self.dialect)

    def picked(self, batch: Batch, rows: Sequence[int] | Array) -> Batch:
        """Some rows of a batch, byte for byte; see `StoredTable`."""
        records: Records = batch.native
        lines = b"".join(records.row(int(row)) + b"\n" for row in rows)
        return Batch(batch.start, len(rows), {}, Records(lines, self.delimiter))

    def offset(self, batch: Batch, row: int) -> int:
        """Where a row of a batch begins in the file, in bytes of its text as read."""
        records: Records = batch.native
        return records.offset + int(records.spans().starts[row])

    def lines(self, offsets: Sequence[int]) -> list[int]:
        """The lines, from 1, on which rows begin; see `LinedTable`."""
        return lines_at(self.source, offsets)

    def line_counter(self) -> LineCounter:
        """Counts the lines of the file; see `LinedTable`."""
        return LineCounter(self.source)

    def place(self, batch: Batch, row: int) -> str:
        """The line that the row begins on, from 1."""
        return f"line {self.lines([self.offset(batch, row)])[0]}"

    def texts(self, batch: Batch) -> list[Sequence[str]]:
        """Each row's cells as text, quotes removed, in file order."""
        records: Records = batch.native
        return [records.texts(row) for row in range(batch.rows)]

    def written(self, batch: Batch) -> list[Sequence[bytes]]:
        """Each row's cells as they stand in the file, quotes and all."""
        records: Records = batch.native
        return [split_cells(records.row(row), self.delimiter) for row in range(batch.rows)]

    def written_like(self, old: Sequence[bytes], values: Array) -> list[bytes]:
        """New cells as those that they replace are written; see `WritesAlike`."""
        from pishield_cli.tables.csv.replacing import cells_written_like

        return cells_written_like(old, values, self.dialect, self.delimiter)

    def arrow(
        self,
        batches: Sequence[Batch],
        *,
        columns: Sequence[str] | None = None,
        texts: Sequence[str] = (),
        times: bool = False,  # noqa: ARG002 - they come out as such
    ) -> pa.Table:
        """The rows of batches as columns of types that fit all of them; see `StoredTable`."""
        parts: list[Records] = [batch.native for batch in batches]
        data = parts[0].data if len(parts) == 1 else b"".join(part.data for part in parts)
        places = None if columns is None else [self._places[name] for name in columns]
        forced = [self._places[name] for name in texts]
        text = self._text(Records(data, self.delimiter))
        table = typed_columns(text, places, forced, self.dialect)
        return table.rename_columns(list(self.columns if columns is None else columns))

    def share_read(self) -> float | None:
        """What share of the file is in the batches so far; None where it is in another encoding."""
        return super().share_read() if self.dialect.is_utf8 else None

    def open_writer(self, output: str) -> TableWriter:
        """Start writing a changed copy; `-` is standard output.

        Raises:
            TableError: If the output is not CSV, or nothing can be written there.
        """
        from pishield_cli.tables.csv.writer import CsvWriter

        implied = "," if is_plain_text(output) else csv_delimiter(output)
        own = self.delimiter.decode()
        alike = implied == own or (implied is not None and self.dialect.delimiter is not None)
        if output != STANDARD_STREAM and not alike and not has_same_ending(self.name, output):
            raise other_kind(self.name, output)
        return CsvWriter(self, output)

    def _text(self, records: Records) -> CsvText:
        return CsvText(records, self.header.names, self.source)

    def _pieces(self, size: int) -> Iterator[Records]:
        title = self.source.title
        with reading(title), self.source.open() as stream:
            skip = len(self.header.data)
            yield from record_chunks(stream, self.delimiter, size=size, skip=skip, title=title)
