"""Correcting the rows of a group whose columns have few whole numbers, each to the best one."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.optimal.weights import Weights
from pishield_cli.kernels.sequential.exact_rows import cell_of, cells_in
from pishield_cli.kernels.sequential.placement import narrowed
from pishield_cli.kernels.sequential.rehearsal import Rehearsal
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.corrected import FINITE_WORK
from pishield_cli.logic.rows.finite_rows import FiniteRows, Found
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import Limits


class FiniteGroup:
    """Corrects rows of one group whose elimination grew too large.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
        weights: What changes are multiplied by.
        rehearsal: What exact work a row may take.
        fewest: Whether cells are to change as few as possible, and only then as little.
        changing: Whether rows are given whose every free cell has to change; they are not searched.
    """

    def __init__(
        self,
        plan: GroupPlan,
        grids: Mapping[str, Grid],
        weights: Weights,
        rehearsal: Rehearsal,
        *,
        fewest: bool = False,
        changing: bool = False,
    ) -> None:
        self._plan, self._weights, self._fewest = plan, weights, fewest
        self._searched = plan.steps is None and plan.satisfiable and not changing
        self._grids, self._rehearsal = {name: grids[name] for name in plan.variables}, rehearsal
        self._known: dict[tuple[np.dtype[Any], ...], FiniteRows | None] = {}

    def correct(
        self, columns: Mapping[str, NumericColumn], rows: Array, effort: Effort
    ) -> Correction:
        """Correct rows, where one is found within the work that is left for it.

        Args:
            columns: The group's columns and those that hold weights, shape `(batch rows,)` each.
            rows: Row numbers, ascending; no cell of the group is missing or infinite in them.
            effort: The work that is left for each row of the batch.

        Returns:
            New cells of the rows that were settled, and of no others: those for which something was
            found, and those that have no solution. Where a better row may exist, they are unproven.
        """
        search = self._search(columns)
        names = self._plan.variables
        changes: dict[str, tuple[list[int], list[Fraction]]] = {name: ([], []) for name in names}
        settled: list[int] = []
        hopeless: list[int] = []
        unproven: list[int] = []
        if search is not None:
            for row, moves, costs in self._weighed(columns, rows):
                found = self._found(search, columns, row, moves, costs, effort)
                if found.row is None:
                    hopeless += [row] if found.complete else []
                    continue
                settled.append(row)
                unproven += [] if found.complete else [row]
                for name, value in found.row.items():
                    if value != columns[name].cell(row):
                        changes[name][0].append(row)
                        changes[name][1].append(value)
        return Correction(
            {n: self._change(columns[n], n, *one) for n, one in changes.items() if one[0]},
            _places(sorted([*settled, *hopeless])),
            _places(hopeless),
            _places(unproven),
        )

    def _search(self, columns: Mapping[str, NumericColumn]) -> FiniteRows | None:
        """What is searched for columns of their types."""
        plan = self._plan
        if not self._searched:
            return None
        dtypes = tuple(columns[name].values.dtype for name in plan.variables)
        if dtypes not in self._known:
            grids = {
                name: one if (one := self._grids[name]).endless else narrowed(one, dtype)
                for name, dtype in zip(plan.variables, dtypes, strict=True)
            }
            self._known[dtypes] = FiniteRows.of(plan.clauses, plan.variables, grids, plan.fixed)
        return self._known[dtypes]

    def _weighed(
        self, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[int, list[Fraction], list[Fraction] | None]]:
        """Rows, what their changes are multiplied by, and what changing their cells costs."""
        names = self._plan.variables
        moves = self._weights.of(columns, rows, names)
        costs = self._weights.costs.of(columns, rows, names)
        for place, row in enumerate(rows.tolist()):
            cost = list(map(Fraction, costs[place].tolist())) if self._fewest else None
            yield row, list(map(Fraction, moves[place].tolist())), cost

    def _found(
        self,
        search: FiniteRows,
        columns: Mapping[str, NumericColumn],
        row: int,
        moves: list[Fraction],
        costs: list[Fraction] | None,
        effort: Effort,
    ) -> Found:
        """What becomes of a row of a batch, within the work that it may take."""
        if not self._rehearsal.work:
            return Found(None, complete=True)  # no row of the group can hold
        work = min(effort.exact_share(row, self._rehearsal.work), FINITE_WORK)
        if not work:
            return Found(None, complete=False)
        limits = Limits(None, work)
        cells = {name: columns[name].cell(row) or Fraction(0) for name in self._plan.variables}
        found = search.nearest(cells, moves, limits, costs)
        effort.spend_exact(row, work - max(limits.work, 0))
        return found

    def _change(
        self, column: NumericColumn, name: str, rows: list[int], values: list[Fraction]
    ) -> ColumnChange:
        grid = self._grids[name]
        cells = [cell_of(value, column, grid) for value in values]
        return ColumnChange(_places(rows), cells_in(cells, column, grid))


def _places(rows: list[int]) -> Array:
    return np.array(rows, dtype=np.int64)
