"""Correcting rows one by one, in exact arithmetic."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

import numpy as np

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.kernels.sequential.placement import unrounded
from pishield_cli.logic.plans.plan import GroupPlan, narrowed_plan
from pishield_cli.logic.rows.corrected import corrected_row
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.infinite import InfiniteRows
from pishield_cli.logic.rows.searched import limit_clauses
from pishield_cli.logic.solver.search import Infeasible, solve

REMEMBERED_ROWS = 100_000
"""Rows corrected one by one that are kept in mind, for those that follow with equal cells."""

UNWIELDY = 2**31
"""Limits of columns from here on are left to search: planning for them costs more than it helps."""

_Cells = tuple[Fraction | float, ...]
"""A row's cells: infinite ones as floats, all others exact."""


class ExactRows:
    """Corrects rows of one group one by one.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self._plan, self._grids = plan, grids
        self._infinite = InfiniteRows(plan, grids)
        self._possible: bool | None = None
        self._known: dict[_Cells, _Cells] = {}

    def corrected(self, old: Mapping[str, NumericColumn]) -> Values:
        """New values of some rows; rows for which none were found stay as they are.

        Args:
            old: The group's columns, shape `(rows,)` each; no cell is missing.
        """
        result = {name: unrounded(column.values).copy() for name, column in old.items()}
        names = self._plan.variables
        for row in range(len(next(iter(result.values())))):
            cells = tuple(_cell(old[name], row) for name in names)
            for name, before, value in zip(names, cells, self._alone(cells), strict=True):
                if value != before:
                    whole = result[name].dtype.kind in "iu"
                    result[name][row] = int(value) if whole else _as_float(value)
        return result

    def _is_possible(self) -> bool:
        """Whether any row of the group can hold, with what its columns can hold."""
        if self._possible is None:
            integers = [name for name, grid in self._grids.items() if grid.integer]
            limits = limit_clauses(self._plan.variables, self._grids)
            found = solve((*self._plan.clauses, *limits), integers=integers)
            self._possible = not isinstance(found, Infeasible)
        return self._possible

    @cached_property
    def _limited(self) -> GroupPlan | None:
        """The plan with the limits of its columns that matter; None if there are none."""
        limits = tuple(limit_clauses(self._plan.variables, self._grids, below=UNWIELDY))
        return narrowed_plan(self._plan, limits) if limits else None

    def _alone(self, cells: _Cells) -> _Cells:
        """One row's cells corrected exactly; rows with equal cells are corrected once."""
        if cells not in self._known:
            if len(self._known) >= REMEMBERED_ROWS:
                self._known.clear()
            found = self._solved(dict(zip(self._plan.variables, cells, strict=True)))
            self._known[cells] = tuple(found.values())
        return self._known[cells]

    def _solved(self, row: Mapping[str, Fraction | float]) -> Mapping[str, Fraction | float]:
        """A row that holds; the row itself where none was found."""
        infinite = {name: 1 if v > 0 else -1 for name, v in row.items() if isinstance(v, float)}
        finite = {name: v for name, v in row.items() if isinstance(v, Fraction)}
        found = None
        if infinite:
            found = self._infinite.corrected(finite, infinite)
        elif self._is_possible():
            found = corrected_row(self._plan, finite, self._grids, limited=self._limited)
        return row if found is None else {**row, **found}


def _cell(column: NumericColumn, row: int) -> Fraction | float:
    exact = column.cell(row)
    return float(column.values[row]) if exact is None else exact


def _as_float(value: Fraction | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf
