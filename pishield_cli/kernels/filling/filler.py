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
        for piece, where in self._pieces.of(columns, np.arange(rows)).items():
            some = np.sort(where)
            for name in sorted(piece.missing & self._fillable):
                rule = self._rule(piece, name)
                if rule is None:
                    continue
                change, rough = self._filled(rule, columns, some)
                found.setdefault(name, []).append(change)
                inexact.append(rough)
        changes = {name: _together(parts) for name, parts in found.items()}
        changes = {name: change for name, change in changes.items() if len(change.rows)}
        return Filled(changes, np.unique(np.concatenate([np.zeros(0, np.int64), *inexact])))

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
        domain = self._domains.get(rule.name)
        if rule.total is not None and not counted(domain):
            column, there = _summed(rule.total, here, len(rows)), np.ones(len(rows), dtype=bool)
        else:
            column, there = self._one_by_one(rule, here, len(rows))
        if column.missing is not None:
            there = there & ~column.missing
        grid = narrowed(self._grids[rule.name], columns[rule.name].values.dtype)
        there = there & _fits(column, grid)
        values, rough = _as_cells(_where(column, there), grid, columns[rule.name].values.dtype)
        for tolerance, some in ((EXACT, there & ~rough), (FLOAT_ROUNDING, there & rough)):
            where = np.flatnonzero(some)
            there[where] = self._holds(rule, here, columns[rule.name], values, where, tolerance)
        where = np.flatnonzero(there)
        return ColumnChange(rows[where], values[where]), rows[there & rough]

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
        exact = [column.cell(row) if long[row] else one for row, one in enumerate(values)]
        fits = [grid.fits(Fraction(one or 0)) for one in exact]
        return np.array(exact, dtype=object), ~np.array(fits, dtype=bool)
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
