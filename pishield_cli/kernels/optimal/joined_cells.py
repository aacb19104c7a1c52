"""The nearest values of a few columns that inequalities join, for all rows at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compiled_clauses
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.optimal.corners import Corners
from pishield_cli.kernels.optimal.nearest import nearest_moves
from pishield_cli.kernels.optimal.systems import Standing, System
from pishield_cli.kernels.sequential.placement import at_places
from pishield_cli.logic.plans.projection import project
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.terms import Clause

WORK = 5_000
"""Units of work on what columns leave the others: some thousandths of a second."""

SEARCHED = 40
"""Choices and ends of whole numbers that are tried for a row; what takes more is searched later,
where its work is counted."""

ON_GRID = 1e-9
"""How far from a value of its column's grid a point may lie and count as on it."""


@dataclass(frozen=True, slots=True)
class NearestValues:
    """The nearest values of some columns.

    Attributes:
        values: By column, shape `(rows,)`; they mean nothing where there are none.
        distances: `sum of (weight * change)**2`, same shape; infinite where there are none.
        sure: Where it was shown that none are nearer, or that there are none; bool.
    """

    values: Mapping[str, Array]
    distances: Array
    sure: Array

    @classmethod
    def none(cls, names: Sequence[str], rows: int, *, sure: bool) -> "NearestValues":
        """No values, surely or as far as is known."""
        return cls(
            {name: np.full(rows, np.nan) for name in names},
            np.full(rows, np.inf),
            np.full(rows, sure),
        )


class JoinedCells:
    """Clauses as what they leave a few columns, the others as they are.

    Args:
        clauses: A conjunction.
        names: The columns that change.
        grids: What each column of the clauses can hold.
        weights: What a change of each is multiplied by; 1 where none is given.
    """

    def __init__(
        self,
        clauses: Sequence[Clause],
        names: Sequence[str],
        grids: Mapping[str, Grid],
        weights: Mapping[str, float],
    ) -> None:
        self._names, self._grids = tuple(names), grids
        self._clauses = tuple(c for c in clauses if not set(names).isdisjoint(c.variables))
        self._left = _left(self._clauses, names, grids)
        self._parts: System | None = None
        self._corners: Corners | None = None
        self._weights = weights

    def nearest(
        self, cells: Mapping[str, Array], columns: Mapping[str, NumericColumn]
    ) -> NearestValues:
        """Find the nearest values, where no fewer columns will do.

        Args:
            cells: Every column, float64, shape `(rows,)`; whole numbers where a grid says so.
            columns: The same as they are stored.
        """
        rows = len(cells[self._names[0]])
        usable = all(self._grids[name].places is not None for name in self._names)
        best = NearestValues.none(self._names, rows, sure=self._left is not None)
        if self._left is None:
            return best
        here = self.hopeful(columns, rows)
        best.sure[here] = usable
        if usable and len(here):
            self._put(best, {name: values[here] for name, values in cells.items()}, here)
        return best

    def hopeful(self, columns: Mapping[str, NumericColumn], rows: int) -> Array:
        """The rows for which values may exist."""
        every = np.arange(rows)
        if self._left is None:
            return every
        violated = evaluate(self._left, columns, rows)[0].violated
        return every if violated is None else np.flatnonzero(~violated)

    def _put(self, best: NearestValues, cells: Mapping[str, Array], rows: Array) -> None:
        """Find the values of rows that may have some."""
        system = self._system()
        if self._corners is None:
            best.sure[rows] = False
            return
        standing = system.stand(cells, len(rows))
        moves, distances = self._corners.nearest(standing)
        off = np.flatnonzero(np.isfinite(distances) & ~self._placed(best, cells, rows, moves))
        best.distances[rows] = distances
        if len(off):
            self._search(
                best,
                {name: values[off] for name, values in cells.items()},
                rows[off],
                standing.take(off),
            )

    def _search(
        self, best: NearestValues, cells: Mapping[str, Array], rows: Array, standing: Standing
    ) -> None:
        """The same for rows whose nearest point is not on the columns' grids."""
        found = nearest_moves(self._system(), self._names, standing, changing=True, limit=SEARCHED)
        placed = self._placed(best, cells, rows, found.moves)
        best.distances[rows] = found.distances
        best.sure[rows] = ~found.unproven & (placed | ~found.found)

    def _placed(
        self, best: NearestValues, cells: Mapping[str, Array], rows: Array, moves: Array
    ) -> Array:
        """Put points on the grids; which of them were there within rounding errors."""
        placed = np.ones(len(rows), dtype=bool)
        for place, name in enumerate(self._ordered()):
            places = self._grids[name].places or 0
            values = cells[name] + moves[:, place]
            best.values[name][rows] = found = at_places(values, places)
            placed &= np.abs(values - found) <= ON_GRID * (10.0**-places + np.abs(values))
        return placed

    def _ordered(self) -> list[str]:
        return [name for name in self._system().columns if name in self._names]

    def _system(self) -> System:
        if self._parts is None:
            mentioned = {name for one in self._clauses for name in one.variables}
            names = [name for name in self._grids if name in mentioned]
            self._parts = System(self._clauses, names, self._grids, self._weights)
            free = [place for place, name in enumerate(names) if name in self._names]
            self._corners = Corners.of(self._parts, np.array(free))
        return self._parts


def _left(
    clauses: Sequence[Clause], lost: Collection[str], grids: Mapping[str, Grid]
) -> CompiledRequirements | None:
    """What has to hold of the others for values of some columns; None if it takes too much."""
    places = {name: one.places for name, one in grids.items() if one.places is not None}
    try:
        found = project(clauses, lost, places, limits=Limits(None, WORK))
    except LimitReached:
        return None
    return compiled_clauses([found.clauses])
