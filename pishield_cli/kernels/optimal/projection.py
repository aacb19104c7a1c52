"""The nearest points of polyhedra that share their normals, for many rows at once.

Two methods, one after the other. The primal-dual active set method takes all violated inequalities
at once and settles most rows in a few rounds. What it leaves goes to the dual active set method,
which takes one inequality at a time, always ends, and proves a polyhedron empty.

References:
    Hintermueller, Ito and Kunisch, The Primal-Dual Active Set Strategy as a Semismooth Newton
    Method, SIAM J. Optim. 2003; Goldfarb and Idnani, A Numerically Stable Dual Method for Solving
    Strictly Convex Quadratic Programs, Math. Program. 1983.
"""

from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.matrices import product

ROUNDS = 12
"""Rounds of the first method; the rows that it settles take half as many."""

PATIENCE = 4
"""Steps of the second method by columns, past which rounding makes it go in circles."""

DEPENDENT = 1e-22
"""Below which the square of the rest of a unit normal, outside the span of others, is rounding
error."""

SOLVED = 2e-14
"""Error of solving for the moves, by the largest of them."""

RELATIVE = 5e-14
"""Rounding error allowed to an inequality, by the magnitude of its parts."""

SINGULAR = 1e-13
"""The least pivot of a system between unit normals."""

SYSTEM = 2_000
"""Entries that solving one system takes the time of, whatever its size."""


@dataclass(frozen=True, slots=True)
class Projected:
    """The nearest points.

    Attributes:
        moves: How far from the origin each point is, shape `(rows, columns)`; zero in every column
            that no active inequality names, and where there is no point.
        active: Inequalities that hold a point back, bool, shape `(rows, inequalities)`; where a
            polyhedron is empty, inequalities that contradict each other.
        empty: Polyhedra without a point, bool, shape `(rows,)`.
        unsettled: Rows given up on, bool, shape `(rows,)`.
        work: Entries of arrays gone through for each row, shape `(rows,)`; see `Effort`.
    """

    moves: Array
    active: Array
    empty: Array
    unsettled: Array
    work: Array


