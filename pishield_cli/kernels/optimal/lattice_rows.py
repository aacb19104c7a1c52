"""Correcting rows of a group to the nearest of their decimal lattice, from a correction known."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, joined, only, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.optimal.lattice import POWERS, SURE, Lattice, Units
from pishield_cli.kernels.optimal.weights import Weights
from pishield_cli.kernels.sequential.exact_rows import cell_of, cells_in
from pishield_cli.kernels.sequential.placement import narrowed
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid

LARGE = 1_500
"""Literals of a group past which its rows are not looked for on lattices: each has a column there,
so that memory grows with their square."""

DOUBLE = 15
"""Digits that a column's width has to keep, or not all decimals of some places are cells."""


@dataclass(frozen=True, slots=True)
class Improved:
    """What became of rows on a lattice.

    Attributes:
        correction: Of rows for which something nearer was found; the others are not among them.
        settled: Rows of which the nearest is known now, ascending, found or known before: of all
            that their columns hold, not of what is usual in them.
    """

    correction: Correction
    settled: Array

    def put_into(self, best: Correction, rows: int) -> Correction:
        """The correction known, with what is nearer in its place.

        Args:
            best: A correction of these rows, among others.
            rows: How many rows the batch has.
        """
        mine = self.correction.violating
        if not len(mine):
            return best
        return joined([only(best, np.setdiff1d(best.violating, mine)), self.correction], rows)


class LatticeRows:
    """The rows of one group that lie on decimal lattices.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
        weights: What changes are multiplied by.
        compiled: The group's clauses, as one requirement.
        changing: Whether rows are given whose every free cell has to change.
    """

    def __init__(
        self,
        plan: GroupPlan,
        grids: Mapping[str, Grid],
        weights: Weights,
        compiled: CompiledRequirements,
        *,
        changing: bool = False,
    ) -> None:
        self._plan, self._weights, self._compiled = plan, weights, compiled
        self._grids = {name: grids[name] for name in plan.variables}
        self._changing = changing
        self._known: dict[tuple[np.dtype[Any], ...], Lattice | None] = {}

    def improve(
        self,
        columns: Mapping[str, NumericColumn],
        rows: Array,
        best: Correction,
        effort: Effort,
    ) -> Improved:
        """Find corrections of rows that are nearer than those known.

        Args:
            columns: The group's columns and those that hold weights, shape `(batch rows,)` each.
            rows: Row numbers, ascending; no cell of the group is missing or infinite in them.
            best: A correction of these rows, among others.
            effort: The work that is left for each row of the batch.

        Returns:
            Corrections by which every clause holds exactly.
        """
        lattice = self.of(columns)
        if lattice is None or not len(rows):
            return Improved(Correction({}, rows[:0], rows[:0]), rows[:0])
        here = {name: columns[name].take(rows) for name in self._plan.variables}
        units, whole = lattice.units(here)
        rows, units = rows[whole], {name: cells[whole] for name, cells in units.items()}
        weights = self._weights.of(columns, rows, lattice.free)
        found = lattice.nearest(
            units,
            weights,
            self._distances(lattice, units, weights, columns, rows, best),
            changing=self._changing,
            effort=effort.take(rows),
        )
        changes = {}
        for place, name in enumerate(lattice.free):
            moved = np.flatnonzero(found.nearer & (found.moves[:, place] != 0))
            if len(moved):
                new = units[name][moved] + found.moves[moved, place].astype(object)
                changes[name] = ColumnChange(rows[moved], self._written(columns[name], name, new))
        correction = Correction(changes, rows[found.nearer], rows[:0])
        wrong = self._violating(columns, correction)
        return Improved(
            only(correction, np.setdiff1d(correction.violating, wrong)),
            rows[:0] if lattice.rounds else np.setdiff1d(rows[found.settled], wrong),
        )

    def _violating(self, columns: Mapping[str, NumericColumn], found: Correction) -> Array:
        """Rows that a correction leaves violating, exactly."""
        rows = found.violating
        after = {
            name: replaced(columns[name], found.changes.get(name)).take(rows)
            for name in self._plan.variables
        }
        violated = evaluate(self._compiled, after, len(rows))[0].violated
        return rows[:0] if violated is None else rows[violated]

    def is_finer(self, columns: Mapping[str, NumericColumn]) -> bool:
        """Whether columns that may move hold decimals of some places, and no more of them."""
        lattice = self.of(columns)
        return lattice is not None and not lattice.usual and any(lattice.places.values())

    def of(self, columns: Mapping[str, NumericColumn]) -> Lattice | None:
        """The group's clauses for columns of some types.

        None unless all that move have places, and where it would take too much memory.
        """
        names = self._plan.variables
        dtypes = tuple(columns[name].values.dtype for name in names)
        if dtypes not in self._known:
            grids = {
                name: one if (one := self._grids[name]).endless else narrowed(one, dtype)
                for name, dtype in zip(names, dtypes, strict=True)
            }
            free = [grids[name] for name in names if name not in self._plan.fixed]
            able = free and all(
                one.integer or (one.places is not None and one.digits >= DOUBLE) for one in free
            )
            literals = sum(len(clause.literals) for clause in self._plan.clauses)
            able = able and literals <= LARGE
            self._known[dtypes] = Lattice(self._plan, grids) if able else None
        return self._known[dtypes]

    def _distances(
        self,
        lattice: Lattice,
        units: Units,
        weights: Array,
        columns: Mapping[str, NumericColumn],
        rows: Array,
        best: Correction,
    ) -> Array:
        """How far the correction known moves rows; infinite where it does not satisfy all."""
        after = {
            name: replaced(columns[name], best.changes.get(name)).take(rows)
            for name in self._plan.variables
        }
        later, whole = lattice.units(after)
        wrong = np.union1d(self._violating(columns, only(best, rows)), best.uncorrected)
        holds = whole & ~np.isin(rows, wrong)
        moves = np.column_stack([later[name] - units[name] for name in lattice.free])
        moves[~holds] = 0
        return np.where(holds, lattice.distances(moves, weights), np.inf)

    def _written(self, column: NumericColumn, name: str, units: Array) -> Array:
        """New cells of a column from their units."""
        grid, dtype = self._grids[name], column.values.dtype
        places = grid.places or 0
        if places <= POWERS and (np.abs(units) < SURE).all():
            if grid.integer:
                return units.astype(np.int64).astype(dtype)
            if dtype == np.float64:
                return np.asarray(units.astype(np.float64) / 10.0**places)
        power = 10**places
        return cells_in(
            [cell_of(Fraction(one, power), column, grid) for one in units], column, grid
        )
