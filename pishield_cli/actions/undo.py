"""Put back the cells that a correction changed, as its audit tells them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pishield_cli.errors import TableError
from pishield_cli.kernels.changes import Changes, ColumnChange
from pishield_cli.tables.audit import AuditedCell
from pishield_cli.tables.restored import stored_cell
from pishield_cli.tables.table import Batch, TableReader, TableWriter


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What was put back.

    Attributes:
        rows: Rows of the table.
        cells: Cells put back.
    """

    rows: int
    cells: int


def undo(
    reader: TableReader,
    audit: Iterable[AuditedCell],
    columns: Iterable[str],
    *,
    texts: Collection[str] = (),
    open_writer: Callable[[], TableWriter],
    progress: Callable[[int], None] | None = None,
) -> UndoReport:
    """Write a corrected table again as it was before.

    Args:
        reader: The corrected table.
        audit: The cells that changed, in the order of their rows.
        columns: All columns that the audit names.
        texts: Those of them that hold texts or dates.
        open_writer: Opens the output.
        progress: Told the number of rows done so far.

    Returns:
        The report. The output is committed; a CSV file is the table before it was corrected, byte
        for byte, any other holds the same values.

    Raises:
        TableError: If the table is not the one that the audit tells of.
    """
    cells = _Pending(iter(audit))
    rows = count = 0
    with open_writer() as writer:
        numbers = tuple(name for name in columns if name not in texts)
        for batch in reader.batches(numbers, whole=True, raw=tuple(texts)):
            some = cells.before(batch.start + batch.rows)
            writer.write(batch, _restored(reader, batch, some))
            rows, count = batch.start + batch.rows, count + len(some)
            if progress:
                progress(rows)
        left = cells.left()
        if left is not None:
            raise _other(reader, f"tells of row {left.row:,}, and there are {rows:,} rows")
        writer.commit()
    return UndoReport(rows, count)


class _Pending:
    """The audit's cells, taken row by row."""

    def __init__(self, cells: Iterator[AuditedCell]) -> None:
        self._cells = cells
        self._next = next(cells, None)

    def before(self, row: int) -> list[AuditedCell]:
        """The next cells, of rows before one."""
        taken = []
        while self._next is not None and self._next.row < row:
            taken.append(self._next)
            self._next = next(self._cells, None)
        return taken

    def left(self) -> AuditedCell | None:
        """The cell that comes next; None if all were taken."""
        return self._next


def _restored(reader: TableReader, batch: Batch, cells: list[AuditedCell]) -> Changes:
    found: dict[str, dict[int, str | None]] = {}
    typed = reader.stored.schema is not None
    for cell in cells:
        row = cell.row - batch.start
        column = found.setdefault(cell.column, {})
        if (
            row < 0
            or row in column
            or not (_stands(batch, cell, row) or _is_written(reader, batch, cell, row))
        ):
            fact = f"says that `{cell.new}` was written to `{cell.column}` of row {cell.row:,}"
            raise _other(reader, f"{fact}, and something else stands there")
        column[row] = None if typed and cell.filled else cell.old
    changes = {}
    for name, by_row in found.items():
        rows = np.array(sorted(by_row), dtype=np.int64)
        try:
            values = reader.stored.restored(name, [by_row[row] for row in rows.tolist()])
        except ValueError as error:
            raise _other(reader, f"tells of cells in `{name}` that it cannot hold") from error
        changes[name] = ColumnChange(rows, values)
    return changes


def _is_written(reader: TableReader, batch: Batch, cell: AuditedCell, row: int) -> bool:
    """Whether the text of a cell is the one that an audit says was written to it."""
    stored = reader.stored
    found = stored.written(stored.picked(batch, [row]))
    place = stored.columns.index(cell.column)
    return found is not None and found[0][place].decode("utf-8", "replace") == cell.new


def _stands(batch: Batch, cell: AuditedCell, row: int) -> bool:
    """Whether what an audit says was written to a cell stands there."""
    text = stored_cell(batch, cell.column, row) if cell.column in batch.raw else None
    try:
        value = batch.columns[cell.column].cell(row) if text is None else Fraction(text)
        return value == Fraction(cell.new)
    except ValueError:
        return text == cell.new


def _other(reader: TableReader, fact: str) -> TableError:
    return TableError(
        f"The table must be the one that the audit tells of, but the audit of `{reader.name}` "
        f"{fact}.",
        hint="give the table that `pishield correct` wrote together with this audit, unchanged",
    )
