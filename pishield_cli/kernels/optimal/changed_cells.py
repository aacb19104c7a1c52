"""The values of one column, or of two, by which rows satisfy clauses: the nearest, for all rows.

What the other cells leave one column are intervals, and the nearest value that they allow is an end
of one. Of two columns that no inequality joins, one takes each end of its own, and the other the
nearest value that this leaves it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.optimal.joined_cells import JoinedCells, NearestValues
from pishield_cli.kernels.sequential.float_steps import Affine, FloatClause, FloatStep, float_steps
from pishield_cli.kernels.sequential.forbidden import (
    allowed_among,
    limits,
    reach,
    rounded_bound,
)
from pishield_cli.logic.plans.plan import direct_step
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.terms import Clause

FARTHER = 1.0 + 5e-7
"""How many times the least distance a value may lie from its cell, and count as the nearest."""

DOUBTFUL = 1e-12
"""Of the size of its parts, how near to zero a sum of floats may be anything else."""

ENDS = 64
"""Ends of one column's intervals that are tried beside other columns."""

WORK = 20_000
"""Units of work on what two columns leave the others: some hundredths of a second."""


class ChangedCells:
    """Clauses as bounds on one column or two, the others as they are.

    Args:
        clauses: A conjunction.
        variables: Every column that they name.
        grids: What each of these columns can hold.
        weights: What a change of each is multiplied by; 1 where none is given.
    """

    def __init__(
        self,
        clauses: Sequence[Clause],
        variables: Sequence[str],
        grids: Mapping[str, Grid],
        weights: Mapping[str, float],
    ) -> None:
        self._clauses, self._variables = clauses, variables
        self._grids, self._weights = grids, weights
        self._whole = all(one.integer for one in grids.values())
        self._step = lru_cache(None)(self._direct)
        self._ends = lru_cache(None)(self._bounds)
        self._joined = lru_cache(None)(self._join)

    def is_whole(self, name: str) -> bool:
        """Whether a column holds whole numbers alone."""
        return self._grids[name].integer

    def alone(self, name: str, cells: Mapping[str, Array]) -> NearestValues:
        """The nearest values of one column.

        Args:
            name: The column.
            cells: Every column, float64, shape `(rows,)`; its cells are not allowed.
        """
        step, target = self._step(name), cells[name]
        if step is None:
            return NearestValues.none((name,), len(target), sure=False)
        found = reach(step, target, cells, self._grids)
        away = np.abs(found.values - target)
        distances = np.where(np.isnan(away), np.inf, (self._weight(name) * away) ** 2)
        sure = ~self._doubtful(step, cells)
        if self._grids[name].places is None:
            sure &= np.where(np.isnan(away), np.isinf(found.least), away <= found.least * FARTHER)
        return NearestValues({name: found.values}, distances, sure)

    def nearest(
        self,
        names: frozenset[str],
        cells: Mapping[str, Array],
        columns: Mapping[str, NumericColumn],
    ) -> NearestValues:
        """The nearest values of some columns, where no fewer of them will do.

        Args:
            names: The columns.
            cells: Every column, float64, shape `(rows,)`; whole numbers where a grid says so.
            columns: The same as they are stored.
        """
        if len(names) == 1:
            return self.alone(next(iter(names)), cells)
        apart = [name for name in sorted(names) if self._apart(name, names)]
        if not apart:
            return self._joined(names).nearest(cells, columns)
        name = min(apart, key=lambda name: len(self._ends(name)))
        best = NearestValues.none(sorted(names), len(cells[name]), sure=True)
        for end, rows in self._tried(name, names, cells, self._hopeful(names, columns)):
            given = {each: values[rows] for each, values in cells.items()}
            given[name] = end
            stored = {each: column.take(rows) for each, column in columns.items()}
            stored[name] = NumericColumn(end)
            found = self.nearest(names - {name}, given, stored)
            moves = (self._weight(name) * (end - cells[name][rows])) ** 2
            distances = moves + found.distances
            best.sure[rows] &= found.sure
            least = best.distances[rows]
            # Of equally near values the lesser.
            nearer = (distances < least) | ((distances == least) & (end < best.values[name][rows]))
            best.distances[rows[nearer]] = distances[nearer]
            for each, values in {name: end, **found.values}.items():
                best.values[each][rows[nearer]] = values[nearer]
        return best

    def _hopeful(self, names: frozenset[str], columns: Mapping[str, NumericColumn]) -> Array:
        """The rows for which values of some columns may exist."""
        rows = len(next(iter(columns.values())))
        if len(names) == 2:  # two columns are sooner tried than asked for
            return np.arange(rows)
        return self._joined(names).hopeful(columns, rows)

    def _tried(
        self, name: str, names: frozenset[str], cells: Mapping[str, Array], rows: Array
    ) -> Iterator[tuple[Array, Array]]:
        """The ends of a column's intervals in some rows, and in which they are to be tried."""
        if not len(rows):
            return
        here = {each: values[rows] for each, values in cells.items()}
        low, high = limits(self._grids[name])
        own = self._without(name, names - {name})
        ends = [self._end(name, bound, here, upper=upper) for bound, upper in self._ends(name)]
        for end, allowed in zip(ends, allowed_among(own, ends, here, self._grids), strict=True):
            kept = allowed & (end >= low) & (end <= high) & (end != here[name])
            if kept.any():
                yield end[kept], rows[kept]

    def _apart(self, name: str, names: frozenset[str]) -> bool:
        """Whether a column has decimals of some places, and no inequality joins it to others."""
        ends = self._ends(name)
        if self._grids[name].places is None or not 0 < len(ends) <= ENDS:
            return False
        return not any(other in bound.names for bound, _ in ends for other in names)

    def _direct(self, name: str) -> FloatStep | None:
        """What all other columns leave one; None where it takes too much to tell."""
        try:
            step = direct_step(self._clauses, name, self._variables, Limits(None, WORK))
        except LimitReached:
            return None
        return float_steps([step], frozenset())[0]

    def _bounds(self, name: str) -> tuple[tuple[Affine, bool], ...]:
        """The ends of a column's intervals, each with whether it is an upper one."""
        step = self._step(name)
        if step is None:
            return ()
        found = (
            (bound, upper)
            for clause in step.clauses
            for upper, bounds in ((False, clause.lowers), (True, clause.uppers))
            for bound in bounds
        )
        return tuple(dict.fromkeys(found))

    def _end(self, name: str, bound: Affine, cells: Mapping[str, Array], *, upper: bool) -> Array:
        rows = len(cells[name])
        at = bound.at(cells, rows)
        return rounded_bound(bound, at, cells, rows, self._grids[name], self._grids, upper, 0.0)

    def _without(self, name: str, others: frozenset[str]) -> FloatStep:
        """What a column's clauses that do not name others leave it."""
        step = self._step(name)
        assert step is not None, "columns without ends of their own are not tried"
        kept = tuple(one for one in step.clauses if others.isdisjoint(_names_in(one)))
        return replace(step, clauses=kept)

    def _join(self, names: frozenset[str]) -> JoinedCells:
        return JoinedCells(self._clauses, sorted(names), self._grids, self._weights)

    def _doubtful(self, step: FloatStep, cells: Mapping[str, Array]) -> Array:
        """Where rounding may decide whether a clause is left to the column; bool."""
        rows = len(cells[step.variable])
        doubt = np.zeros(rows, dtype=bool)
        if not self._whole:
            for one in chain.from_iterable(chain(*(each.others for each in step.clauses))):
                at = np.abs(one.at(cells, rows))
                doubt |= (at != 0) & (at <= DOUBTFUL * one.scale_at(cells, rows))
        return doubt

    def _weight(self, name: str) -> float:
        return self._weights.get(name, 1.0)


def _names_in(clause: FloatClause) -> frozenset[str]:
    sums: Iterable[Affine] = (*clause.lowers, *clause.uppers, *chain(*clause.others))
    return frozenset(name for one in sums for name in one.names)
