"""Correcting the rows of one group of connected columns: propose, check exactly, try again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.attempts import Attempt, Proposal, Readings
from pishield_cli.kernels.cells import float_cell, forward_cells
from pishield_cli.kernels.changes import ColumnChange, Correction, joined
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_value
from pishield_cli.kernels.float_steps import float_steps
from pishield_cli.kernels.forward import Values, forward
from pishield_cli.kernels.placement import (
    narrowed,
    on_grid,
    plain,
    short_together,
    unrounded,
)
from pishield_cli.kernels.points import forward_points
from pishield_cli.kernels.satisfaction import (
    CompiledRequirements,
    compile_requirement,
    evaluate,
)
from pishield_cli.logic.grids import Grid
from pishield_cli.logic.plan import GroupPlan, direct_steps
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.rows import corrected_row, limit_clauses
from pishield_cli.logic.search import Infeasible, solve
from pishield_cli.logic.terms import Clause

PUSH = 2.0**12
"""Grid steps to move inside a bound where rounding spoilt what ends at it."""

DENSE = 4
"""If more than one row in so many is to be corrected, the first attempt is made on all rows."""

COARSE = 8
"""Digits of a moved value that others are summed up from, so that the sum is a short decimal."""

REMEMBERED_ROWS = 100_000
"""Rows corrected one by one that are kept in mind, for those that follow with equal cells."""

EQUALITY_TOLERANCE = Fraction(1, 10**9)
"""What is promised of a row whose requirements force an equality that no decimal solves."""

_Cells = tuple[Fraction, ...]


class GroupCorrector:
    """A group's plan, made ready to be applied to rows whose cells are all known.

    Args:
        plan: The plan.
        grids: What each of its columns can hold, beyond what their types say.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self.plan = plan
        self.compiled = compiled_clauses([plan.clauses])
        self._steps = float_steps(plan.steps or (), plan.fixed)
        self._cells = tuple(float_cell(cell, plan.fixed) for cell in plan.cells)
        self._direct = float_steps(direct_steps(plan) if plan.points else (), plan.fixed)
        self._all_grids = {name: grids[name] for name in plan.variables}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._grids = dict(self._all_grids)
        self._possible: bool | None = None
        self._rows: dict[_Cells, _Cells | None] = {}

    def correct(self, columns: Mapping[str, NumericColumn], wrong: Array) -> Correction:
        """Correct rows that violate a clause of the group.

        Args:
            columns: At least the group's columns, shape `(rows,)` each.
            wrong: The rows to correct, bool, same shape; no cell of the group is missing in them.

        Returns:
            New cells by which every clause holds exactly in every row but the uncorrected ones.
        """
        rows = np.flatnonzero(wrong)
        mine = {name: columns[name] for name in self.plan.variables}
        self._heed_types(mine)
        parts = []
        pending = rows
        if DENSE * len(rows) > len(wrong) and all(map(_is_finite, mine.values())):
            # Where many rows are to move, all are tried: picking out those that are costs more.
            first = next(self._attempts(), None)
            if first is not None and first.only is None:
                floats = {name: first.reading(column.values) for name, column in mine.items()}
                changes, holds = self._tried(first, mine, floats, np.arange(len(wrong)), wrong)
                parts.append(changes)
                pending = np.flatnonzero(wrong & ~holds)
        readings = Readings(mine)
        for attempt in self._attempts():
            if not len(pending):
                break
            here, floats = readings.chosen(attempt, pending)
            old = {name: column.take(here) for name, column in mine.items()}
            changes, holds = self._tried(attempt, old, floats, here, None)
            parts.append(changes)
            pending = np.setdiff1d(pending, here[holds], assume_unique=True)
        merged = joined((Correction(part, rows[:0], rows[:0]) for part in parts), len(wrong))
        return Correction(merged.changes, rows, pending)

    def _tried(
        self,
        attempt: Attempt,
        old: Mapping[str, NumericColumn],
        floats: Values,
        rows: Array,
        wanted: Array | None,
    ) -> tuple[dict[str, ColumnChange], Array]:
        """The changes that an attempt makes, and the rows that hold by it.

        Args:
            attempt: The attempt.
            old: The cells as they are.
            floats: As the attempt reads them.
            rows: Their row numbers in the batch.
            wanted: The rows that may change; None for all.
        """
        candidate = attempt.values(floats, old)
        moved = {
            name: values != floats[name]
            for name, values in candidate.items()
            if values is not floats[name]
        }
        holds = self._holds(old, candidate, moved, attempt.tolerance)
        settled = holds if wanted is None else holds & wanted
        changes = {}
        for name, mask in moved.items():
            where = np.flatnonzero(mask & settled)
            if len(where):
                # Adding zero turns the negative zero of a reversed bound into a plain one.
                cells = self._cast(name, candidate[name][where], old[name])
                if cells.dtype.kind == "f":
                    cells = cells + cells.dtype.type(0)
                changes[name] = ColumnChange(rows[where], cells)
        return changes, holds

    def _heed_types(self, columns: Mapping[str, NumericColumn]) -> None:
        """Narrow the columns' grids to what their types can hold."""
        dtypes = {name: column.values.dtype for name, column in columns.items()}
        if dtypes == self._dtypes:
            return
        self._dtypes = dtypes
        self._grids = {n: narrowed(grid, dtypes[n]) for n, grid in self._all_grids.items()}
        self._possible = None
        self._rows.clear()

    # ------------------------------------------------------------------------ ways to correct

    def _attempts(self) -> Iterator[Attempt]:
        """Ways to correct rows, the best first."""
        if not self.plan.satisfiable:
            return
        if any(step.equality is not None and not step.fixed for step in self._steps):
            yield from self._equating()
        else:
            yield Attempt(self._forwarding(), reading=plain)
            if any(dtype.kind == "f" and dtype.itemsize < 8 for dtype in self._dtypes.values()):
                yield Attempt(self._forwarding())
            yield Attempt(self._forwarding(PUSH))
        yield Attempt(lambda _, old: self._row_by_row(old), reading=unrounded)

    def _forwarding(self, push: float = 0.0) -> Proposal:
        return lambda values, _: self._forward(values, push)

    def _forward(
        self, values: Values, push: float = 0.0, grids: Mapping[str, Grid] | None = None
    ) -> Values:
        grids = self._grids if grids is None else grids
        if self.plan.points:
            return forward_points(self.plan.points, self._direct, values, grids, push)
        if self._cells:
            return forward_cells(self._cells, self.plan.variables, values, grids, push)
        return forward(self._steps, values, grids, push)

    def _equating(self) -> Iterator[Attempt]:
        """Ways by which sums of cells come out equal as decimals."""
        equalities = {s.variable: s.equality for s in self._steps if s.equality is not None}
        tied = tuple(
            dict.fromkeys(n for name, one in equalities.items() for n in (*one.names, name))
        )
        free = [name for name in tied if name not in self.plan.fixed]
        weight = max(one.weight for one in equalities.values())
        places = max(one.places for one in equalities.values())
        grids = {
            name: grid if name in equalities else replace(grid, placed=COARSE)
            for name, grid in self._grids.items()
        }
        if all(one.exact for one in equalities.values()):
            yield Attempt(self._forwarding())  # copies need no common grid
        yield Attempt(
            lambda values, _: self._forward(values, grids=grids),
            only=lambda values: short_together(values, tied, self._grids, weight),
        )
        proposal: Proposal = lambda values, _: self._forward(  # noqa: E731 - used twice
            on_grid(values, free, self._grids, weight, places), grids=grids
        )
        yield Attempt(proposal)
        if any(grid.integer for grid in self._grids.values()):
            yield Attempt(lambda _, old: self._row_by_row(old), reading=unrounded)
        yield Attempt(proposal, EQUALITY_TOLERANCE)

    def _row_by_row(self, old: Mapping[str, NumericColumn]) -> Values:
        result = {name: unrounded(column.values).copy() for name, column in old.items()}
        if not self._is_possible():
            return result
        names = self.plan.variables
        for row in range(len(next(iter(result.values())))):
            cells = tuple(old[name].cell(row) for name in names)
            exact = tuple(cell for cell in cells if cell is not None)
            found = self._alone(exact) if len(exact) == len(cells) else None
            for name, before, value in zip(names, exact, found or (), strict=False):
                if value != before:
                    whole = result[name].dtype.kind in "iu"
                    result[name][row] = int(value) if whole else _as_float(value)
        return result

    def _is_possible(self) -> bool:
        """Whether any row of the group can hold, with what its columns can hold."""
        if self._possible is None:
            integers = [name for name, grid in self._grids.items() if grid.integer]
            limits = limit_clauses(self.plan.variables, self._grids)
            found = solve((*self.plan.clauses, *limits), integers=integers)
            self._possible = not isinstance(found, Infeasible)
        return self._possible

    def _alone(self, cells: _Cells) -> _Cells | None:
        """One row's cells corrected exactly; rows with equal cells are corrected once."""
        if cells not in self._rows:
            if len(self._rows) >= REMEMBERED_ROWS:
                self._rows.clear()
            values = dict(zip(self.plan.variables, cells, strict=True))
            found = corrected_row(self.plan, values, self._grids)
            names = self.plan.variables
            self._rows[cells] = None if found is None else tuple(found[name] for name in names)
        return self._rows[cells]

    # ------------------------------------------------------------------------- checking again

    def _holds(
        self,
        old: Mapping[str, NumericColumn],
        candidate: Values,
        moved: Mapping[str, Array],
        tolerance: Fraction,
    ) -> Array:
        """Which rows hold, within a tolerance, with their cells as they will be written."""
        trial = dict(old)
        finite: Array | None = None
        for name, mask in moved.items():
            values = candidate[name]
            cells = self._cast(name, values, old[name])
            if not np.isfinite(np.add.reduce(cells)):
                usable = np.isfinite(cells) | ~mask
                finite = usable if finite is None else finite & usable
                values = np.where(usable, values, 0.0)
            trial[name] = self._mixed(name, old[name], values, mask)
        rows = len(next(iter(candidate.values())))
        wrong = evaluate(self.compiled, trial, rows, tolerance=tolerance)[0].violated
        holds = np.ones(rows, dtype=bool) if wrong is None else ~wrong
        return holds if finite is None else holds & finite

    def _mixed(
        self, name: str, before: NumericColumn, values: Array, moved: Array
    ) -> NumericColumn:
        """A column with its moved cells as they will be written, and all others as they are."""
        exact = before.exact
        if exact is None and values.dtype == before.values.dtype:
            return NumericColumn(values)
        cells = self._cast(name, values, before)
        mixed = np.where(moved, cells, before.values)
        if exact is None:
            return NumericColumn(mixed)
        return NumericColumn(
            mixed,
            exact=lambda row: (
                (decimal_value(cells[row]) or Fraction(0)) if moved[row] else exact(row)
            ),
        )

    def _cast(self, name: str, values: Array, like: NumericColumn) -> Array:
        """New values in the type that the column's cells have."""
        dtype = like.values.dtype
        return values.astype(
            dtype if dtype.kind == "f" or self._grids[name].integer else np.float64
        )


def _as_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf


def _is_finite(column: NumericColumn) -> bool:
    """Whether no cell is missing, nor, as far as a sum tells, infinite."""
    if column.missing is not None:
        return False
    return column.values.dtype.kind != "f" or bool(np.isfinite(np.add.reduce(column.values)))


def compiled_clauses(groups: Sequence[tuple[Clause, ...]]) -> CompiledRequirements:
    """Each group of clauses as one requirement."""
    wholes = [Requirement(index, "", group) for index, group in enumerate(groups, 1)]
    names = dict.fromkeys(name for whole in wholes for name in whole.variables)
    return CompiledRequirements(tuple(map(compile_requirement, wholes)), tuple(names))
