"""Correcting rows in memory: check first, correct what is wrong, check again, exactly."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_value
from pishield_cli.kernels.cells import FloatCell, float_cell, forward_cells
from pishield_cli.kernels.forward import FloatStep, Values, float_steps, forward
from pishield_cli.kernels.placement import narrowed, on_grid, short_together, widened
from pishield_cli.kernels.satisfaction import (
    CompiledRequirements,
    compile_requirement,
    evaluate,
)
from pishield_cli.logic.grids import Grid
from pishield_cli.logic.plan import GroupPlan, plan_groups
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.rows import corrected_row, limit_clauses
from pishield_cli.logic.search import Infeasible, solve
from pishield_cli.logic.terms import Clause

PUSHES = (0.0, 2.0**12)
"""Grid steps to move inside a bound, one attempt after the other; the exact row by row way is next."""

REMEMBERED_ROWS = 100_000
"""Rows corrected one by one that are kept in mind, for those that follow with equal cells."""

EXACT = Fraction(0)

EQUALITY_TOLERANCE = Fraction(1, 10**9)
"""What is promised of a row whose requirements force an equality that no decimal solves."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What correcting a batch changes.

    Attributes:
        changes: The cells that change, by column.
        violating: Rows that violated a clause before, ascending.
        uncorrected: Those of them that could not be corrected; none of their cells change.
    """

    changes: dict[str, ColumnChange]
    violating: Array
    uncorrected: Array


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to correct rows.

    Attributes:
        values: New values of a group's columns, from row numbers, their values and the cells.
        tolerance: What the result is held to.
        only: Which rows it is for, from their values; None for all.
    """

    values: Callable[[Array, Values, Mapping[str, NumericColumn]], Values]
    tolerance: Fraction = EXACT
    only: Callable[[Values], Array] | None = None


_Cells = tuple[Fraction, ...]
"""A row's cells of a group's columns, in the group's order."""


@dataclass(frozen=True, slots=True)
class _Group:
    """One group of connected columns, ready to be applied to rows without missing cells.

    `possible` and `rows` remember what was found of single rows.
    """

    plan: GroupPlan
    steps: tuple[FloatStep, ...]
    cells: tuple[FloatCell, ...]
    compiled: CompiledRequirements
    possible: list[bool] = field(default_factory=list, compare=False)
    rows: dict[_Cells, _Cells | None] = field(default_factory=dict, compare=False)

    @property
    def equated(self) -> tuple[str, ...]:
        """The columns that an equality ties together."""
        tied: dict[str, None] = {}
        for step in self.steps:
            if step.equality is not None:
                tied |= dict.fromkeys((*step.equality.names, step.variable))
        return tuple(tied)


