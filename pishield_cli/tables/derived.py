"""A table with the columns that requirements derive from its cells, and dates as numbers.

Everything that reads a table sees more columns of numbers; what writes one sees dates as its cells
hold them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.changes import Changes, ColumnChange
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.domains import MICROSECONDS, Date, Mixed, Schema
from pishield_cli.logic.expressions import Cell, Expression, Kind, cells_of, held_by
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.dates import date_domain, days_of, parsed_dates, units_of
from pishield_cli.tables.arrow.expressions import evaluate
from pishield_cli.tables.mixed import numbers_among
from pishield_cli.tables.table import Batch, ColumnKind, TableReader, TableWriter

_DAY_LENGTH = len("2024-01-31")


def with_derived_columns(reader: TableReader, requirements: Requirements) -> TableReader:
    """The table as its requirements need it; itself where they are of plain numbers alone.

    Args:
        reader: The table.
        requirements: Over its columns, read with what it says of them.
    """
    special = any(isinstance(one, Date | Mixed) for one in requirements.domains.values())
    if not requirements.derived and not special:
        return reader
    return DerivedReader(reader, requirements.derived, requirements.domains)


class DerivedReader:
    """A table with derived columns.

    Args:
        stored: The table.
        derived: The expressions of derived columns, by their names.
        domains: What the table's columns hold.
    """

    def __init__(
        self, stored: TableReader, derived: Mapping[str, Expression], domains: Schema
    ) -> None:
        self.stored = stored
        self.derived = derived
        self.schema = domains
        self._held = frozenset[str]().union(*map(held_by, derived.values()))

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

    @property
    def unchangeable(self) -> frozenset[str]:
        """Derived columns, those that they are derived from, and what the table cannot change."""
        return self.stored.unchangeable | self.derived.keys() | self._held

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
    ) -> Iterator[Batch]:
        """Read the table, and work out the derived columns among those asked for.

        Args:
            columns: The columns to parse, and derived ones.
            rows: About how many rows a batch holds; None lets the format choose.
            whole: Whether a writer will need the rows themselves.
            raw: Columns to give as they are stored.

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
        plain = [name for name in every if not isinstance(self.schema.get(name), Date | Mixed)]
        others = [name for name in every if isinstance(self.schema.get(name), Date | Mixed)]
        stored = list(dict.fromkeys([*others, *texts, *raw]))
        for batch in self.stored.batches(plain, rows=rows, whole=whole, raw=stored):
            found = {name: batch.columns[name] for name in plain}
            found |= {name: self._column(name, batch) for name in others}
            values = {cell: self._cell(cell, batch, found) for cell in cells}
            found |= evaluate(wanted, values, batch.rows)
            yield Batch(
                batch.start, batch.rows, {n: found[n] for n in columns}, batch.native, batch.raw
            )

    def _column(self, name: str, batch: Batch) -> NumericColumn:
        """A column of dates in their unit, or the numbers of a mixed one."""
        domain, cells = self.schema[name], batch.raw[name]
        if isinstance(domain, Date):
            if date_domain(cells.type) is None:
                cells, bad = parsed_dates(cells, domain)
                if bad.any():
                    self._refuse(name, batch, int(bad.argmax()))
            return units_of(cells)
        return numbers_among(cells)

    def _cell(
        self, cell: Cell, batch: Batch, found: Mapping[str, NumericColumn]
    ) -> NumericColumn | pa.Array:
        if cell.kind is Kind.TEXT:
            return batch.raw[cell.name]
        domain = self.schema.get(cell.name)
        return days_of(found[cell.name], domain) if isinstance(domain, Date) else found[cell.name]

    def _refuse(self, name: str, batch: Batch, row: int) -> None:
        shown = batch.raw[name][row].as_py()
        raise ColumnTypeError(
            f"Column `{name}` of `{self.name}` must hold dates, but row {batch.start + row} holds "
            f"{shown!r}.",
            hint=f'dates are written 2024-01-31; another form is declared: date {name} "%d.%m.%Y"',
        )

    def kinds(self, columns: Sequence[str]) -> dict[str, ColumnKind]:
        """What columns hold: dates are whole numbers of their unit."""
        kinds = self.stored.kinds([name for name in columns if self._is_plain(name)])
        for name in columns:
            if name in self.derived:
                truth = self.derived[name].kind is Kind.TRUTH
                kinds[name] = ColumnKind.BOOLEAN if truth else ColumnKind.REAL
            elif not self._is_plain(name):
                dated = isinstance(self.schema[name], Date)
                kinds[name] = ColumnKind.INTEGER if dated else ColumnKind.REAL
        return kinds

    def places(self, columns: Sequence[str]) -> dict[str, int]:
        """How many decimal places the table's own columns of numbers hold."""
        return self.stored.places([name for name in columns if self._is_plain(name)])

    def largest(self, columns: Sequence[str]) -> dict[str, Fraction]:
        """The largest number of the table's own columns of numbers."""
        return self.stored.largest([name for name in columns if self._is_plain(name)])

    def endless(self, columns: Sequence[str]) -> frozenset[str]:
        """Those of the table's own columns of numbers."""
        return self.stored.endless([name for name in columns if self._is_plain(name)])

    def native_cells(self, batch: Batch, row: int) -> list[str]:
        """A row's own cells as text, in file order."""
        return self.stored.native_cells(batch, row)

    def _is_plain(self, name: str) -> bool:
        """Whether a column is one of the table's numbers."""
        special = isinstance(self.schema.get(name), Date | Mixed)
        return name not in self.derived and not special


def with_dates_as_stored(reader: TableReader, writer: TableWriter) -> TableWriter:
    """A writer of a stored table as a writer of the table that is derived from it.

    Args:
        reader: The table, derived or not.
        writer: Writes the table as it is stored.
    """
    return DerivedWriter(reader, writer) if isinstance(reader, DerivedReader) else writer


class DerivedWriter:
    """A table being written aside, its dates as its cells hold them.

    Args:
        reader: The table that is copied.
        stored: The writer of the table as it is stored.
    """

    def __init__(self, reader: DerivedReader, stored: TableWriter) -> None:
        self._schema = reader.schema
        self._stored = stored

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        cells = {name: self._cells(batch, name, change) for name, change in changes.items()}
        self._stored.write(batch, cells)

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._stored.commit()

    def __enter__(self) -> Self:
        self._stored.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""
        self._stored.__exit__(exc_type, exc, traceback)

    def _cells(self, batch: Batch, name: str, change: ColumnChange) -> ColumnChange:
        """New values as the column's cells hold them: dates that are stored as texts as texts."""
        domain, old = self._schema.get(name), batch.raw.get(name)
        if not isinstance(domain, Date) or old is None or date_domain(old.type) is not None:
            return change
        texts = [
            date_text(int(value), domain, old[row].as_py())
            for row, value in zip(change.rows.tolist(), change.values.tolist(), strict=True)
        ]
        return ColumnChange(change.rows, np.array(texts, dtype=object))


def date_text(units: int, domain: Date, old: str) -> str:
    """A date as text, in the style of the one that it replaces."""
    microseconds = units * (MICROSECONDS // domain.per_day)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    if domain.format is not None:
        return moment.strftime(domain.format)
    if domain.per_day == 1 or (len(old) == _DAY_LENGTH and not microseconds % MICROSECONDS):
        return moment.date().isoformat()
    separator = old[_DAY_LENGTH : _DAY_LENGTH + 1] or "T"
    clock = moment.replace(tzinfo=None).isoformat(sep=separator)
    return f"{clock}Z" if domain.zoned else clock
