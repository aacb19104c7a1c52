"""Directions that inequalities hold moves back in, bounds of single columns apart from the others.

A bound that is active says by itself how far its column moves. So where few inequalities name
several columns, only these have to be balanced, however many bounds there are beside them.
"""

from functools import cached_property

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.matrices import product
from pishield_cli.kernels.optimal.elimination import eliminated, substituted

FEW = 24
"""Inequalities between columns up to which bounds are settled before them."""

MANY = 64
"""Inequalities that are balanced together from which on their order matters for time."""

TABLED = 2_048
"""Inequalities up to which the products of every two normals are kept: some 32 MiB."""

BOUND = 8
"""Entries that a bound takes the time of, beside other arrays of a row's inequalities."""


class Directions:
    """Unit normals of inequalities.

    Args:
        normals: Shape `(inequalities, columns)`, each of length one, or zero.
    """

    def __init__(self, normals: Array) -> None:
        self.normals = normals
        alone = (normals != 0).sum(axis=1) == 1
        self._joining = np.flatnonzero(~alone)
        self._joined = normals[self._joining]
        self._sizes = np.abs(self._joined)
        self._bounds = _layers(normals, np.flatnonzero(alone))
        self.size = float(self._joined.size + BOUND * alone.sum())
        """Entries to go through for the products of one row."""

    @property
    def apart(self) -> bool:
        """Whether bounds are settled before the other inequalities."""
        return bool(self._bounds) and len(self._joining) <= FEW

    @property
    def widest(self) -> int:
        """Inequalities that are balanced together at most."""
        return len(self._joining) if self.apart else min(self.normals.shape)

    def along(self, moves: Array) -> Array:
        """How far moves go in each direction, shape `(rows, inequalities)`."""
        result = np.empty((len(moves), len(self.normals)))
        result[:, self._joining] = product(moves, self._joined.T)
        for bounds, columns, signs in self._bounds:
            result[:, bounds] = moves[:, columns] * signs
        return result

    def sizes_along(self, sizes: Array) -> Array:
        """The same of magnitudes, of which none takes from another."""
        result = np.empty((len(sizes), len(self.normals)))
        result[:, self._joining] = product(sizes, self._sizes.T)
        for bounds, columns, _ in self._bounds:
            result[:, bounds] = sizes[:, columns]
        return result

    def summed(self, multipliers: Array) -> Array:
        """The moves that are normals times multipliers, shape `(rows, columns)`."""
        moves = product(multipliers[:, self._joining], self._joined)
        for bounds, columns, signs in self._bounds:
            moves[:, columns] += multipliers[:, bounds] * signs
        return moves

    def balanced(self, active: Array, values: Array) -> tuple[Array, Array]:
        """Multipliers of active inequalities with which each has its value as a product.

        Args:
            active: Shape `(rows, inequalities)`.
            values: Same shape.

        Returns:
            The multipliers, same shape, and in which rows there are any.
        """
        return self._apart(active, values) if self.apart else self._together(active, values)

    def work(self, active: Array) -> Array:
        """Entries that balancing takes for each row."""
        joined = active[:, self._joining] if self.apart else active
        return np.asarray(joined.sum(axis=1) ** 3.0)

    def _apart(self, active: Array, values: Array) -> tuple[Array, Array]:
        """Settle columns that are at a bound, and balance the rest."""
        rows = len(active)
        held: Array = np.zeros((rows, self.normals.shape[1]), dtype=bool)
        moves, doubled = np.zeros(held.shape), np.zeros(rows, dtype=bool)
        first = np.zeros(active.shape, dtype=bool)
        for bounds, columns, signs in self._bounds:
            here = active[:, bounds] & ~held[:, columns]
            doubled |= (active[:, bounds] & ~here).any(axis=1)
            moves[:, columns] += np.where(here, values[:, bounds] * signs, 0.0)
            held[:, columns] |= here
            first[:, bounds] = here
        joined = active[:, self._joining]
        right = np.where(joined, values[:, self._joining] - product(moves, self._joined.T), 0.0)
        factors, pivots = eliminated(self._system(joined, ~held))
        solution = substituted(factors, pivots, right)
        rest = np.where(held, 0.0, product(np.where(joined, solution, 0.0), self._joined))
        missed = right - product(rest, self._joined.T)
        solution += substituted(factors, pivots, np.where(joined, missed, 0.0))
        sound = np.asarray(np.isfinite(solution).all(axis=1))
        solution = np.where(joined & sound[:, None], solution, 0.0)
        multipliers = np.zeros(active.shape)
        multipliers[:, self._joining] = solution
        beside = product(solution, self._joined)
        for bounds, columns, signs in self._bounds:
            lacking = (moves[:, columns] - beside[:, columns]) * signs
            multipliers[:, bounds] = np.where(first[:, bounds], lacking, 0.0)
        return multipliers, np.asarray(sound & ~doubled)

    def _system(self, joined: Array, free: Array) -> Array:
        """Products of the active inequalities' normals over the free columns of each row."""
        width = joined.shape[1]
        one, other = np.triu_indices(width)
        system = np.empty((len(joined), width, width))
        products = product(free.astype(np.float64), self._pairs.T)
        system[:, one, other] = system[:, other, one] = products
        system *= joined[:, :, None] & joined[:, None, :]
        system[:, np.arange(width), np.arange(width)] += np.where(joined, 0.0, 1.0)
        return system

    @cached_property
    def _pairs(self) -> Array:
        """Column by column, the products of every two normals that join columns."""
        one, other = np.triu_indices(len(self._joining))
        return np.asarray(self._joined[one] * self._joined[other])

    @cached_property
    def _order(self) -> Array:
        """Inequalities as they are balanced: of many, those of few columns first."""
        every = np.arange(len(self.normals))
        if self.widest <= MANY:
            return every
        return np.argsort((self.normals != 0).sum(axis=1), kind="stable")

    def _products(self, places: Array) -> Array:
        """Of some normals of each row, the products of every two; shape `(rows, some, some)`."""
        sides, columns = self.normals.shape
        if sides <= TABLED or columns > MANY:
            return np.asarray(self._gram[places[:, :, None], places[:, None, :]])
        found = np.zeros((*places.shape, places.shape[1]))
        for column in self.normals.T:
            picked = column[places]
            found += picked[:, :, None] * picked[:, None, :]
        return found

    @cached_property
    def _gram(self) -> Array:
        return np.asarray(self.normals @ self.normals.T)

    def _together(self, active: Array, values: Array) -> tuple[Array, Array]:
        """Balance all that is active."""
        rows, sides = active.shape
        multipliers = np.zeros((rows, sides))
        counts = active.sum(axis=1)
        widest = int(counts.max(initial=0))
        if widest == 0:
            return multipliers, np.ones(rows, dtype=bool)
        taken = np.arange(widest) < counts[:, None]
        row, place = np.nonzero(taken)
        side = self._order[np.nonzero(active[:, self._order])[1]]
        places, right = np.zeros(taken.shape, dtype=np.int64), np.zeros(taken.shape)
        places[row, place], right[row, place] = side, values[row, side]
        system = self._products(places)
        system *= taken[:, :, None] & taken[:, None, :]
        system[:, np.arange(widest), np.arange(widest)] += np.where(taken, 0.0, 1.0)
        factors, pivots = eliminated(system)
        solution = substituted(factors, pivots, right)
        if widest > 1:
            multipliers[row, side] = solution[row, place]
            # What is missed is told from the normals: products of them are not exact enough.
            reached = self.along(self.summed(multipliers))
            missed = np.zeros(taken.shape)
            missed[row, place] = right[row, place] - reached[row, side]
            refined = taken & (counts > 1)[:, None]
            solution += substituted(factors, pivots, np.where(refined, missed, 0.0))
        sound = np.asarray(np.isfinite(solution).all(axis=1))
        multipliers[row, side] = np.where(sound[row], solution[row, place], 0.0)
        return multipliers, sound


def _layers(normals: Array, alone: Array) -> list[tuple[Array, Array, Array]]:
    """Bounds with their columns and signs, in lists that name no column twice."""
    if not len(alone):  # there may be no columns either
        return []
    columns = np.argmax(normals[alone] != 0, axis=1)
    order = np.argsort(columns, kind="stable")
    starts = np.searchsorted(columns[order], columns[order])
    ranks = np.empty(len(alone), dtype=np.int64)
    ranks[order] = np.arange(len(alone)) - starts
    found = []
    for rank in range(int(ranks.max(initial=-1)) + 1):
        here = ranks == rank
        bounds, named = alone[here], columns[here]
        found.append((bounds, named, normals[bounds, named]))
    return found
