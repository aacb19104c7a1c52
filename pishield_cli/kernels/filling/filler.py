"""Missing cells that requirements determine: where they leave a cell one value, and no other.

Which cells of a row are missing decides what is asked: of the missing ones all but one are
eliminated, once for each such set of clauses, and what is left bounds that one by cells that are
there. Where it is a sum of theirs, whole columns are worked out at once. Else the rows in which
bounds meet are reasoned about alone; rows that are alike in what matters once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.arithmetic import column_of, constant, decimals_of, plus, times
from pishield_cli.kernels.changes import ColumnChange, replaced
from pishield_cli.kernels.columns import Array, Columns, ExactCells, NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.pieces import Pieces, TiedClauses
from pishield_cli.kernels.evaluation.places import within_places
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import EXACT, FLOAT_ROUNDING, Tolerance
from pishield_cli.kernels.filling.filling_rules import FillingRule, total_of
from pishield_cli.kernels.filling.meeting import meeting
from pishield_cli.kernels.sequential.forbidden import limits
from pishield_cli.kernels.sequential.placement import narrowed
from pishield_cli.logic.classes import counted
from pishield_cli.logic.domains import Text
from pishield_cli.logic.expressions import Expression, Kind, cells_of
from pishield_cli.logic.forms import solved
from pishield_cli.logic.plans.projection import project
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.determined import allowed_values, only_text, only_value
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.terms import Clause, Term

RULE_WORK = 100_000
"""Units of work that finding what determines one cell may take; else it stays missing."""

ALL_WORK = 6_000_000
"""Units of work that finding this may take for all sets of missing cells."""

REMEMBERED = 100_000
"""Answers about single cells that are kept, for rows that are alike."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Values for missing cells of some rows.

    Attributes:
        changes: The values by column, rows numbered by their place among those given.
        inexact: Rows with a value that no cell can hold as it is, such as a third; ascending.
    """

    changes: Mapping[str, ColumnChange]
    inexact: Array


class Filler:
    """Fills missing cells that requirements determine.

    Args:
        requirements: All that is required of cells.
        grids: What each column can hold.
        fillable: The columns whose cells may be filled; derived ones never are.
    """

    def __init__(
        self, requirements: Requirements, grids: Mapping[str, Grid], fillable: Collection[str]
    ) -> None:
        self._clauses = [c for one in requirements.checked.requirements for c in one.clauses]
        self._grids = grids
        self._domains = requirements.domains
        self._fillable = frozenset(fillable) - requirements.derived.keys()
        self._pieces = Pieces(self._clauses, requirements.derived)
        self._derived = {n: one for n, one in requirements.derived.items() if _is_of_numbers(one)}
        self._with_derived = Pieces(self._clauses) if self._derived else None
        self._places = {n: g.places for n, g in grids.items() if g.places is not None}
        self._rules: dict[tuple[TiedClauses, str], FillingRule | None] = {}
        self._limits = Limits(None, ALL_WORK)
        self._known: dict[tuple[FillingRule, tuple[Fraction, ...]], Fraction | None] = {}

    def fill(self, columns: Columns, rows: int) -> Filled:
        """Find the values of missing cells that other cells of their row determine.

        Args:
            columns: At least the columns that requirements name.
            rows: How many rows.

        Returns:
            Each cell that can have one value only, whatever the other missing cells of its row
            hold. Nothing in rows whose missing cells no values fit.
        """
        found: dict[str, list[ColumnChange]] = {}
        inexact: list[Array] = []
        for name, change, rough in self._found(columns, rows):
            found.setdefault(name, []).append(change)
            inexact.append(rough)
        changes = {name: _together(parts) for name, parts in found.items()}
        changes = {name: change for name, change in changes.items() if len(change.rows)}
        return Filled(changes, np.unique(np.concatenate([np.zeros(0, np.int64), *inexact])))

    def _found(self, columns: Columns, rows: int) -> Iterator[tuple[str, ColumnChange, Array]]:
        """Values of columns in some rows, and which of these rows got rough ones."""
        every = np.arange(rows)
        for piece, where in self._pieces.of(columns, every).items():
            some = np.sort(where)
            for name in sorted(piece.missing & self._fillable):
                rule = self._rule(piece, name)
                if rule is not None:
                    yield name, *self._filled(rule, columns, some)
        if self._with_derived is None:
            return
        for piece, where in self._with_derived.of(columns, every).items():
            for name in sorted(piece.missing & self._derived.keys()):
                rule = self._rule(piece, name)
                if rule is not None:
                    yield from self._solved(rule, columns, np.sort(where))

    # ------------------------------------------------------------------ what determines a cell

    def _rule(self, piece: TiedClauses, name: str) -> FillingRule | None:
        """What a piece says of one of its cells; None if nothing, or that is too much work."""
        if (piece, name) not in self._rules:
            self._rules[piece, name] = self._found_rule(piece, name)
        return self._rules[piece, name]

    def _found_rule(self, piece: TiedClauses, name: str) -> FillingRule | None:
        clauses: Sequence[Clause] = [self._clauses[number] for number in piece.clauses]
        others = piece.missing - {name}
        if others:
            try:
                part = self._limits.part(RULE_WORK)
                clauses = project(clauses, others, self._places, limits=part).clauses
            except LimitReached:
                return None
        if not any(name in clause.variables for clause in clauses):
            return None
        named = dict.fromkeys(other for clause in clauses for other in clause.variables)
        known = tuple(other for other in named if other != name)
        return FillingRule(name, tuple(clauses), known, total_of(clauses, name))

    # ------------------------------------------------------------------ the values

    def _filled(
        self, rule: FillingRule, columns: Columns, rows: Array
    ) -> tuple[ColumnChange, Array]:
        """The values of a rule's cells in some rows, and which of these rows got rough ones."""
        here = {name: columns[name].take(rows) for name in rule.known}
        column, there = self._determined(rule, here, len(rows))
        grid = narrowed(self._grids[rule.name], columns[rule.name].values.dtype)
        there = there & _fits(column, grid)
        values, rough = _as_cells(_where(column, there), grid, columns[rule.name].values.dtype)
        for tolerance, some in ((EXACT, there & ~rough), (FLOAT_ROUNDING, there & rough)):
            where = np.flatnonzero(some)
            there[where] = self._holds(rule, here, columns[rule.name], values, where, tolerance)
        where = np.flatnonzero(there)
        return ColumnChange(rows[where], values[where]), rows[there & rough]

    def _determined(
        self, rule: FillingRule, here: Columns, rows: int
    ) -> tuple[NumericColumn, Array]:
        """The values of a rule's cells, and in which rows there is one."""
        if rule.total is not None and not counted(self._domains.get(rule.name)):
            column, there = _summed(rule.total, here, rows), np.ones(rows, dtype=bool)
        else:
            column, there = self._one_by_one(rule, here, rows)
        return column, there if column.missing is None else there & ~column.missing

    def _solved(
        self, rule: FillingRule, columns: Columns, rows: Array
    ) -> Iterator[tuple[str, ColumnChange, Array]]:
        """Cells that a derived value is worked out of, where it is determined and they alone miss.

        As the factor of a product: `20 == 5 * x` leaves `x` one value.
        """
        here = {name: columns[name].take(rows) for name in rule.known}
        totals, there = self._determined(rule, here, len(rows))
        expression = self._derived[rule.name]
        names = dict.fromkeys(cell.name for cell in cells_of(expression))
        for name in self._fillable & names.keys():
            found: dict[int, Fraction] = {}
            for place in np.flatnonzero(there).tolist():
                cells = {other: columns[other].cell(int(rows[place])) for other in names}
                known = {other: cell for other, cell in cells.items() if cell is not None}
                if name in known or len(known) < len(names) - 1:
                    continue
                value = solved(expression, known, name, totals.cell(place) or Fraction(0))
                if value is not None:
                    found[place] = value
            column, where = _column(found, len(rows)), np.zeros(len(rows), dtype=bool)
            where[list(found)] = True
            kind = columns[name].values.dtype
            grid = narrowed(self._grids[name], kind)
            where &= _fits(column, grid)
            values, rough = _as_cells(_where(column, where), grid, kind)
            yield name, ColumnChange(rows[where], values[where]), rows[where & rough]

    def _holds(
        self,
        rule: FillingRule,
        here: Columns,
        like: NumericColumn,
        values: Array,
        where: Array,
        tolerance: Tolerance,
    ) -> Array:
        """Whether a rule's clauses hold in some rows with the values that are found."""
        empty = NumericColumn(np.zeros(len(where), dtype=like.values.dtype))
        filled = replaced(empty, ColumnChange(np.arange(len(where)), values[where]))
        taken = {name: column.take(where) for name, column in here.items()} | {rule.name: filled}
        (verdict,) = evaluate(rule.compiled, taken, len(where), tolerance=tolerance)
        holds = np.ones(len(where), dtype=bool)
        for wrong in (verdict.violated, verdict.unknown):
            if wrong is not None:
                holds &= ~wrong
        return holds

    def _one_by_one(
        self, rule: FillingRule, here: Columns, rows: int
    ) -> tuple[NumericColumn, Array]:
        """The values of rows in which bounds meet; and which rows these are."""
        found: dict[int, Fraction] = {}
        for alike in _alike(here, self._candidates(rule, here, rows)):
            cells = [here[name].cell(alike[0]) for name in rule.known]
            known = tuple(cell for cell in cells if cell is not None)
            value = self._only(rule, known) if len(known) == len(cells) else None
            if value is not None:
                found.update(dict.fromkeys(alike, value))
        there = np.zeros(rows, dtype=bool)
        there[list(found)] = True
        return _column(found, rows), there

    def _candidates(self, rule: FillingRule, here: Columns, rows: int) -> Array:
        """The rows that are worth being reasoned about."""
        if counted(self._domains.get(rule.name)):
            return np.arange(rows)
        return np.flatnonzero(meeting(rule, here, rows, self._grids[rule.name]))

    def _only(self, rule: FillingRule, cells: tuple[Fraction, ...]) -> Fraction | None:
        """The only value that a cell can have beside others."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        if (rule, cells) not in self._known:
            known = dict(zip(rule.known, cells, strict=True))
            values = allowed_values(rule.clauses, rule.name, known)
            domain, grid = self._domains.get(rule.name), self._grids[rule.name]
            classes = domain.classes if isinstance(domain, Text) else None
            self._known[rule, cells] = (
                only_value(values, grid) if classes is None else only_text(values, grid, classes)
            )
        return self._known[rule, cells]


def _is_of_numbers(expression: Expression) -> bool:
    """Whether an expression is a number, worked out of numbers alone."""
    numbers = all(cell.kind is Kind.NUMBER for cell in cells_of(expression))
    return expression.kind is Kind.NUMBER and numbers


def _alike(here: Columns, rows: Array) -> Iterator[list[int]]:
    """Some rows, those with equal cells together."""
    if not here or not len(rows) or not all(column.plain for column in here.values()):
        yield from ([row] for row in rows.tolist())
        return
    cells = np.rec.fromarrays([column.values[rows] for column in here.values()])
    _, which = np.unique(cells, return_inverse=True)
    order = np.argsort(which, kind="stable")
    ends = np.flatnonzero(np.diff(which[order])) + 1
    yield from (part.tolist() for part in np.split(rows[order], ends))


def _fits(column: NumericColumn, grid: Grid) -> Array:
    """Which values are finite, with no more places and no larger than a column holds."""
    values = column.values
    finite: Array = np.isfinite(values)
    if grid.places is None:
        return finite
    low, high = limits(grid)
    return finite & within_places(column, grid.places) & (values >= low) & (values <= high)


def _where(column: NumericColumn, there: Array) -> NumericColumn:
    """A column with zeros where nothing is meant."""
    exact = column.exact
    values = np.where(there, column.values, 0)
    if exact is None:
        return NumericColumn(values)
    known = ExactCells(
        lambda row: exact(row) if there[row] else Fraction(0),
        lambda some: exact.long(some) & there[some],
    )
    return NumericColumn(values, None, known)


def _as_cells(column: NumericColumn, grid: Grid, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Values as cells of a type can hold them, and which of these are not quite the same."""
    values, long = column.values, column.long()
    if long is not None and grid.endless:
        cells = [column.cell(row) or Fraction(0) for row in range(len(values))]
        fits = np.array([grid.fits(one) for one in cells], dtype=bool)
        # What no decimal is, such as a third, becomes the nearest float.
        exact = values.astype(object)
        kept = fits & long
        exact[kept] = [cell for cell, keep in zip(cells, kept, strict=True) if keep]
        return exact, ~fits
    rough = np.zeros(len(values), dtype=bool) if long is None else long
    if dtype.kind == "f" and dtype != np.float64:
        narrow = values.astype(dtype)
        same = [decimal_value(new) == column.cell(row) for row, new in enumerate(narrow)]
        return narrow, rough | ~np.array(same, dtype=bool)
    # Of the type that a corrected cell gets, too.
    return values.astype(dtype if grid.integer and dtype.kind != "f" else np.float64), rough


