"""Some rows of a table as CSV, each with its number and what was found of it."""

import re
from collections.abc import Iterator, Sequence

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.arrays import plain_array
from pishield_cli.tables.arrow.columns import cell_texts
from pishield_cli.tables.aside import AsideStream, WrittenAside
from pishield_cli.tables.csv.reader import CsvReader
from pishield_cli.tables.csv.records import BOM, Records
from pishield_cli.tables.table import Batch, TableReader

_NAMES = "row", "violated", "undecided"
_FORMULA = ("=", "+", "-", "@", "\\t", "\\r")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


def listing_names(columns: Sequence[str]) -> list[str]:
    """The names of the columns before a table's own, distinct from those."""
    names = []
    for name in _NAMES:
        while name in columns:
            name = "_" + name  # noqa: PLW2901 - until it is free
        names.append(name)
    return names


class CsvListing(WrittenAside):
    """A listing being written aside as CSV; the rows of a CSV table byte for byte.

    Args:
        reader: The table.
        output: Where to.
        delimiter: What stands between two cells of the listing.
        safe: Whether cells are written so that no spreadsheet or terminal acts on them; see
            `harmless`.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(
        self, reader: TableReader, output: str, delimiter: str, *, safe: bool = False
    ) -> None:
        self._reader = reader
        self._safe = safe
        self._delimiter = delimiter.encode()
        encoding = reader.encoding if isinstance(reader, CsvReader) else "utf-8"
        self._stream = AsideStream(output, encoding=encoding)
        self._line_ending = b"\n"
        self._mark = b""
        self._head = self._cells([*listing_names(reader.columns), *reader.columns])
        self._take_style()

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        """Append rows of a batch that was read whole; see `Listing`."""
        self._write_head()
        lines = []
        written = self._rows(batch, rows)
        for row, *found, cells in zip(rows.tolist(), violated, undecided, written, strict=True):
            own = self._cells([str(batch.start + row), *found])
            lines.append(own + self._delimiter + cells + self._line_ending)
        self._stream.write(b"".join(lines))

    def commit(self) -> None:
        """Rename the finished listing into place."""
        self._write_head()
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()

    def _take_style(self) -> None:
        if isinstance(self._reader, CsvReader):
            header = self._reader.header
            self._line_ending = header.line_ending
            self._mark = BOM if header.data.startswith(BOM) else b""

    def _write_head(self) -> None:
        if self._head:
            self._stream.write(self._mark + self._head + self._line_ending)
            self._head = b""

    def _rows(self, batch: Batch, rows: Array) -> Iterator[bytes]:
        """Rows of a batch, one line each."""
        from pishield_cli.tables.parquet.reader import ParquetReader

        native, reader = batch.native, self._reader
        alike = isinstance(native, Records) and native.delimiter == self._delimiter
        if alike and not self._safe:
            yield from map(native.row, rows.tolist())
        elif isinstance(reader, ParquetReader):
            # Column by column: taking single cells out of Arrow arrays is slow.
            taken = reader.completed(native).take(plain_array(rows))
            columns = [cell_texts(column) for column in taken.columns]
            yield from map(self._cells, zip(*columns, strict=True))
        else:
            for row in rows.tolist():
                yield self._cells(reader.native_cells(batch, row))

    def _cells(self, texts: Sequence[str]) -> bytes:
        written = map(harmless, texts) if self._safe else texts
        return self._delimiter.join(quoted(text.encode(), self._delimiter) for text in written)


def harmless(text: str) -> str:
    r"""A text as nothing acts on it that shows it.

    Characters that are not printable, such as escapes and marks that turn the direction of
    writing, become escapes such as `\x1b`; a text that a spreadsheet would work out as a formula
    gets an apostrophe before it, unless it is a number.
    """
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
    formula = shown.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(shown)
    return f"'{shown}" if formula else shown


def quoted(text: bytes, delimiter: bytes) -> bytes:
    """A text as a CSV cell: in quotes where it would not be read back without."""
    if not any(mark in text for mark in (delimiter, b'"', b"\n", b"\r")):
        return text
    return b'"%s"' % text.replace(b'"', b'""')
