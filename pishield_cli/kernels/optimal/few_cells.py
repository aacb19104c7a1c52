"""Rows that few changed cells mend, set of columns by set, for all rows of a batch at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, groupby
from math import comb
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compiled_clauses
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.optimal.changed_cells import ChangedCells
from pishield_cli.kernels.optimal.fewest import NEARER
from pishield_cli.kernels.optimal.joined_cells import NearestValues
from pishield_cli.kernels.optimal.weights import Weights
from pishield_cli.kernels.sequential.placement import narrowed, widened
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid

LARGE = 20_000
"""Clauses times columns of a group past which its rows are not looked at so."""

SIZES = range(1, 7)
"""How many columns are tried together."""

SETS = 500
"""Sets of so many columns past which none are tried."""

WIDE = 8
"""Bytes of a float with digits to spare."""


class FewCells:
    """Corrects rows of one group by a few cells, where they surely cost the least.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
        weights: What changing a cell costs, and its change is multiplied by.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid], weights: Weights) -> None:
        self._plan, self._grids, self._weights = plan, grids, weights
        self._free = tuple(name for name in plan.variables if name not in plan.fixed)
        self._costs = [Fraction(weights.by_column.get(name, 1.0)) for name in self._free]
        self._sizes = [size for size in SIZES if comb(len(self._free), size) <= SETS]
        large = len(plan.clauses) * len(plan.variables) > LARGE
        self._usable = weights.same_in_all_rows and not large and bool(self._sizes)
        self._each = compiled_clauses([(one,) for one in plan.clauses] if self._usable else [])
        self._all = compiled_clauses([plan.clauses] if self._usable else [])
        self._named = np.array(
            [[name in one.variables for name in self._free] for one in plan.clauses]
        )
        self._cells: dict[tuple[np.dtype[Any], ...], ChangedCells] = {}

    def correct(self, columns: Mapping[str, NumericColumn], rows: Array) -> Correction:
        """Correct rows that violate a clause of the group.

        Args:
            columns: At least the group's columns, shape `(batch rows,)` each.
            rows: Numbers of such rows, ascending; floats stand for all their cells.

        Returns:
            New cells of the rows that were settled, and of no others. They satisfy every clause
            exactly; of the cheapest sets of cells the one changed least, and of equally near ones
            the one that spares the columns first in order.
        """
        here = {name: columns[name].take(rows) for name in self._plan.variables}
        dtypes = tuple(column.values.dtype for column in here.values())
        narrow = any(one.kind == "f" and one.itemsize < WIDE for one in dtypes)
        if not self._usable or narrow or not len(rows):
            return Correction({}, rows[:0], rows[:0])
        search = _SetSearch(self._changed(dtypes), here, len(rows))
        broken = [one.violated for one in evaluate(self._each, here, len(rows))]
        for sets in self._levels(_Broken.of(broken, len(rows)), search):
            search.settle(sets)
        return self._checked(search, here, rows)

    def _changed(self, dtypes: tuple[np.dtype[Any], ...]) -> ChangedCells:
        """The clauses for columns of some types."""
        if dtypes not in self._cells:
            names = self._plan.variables
            grids = {n: narrowed(self._grids[n], d) for n, d in zip(names, dtypes, strict=True)}
            weights = self._weights.by_column
            self._cells[dtypes] = ChangedCells(self._plan.clauses, names, grids, weights)
        return self._cells[dtypes]

    def _levels(
        self, broken: "_Broken", search: "_SetSearch"
    ) -> Iterator[list[tuple[tuple[str, ...], Array]]]:
        """Sets of equal cost that may mend rows, with these rows; the cheapest first."""
        largest = self._sizes[-1]
        least = sorted(self._costs)[: largest + 1]
        places = range(len(self._free))
        sets = [one for size in self._sizes for one in combinations(places, size)]
        keyed = sorted(((self._cost(one), one) for one in sets), key=lambda pair: pair[0])
        for cost, level in groupby(keyed, key=lambda pair: pair[0]):
            if len(least) > largest and cost >= sum(least):
                return  # as many columns as are not tried may cost as little
            # Of equally near sets the one whose columns come later is taken.
            listed = sorted((one for _, one in level), key=lambda one: one[::-1], reverse=True)
            yield [
                (tuple(self._free[place] for place in one), rows)
                for one in listed
                if len(rows := search.still(broken.mended(self._named_by(one))))
            ]

    def _named_by(self, places: tuple[int, ...]) -> Array:
        """Which clauses name one of some columns, bool."""
        return np.asarray(np.logical_or.reduce(self._named[:, list(places)], axis=1))

    def _cost(self, places: tuple[int, ...]) -> Fraction:
        return sum((self._costs[place] for place in places), Fraction(0))

    def _checked(
        self, search: "_SetSearch", columns: Mapping[str, NumericColumn], rows: Array
    ) -> Correction:
        """What was settled, as far as it holds exactly as it will be written."""
        done = np.flatnonzero(search.settled)
        changes, trial = {}, {}
        for name in self._plan.variables:
            trial[name] = columns[name].take(done)
            moved = np.flatnonzero(search.moved[name][done])
            cells = self._cast(name, search.values[name][done[moved]], trial[name])
            differs = cells != trial[name].values[moved]
            moved, cells = moved[differs], cells[differs]
            if len(moved):
                changes[name] = ColumnChange(moved, cells)
                trial[name] = replaced(trial[name], changes[name])
        wrong = evaluate(self._all, trial, len(done))[0].violated if len(done) else None
        kept = np.arange(len(done)) if wrong is None else np.flatnonzero(~wrong)
        good = done[kept]
        mine = {}
        for name, change in changes.items():
            here = np.isin(change.rows, kept)
            mine[name] = ColumnChange(rows[done[change.rows[here]]], change.values[here])
        return Correction(mine, rows[good], rows[:0])

    def _cast(self, name: str, values: Array, like: NumericColumn) -> Array:
        dtype = like.values.dtype
        kept = dtype if dtype.kind == "f" or self._grids[name].integer else np.dtype(np.float64)
        # Adding zero turns a negative zero into a plain one.
        return values.astype(kept) + 0.0 if kept.kind == "f" else values.astype(kept)