def _summed(total: tuple[tuple[Term, ...], Fraction], here: Columns, rows: int) -> NumericColumn:
    terms, offset = total
    parts = [constant(offset, rows)]
    for name, weight in terms:
        cells = decimals_of(here[name])
        parts.append(cells if weight == 1 else times(cells, constant(weight, rows)))
    return column_of(plus(parts))


def _column(found: Mapping[int, Fraction], rows: int) -> NumericColumn:
    """Values of some rows as a column of floats; without meaning in the others."""
    values, long = np.zeros(rows), np.zeros(rows, dtype=bool)
    floats = {value: float(value) for value in set(found.values())}
    others = {value for value, near in floats.items() if decimal_value(near) != value}
    for row, value in found.items():
        values[row] = floats[value]
    if not others:
        return NumericColumn(values)
    long[[row for row, value in found.items() if value in others]] = True
    exact = ExactCells(lambda row: found.get(row, Fraction(0)), lambda some: long[some])
    return NumericColumn(values, None, exact)


def _together(parts: Sequence[ColumnChange]) -> ColumnChange:
    """Changes of different rows of a column, in the order of the rows."""
    if len(parts) == 1:
        return parts[0]
    alike = len({part.values.dtype.kind for part in parts if len(part.rows)}) <= 1
    values = [part.values if alike else part.values.astype(object) for part in parts]
    rows, every = np.concatenate([part.rows for part in parts]), np.concatenate(values)
    order = np.argsort(rows, kind="stable")
    return ColumnChange(rows[order], every[order])
