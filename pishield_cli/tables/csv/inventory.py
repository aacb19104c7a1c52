"""Which cells keep columns from being numbers: how many, some of them, and what they may mean."""

from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa

from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.arrays import texts_like
from pishield_cli.tables.arrow.columns import in_one_array, numeric_column
from pishield_cli.tables.bad_columns import BadColumn, in_one
from pishield_cli.tables.csv.notation import NUMBER
from pishield_cli.tables.csv.records import Records, split_cells
from pishield_cli.tables.textual.meanings import told_meaning
from pishield_cli.tables.textual.numbers import FALSE_TEXTS, TRUE_TEXTS

_WORDS = tuple(TRUE_TEXTS | FALSE_TEXTS)

LookedThrough = tuple[Records, pa.Table | pa.RecordBatch, pa.Table, Sequence[str]]
"""A piece of a table: its text, cells as read and as written, the marks of missing cells."""


def bad_cells(
    pieces: Iterable[LookedThrough],
    names: Sequence[str],
    title: str,
    first_line: int,
) -> ColumnTypeError | None:
    """What is wrong with all columns of a table that must hold numbers.

    Args:
        pieces: The table's text in order, the columns' cells as texts, as they are read and as they
            are written, by the columns' places, and what stands for a missing cell.
        names: The columns.
        title: The table.
        first_line: The line of the file that the first row is on, from 1.

    Returns:
        The error of the only such column, or all of them in one; None if no cell is bad.
    """
    found = [BadColumn(name) for name in names]
    line = first_line
    for records, read, written, missing in pieces:
        for one, place in zip(found, written.column_names, strict=True):
            cells, as_written = (in_one_array(rows.column(place)) for rows in (read, written))
            one.note(as_written, _bad(cells, missing), _lines_within(records, int(place), line))
        line += _line_endings(records.data)
    return in_one(one.error(f"`{title}`", told_meaning) for one in found)


def _bad(cells: pa.Array, missing: Sequence[str]) -> Array:
    """Which texts, as they are read, are neither missing nor numbers nor truth values."""
    from pyarrow import compute

    absent = compute.is_in(cells, value_set=texts_like(missing, cells.type))
    word = compute.is_in(cells, value_set=texts_like(_WORDS, cells.type))
    number = compute.match_substring_regex(cells, NUMBER)
    good = compute.or_(compute.or_(absent, word), number)
    return numeric_column(compute.invert(good)).values


def _lines_within(records: Records, place: int, first: int) -> Callable[[int], str]:
    """On which line a row's cell of some place is, by the row."""

    def line_of(row: int) -> str:
        before = split_cells(records.row(row), records.delimiter)[:place]
        end = int(records.spans().starts[row]) + sum(map(len, before)) + place
        return f"line {first + _line_endings(records.data[:end])}"

    return line_of


def _line_endings(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
