"""Correcting rows one by one, in exact arithmetic."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_value
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.sequential.placement import widened
from pishield_cli.kernels.sequential.rehearsal import Rehearsal
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.corrected import ExactCorrector
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import Row
from pishield_cli.logic.solver.limits import Limits

REMEMBERED_ROWS = 100_000
"""Rows corrected one by one that are kept in mind, for those that follow with equal cells."""

_Cells = tuple[Fraction, ...]


class ExactRows:
    """Corrects rows of one group one by one.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold.
        rehearsal: What exact work a row may take.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid], rehearsal: Rehearsal) -> None:
        self._plan, self._grids, self._rehearsal = plan, grids, rehearsal
        self._corrector = ExactCorrector(plan, grids)
        self._known: dict[tuple[_Cells, int, bool], tuple[_Cells | None, int]] = {}

    @property
    def few(self) -> bool:
        """Whether elimination grew too large for columns of few whole numbers."""
        return self._plan.steps is None and self._corrector.finite is not None

    def correct(
        self, columns: Mapping[str, NumericColumn], effort: Effort
    ) -> tuple[dict[str, ColumnChange], Array]:
        """Correct rows, however many digits their cells have.

        Args:
            columns: The group's columns, shape `(rows,)` each; no cell is missing or infinite.
            effort: The work that is left for each row.

        Returns:
            The changes, rows numbered as in `columns`; and which rows satisfy every clause by
            them, in exact arithmetic, bool, shape `(rows,)`. No other row changes.
        """
        names = self._plan.variables
        holds = np.zeros(len(next(iter(columns.values()))), dtype=bool)
        rows: dict[str, list[int]] = {name: [] for name in names}
        cells: dict[str, list[Any]] = {name: [] for name in names}
        for row, work in self._worked(effort):
            before = tuple(_exact(columns[name], row) for name in names)
            after = self._alone(before, effort, row, work)
            written = self._written(columns, before, after)
            if written is not None:
                holds[row] = True
                for name, cell in written.items():
                    rows[name].append(row)
                    cells[name].append(cell)
        changes = {
            name: ColumnChange(
                np.array(rows[name]), cells_in(cells[name], columns[name], self._grids[name])
            )
            for name in names
            if rows[name]
        }
        return changes, holds

    def rough(self, columns: Mapping[str, NumericColumn], effort: Effort) -> dict[str, Array]:
        """Values of some rows that satisfy every clause, rounded to floats where they must be.

        Args:
            columns: As for `correct`.
            effort: Likewise.

        Returns:
            Every column, float64, shape `(rows,)`; rows for which nothing was found as they are.
        """
        names = self._plan.variables
        result = {name: widened(columns[name].values).copy() for name in names}
        for row, work in self._worked(effort):
            before = tuple(_exact(columns[name], row) for name in names)
            after = self._alone(before, effort, row, work, rough=True)
            for name, old, value in zip(names, before, after or (), strict=after is not None):
                if value != old:
                    result[name][row] = value
        return result

    def _written(
        self, columns: Mapping[str, NumericColumn], before: _Cells, after: _Cells | None
    ) -> dict[str, Any] | None:
        """The cells that change, as they are written; None if the row does not hold by them."""
        if after is None:
            return None
        values = dict(zip(self._plan.variables, after, strict=True))
        written = {}
        for old, (name, value) in zip(before, values.items(), strict=True):
            if value != old:
                written[name] = cell = cell_of(value, columns[name], self._grids[name])
                if cell is None:
                    return None
        return written if all(one.holds(values) for one in self._plan.clauses) else None

    def _worked(self, effort: Effort) -> Iterator[tuple[int, int]]:
        """The rows for which enough work is left to begin a search, and how much it may take."""
        least = 0 if self._corrector.finite is not None else self._corrector.least
        for row in range(len(effort.rows)):
            work = effort.exact_share(row, self._rehearsal.work)
            if work and work >= least:
                yield row, work

    def _alone(
        self, cells: _Cells, effort: Effort, row: int, work: int, *, rough: bool = False
    ) -> _Cells | None:
        """One row's cells corrected exactly; rows with equal cells are corrected once."""
        key = cells, work, rough
        if key not in self._known:
            if len(self._known) >= REMEMBERED_ROWS:
                self._known.clear()
            self._known[key] = self._searched(cells, work, rough=rough)
        found, spent = self._known[key]
        effort.spend_exact(row, spent)
        return found

    def _searched(self, cells: _Cells, work: int, *, rough: bool) -> tuple[_Cells | None, int]:
        """What becomes of cells, and the work that it took."""
        row, limits = dict(zip(self._plan.variables, cells, strict=True)), Limits(None, work)
        search = self._corrector.rough if rough else self._corrector.correct
        found: Row | None = search(row, limits)
        after = None if found is None else tuple(found[name] for name in row)
        return after, work - limits.work


def _exact(column: NumericColumn, row: int) -> Fraction:
    cell = column.cell(row)
    assert cell is not None, "no cell is missing or infinite"
    return cell


def cell_of(value: Fraction, column: NumericColumn, grid: Grid) -> Any:
    """A value in the type of a column's cells; None if that type has no cell for it.

    Args:
        value: What the cell should hold.
        column: The cell's column.
        grid: What that can hold; of an endless one the value itself is the cell where a float is
            not.
    """
    dtype = column.values.dtype
    if dtype.kind != "f":
        ends = np.iinfo(dtype) if dtype.kind in "iu" else None
        if value.denominator == 1 and (ends is None or ends.min <= value <= ends.max):
            return int(value)
    try:
        cell = (dtype.type if dtype.kind == "f" else float)(float(value))
    except OverflowError:
        cell = None
    if cell is not None and dtype.kind == "f" and decimal_value(cell) == value:
        return cell
    return value if grid.endless else None


def cells_in(cells: list[Any], column: NumericColumn, grid: Grid) -> Array:
    """Cells of a column as one array: of its own type, unless some are no floats.

    Args:
        cells: New cells as `cell_of` makes them.
        column: Their column.
        grid: What that can hold.
    """
    if any(isinstance(cell, Fraction) for cell in cells):
        return np.array(cells, dtype=object)
    kept = column.values.dtype.kind == "f" or grid.integer
    return np.array(cells, dtype=column.values.dtype if kept else np.float64)
