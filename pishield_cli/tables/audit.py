"""The list of changed cells, as CSV: written, and read again."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from pishield_cli.errors import TableError
from pishield_cli.tables.aside import AsideStream
from pishield_cli.tables.compression import decompressed
from pishield_cli.tables.sources import reading
from pishield_cli.tables.textual.numbers import is_number

HEADER = ("row", "column", "old", "new", "violated")
KEY = "key"
"""A further column behind the row's number, where a key is asked for: its cells."""
FILLED = "filled"
"""A further column, where missing cells are filled: `yes` for these."""

_FLUSH_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """One cell before and after.

    Attributes:
        row: Row number, from 0 in file order.
        column: The column's name.
        old: The cell as it was, as text, of a CSV file as it was written; empty if it was missing.
        new: The cell as it is now, as text, of a text file as it is written.
        violated: Labels or numbers of the requirements that the row violated.
        filled: Whether the cell was missing.
        key: The cells that name the row, as text.
    """

    row: int
    column: str
    old: str
    new: str
    violated: tuple[str, ...]
    filled: bool = False
    key: tuple[str, ...] = ()


class AuditFile:
    """Changed cells, written aside; the file appears at `commit`, whole or not at all.

    Args:
        output: A file ending in `.csv` or `.csv.gz`.
        fill: Whether missing cells are filled, and told apart from changed ones.
        key: Whether the cells that name a row stand beside its number.

    Raises:
        TableError: If the ending is another, or nothing can be written there.
    """

    def __init__(self, output: str, *, fill: bool = False, key: bool = False) -> None:
        if not output.lower().endswith((".csv", ".csv.gz")):
            raise TableError(
                f"The audit is a CSV file, but `{output}` has another ending.",
                hint="use .csv or .csv.gz",
            )
        self._stream = AsideStream(output)
        self._text = io.StringIO()
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._fill = fill
        self._key = key
        self._write_row(HEADER, KEY, FILLED)

    def append(self, cell: ChangedCell) -> None:
        """Note one cell; the violated requirements, and the cells of a key, are joined by `; `."""
        cells = (cell.row, cell.column, cell.old, cell.new, "; ".join(cell.violated))
        self._write_row(cells, "; ".join(cell.key), "yes" if cell.filled else "")
        if self._text.tell() > _FLUSH_CHARACTERS:
            self._flush()

    def commit(self) -> None:
        """Put the file in place."""
        self._flush()
        self._stream.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _write_row(self, cells: Sequence[object], key: str, filled: str) -> None:
        beside, last = (key,) if self._key else (), (filled,) if self._fill else ()
        self._rows.writerow((cells[0], *beside, *cells[1:], *last))

    def _flush(self) -> None:
        self._stream.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()


@dataclass(frozen=True, slots=True)
class AuditedCell:
    """A cell that was changed.

    Attributes:
        row: Row number, from 0 in file order.
        column: The column's name.
        old: The cell before; of a CSV file as it was written, quotes and all.
        new: The cell as it was written, likewise.
        filled: Whether the cell was missing.
    """

    row: int
    column: str
    old: str
    new: str
    filled: bool = False


def audited_cells(path: str) -> Iterator[AuditedCell]:
    """The cells that an audit lists, in its order.

    Args:
        path: A file that `AuditFile` wrote.

    Raises:
        TableError: If it cannot be read, or is not an audit.
    """
    with reading(path), decompressed(open(path, "rb"), path) as stream:
        lines = csv.DictReader(io.TextIOWrapper(stream, "utf-8-sig", newline=""), strict=True)
        if not set(HEADER[:4]) <= set(lines.fieldnames or ()):
            raise _no_audit(path, f"it has no columns {', '.join(HEADER[:4])}")
        try:
            for line in lines:
                row, column, old, new = (line[name] for name in HEADER[:4])
                if new is None:
                    raise _no_audit(path, f"line {lines.line_num} is cut short")
                yield AuditedCell(int(row), column, old, new, line.get(FILLED) == "yes")
        except (csv.Error, ValueError) as error:
            raise _no_audit(path, f"line {lines.line_num} tells of no changed cell") from error


def audited_columns(path: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns whose cells an audit lists, in the table's order.

    Raises:
        TableError: If it is not an audit, or lists a cell of another column.
    """
    named = dict.fromkeys(cell.column for cell in audited_cells(path))
    unknown = next((name for name in named if name not in columns), None)
    if unknown is not None:
        raise _no_audit(path, f"the table has no column `{unknown}`")
    return tuple(name for name in columns if name in named)


def audited_texts(path: str) -> frozenset[str]:
    """The columns of which an audit lists cells that are texts or dates, not numbers."""
    return frozenset(cell.column for cell in audited_cells(path) if not is_number(cell.new))


def _no_audit(path: str, fact: str) -> TableError:
    return TableError(
        f"An audit lists the changed cells of a table, but of `{path}` {fact}.",
        hint="give the file that `pishield correct --audit` wrote",
    )
