"""A table with the columns that requirements derive from its cells, and dates as numbers.

Everything that reads a table sees more columns of numbers; what writes one sees dates as its cells
hold them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.language import refuse_patterns
from pishield_cli.logic.classes import counted
from pishield_cli.logic.domains import (
    Date,
    Domain,
    Mixed,
    Number,
    Other,
    Schema,
    Text,
    Truth,
)
from pishield_cli.logic.expressions import Cell, Expression, Kind, cells_of, valued_cells
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.arrays import plain_array, without_marks
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.dates import date_domain, days_of
from pishield_cli.tables.arrow.schema import is_text
from pishield_cli.tables.bad_cells import TellsBadCells, tested_columns, with_filled_told
from pishield_cli.tables.classes import codes_of
from pishield_cli.tables.dialect import BadCells
from pishield_cli.tables.table import Batch, StoredTable, TableReader
from pishield_cli.tables.written_dates import read_dates, told_dates, with_bad_dates


def with_derived_columns(reader: TableReader, requirements: Requirements) -> TableReader:
    """The table as its requirements need it; itself where they are of plain numbers alone.

    Args:
        reader: The table.
        requirements: Over its columns, read with what it says of them.

    Raises:
        RequirementsFileError: With all patterns that cannot be read.
    """
    special = any(map(needs_its_cells, requirements.domains.values()))
    if not requirements.derived and not special:
        return reader
    from pishield_cli.tables.arrow.expressions import pattern_fault

    refuse_patterns(requirements, pattern_fault)
    return DerivedReader(reader.stored, requirements.derived, requirements.domains)


class DerivedReader:
    """A table with derived columns.

    Args:
        stored: The table.
        derived: The expressions of derived columns, by their names.
        domains: What the table's columns hold.
    """

    def __init__(
        self, stored: StoredTable, derived: Mapping[str, Expression], domains: Schema
    ) -> None:
        self.stored = stored
        self.derived = derived
        self.schema = domains

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self.stored.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's own columns, in file order."""
        return self.stored.columns

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """What the table itself remarks."""
        return self.stored.remarks

    def row_count(self) -> int | None:
        """How many rows there are, where the table says so before it is read."""
        return self.stored.row_count()

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What the table itself says of its columns."""
        return self.stored.domains(uses)

    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,
        raw: Sequence[str] = (),
        days: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """Read the table, and work out the derived columns among those asked for.

        Args:
            columns: The columns to parse, and derived ones.
            rows: About how many rows a batch holds; None lets the format choose.
            whole: Whether a writer will need the rows themselves.
            raw: Columns to give as they are stored.
            days: Those among them that may come as dates.

        Raises:
            ColumnTypeError: If a column holds something other than what requirements take it for.
            TableError: If the table is malformed.
        """
        wanted = {name: self.derived[name] for name in columns if name in self.derived}
        named = [name for name in columns if name not in self.derived]
        cells = list(dict.fromkeys(cell for one in wanted.values() for cell in cells_of(one)))
        texts = [cell.name for cell in cells if cell.kind is Kind.TEXT]
        numbers = [cell.name for cell in cells if cell.kind is not Kind.TEXT]
        every = dict.fromkeys([*named, *numbers])
        valued = {one.name for call in wanted.values() for one in valued_cells(call)}.union(named)
        others = [name for name in every if self._needs_its_cells(name, name in valued)]
        plain = [name for name in every if name not in others]
        stored = list(dict.fromkeys([*others, *texts, *raw]))
        dates = {n: one for n in others if n in valued and (one := self._written_date(n))}
        told = [] if whole else [n for n, one in dates.items() if one == Date(written=True)]
        free = [name for name in told if name not in texts and name not in raw]
        try:
            for batch in self.stored.batches(
                plain, rows=rows, whole=whole, raw=stored, days=[*free, *days]
            ):
                found = {name: batch.columns[name] for name in plain}
                found |= {name: self._column(name, batch, name in valued) for name in others}
                derivation = Derivation(wanted, self.schema, found, self._told(batch, wanted))
                found |= derivation.worked_out(found, derivation.raw, batch.rows)
                yield replace(
                    batch,
                    columns={name: found[name] for name in columns},
                    derive=derivation if wanted else None,
                )
        except ColumnTypeError as error:
            raise with_bad_dates(error, self.stored, plain, dates) from None

    def _told(self, batch: Batch, wanted: Mapping[str, Expression]) -> dict[str, pa.Array]:
        """Columns as stored; those asked for numbers or dates as what their cells are told to be.

        Args:
            batch: As the table gave it.
            wanted: All that is worked out of it.
        """
        told = dict(batch.raw)
        for name in tested_columns(wanted.values(), self.schema):
            domain = self._written_date(name)
            if domain is not None:
                told[name] = told_dates(self._dates(batch, name), domain)
            elif isinstance(self.stored, TellsBadCells):
                told[name] = self.stored.readable(batch, name)
        return told

    def _column(self, name: str, batch: Batch, valued: bool) -> NumericColumn:
        """A column of dates in their unit, of classes of texts, or the numbers of a mixed one.

        Of a column of lists or the like, only which cells are missing.

        Args:
            name: The column.
            batch: The rows.
            valued: Whether more matters of it than which cells are missing.
        """
        domain, cells = self.schema.get(name, Number()), batch.raw[name]
        if isinstance(domain, Text) and domain.classes is not None:
            return codes_of(cells, domain.classes)
        if not valued and isinstance(domain, Date):
            return _presence(self._dates(batch, name))
        if not valued and isinstance(domain, Other):
            return _presence(cells)
        if not valued and isinstance(domain, Number | Truth):
            assert isinstance(self.stored, TellsBadCells)
            return _presence(self.stored.readable(batch, name))
        if isinstance(domain, Date):
            column, bad = read_dates(self._dates(batch, name), domain)
            if bad.any() and self.stored.bad_cells is BadCells.ERROR:
                raise ColumnTypeError(f"Column `{name}` of {self.stored.title} must hold dates.")
            return column
        if isinstance(domain, Other):
            written = is_text(cells.type)
            fact = "it holds lists or records" if written else f"its type is {cells.type}"
            raise ColumnTypeError(
                f"Column `{name}` of {self.stored.title} must hold numbers, dates or texts, "
                f"but {fact}.",
                hint=f"convert it first; as it is, only `{name} is null` can be said of it",
            )
        from pishield_cli.tables.mixed import numbers_among

        return numbers_among(cells)

    def _written_date(self, name: str) -> Date | None:
        """What a column of texts that say dates holds; None of any other column."""
        domain = self.schema.get(name)
        return domain if isinstance(domain, Date) and domain.written else None

    def _dates(self, batch: Batch, name: str) -> pa.Array:
        """The cells of a column of dates as stored; missing where a text says that they are."""
        cells, marks = batch.raw[name], self.stored.missing_texts
        dates = date_domain(cells.type) is not None
        return cells if dates or not marks else without_marks(cells, marks)

    def settled(self, columns: Sequence[str]) -> Schema:
        """Which values columns hold: dates are whole numbers of their unit, texts their classes.

        A column of numbers and texts is read through: whole numbers beside texts stay whole.
        """
        found = dict(self.stored.settled([name for name in columns if self._is_plain(name)]))
        fractional = self._fractional(
            [name for name in columns if isinstance(self.schema.get(name), Mixed)]
        )
        for name in columns:
            if name in self.derived:
                truth = self.derived[name].kind is Kind.TRUTH
                found[name] = Truth() if truth else Number()
            elif name not in found:
                whole = None if name in fractional else 0
                mixed = isinstance(self.schema[name], Mixed)
                found[name] = Number(whole) if mixed else self.schema[name]
        return found

    def _fractional(self, mixed: Sequence[str]) -> frozenset[str]:
        """The columns of numbers and texts that hold a number that is not whole."""
        from pishield_cli.tables.mixed import has_fractions

        found: set[str] = set()
        for batch in self.stored.batches([], raw=mixed) if mixed else ():
            left = [name for name in mixed if name not in found]
            found.update(name for name in left if has_fractions(batch.raw[name]))
        return frozenset(found)

    def _needs_its_cells(self, name: str, valued: bool) -> bool:
        """Whether a column is not just read as numbers.

        Where it only matters which cells are missing, those of a text need not be numbers.
        """
        told = not valued and isinstance(self.stored, TellsBadCells)
        return told or needs_its_cells(self.schema.get(name))

    def _is_plain(self, name: str) -> bool:
        """Whether a column is one of the table's numbers."""
        return name not in self.derived and not needs_its_cells(self.schema.get(name))


