"""Some rows of a table as CSV, each with its number and what was found of it."""

import re
from collections.abc import Iterator, Sequence

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.aside import AsideStream, WrittenAside
from pishield_cli.tables.table import Batch, StoredTable
from pishield_cli.tables.typed_listing import ListedLines, listing_names

_FORMULA = ("=", "+", "-", "@", "\\t", "\\r")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


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
        self, reader: StoredTable, output: str, delimiter: str, *, safe: bool = False
    ) -> None:
        self._reader = reader
        self._safe = safe
        self._style = reader.style
        self._text = ListedLines(reader)
        self._delimiter = delimiter.encode()
        self._stream = AsideStream(output, encoding=self._style.encoding)
        self._head = self._cells([*listing_names(reader.columns), *reader.columns])

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        """Append rows of a batch that was read whole; see `Listing`."""
        self._write_head()
        listed = []
        lines = self._text.of(batch, rows)
        written = self._rows(self._reader.picked(batch, rows))
        for row, line, *found, cells in zip(
            rows.tolist(), lines, violated, undecided, written, strict=True
        ):
            own = self._cells([str(batch.start + row), "" if line is None else str(line), *found])
            listed.append(own + self._delimiter + cells + self._style.line_ending)
        self._stream.write(b"".join(listed))

    def commit(self) -> None:
        """Rename the finished listing into place."""
        self._write_head()
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._text.close()
        self._stream.close()

    def _write_head(self) -> None:
        if self._head:
            self._stream.write(self._style.mark + self._head + self._style.line_ending)
            self._head = b""

    def _rows(self, rows: Batch) -> Iterator[bytes]:
        """Rows, one line each: as they stand in the file where that is written alike."""
        alike = self._style.delimiter == self._delimiter and not self._safe
        written = self._reader.written(rows) if alike else None
        if written is not None:
            yield from map(self._delimiter.join, written)
        else:
            yield from map(self._cells, self._reader.texts(rows))

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


def quoted_all(texts: list[str], delimiter: str) -> list[str]:
    """Texts as CSV cells, each as `quoted` writes it; in less time where none needs quotes."""
    whole = "".join(texts)
    if not any(mark in whole for mark in (delimiter, '"', "\n", "\r")):
        return texts
    return [quoted(text.encode(), delimiter.encode()).decode() for text in texts]


def quoted(text: bytes, delimiter: bytes) -> bytes:
    """A text as a CSV cell: in quotes where it would not be read back without."""
    if not any(mark in text for mark in (delimiter, b'"', b"\n", b"\r")):
        return text
    return b'"%s"' % text.replace(b'"', b'""')
