"""A piece of a CSV table: columns parsed by pyarrow, and any cell as it is written."""

from collections.abc import Collection, Sequence
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn
from pishield_cli.tables.arrow.arrays import plain_array, without_marks
from pishield_cli.tables.arrow.columns import is_numeric, numeric_column
from pishield_cli.tables.csv.faults import not_numeric, refuse_endless, refuse_tiny
from pishield_cli.tables.csv.notation import canonical_cells
from pishield_cli.tables.csv.records import Records
from pishield_cli.tables.csv.text import CsvText
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.textual.digits import (
    has_long_exponents,
    has_long_numbers,
    has_wide_hexadecimals,
)
from pishield_cli.tables.textual.exact import are_whole, exact_cells
from pishield_cli.tables.textual.numbers import MISSING_TEXTS, numbers_in

_TINY_PLACES = 300
_FEW = 1_000
"""So many cells are looked up in the text; for more, their columns are read again."""

_MANY = 10_000
"""Beyond so many cells at a time, texts are not kept for the next time."""


class CsvPiece:
    """Some whole records of a CSV table.

    Args:
        text: The records.
        dialect: How numbers are written.
    """

    def __init__(self, text: CsvText, dialect: Dialect) -> None:
        self.text = text
        self._dialect = dialect
        self._read = text
        self._places = {name: place for place, name in enumerate(text.names)}
        self._missing = MISSING_TEXTS.union(dialect.missing)
        self._texts: dict[str, list[str]] = {}
        self._cells: dict[str, pa.Array] = {}
        self._known: dict[str, dict[int, str]] = {}
        self._wanted: tuple[str, ...] = ()
        self._asked = 0

    def columns(
        self,
        wanted: Sequence[str],
        raw: Sequence[str] = (),
        days: Collection[str] = frozenset(),
        distinct: Collection[str] = frozenset(),
    ) -> tuple[dict[str, NumericColumn], dict[str, pa.Array], int]:
        """Parse columns of numbers, and others as texts, and count the rows.

        Each cell is read by itself, whatever stands in the rows beside it. Of texts only those are
        missing that are empty, or that the dialect says are.

        Args:
            wanted: The columns of numbers.
            raw: The columns of texts.
            days: Those among them that come as dates of days where all their cells in the piece are
                such dates, or marks of missing cells.
            distinct: Those among them of which few texts occur twice; the others come as codes.

        Raises:
            ColumnTypeError: If a cell is not a number.
            TableError: If the text cannot be split into the cells of the table.
        """
        self._wanted = tuple(dict.fromkeys(wanted))
        places = [self._places[name] for name in wanted or self.text.names[:1]]
        texts = None
        if raw and not self._dialect.plain_numbers:
            texts = self._stored(raw, distinct)
        if wanted and not self._dialect.plain_numbers:
            self._read = self._in_usual_notation(places)
        convert = csv.ConvertOptions(include_columns=list(map(str, places)), check_utf8=False)
        convert.null_values = self._marks()
        if not wanted:
            convert.column_types = {str(places[0]): pa.binary()}
        if raw and texts is None:
            self._add_texts(convert, raw, distinct)
        table = self._read_days(convert, days) if days and texts is None else None
        if table is None:
            table = self._read.table(convert)
        cells = zip(wanted, table.columns, strict=False)
        columns = {name: self._column(name, column) for name, column in cells}
        return columns, texts or self._texts_of(table, raw), table.num_rows

    @property
    def native(self) -> Records:
        """The records."""
        return self.text.records

    def _stored(self, raw: Sequence[str], distinct: Collection[str]) -> dict[str, pa.Array]:
        """Columns as texts, whatever numbers look like."""
        convert = csv.ConvertOptions(include_columns=[])
        self._add_texts(convert, raw, distinct)
        return self._texts_of(self.text.table(convert), raw)

    def _add_texts(
        self, convert: csv.ConvertOptions, raw: Sequence[str], distinct: Collection[str]
    ) -> None:
        """Read columns as texts as well, those that occur again once."""
        coded = pa.dictionary(pa.int32(), pa.string())
        kinds = {
            str(self._places[name]): pa.string() if name in distinct else coded for name in raw
        }
        convert.include_columns = list(dict.fromkeys([*convert.include_columns, *kinds]))
        convert.column_types = {**convert.column_types, **kinds}
        convert.check_utf8 = True

    def _read_days(self, convert: csv.ConvertOptions, days: Collection[str]) -> pa.Table | None:
        """Columns of which some hold dates of days; None if a cell is none, or nothing can be read.

        That takes a third of the time of telling texts apart and reading each.
        """
        kinds = convert.column_types
        convert.column_types = kinds | {str(self._places[name]): pa.date32() for name in days}
        try:
            return self._read.table(convert)
        except TableError:
            convert.column_types = kinds
            return None

    def _texts_of(self, table: pa.Table, raw: Sequence[str]) -> dict[str, pa.Array]:
        marks = ["", *self._dialect.missing]
        return {
            name: cells if pa.types.is_date(cells.type) else without_marks(cells, marks)
            for name in raw
            for cells in [table.column(str(self._places[name])).combine_chunks()]
        }

    def is_whole(self, name: str, column: NumericColumn) -> bool:
        """Whether all cells of a column of floats are written as whole numbers."""
        return are_whole(partial(self._written, name), column)

    def _column(self, name: str, cells: pa.ChunkedArray) -> NumericColumn:
        column = numeric_column(cells) if is_numeric(cells.type) else None
        if column is None or self._may_be_misread(column):
            column = self._mixed(name)
        return self._floats(name, column) if column.values.dtype.kind == "f" else column

    def _may_be_misread(self, column: NumericColumn) -> bool:
        """Whether pyarrow may have taken `0xffffffffffffffff` for -1."""
        whole = column.values.dtype.kind == "i" and len(column)
        return bool(whole and column.values.min() < 0) and self._has_wide_hexadecimals

    def _in_usual_notation(self, places: Sequence[int]) -> CsvText:
        """The text with all cells of some columns in the common notation, all others empty."""
        names = list(map(str, places))
        convert = csv.ConvertOptions(
            include_columns=names,
            column_types=dict.fromkeys(names, pa.string()),
            check_utf8=False,
            strings_can_be_null=False,
        )
        table = self.text.table(convert)
        cells = [canonical_cells(column, self._dialect) for column in table.columns]
        return self.text.replaced(dict(zip(places, cells, strict=True)), table.num_rows)

    def _marks(self) -> list[str]:
        """The texts of missing cells that may occur."""
        # All but the empty cell have an n, and looking each cell up takes a tenth of the time.
        data = self._read.records.data
        usual = csv.ConvertOptions().null_values if b"n" in data or b"N" in data else [""]
        return [*usual, *self._dialect.missing]

    def _mixed(self, name: str) -> NumericColumn:
        """A column that pyarrow does not take for numbers: `true` beside 5, `0x1f` beside 0.5."""
        column = numbers_in(self._all(name), self._missing)
        if column is None:
            raise self._not_numeric(name)
        return column

    def _not_numeric(self, name: str) -> Exception:
        text, place = self.text, self._places[name]
        return not_numeric(text.records, self._all(name), self._missing, place, name, text.source)

    def _floats(self, name: str, column: NumericColumn) -> NumericColumn:
        values = column.values
        if _may_have_infinity(values):
            refuse_endless(self.text.records, self._all(name), name, self.text.source)
        zero = values == 0
        if zero.any() and self._has_tiny_numbers:
            rows = np.flatnonzero(zero)
            texts = dict(zip(rows.tolist(), self._written(name, rows), strict=True))
            refuse_tiny(self.text.records, texts, name, self.text.source)
        return NumericColumn(values, column.missing, seek=partial(self._exact, name, values))

    def _exact(self, name: str, values: Array) -> ExactCells | None:
        if not (self._has_long_numbers or self._has_wide_hexadecimals):
            return None
        written, stored = (partial(way, name) for way in (self._written, self._stored_cells))
        return exact_cells(written, stored, values)

    def _written(self, name: str, rows: Array | Sequence[int]) -> list[str]:
        """The cells of some rows, quotes removed."""
        if name in self._texts:
            return [self._texts[name][row] for row in rows]
        if len(rows) > _MANY:
            return _decoded(self._stored_cells(name, np.asarray(rows)))
        numbers = [int(row) for row in rows]
        known = self._known.setdefault(name, {})
        new = [row for row in numbers if row not in known]
        self._asked += len(new)
        known.update(zip(new, self._looked_up(name, new), strict=True))
        return [known[row] for row in numbers]

    def _looked_up(self, name: str, rows: Sequence[int]) -> list[str]:
        place = self._places[name]
        if self._asked <= _FEW:
            return [self._read.cell(place, row) for row in rows]
        return _decoded(self._stored_cells(name, np.array(rows, dtype=np.int64)))

    def _stored_cells(self, name: str, rows: Array) -> pa.Array:
        """The cells of some rows as bytes, quotes removed."""
        if name not in self._cells:
            wanted = self._wanted if name in self._wanted else (name,)
            cells = self._read.cells([self._places[one] for one in wanted])
            self._cells.update(zip(wanted, cells, strict=True))
        return self._cells[name].take(plain_array(rows))

    def _all(self, name: str) -> list[str]:
        """A column's cells, quotes removed."""
        if name not in self._texts:
            self._texts[name] = self._read.column(self._places[name])
        return self._texts[name]

    @cached_property
    def _has_long_numbers(self) -> bool:
        return has_long_numbers(self._read.records.data)

    @cached_property
    def _has_tiny_numbers(self) -> bool:
        """Whether a number may be written that is not 0, but less than floats hold."""
        data = self._read.records.data
        return has_long_exponents(data) or b"0" * _TINY_PLACES in data

    @cached_property
    def _has_wide_hexadecimals(self) -> bool:
        return has_wide_hexadecimals(self._read.records.data)


def _decoded(cells: pa.Array) -> list[str]:
    return [cell.decode("utf-8", "replace") for cell in cells.to_pylist()]


def _may_have_infinity(values: Array) -> bool:
    """Whether cells may be infinite, as far as their sum tells."""
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite(np.add.reduce(values))
