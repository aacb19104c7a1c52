"""Correcting rows so that moved cells get no more decimal places than the row has already.

Cents in, cents out: the places are those of the row's own cells among the columns that requirements
connect, so that what becomes of a row depends on no other row.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from pishield_cli.kernels.changes import Correction, joined, only, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.places import within_places
from pishield_cli.kernels.evaluation.satisfaction import CompiledRequirements, evaluate
from pishield_cli.kernels.sequential.correction import RowsCorrector, RowsMethod
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid

FEWEST, MOST = 2, 6
"""Decimal places that a moved cell may have in any row, and beyond which nothing limits them."""

WIDE = 8
"""Bytes of a float with digits to spare: how many of a narrower one's are meant cannot be told."""


class ShortRows:
    """Corrects the rows of one group by a method, on the decimal places of each row.

    Rows of whole numbers alone, which say nothing of how many places are usual, rows whose cells
    have more than `MOST`, and those for which nothing was found that satisfies every clause
    exactly, are corrected without a limit.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold.
        method: Makes what corrects rows.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid], method: RowsMethod) -> None:
        self.plan = plan
        self._grids = grids
        self._method = method
        self._limited: dict[int, RowsCorrector] = {}
        self._real = tuple(name for name in plan.variables if grids[name].places != 0)

    @cached_property
    def _plain(self) -> RowsCorrector:
        return self._method(self.plan, self._grids)

    @property
    def compiled(self) -> CompiledRequirements:
        """The group's clauses, as one requirement."""
        return self._plain.compiled

    def correct(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort | None = None
    ) -> Correction:
        """Correct rows that violate a clause of the group; see `RowsCorrector`."""
        effort = effort or Effort.of(len(wrong))
        left = wrong
        parts = []
        for places, here in self._by_places(columns, wrong):
            found = self._corrector(places).correct(columns, here, effort)
            short = self._exactly(columns, found)
            left = left & ~here
            left[np.setdiff1d(found.violating, short)] = True
            parts.append(only(found, short))
        if left.any() or not parts:
            parts.append(self._plain.correct(columns, left, effort))
        return joined(parts, len(wrong)) if len(parts) > 1 else parts[0]

    def _by_places(
        self, columns: Mapping[str, NumericColumn], wrong: Array
    ) -> list[tuple[int, Array]]:
        """Rows by the decimal places of their cells, if these are few."""
        if all(name in self.plan.fixed for name in self._real):
            return []
        rows = np.flatnonzero(wrong)
        cells = [columns[name] for name in self._real]
        if any(one.values.dtype.kind == "f" and one.values.dtype.itemsize < WIDE for one in cells):
            return []
        rows = rows[_within(cells, rows, MOST)]
        rows = rows[~_within(cells, rows, 0)]
        found = []
        for places in range(FEWEST, MOST + 1):
            fits = _within(cells, rows, places) if places < MOST else np.ones(len(rows), bool)
            if fits.any():
                here = np.zeros(len(wrong), dtype=bool)
                here[rows[fits]] = True
                found.append((places, here))
                rows = rows[~fits]
            if not len(rows):
                break
        return found

    def _corrector(self, places: int) -> RowsCorrector:
        """What corrects rows whose moved cells get at most so many places."""
        if places not in self._limited:
            grids = {name: _shorter(grid, places) for name, grid in self._grids.items()}
            self._limited[places] = self._method(self.plan, grids)
        return self._limited[places]

    def _exactly(self, columns: Mapping[str, NumericColumn], found: Correction) -> Array:
        """The rows that satisfy every clause exactly once they are corrected."""
        rows = np.setdiff1d(found.violating, found.uncorrected)
        new = {
            name: replaced(columns[name], found.changes.get(name)).take(rows)
            for name in self.plan.variables
        }
        violated = evaluate(self.compiled, new, len(rows))[0].violated
        return rows if violated is None else rows[~violated]


def _shorter(grid: Grid, places: int) -> Grid:
    """A column's cells of at most so many places."""
    if grid.places is not None and grid.places <= places:
        return grid
    return replace(grid, places=places, usual=True)


def _within(cells: list[NumericColumn], rows: Array, places: int) -> Array:
    """Which rows have no cell of more decimal places."""
    fits = np.ones(len(rows), dtype=bool)
    for column in cells:
        if column.values.dtype.kind == "f":
            left = np.flatnonzero(fits)
            fits[left] = within_places(column.take(rows[left]), places)
    return fits
