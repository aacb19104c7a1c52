"""Which cells keep columns from being numbers: how many, some of them, and what they may mean."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pishield_cli.errors import BadCellsError, ColumnTypeError
from pishield_cli.kernels.columns import Array
from pishield_cli.tables.csv.meanings import told_meaning
from pishield_cli.tables.csv.notation import NUMBER
from pishield_cli.tables.csv.records import Records, split_cells
from pishield_cli.tables.textual.numbers import FALSE_TEXTS, TRUE_TEXTS

SHOWN = 3
"""How many cells of a column are shown, each with its line."""
_JUDGED = 100
"""How many cells of a column tell what they may mean."""
_LONGEST = 40

_WORDS = tuple(TRUE_TEXTS | FALSE_TEXTS)

LookedThrough = tuple[Records, pa.Table, pa.Table, Sequence[str]]
"""A piece of a table: its text, cells as read and as written, the marks of missing cells."""


@dataclass(slots=True)
class _Found:
    """What was found of one column so far: cells that are neither numbers nor truth values."""

    name: str
    count: int = 0
    texts: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(
        self,
        cells: pa.Array,
        written: pa.Array,
        missing: Sequence[str],
        line_of: Callable[[int], int],
    ) -> None:
        """Look through some cells, texts as they are read, and as they are written."""
        from pyarrow import compute

        absent = compute.is_in(cells, value_set=pa.array(missing, cells.type))
        word = compute.is_in(cells, value_set=pa.array(_WORDS, cells.type))
        number = compute.match_substring_regex(cells, NUMBER)
        bad = ~(_mask(absent) | _mask(word) | _mask(number))
        self.count += int(np.count_nonzero(bad))
        _note(written, bad, self.texts, self.lines, line_of)

    def error(self, title: str) -> ColumnTypeError | None:
        """What is wrong with the column; None if nothing is."""
        count, texts, lines = self.count, self.texts, self.lines
        if not count:
            return None
        shown = [
            f"line {line} holds {_cut(text)!r}"
            for text, line in zip(texts[:SHOWN], lines, strict=False)
        ]
        listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        more = f" ({count:,} cells in all)" if count > len(shown) else ""
        return ColumnTypeError(
            f"Column `{self.name}` of `{title}` must hold numbers, but {listed}{more}.",
            hint=told_meaning(texts),
        )


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
    found = [_Found(name) for name in names]
    line = first_line
    for records, read, written, missing in pieces:
        for one, place in zip(found, read.column_names, strict=True):
            cells, as_written = (t.column(place).combine_chunks() for t in (read, written))
            one.add(cells, as_written, missing, _lines_within(records, int(place), line))
        line += _line_endings(records.data)
    errors = [error for one in found if (error := one.error(title)) is not None]
    return BadCellsError(errors) if len(errors) > 1 else next(iter(errors), None)


def _note(
    cells: pa.Array, mask: Array, texts: list[str], lines: list[int], line_of: Callable[[int], int]
) -> None:
    rows = np.flatnonzero(mask)[: _JUDGED - len(texts)].tolist()
    lines += [line_of(row) for row in rows[: max(0, SHOWN - len(lines))]]
    texts += [cells[row].as_py() for row in rows]


def _lines_within(records: Records, place: int, first: int) -> Callable[[int], int]:
    """On which line a row's cell of some place is, by the row."""

    def line_of(row: int) -> int:
        before = split_cells(records.row(row), records.delimiter)[:place]
        end = int(records.spans().starts[row]) + sum(map(len, before)) + place
        return first + _line_endings(records.data[:end])

    return line_of


def _line_endings(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _mask(found: pa.Array) -> Array:
    values: Array = found.to_numpy(zero_copy_only=False)
    return values.astype(bool)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
