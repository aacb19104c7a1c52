"""Rows on decimal lattices, as moves from their cells: a search among whole numbers alone.

A cell of so many decimal places is a whole number of units of its last place. Where whole numbers
`m` are added to the cells that may move, `c . x >= k` says `c . m >= gap`, with whole coefficients
and a whole gap that is worked out for each row exactly, however many digits its cells have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.places import within_places
from pishield_cli.kernels.optimal.nearest import nearest_moves
from pishield_cli.kernels.optimal.systems import UNLIMITED, Standing, System
from pishield_cli.kernels.optimal.weights import alike
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import limit_clauses
from pishield_cli.logic.terms import Inequality, Plain, Term, common_divisor

SURE = 2.0**50
"""Up to here a float times a power of ten comes nearest to the whole number that it stands for."""

FAR = 1e12
"""What rows lack must stay below, or floats do not tell whole moves that do from others."""

LOOSE = 2e6
"""The least magnitude of a literal's parts: whole numbers bear that much error, 1e-7 of a unit."""

POWERS = 22
"""Up to this power of ten, floats are exact."""

Units = Mapping[str, Array]
"""By column, its cells in units of their last place: objects, shape `(rows,)`."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """What a literal asks of moves, by the cells that they start from.

    Attributes:
        weights: By column, what a unit of its cells counts; whole numbers.
        constant: What their sum is compared with, a whole number.
        divisor: What the difference is divided by.
        strict: Whether a tie violates the literal.
    """

    weights: Mapping[str, int]
    constant: int
    divisor: int
    strict: bool

    def of(self, units: Units, rows: int) -> Array:
        """The least whole number that moves must make up, as floats of shape `(rows,)`."""
        left = np.full(rows, self.constant, dtype=object)
        for name, weight in self.weights.items():
            left = left - units[name] * weight
        least = left // self.divisor + 1 if self.strict else -(-left // self.divisor)
        # What holds by so much is never at stake, and what fails by so much is not searched for.
        return np.asarray(np.clip(least, -UNLIMITED, UNLIMITED), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LatticeMoves:
    """Moves to rows nearer than those known.

    Attributes:
        moves: Of the columns that may move, in units; int64, shape `(rows, free)`.
        nearer: Rows that they are for, bool; the others have none nearer than the one known.
        settled: Rows of which that is certain, and that none is nearer still.
    """

    moves: Array
    nearer: Array
    settled: Array


class Lattice:
    """A group's clauses, where each column that may move holds decimals of some places.

    Args:
        plan: The group's plan.
        grids: What its columns can hold, by their types as well.

    Attributes:
        free: The columns that may move.
        places: By column, the decimal places of a unit.
        usual: Whether a cell can hold more places than are usual.
        rounds: Whether such a cell is a binary float, not a text that shows how many are meant.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self.free = tuple(name for name in plan.variables if name not in plan.fixed)
        self.places = {name: grids[name].places or 0 for name in plan.variables}
        self._grids = {name: grids[name] for name in self.free}
        self.usual = any(grid.usual for grid in self._grids.values())
        self.rounds = any(grid.usual and not grid.endless for grid in self._grids.values())
        self._gaps: dict[Inequality, tuple[str, _Gap, tuple[Term, ...]]] = {}
        near = (name for name in self.free if not _is_far(grids[name]))
        every = (*plan.clauses, *limit_clauses(near, grids))
        clauses = [one.mapped(self._shifted) for one in every]
        columns = (*self.free, *self.held)
        self._system = System(clauses, columns, dict.fromkeys(columns, Grid(0)), {})

    def _shifted(self, literal: Plain) -> Plain:
        """A literal on moves, and on a column of its gaps."""
        one = literal.as_inequality()
        if one not in self._gaps:
            self._gaps[one] = (f"gap {len(self._gaps)}\0", *self._split(one))
        name, _, terms = self._gaps[one]
        return Inequality((*terms, Term(name, Fraction(-1))), Fraction(0))

    def _split(self, one: Inequality) -> tuple[_Gap, tuple[Term, ...]]:
        counted = {name: c / 10 ** self.places[name] for name, c in one.terms}
        moving = [name for name in counted if name in self._grids]
        step = common_divisor(counted[name] for name in moving) or Fraction(1)
        shares = [one.constant / step, *(c / step for c in counted.values())]
        divisor = lcm(*(share.denominator for share in shares))
        constant, *weights = (int(share * divisor) for share in shares)
        gap = _Gap(dict(zip(counted, weights, strict=True)), constant, divisor, one.strict)
        return gap, tuple(Term(name, counted[name] / step) for name in moving)

    def units(self, columns: Mapping[str, NumericColumn]) -> tuple[Units, Array]:
        """Cells in units, and which rows' cells that may move are whole numbers of them."""
        units, whole = {}, np.ones(len(next(iter(columns.values()))), dtype=bool)
        for name, places in self.places.items():
            units[name], fits = _counted(columns[name], places)
            if name in self._grids:
                whole &= fits
        return units, whole

    def distances(self, moves: Array, weights: Array) -> Array:
        """How far moves are, squared; both of shape `(rows, free)`, moves in units."""
        return np.asarray(((moves.astype(np.float64) * self._scaled(weights)) ** 2).sum(axis=1))

    def _scaled(self, weights: Array) -> Array:
        """Weights of units: whole numbers where the columns weigh the same."""
        finest = max(self.places[name] for name in self.free)
        units = [10.0 ** (finest - self.places[name]) for name in self.free]
        return np.asarray(weights * np.array(units))

    def nearest(
        self,
        units: Units,
        weights: Array,
        known: Array,
        *,
        changing: bool = False,
        effort: Effort | None = None,
    ) -> LatticeMoves:
        """Find moves of the least distance by which every clause holds.

        Args:
            units: Rows on the lattice.
            weights: Of changes, shape `(rows, free)`.
            known: Distances of moves that are known, as `distances` tells them; infinite for none.
            changing: Whether every free cell has to change.
            effort: The work that is left for each row; all of it by default.
        """
        rows, effort = len(known), effort or Effort.of(len(known))
        gaps, told = self.gaps(units, rows)
        moves, nearer = np.zeros((rows, len(self.free)), dtype=np.int64), np.zeros(rows, dtype=bool)
        settled = np.zeros(rows, dtype=bool)
        for one, places in alike(weights[told]):
            some = np.flatnonzero(told)[places]
            # Rows that lack the same, and have as much work left, are corrected once.
            mine = effort.take(some)
            lacked = np.column_stack([gaps[some], known[some], mine.kinds])
            asked, first, back = np.unique(lacked, axis=0, return_index=True, return_inverse=True)
            back, apart = back.reshape(-1), mine.take(first).apart()
            found = nearest_moves(
                self.weighed(one, one),
                self.free,
                self.standing(asked[:, :-2]),
                known=asked[:, -2],
                changing=changing,
                effort=apart,
            )
            mine.settle(apart.take(back))
            better = found.distances < asked[:, -2]
            there = np.where(better[:, None], np.rint(found.moves), 0.0).astype(np.int64)
            moves[some], nearer[some] = there[back], better[back]
            settled[some] = ~found.unproven[back]
        held = self._are_held(units, moves)
        return LatticeMoves(moves, nearer & held, settled & held)

    def gaps(self, units: Units, rows: int) -> tuple[Array, Array]:
        """What each literal asks of the moves of rows, and which rows floats can tell it of."""
        gaps = np.column_stack([gap.of(units, rows) for _, gap, _ in self._gaps.values()])
        return gaps, np.asarray((gaps < FAR).all(axis=1))

    def weighed(self, weights: Array, costs: Array) -> System:
        """The clauses over moves, and over gaps, which never move.

        Args:
            weights: Of the free columns, what a change of them is multiplied by.
            costs: What changing a cell of each costs.
        """
        others = np.ones(len(self._gaps))
        every = (np.concatenate([one, others]) for one in (self._scaled(weights), costs))
        return self._system.weighted(*every)

    def standing(self, gaps: Array) -> Standing:
        """Where rows stand that have not moved yet."""
        cells = (*np.zeros((len(self.free), len(gaps))), *gaps.T)
        values = dict(zip(self._system.columns, cells, strict=True))
        standing = self._system.stand(values, len(gaps))
        return replace(standing, scales=np.maximum(standing.scales, LOOSE))

    @property
    def held(self) -> tuple[str, ...]:
        """The columns of gaps."""
        return tuple(name for name, _, _ in self._gaps.values())

    def _are_held(self, units: Units, moves: Array) -> Array:
        """Rows whose columns can hold what their cells become."""
        held = np.ones(len(moves), dtype=bool)
        for place, name in enumerate(self.free):
            grid, unit = self._grids[name], 10 ** self.places[name]
            new = units[name] + moves[:, place].astype(object)
            if grid.low is not None:
                held &= (new >= grid.low * unit).astype(bool)
            if grid.high is not None:
                held &= (new <= grid.high * unit).astype(bool)
            if not grid.endless and not grid.integer:
                held &= (np.abs(new) < 10**grid.digits).astype(bool)
        return held


def _is_far(grid: Grid) -> bool:
    """Whether a column's limits are out of reach, and only looked at in the end."""
    unit = 10 ** (grid.places or 0)
    ends = [abs(end) * unit for end in (grid.low, grid.high) if end is not None]
    return all(end >= UNLIMITED for end in ends)


def _counted(column: NumericColumn, places: int) -> tuple[Array, Array]:
    """Cells in units of a decimal place, and which of them are whole numbers."""
    values, power = column.values, 10**places
    if values.dtype.kind != "f":
        return values.astype(np.int64 if values.dtype.kind == "b" else values.dtype).astype(
            object
        ) * power, np.ones(len(values), dtype=bool)
    whole = within_places(column, places)
    scaled = np.rint(values.astype(np.float64) * float(power))
    slow = ~whole | ~(np.abs(scaled) < SURE)
    if values.dtype.itemsize < np.float64().itemsize:
        slow[:] = True
    elif (long := column.long()) is not None:
        slow |= long
    units = np.where(slow, 0.0, scaled).astype(np.int64).astype(object)
    for row in np.flatnonzero(slow).tolist():
        cell = (column.cell(row) or Fraction(0)) * power
        units[row] = cell.numerator if cell.denominator == 1 else cell
    return units, whole
