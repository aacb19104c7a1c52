"""Dates as a network sees them, in days, and as files write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import CALENDAR, MICROSECONDS, Date
from pishield_cli.logic.formulas import Atom, replaced
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.terms import BooleanLiteral, Equation, Inequality, Plain, Term
from pishield_cli.tables.arrow.dates import date_domain, dates_of, units_of
from pishield_cli.tables.as_stored import date_text
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import EncodedCells

_UNITS = 86_400, 86_400_000
_NEARLY = 1e-3
_STEPS = {
    24: timedelta(hours=1),
    1440: timedelta(minutes=1),
    86_400: timedelta(seconds=1),
    MICROSECONDS: timedelta(microseconds=1),
}


def date_columns(requirements: Requirements | None) -> dict[str, Date]:
    """The columns of dates that requirements name."""
    domains = {} if requirements is None else requirements.domains
    return {name: one for name, one in domains.items() if isinstance(one, Date)}


def in_days(requirements: Requirements) -> Requirements:
    """The same requirements where every date is a number of days, whatever its table's unit."""
    units = {n: one.per_day for n, one in date_columns(requirements).items() if one.per_day != 1}
    if not units:
        return requirements
    domains = {
        name: replace(one, per_day=1) if isinstance(one, Date) else one
        for name, one in requirements.domains.items()
    }
    listed = tuple(_scaled(one, units) for one in requirements.requirements)
    return replace(requirements, requirements=listed, domains=domains)


def _scaled(requirement: Requirement, units: Mapping[str, int]) -> Requirement:
    def scaled_atom(atom: Atom) -> Atom:
        literal = atom.literal
        if isinstance(literal, BooleanLiteral):
            return atom
        if isinstance(literal, Equation):
            return replace(atom, literal=replace(literal, terms=terms_of(literal)))
        return replace(atom, literal=literal_of(literal))

    def terms_of(one: Inequality | Equation) -> tuple[Term, ...]:
        return tuple(Term(name, value * units.get(name, 1)) for name, value in one.terms)

    def literal_of(literal: Plain) -> Plain:
        if isinstance(literal, BooleanLiteral):
            return literal
        return replace(literal, terms=terms_of(literal))

    clauses = tuple(clause.mapped(literal_of) for clause in requirement.clauses)
    written = replaced(requirement.formula, scaled_atom)
    return replace(requirement, clauses=clauses, written=written)


@dataclass(frozen=True, slots=True)
class DateForm:
    """How predicted dates are written.

    Attributes:
        domain: Their unit, and the format of texts.
        example: A date as the table that was learnt from writes it; empty where it holds no texts.
    """

    domain: Date
    example: str = ""

    @property
    def type(self) -> pa.DataType:
        """Arrow's type of such dates."""
        if self.domain.per_day == 1:
            return pa.date32()
        return pa.timestamp("us", "UTC" if self.domain.zoned else None)

    def units(self, days: Array) -> Array:
        """Days as whole numbers of the unit, the nearest ones, within the calendar."""
        first, last = CALENDAR
        whole: Array = np.rint(np.clip(np.nan_to_num(days), first, last) * self.domain.per_day)
        return whole.astype(np.int64)

    def texts(self, units: Array) -> list[str]:
        """Dates as texts, in the style of the example."""
        return [date_text(one, self.domain, self.example) for one in units.tolist()]

    def texts_of(self, cells: pa.Array) -> list[str]:
        """Arrow's dates as texts in the style of the example, to their last digit."""
        domain, column = date_domain(cells.type), units_of(cells)
        assert domain is not None
        texts = [date_text(one, domain, self.example) for one in column.values.tolist()]
        gone = () if column.missing is None else np.flatnonzero(column.missing).tolist()
        for row in gone:
            texts[row] = ""
        return texts

    def array(self, units: Array) -> pa.Array:
        """Dates as Arrow holds them."""
        finer = 1 if self.domain.per_day == 1 else MICROSECONDS // self.domain.per_day
        return dates_of(NumericColumn(units * finer), self.type)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        one = self.domain
        return {
            "per_day": one.per_day,
            "zoned": one.zoned,
            "format": one.format,
            "example": self.example,
        }

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "DateForm":
        """The form that `as_json` wrote."""
        domain = Date(int(read["per_day"]), bool(read["zoned"]), format=read["format"])
        return cls(domain, str(read["example"]))


def date_forms(
    reader: TableReader,
    requirements: Requirements | None,
    cells: EncodedCells,
    targets: Sequence[str],
) -> dict[str, DateForm]:
    """How to write the dates among some columns: as the table does, in the coarsest unit it needs.

    Args:
        reader: The table.
        requirements: Bound to it.
        cells: Its cells.
        targets: The columns.
    """
    forms = {}
    for name, domain in date_columns(requirements).items():
        if name in targets:
            unit = min(_unit(domain, cells.numbers[name]), _finest(domain.format))
            own = Date(unit, domain.zoned, format=domain.format)
            forms[name] = DateForm(own, _example(reader, name))
    return forms


def whole_where_told(form: DateForm, days: Array) -> DateForm:
    """The form in whole days, where a column holds nothing finer."""
    present = days[np.isfinite(days)]
    if form.domain.per_day == 1 or not np.array_equal(present, np.rint(present)):
        return form
    return replace(form, domain=replace(form.domain, per_day=1, zoned=False))


def plain_date_form(reader: TableReader, name: str, days: Array) -> DateForm:
    """How to write dates of which requirements say nothing: in the coarsest unit they need.

    Args:
        reader: The table, for how its dates are written.
        name: The column.
        days: Its dates in days since 1970, shape `(rows,)`; NaN where missing.
    """
    own = Date(_unit(Date(MICROSECONDS), days))
    return whole_where_told(DateForm(own, _example(reader, name)), days)


def _finest(form: str | None) -> int:
    """The finest unit that a format shows, by how many there are in a day."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    if form is None:
        return MICROSECONDS
    shown = (
        unit
        for unit, step in _STEPS.items()
        if (start + step).strftime(form) != start.strftime(form)
    )
    return max(shown, default=1)


def _unit(domain: Date, days: Array) -> int:
    """Seconds, or finer where cells are finer; days where the table holds days."""
    if domain.per_day == 1:
        return 1
    present = days[np.isfinite(days)]
    for unit in _UNITS:
        rest = present * unit - np.rint(present * unit)
        if np.abs(rest).max(initial=0.0) < _NEARLY * unit / 86_400:
            return unit
    return MICROSECONDS


def _example(reader: TableReader, name: str) -> str:
    for batch in reader.stored.batches([], raw=[name]):
        cells = batch.raw[name]
        if date_domain(cells.type) is not None:
            return ""
        for cell in cells:
            if cell.is_valid:
                return str(cell.as_py())
    return ""