def _presence(cells: pa.Array) -> NumericColumn:
    """A column of which nothing is told but which cells are missing."""
    missing = numeric_column(cells.is_null()).values
    return NumericColumn(np.zeros(len(cells), dtype=np.int64), missing)


def needs_its_cells(domain: Domain | None) -> bool:
    """Whether a column's numbers are worked out from cells as they are stored."""
    return counted(domain) or isinstance(domain, Date | Mixed | Other)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the derived columns of a batch follow from its cells.

    Attributes:
        expressions: Their expressions, by name.
        schema: What the table's columns hold.
        columns: The columns of numbers and dates.
        raw: The columns of texts, as they are stored.
    """

    expressions: Mapping[str, Expression]
    schema: Schema
    columns: Mapping[str, NumericColumn]
    raw: Mapping[str, pa.Array]

    def __call__(
        self, rows: Array, changed: Mapping[str, NumericColumn]
    ) -> dict[str, NumericColumn]:
        """The derived columns of some rows in which other numbers stand.

        Args:
            rows: Their numbers in the batch, shape `(taken,)`.
            changed: Columns of theirs, the same shape; the others are as they were.
        """
        texts = {name: cells.take(plain_array(rows)) for name, cells in self.raw.items()}
        for name in changed.keys() & tested_columns(self.expressions.values(), self.schema):
            texts[name] = with_filled_told(texts[name], changed[name])
        columns = {
            name: changed[name] if name in changed else column.take(rows)
            for name, column in self.columns.items()
        }
        return self.worked_out(columns, texts, len(rows))

    def worked_out(
        self, columns: Mapping[str, NumericColumn], texts: Mapping[str, pa.Array], rows: int
    ) -> dict[str, NumericColumn]:
        """The derived columns of rows, from their cells.

        Args:
            columns: At least the numeric columns that they are derived from, shape `(rows,)` each.
            texts: The same of texts.
            rows: How many rows.
        """
        from pishield_cli.tables.arrow.expressions import evaluate

        cells = {cell for one in self.expressions.values() for cell in cells_of(one)}
        values = {
            cell: texts[cell.name] if cell.kind is Kind.TEXT else self._number(cell, columns)
            for cell in cells
        }
        return evaluate(self.expressions, values, rows)

    def _number(self, cell: Cell, columns: Mapping[str, NumericColumn]) -> NumericColumn:
        domain, column = self.schema.get(cell.name), columns[cell.name]
        return days_of(column, domain) if isinstance(domain, Date) else column