class _SetSearch:
    """What was found of the rows of a batch.

    Attributes:
        settled: Rows for which the cheapest cells were found, bool, shape `(rows,)`.
        moved: By column, where its cell is one of them.
        values: By column, the new values there.
    """

    def __init__(
        self, changed: ChangedCells, columns: Mapping[str, NumericColumn], rows: int
    ) -> None:
        self._changed, self._columns = changed, columns
        self._floats = {name: widened(one.values) for name, one in columns.items()}
        odd = [self._floats[name] % 1 != 0 for name in columns if changed.is_whole(name)]
        self._open = ~np.logical_or.reduce(odd) if odd else np.ones(rows, dtype=bool)
        self.settled = np.zeros(rows, dtype=bool)
        self.moved = {name: np.zeros(rows, dtype=bool) for name in columns}
        self.values = {name: values.copy() for name, values in self._floats.items()}

    def still(self, rows: Array) -> Array:
        """Those of some rows for which the search goes on."""
        return np.asarray(rows[self._open[rows]])

    def settle(self, sets: Sequence[tuple[tuple[str, ...], Array]]) -> None:
        """Settle rows that one of some equally cheap sets mends, and give up on doubtful ones."""
        best = np.full(len(self._open), np.inf)
        doubtful = np.zeros(len(self._open), dtype=bool)
        for names, rows in sets:
            found = self._nearest(names, rows)
            doubtful[rows[~found.sure]] = True
            better = found.distances < best[rows] * NEARER
            where = rows[better]
            best[where] = found.distances[better]
            for name in self.moved:
                self.moved[name][where] = name in names
            for name in names:
                self.values[name][where] = found.values[name][better]
        self.settled |= np.isfinite(best) & ~doubtful
        self._open &= np.isinf(best) & ~doubtful

    def _nearest(self, names: tuple[str, ...], rows: Array) -> NearestValues:
        cells = {name: values[rows] for name, values in self._floats.items()}
        taken = {name: column.take(rows) for name, column in self._columns.items()}
        return self._changed.nearest(frozenset(names), cells, taken)


@dataclass(frozen=True, slots=True)
class _Broken:
    """Rows by the clauses that they violate.

    Attributes:
        patterns: Which clauses, bool, shape `(patterns, clauses)`.
        rows: The rows of each pattern.
    """

    patterns: Array
    rows: list[Array]

    @classmethod
    def of(cls, violated: Sequence[Array | None], rows: int) -> "_Broken":
        none = np.zeros(rows, dtype=bool)
        stacked = np.column_stack([none if one is None else one for one in violated])
        packed = np.packbits(stacked, axis=1)
        _, first, kind = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(kind.reshape(-1), kind="stable")
        ends = np.cumsum(np.bincount(kind.reshape(-1)))
        return cls(stacked[first], np.split(order, ends[:-1]))

    def mended(self, named: Array) -> Array:
        """Rows all of whose violated clauses are among some, ascending."""
        kinds = np.flatnonzero(self._within(named))
        return np.sort(np.concatenate([self.rows[0][:0], *(self.rows[one] for one in kinds)]))

    def _within(self, named: Array) -> Array:
        return np.asarray(~np.logical_or.reduce(self.patterns & ~named, axis=1))