class Normals:
    """Inequalities `normal . move >= distance`, whose normals all rows share.

    Args:
        normals: Shape `(inequalities, columns)`, each of length one, or zero for an inequality
            that no move changes.
    """

    def __init__(self, normals: Array) -> None:
        self.normals = normals
        self._sizes = np.abs(normals)
        self._rigid = ~normals.any(axis=1)
        self._gram = normals @ normals.T

    def project(self, distances: Array, errors: Array, start: Array) -> Projected:
        """Find the shortest moves that satisfy the inequalities.

        Args:
            distances: Shape `(rows, inequalities)`; minus infinity where one does not apply.
            errors: How far below its distance an inequality still holds, same shape.
            start: Inequalities that may well be active, bool, same shape; changes speed only.
        """
        rows = len(distances)
        moves = np.zeros((rows, self.normals.shape[1]))
        hopeless: Array = (distances > errors) & self._rigid
        empty = np.asarray(hopeless.any(axis=1))
        active = np.where(empty[:, None], hopeless, False)
        left, work = np.flatnonzero(~empty), np.zeros(rows)
        guess = start[left] & np.isfinite(distances[left]) & ~self._rigid
        for _ in range(ROUNDS):
            if not len(left):
                break
            here = distances[left]
            work[left] += self._work(guess)
            multipliers, sound = self._balanced(guess, here)
            trial = product(multipliers, self.normals)
            lacking, allowed = self._lacking(trial, here, errors[left])
            repelling = guess & (multipliers < 0)
            # What is active holds to the accuracy of its system, unless that is singular.
            violated = lacking > np.where(guess, 1e3 * allowed, allowed)
            settled = sound & ~violated.any(axis=1) & ~repelling.any(axis=1)
            moves[left[settled]] = trial[settled]
            active[left[settled]] = guess[settled]
            guess = ((guess & ~repelling) | violated)[~settled]
            left = left[~settled]
        unsettled = np.zeros(rows, dtype=bool)
        if len(left):
            found = self._one_by_one(distances[left], errors[left], guess)
            moves[left], active[left] = found.moves, found.active
            empty[left], unsettled[left] = found.empty, found.unsettled
            work[left] += found.work
        moves[empty] = 0.0
        return Projected(moves, active, empty, unsettled, work)

    def _work(self, active: Array) -> Array:
        """Entries to go through for each row in one round, by what is active."""
        return np.asarray(SYSTEM + self.normals.size + active.sum(axis=1) ** 3.0)

    def _lacking(self, moves: Array, distances: Array, errors: Array) -> tuple[Array, Array]:
        """How far moves fall short of each distance, and how far they may."""
        sizes = np.abs(moves)
        # What a solved system leaves in a column that does not move is error of the largest move.
        left = SOLVED * sizes.max(axis=1, initial=0.0)
        allowed = errors + RELATIVE * product(sizes, self._sizes.T) + left[:, None]
        return distances - product(moves, self.normals.T), allowed

    def _balanced(self, active: Array, values: Array) -> tuple[Array, Array]:
        """Multipliers of active inequalities with which each has its value as a product.

        Returns:
            The multipliers, shape `(rows, inequalities)`, and in which rows there are any.
        """
        rows, sides = active.shape
        multipliers = np.zeros((rows, sides))
        counts = active.sum(axis=1)
        widest = int(counts.max(initial=0))
        if widest == 0:
            return multipliers, np.ones(rows, dtype=bool)
        places = np.argsort(~active, axis=1, kind="stable")[:, :widest]
        taken = np.arange(widest) < counts[:, None]
        right = np.where(taken, np.take_along_axis(values, places, axis=1), 0.0)
        system = self._gram[places[:, :, None], places[:, None, :]]
        system *= taken[:, :, None] & taken[:, None, :]
        system[:, np.arange(widest), np.arange(widest)] += np.where(taken, 0.0, 1.0)
        factors, pivots = _factored(system)
        solution = _substituted(factors, pivots, right)
        if widest > 1:
            np.put_along_axis(multipliers, places, np.where(taken, solution, 0.0), axis=1)
            # What is missed is told from the normals: products of them are not exact enough.
            reached = product(product(multipliers, self.normals), self.normals.T)
            missed = right - np.take_along_axis(reached, places, axis=1)
            refined = taken & (counts > 1)[:, None]
            solution += _substituted(factors, pivots, np.where(refined, missed, 0.0))
        sound = np.asarray(np.isfinite(solution).all(axis=1))
        solution = np.where(taken & sound[:, None], solution, 0.0)
        np.put_along_axis(multipliers, places, solution, axis=1)
        return multipliers, sound

    def _one_by_one(self, distances: Array, errors: Array, guess: Array) -> Projected:
        rows = len(distances)
        walk = self._start(distances, errors, guess)
        empty = np.zeros(rows, dtype=bool)
        left, work = np.arange(rows), np.zeros(rows)
        entering = np.full(rows, -1)
        for _ in range(PATIENCE * (self.normals.shape[1] + 20)):
            work[left] += self._work(walk.active[left])
            moves = product(walk.multipliers[left], self.normals)
            lacking, allowed = self._lacking(moves, distances[left], errors[left])
            # Rounding takes an active one out of its bound, where another step would not fix it.
            violated = (lacking > allowed) & ~walk.active[left]
            lacking = np.where(violated, lacking, -np.inf)
            fresh = entering[left] < 0
            entering[left[fresh]] = np.argmax(lacking[fresh], axis=1)
            # An inequality taken halfway stays the one that enters until it holds.
            going = violated.any(axis=1) | ~fresh
            left, lacking = left[going], lacking[going]
            if not len(left):
                break
            chosen = entering[left]
            lack = np.maximum(lacking[np.arange(len(left)), chosen], 0.0)
            empty[left], entering[left] = self._step(walk, left, chosen, lack)
            left = left[~empty[left]]
        unsettled = np.zeros(rows, dtype=bool)
        unsettled[left] = True
        moves = product(walk.multipliers, self.normals)
        polished, sound = self._balanced(walk.active, distances)
        better = sound & ~empty & ~(polished < -1e-9).any(axis=1)
        moves[better] = product(polished[better], self.normals)
        return Projected(moves, walk.active, empty, unsettled, work)

    def _start(self, distances: Array, errors: Array, guess: Array) -> "_Walk":
        """Independent inequalities out of a guess, each with a multiplier that is not negative."""
        active = guess.copy()
        for _ in range(ROUNDS):
            multipliers, sound = self._balanced(active, distances)
            repelling = active & (multipliers < 0)
            active &= ~repelling & sound[:, None]
            if not repelling.any():
                break
        # Huge multipliers tell of a singular system, and so do sides that do not hold by them.
        largest = np.abs(distances).max(axis=1, where=active, initial=1.0)
        bounded = (np.abs(multipliers) < 1e6 * largest[:, None]).all(axis=1)
        lacking, allowed = self._lacking(product(multipliers, self.normals), distances, errors)
        bounded &= ~(active & (lacking > 1e3 * allowed)).any(axis=1)
        active &= (sound & bounded & ~repelling.any(axis=1))[:, None]
        return _Walk(active, np.where(active, multipliers, 0.0))

    def _step(self, walk: "_Walk", left: Array, chosen: Array, lack: Array) -> tuple[Array, Array]:
        """Move the multiplier of each row's entering inequality up, as far as it goes.

        Returns:
            Which rows prove empty, and the inequality that goes on entering; -1 for none.
        """
        here = np.arange(len(left))
        active, multipliers = walk.active[left], walk.multipliers[left]
        active[here, chosen] = False
        ratio, _ = self._balanced(active, self._gram[chosen])
        # Of the vector itself, since a difference of products loses angles of less than 1e-5.
        rest = ((self.normals[chosen] - product(ratio, self.normals)) ** 2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(active & (ratio > 1e-12), multipliers / ratio, np.inf)
            full = np.where(rest > DEPENDENT, lack / rest, np.inf)
        blocking = np.argmin(reach, axis=1)
        partial = np.maximum(reach[here, blocking], 0.0)
        length = np.minimum(partial, full)
        stuck = np.isinf(length)
        length = np.where(stuck, 0.0, length)
        multipliers -= length[:, None] * ratio
        multipliers[here, chosen] += length
        entered = ~stuck & (full <= partial)
        active[here[entered], chosen[entered]] = True
        dropped = ~stuck & ~entered
        active[here[dropped], blocking[dropped]] = False
        multipliers[here[dropped], blocking[dropped]] = 0.0
        against = np.abs(ratio[stuck]) > 1e-9
        against[np.arange(len(against)), chosen[stuck]] = True
        active[stuck] = against
        walk.active[left], walk.multipliers[left] = active, multipliers
        return stuck, np.where(entered, -1, chosen)


@dataclass(slots=True)
class _Walk:
    """Where each row's dual walk is: active inequalities, and multipliers of all."""

    active: Array
    multipliers: Array


def _factored(systems: Array) -> tuple[Array, Array]:
    """Eliminate in one small symmetric, positive semidefinite system a row.

    In steps of all rows: a library's elimination would round otherwise beside larger systems, and
    stop at a singular one.

    Returns:
        Unit lower factors, below the diagonal, and the pivots.
    """
    factors, pivots = systems.copy(), np.empty(systems.shape[:2])
    for place in range(systems.shape[1]):
        pivots[:, place] = np.maximum(factors[:, place, place], SINGULAR)
        column = factors[:, place + 1 :, place] / pivots[:, place, None]
        row = factors[:, place, place + 1 :].copy()
        factors[:, place + 1 :, place + 1 :] -= column[:, :, None] * row[:, None, :]
        factors[:, place + 1 :, place] = column
    return factors, pivots


def _substituted(factors: Array, pivots: Array, right: Array) -> Array:
    """Solve by factors and pivots."""
    solution = right.copy()
    width = right.shape[1]
    for place in range(width - 1):
        solution[:, place + 1 :] -= factors[:, place + 1 :, place] * solution[:, place, None]
    solution /= pivots
    for place in range(width - 1, 0, -1):
        solution[:, :place] -= factors[:, place, :place] * solution[:, place, None]
    return solution
