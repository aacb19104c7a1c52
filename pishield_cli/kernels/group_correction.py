"""Correcting the rows of one group of connected columns: propose, check exactly, try again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.cells import float_cell, forward_cells
from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_value
from pishield_cli.kernels.forward import Values, float_steps, forward
from pishield_cli.kernels.placement import narrowed, on_grid, short_together, widened
from pishield_cli.kernels.satisfaction import (
    CompiledRequirements,
    compile_requirement,
    evaluate,
)
from pishield_cli.logic.grids import Grid
from pishield_cli.logic.plan import GroupPlan
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.rows import corrected_row, limit_clauses
from pishield_cli.logic.search import Infeasible, solve
from pishield_cli.logic.terms import Clause

PUSHES = (0.0, 2.0**12)
"""Grid steps to move inside a bound, one attempt after the other."""

REMEMBERED_ROWS = 100_000
"""Rows corrected one by one that are kept in mind, for those that follow with equal cells."""

EXACT = Fraction(0)

EQUALITY_TOLERANCE = Fraction(1, 10**9)
"""What is promised of a row whose requirements force an equality that no decimal solves."""

_Cells = tuple[Fraction, ...]

_Proposal = Callable[[Array, Values, Mapping[str, NumericColumn]], Values]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to correct rows.

    Attributes:
        values: New values of the group's columns, from row numbers, their values and the cells.
        tolerance: What the result is held to.
        only: Which rows it is for, from their values; None for all.
    """

    values: _Proposal
    tolerance: Fraction = EXACT
    only: Callable[[Values], Array] | None = None


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
        self._all_grids = {name: grids[name] for name in plan.variables}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._grids = dict(self._all_grids)
        self._possible: bool | None = None
        self._rows: dict[_Cells, _Cells | None] = {}

    def correct(self, columns: Mapping[str, NumericColumn], rows: Array) -> Correction:
        """Correct rows that violate a clause of the group.

        Args:
            columns: At least the group's columns.
            rows: Row numbers, ascending; no cell of the group is missing in them.

        Returns:
            New cells by which every clause holds exactly in every row but the uncorrected ones.
        """
        old = {name: columns[name].take(rows) for name in self.plan.variables}
        self._heed_types(old)
        floats = {name: widened(column.values) for name, column in old.items()}
        new = {name: values.copy() for name, values in floats.items()}
        done = np.zeros(len(rows), dtype=bool)
        for attempt in self._attempts():
            left = np.flatnonzero(~done)
            here = {name: values[left] for name, values in floats.items()}
            if attempt.only is not None:
                chosen = attempt.only(here)
                left, here = left[chosen], {name: values[chosen] for name, values in here.items()}
            if not len(left):
                continue
            candidate = attempt.values(left, here, old)
            holds = self._holds(old, floats, candidate, left, attempt.tolerance)
            for name, values in candidate.items():
                new[name][left[holds]] = values[holds]
            done[left[holds]] = True
        changes = {}
        for name, values in new.items():
            moved = done & (values != floats[name])
            if moved.any():
                changes[name] = ColumnChange(
                    rows[moved], self._cast(name, values[moved], old[name])
                )
        return Correction(changes, rows, rows[~done])

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

    def _attempts(self) -> Iterator[_Attempt]:
        """Ways to correct rows, the best first."""
        if not self.plan.satisfiable:
            return
        if any(step.equality is not None and not step.fixed for step in self._steps):
            yield from self._equating()
        else:
            for push in PUSHES:
                yield _Attempt(self._forwarding(push))
        yield _Attempt(lambda left, _, old: self._row_by_row(left, old))

    def _forwarding(self, push: float) -> _Proposal:
        return lambda _, values, __: self._forward(values, push)

    def _forward(self, values: Values, push: float = 0.0) -> Values:
        if self._cells:
            return forward_cells(self._cells, self.plan.variables, values, self._grids, push)
        return forward(self._steps, values, self._grids, push)

    def _equating(self) -> Iterator[_Attempt]:
        """Ways by which sums of cells come out equal as decimals."""
        equalities = {s.variable: s.equality for s in self._steps if s.equality is not None}
        tied = tuple(
            dict.fromkeys(n for name, one in equalities.items() for n in (*one.names, name))
        )
        free = [name for name in tied if name not in self.plan.fixed]
        weight = max(one.weight for one in equalities.values())
        yield _Attempt(
            lambda _, values, __: self._forward(values),
            only=lambda values: short_together(values, tied, weight),
        )
        for tolerance in (EXACT, EQUALITY_TOLERANCE):
            yield _Attempt(
                lambda _, values, __: self._forward(on_grid(values, free, self._grids, weight)),
                tolerance,
            )

    def _row_by_row(self, left: Array, old: Mapping[str, NumericColumn]) -> Values:
        result = {name: widened(column.values[left]) for name, column in old.items()}
        if not self._is_possible():
            return result
        names = self.plan.variables
        for index, row in enumerate(left):
            cells = tuple(old[name].cell(int(row)) for name in names)
            exact = tuple(cell for cell in cells if cell is not None)
            found = self._alone(exact) if len(exact) == len(cells) else None
            for name, before, value in zip(names, exact, found or (), strict=False):
                if value != before:
                    result[name][index] = float(value)
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
        floats: Values,
        candidate: Values,
        left: Array,
        tolerance: Fraction,
    ) -> Array:
        """Which rows hold, within a tolerance, with their cells as they will be written."""
        finite = np.ones(len(left), dtype=bool)
        trial = {}
        for name, values in candidate.items():
            moved = values != floats[name][left]
            finite &= np.isfinite(values) | ~moved
            trial[name] = self._mixed(name, old[name].take(left), values, moved)
        wrong = evaluate(self.compiled, trial, len(left), tolerance=tolerance)[0].violated
        return finite if wrong is None else finite & ~wrong

    def _mixed(
        self, name: str, before: NumericColumn, values: Array, moved: Array
    ) -> NumericColumn:
        """A column with its moved cells as they will be written, and all others as they are."""
        if not moved.any():
            return before
        cells = self._cast(name, np.where(np.isfinite(values), values, 0.0), before)
        mixed = np.where(moved, cells, before.values)
        exact = before.exact
        if exact is None:
            return NumericColumn(mixed)
        return NumericColumn(
            mixed,
            exact=lambda row: (
                decimal_value(cells[row]) or Fraction(0) if moved[row] else exact(row)
            ),
        )

    def _cast(self, name: str, values: Array, like: NumericColumn) -> Array:
        """New values in the type that the column's cells have."""
        dtype = like.values.dtype
        return values.astype(
            dtype if dtype.kind == "f" or self._grids[name].integer else np.float64
        )


def compiled_clauses(groups: Sequence[tuple[Clause, ...]]) -> CompiledRequirements:
    """Each group of clauses as one requirement."""
    wholes = [Requirement(index, "", group) for index, group in enumerate(groups, 1)]
    names = dict.fromkeys(name for whole in wholes for name in whole.variables)
    return CompiledRequirements(tuple(map(compile_requirement, wholes)), tuple(names))