class Corrector:
    """Plans made once for a set of clauses, applied to any number of batches.

    Args:
        clauses: A conjunction over column names.
        ordering: Every column that the clauses name, most trusted first.
        grids: What each of these columns can hold.
        fixed: Columns that never move.
    """

    def __init__(
        self,
        clauses: Iterable[Clause],
        ordering: Sequence[str],
        grids: Mapping[str, Grid],
        fixed: Iterable[str] = (),
    ) -> None:
        self._ordering = tuple(ordering)
        self._grids = grids
        self._fixed = frozenset(fixed)
        self._groups = self._compiled(clauses)
        self._all = _compiled_clauses([group.plan.clauses for group in self._groups])
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._narrowed: dict[str, Grid] = dict(grids)
        self._without: dict[tuple[int, frozenset[str]], tuple[_Group, ...]] = {}

    @property
    def plans(self) -> tuple[GroupPlan, ...]:
        """One plan a group of connected columns."""
        return tuple(group.plan for group in self._groups)

    @property
    def satisfiable(self) -> bool:
        """Whether the clauses can hold at all, by real numbers."""
        return all(plan.satisfiable for plan in self.plans)

    def correct(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        """Correct a batch.

        Args:
            columns: Every column that the clauses name, shape `(rows,)` each.
            rows: How many rows.

        Returns:
            The changed cells. After them every clause holds, in exact arithmetic on the cells as
            decimals, in every row but the uncorrected ones; where an equality is forced that no
            decimal solves, within a relative 1e-9. Missing cells stay missing, and a clause that
            names one is left alone in its row. Rows that violated nothing do not change.
        """
        violating = np.zeros(rows, dtype=bool)
        failed = np.zeros(rows, dtype=bool)
        updates: list[dict[str, ColumnChange]] = []
        self._narrow(columns)
        verdicts = evaluate(self._all, columns, rows)
        for index, (group, verdict) in enumerate(zip(self._groups, verdicts, strict=True)):
            wrong = verdict.violated
            if wrong is None:
                continue
            violating |= wrong
            for part, where in self._parts(index, group, columns, np.flatnonzero(wrong)):
                cells, done = self._corrected(part, columns, where)
                failed[where[~done]] = True
                updates.append(cells)
        changes = _collected(updates, failed)
        return Correction(changes, np.flatnonzero(violating), np.flatnonzero(failed))

    def _narrow(self, columns: Mapping[str, NumericColumn]) -> None:
        """Narrow the columns' grids to what their types can hold."""
        for name, grid in self._grids.items():
            dtype = columns[name].values.dtype
            if self._dtypes.get(name) != dtype:
                self._dtypes[name] = dtype
                self._narrowed[name] = narrowed(grid, dtype)
                self._forget_rows()

    def _forget_rows(self) -> None:
        for group in (*self._groups, *(one for parts in self._without.values() for one in parts)):
            group.possible.clear()
            group.rows.clear()

    def _compiled(self, clauses: Iterable[Clause]) -> tuple[_Group, ...]:
        plans = plan_groups(clauses, self._ordering, fixed=self._fixed)
        return tuple(
            _Group(
                plan,
                float_steps(plan.steps or (), plan.fixed),
                tuple(float_cell(cell, plan.fixed) for cell in plan.cells),
                _compiled_clauses([plan.clauses]),
            )
            for plan in plans
        )

    def _parts(
        self, index: int, group: _Group, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterable[tuple[_Group, Array]]:
        """Rows by which of the group's cells are missing, each with the groups that remain."""
        pattern = np.zeros(len(rows), dtype=np.int64)
        missing_names: list[str] = []
        for name in group.plan.variables:
            gone = _missing(columns[name], rows)
            if gone is not None:
                pattern |= gone.astype(np.int64) << len(missing_names)
                missing_names.append(name)
        if not missing_names:
            yield group, rows
            return
        for code in np.unique(pattern):
            where = rows[pattern == code]
            absent = frozenset(n for bit, n in enumerate(missing_names) if code >> bit & 1)
            for part in self._reduced(index, group, absent):
                here = {name: columns[name].take(where) for name in part.plan.variables}
                wrong = evaluate(part.compiled, here, len(where))[0].violated
                if wrong is not None:
                    yield part, where[wrong]

    def _reduced(self, index: int, group: _Group, absent: frozenset[str]) -> tuple[_Group, ...]:
        if not absent:
            return (group,)
        key = (index, absent)
        if key not in self._without:
            kept = [one for one in group.plan.clauses if absent.isdisjoint(one.variables)]
            self._without[key] = self._compiled(kept)
        return self._without[key]

    def _corrected(
        self, group: _Group, columns: Mapping[str, NumericColumn], rows: Array
    ) -> tuple[dict[str, ColumnChange], Array]:
        """New cells of the group's columns in some rows, and in which of these rows they hold."""
        old = {name: columns[name].take(rows) for name in group.plan.variables}
        floats = {name: widened(column.values) for name, column in old.items()}
        new = {name: values.copy() for name, values in floats.items()}
        done = np.zeros(len(rows), dtype=bool)
        for attempt in self._attempts(group):
            left = np.flatnonzero(~done)
            here = {name: values[left] for name, values in floats.items()}
            if attempt.only is not None:
                chosen = attempt.only(here)
                left, here = left[chosen], {name: values[chosen] for name, values in here.items()}
            if not len(left):
                continue
            candidate = attempt.values(left, here, old)
            holds = self._holds(group, old, floats, candidate, left, attempt.tolerance)
            for name, values in candidate.items():
                new[name][left[holds]] = values[holds]
            done[left[holds]] = True
        cells = {}
        for name, values in new.items():
            moved = done & (values != floats[name])
            if moved.any():
                cells[name] = ColumnChange(rows[moved], self._cast(name, values[moved], old[name]))
        return cells, done

    def _attempts(self, group: _Group) -> Iterator[_Attempt]:
        """Ways to correct rows, the best first."""
        steps, grids = group.steps, self._narrowed
        if not group.plan.satisfiable:
            return
        defined = [name for name in group.equated if name not in self._fixed]
        if defined:
            weight = max(step.equality.weight for step in steps if step.equality is not None)
            yield _Attempt(
                lambda _, values, __: forward(steps, values, grids),
                only=lambda values: short_together(values, group.equated, weight),
            )
            for tolerance in (EXACT, EQUALITY_TOLERANCE):
                yield _Attempt(
                    lambda _, values, __: forward(
                        steps, on_grid(values, defined, grids, weight), grids
                    ),
                    tolerance,
                )
        for push in () if defined else PUSHES:
            if group.cells:
                yield _Attempt(
                    lambda _, values, __, push=push: forward_cells(
                        group.cells, group.plan.variables, values, grids, push
                    )
                )
            else:
                yield _Attempt(lambda _, values, __, push=push: forward(steps, values, grids, push))
        yield _Attempt(lambda left, _, old: self._row_by_row(group, left, old))

    def _row_by_row(
        self, group: _Group, left: Array, old: Mapping[str, NumericColumn]
    ) -> Values:
        plan = group.plan
        result = {name: widened(column.values[left]) for name, column in old.items()}
        if not self._is_possible(group):
            return result
        for index, row in enumerate(left):
            cells = tuple(old[name].cell(int(row)) for name in plan.variables)
            exact = tuple(cell for cell in cells if cell is not None)
            if len(exact) < len(cells):
                continue
            found = self._alone(group, exact)
            for name, before, value in zip(plan.variables, exact, found or (), strict=False):
                if value != before:
                    result[name][index] = float(value)
        return result

    def _is_possible(self, group: _Group) -> bool:
        """Whether any row of the group can hold, with what its columns can hold."""
        if not group.possible:
            plan = group.plan
            integers = [name for name in plan.variables if self._narrowed[name].integer]
            limits = [*limit_clauses(plan.variables, self._narrowed)]
            found = solve((*plan.clauses, *limits), integers=integers)
            group.possible.append(not isinstance(found, Infeasible))
        return group.possible[0]

    def _alone(self, group: _Group, cells: _Cells) -> _Cells | None:
        """One row's cells corrected exactly; rows with equal cells are corrected once."""
        if cells not in group.rows:
            if len(group.rows) >= REMEMBERED_ROWS:
                group.rows.clear()
            values = dict(zip(group.plan.variables, cells, strict=True))
            found = corrected_row(group.plan, values, self._narrowed)
            group.rows[cells] = found and tuple(found[name] for name in group.plan.variables)
        return group.rows[cells]

    def _holds(
        self,
        group: _Group,
        old: Mapping[str, NumericColumn],
        floats: Values,
        candidate: Values,
        left: Array,
        tolerance: Fraction,
    ) -> Array:
        """Which rows hold, exactly or within a tolerance, with their cells as they will be written."""
        finite = np.ones(len(left), dtype=bool)
        trial = {}
        for name, values in candidate.items():
            before = old[name].take(left)
            moved = values != floats[name][left]
            finite &= np.isfinite(values) | ~moved
            trial[name] = self._mixed(name, before, values, moved)
        wrong = evaluate(group.compiled, trial, len(left), tolerance=tolerance)[0].violated
        return finite if wrong is None else finite & ~wrong

    def _mixed(
        self, name: str, before: NumericColumn, values: Array, moved: Array
    ) -> NumericColumn:
        if not moved.any():
            return before
        cells = self._cast(name, np.where(np.isfinite(values), values, 0.0), before)
        exact = before.exact
        if exact is None:
            return NumericColumn(np.where(moved, cells, before.values))
        return NumericColumn(
            np.where(moved, cells, before.values),
            exact=lambda row: decimal_value(cells[row]) or Fraction(0) if moved[row] else exact(row),
        )

    def _cast(self, name: str, values: Array, like: NumericColumn) -> Array:
        """New values in the type that the column's cells have."""
        dtype = like.values.dtype
        return values.astype(dtype if dtype.kind == "f" or self._grids[name].integer else np.float64)


def _compiled_clauses(groups: Sequence[tuple[Clause, ...]]) -> CompiledRequirements:
    """Each group of clauses as one requirement."""
    wholes = [Requirement(index, "", group) for index, group in enumerate(groups, 1)]
    names = dict.fromkeys(name for whole in wholes for name in whole.variables)
    return CompiledRequirements(tuple(map(compile_requirement, wholes)), tuple(names))


def _missing(column: NumericColumn, rows: Array) -> Array | None:
    """Which cells of some rows are missing; None if none is."""
    values = column.values[rows]
    gone = np.isnan(values) if values.dtype.kind == "f" else None
    if column.missing is not None:
        marked = column.missing[rows]
        gone = marked if gone is None else gone | marked
    return gone if gone is not None and gone.any() else None


def _collected(updates: Iterable[dict[str, ColumnChange]], failed: Array) -> dict[str, ColumnChange]:
    """All changes of a batch by column, without the rows that failed in some group."""
    parts: dict[str, list[ColumnChange]] = {}
    for update in updates:
        for name, cells in update.items():
            parts.setdefault(name, []).append(cells)
    changes = {}
    for name, listed in parts.items():
        rows = np.concatenate([cells.rows for cells in listed])
        values = np.concatenate([cells.values for cells in listed])
        kept = ~failed[rows]
        order = np.argsort(rows[kept], kind="stable")
        if len(order):
            changes[name] = ColumnChange(rows[kept][order], values[kept][order])
    return changes
