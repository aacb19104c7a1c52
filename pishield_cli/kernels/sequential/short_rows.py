"""Correcting rows so that moved cells get no more decimal places than the row has already.

Cents in, cents out: the places are those of the row's own cells among the columns that requirements
connect, so that what becomes of a row depends on no other row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from pishield_cli.kernels.changes import (
    Changes,
    ColumnChange,
    Correction,
    joined,
    only,
    replaced,
)
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements
from pishield_cli.kernels.evaluation.places import least_places
from pishield_cli.kernels.sequential.correction import RowsCorrector, RowsMethod, exact_rows
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

    @cached_property
    def _short_anyway(self) -> bool:
        """Whether moved cells have few places without a limit."""
        return self.plan.fixed.issuperset(self._real) or self._plain.copies(FEWEST)

    @property
    def compiled(self) -> CompiledRequirements:
        """The group's clauses, as one requirement."""
        return self._plain.compiled

    def copies(self, places: int) -> bool:
        """Whether no moved cell gets more decimal places than its row has, or than so many."""
        return self._plain.copies(places)

    @property
    def exact(self) -> bool:
        """Whether no row is left within the rounding of floats only."""
        return self._plain.exact

    def correct(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort | None = None
    ) -> Correction:
        """Correct rows that violate a clause of the group; see `RowsCorrector`."""
        effort = effort or Effort.of(len(wrong))
        left = wrong.copy()
        parts = []
        for places, rows in self._by_places(columns, np.flatnonzero(wrong)):
            here = np.zeros(len(wrong), dtype=bool)
            here[rows] = True
            found = self._corrector(places).correct(columns, here, effort)
            short = exact_rows(self, columns, found)
            left[short] = False
            parts.append(only(found, short))
        if left.any() or not parts:
            parts.append(self._plain.correct(columns, left, effort))
        return joined(parts, len(wrong)) if len(parts) > 1 else parts[0]

    def _by_places(
        self, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[int, Array]]:
        """Rows by the decimal places of their cells, if these are few."""
        if self._short_anyway:
            return
        cells = [columns[name] for name in self._real if columns[name].values.dtype.kind == "f"]
        if not cells or any(one.values.dtype.itemsize < WIDE for one in cells):
            return
        held = np.maximum.reduce([least_places(one.take(rows), MOST) for one in cells])
        for places in range(FEWEST, MOST + 1):
            here = (held == places) if places > FEWEST else (held > 0) & (held <= FEWEST)
            if here.any():
                yield places, rows[here]

    def _corrector(self, places: int) -> RowsCorrector:
        """What corrects rows whose moved cells get at most so many places."""
        if places not in self._limited:
            grids = {name: _shorter(grid, places) for name, grid in self._grids.items()}
            self._limited[places] = self._method(self.plan, grids)
        return self._limited[places]


def longer_cells(columns: Mapping[str, NumericColumn], changes: Changes) -> int:
    """How many cells get more decimal places than are usual in their rows.

    Args:
        columns: Those of numbers, as they were, shape `(rows,)` each.
        changes: Of these and others.
    """
    real = {n: one for n, one in columns.items() if one.values.dtype.kind == "f"}
    if any(one.values.dtype.itemsize < WIDE for one in real.values()):
        return 0
    moved = ((name, change) for name, change in changes.items() if name in real)
    return sum(_longer(real, name, change) for name, change in moved)


def _longer(real: Mapping[str, NumericColumn], name: str, change: ColumnChange) -> int:
    """How many of a column's changed cells do."""
    rows = _not_copied(real, change)
    new = _places(replaced(real[name], change).take(rows))
    left = np.flatnonzero(new > FEWEST)
    held = np.zeros(len(new), dtype=np.int64)
    # Most cells get no more places than they had, or than the next cell has.
    for other in (name, *(one for one in real if one != name)):
        if not len(left):
            return 0
        held[left] = np.maximum(held[left], _places(real[other].take(rows[left])))
        left = left[held[left] < new[left]]
    return int(np.count_nonzero(held[left]))


def _not_copied(real: Mapping[str, NumericColumn], change: ColumnChange) -> Array:
    """The rows in which a new cell is not, bit for bit, what another cell was."""
    rows = change.rows
    if change.values.dtype != np.float64:
        return rows
    left = np.arange(len(rows))
    for column in real.values():
        if column.missing is None:
            left = left[column.values[rows[left]] != change.values[left]]
    return rows[left]


def _places(column: NumericColumn) -> Array:
    """Decimal places of cells; none of missing ones."""
    return np.where(_missing(column), 0, least_places(column, MOST))


def _missing(column: NumericColumn) -> Array:
    empty = np.isnan(column.values)
    return empty if column.missing is None else empty | column.missing


def _shorter(grid: Grid, places: int) -> Grid:
    """A column's cells of at most so many places."""
    if grid.places is not None and grid.places <= places:
        return grid
    return replace(grid, places=places, usual=True)
