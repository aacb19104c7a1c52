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


CALL, SYSTEM = 50_000, 2_000
"""Entries that solving systems takes the time of, whatever their size: together, and each."""


@dataclass(frozen=True, slots=True)
class Projected:
    """The nearest points.

    Attributes:
        moves: How far from the origin each point is, shape `(rows, columns)`; zero in every column
            that no active inequality names.
        active: Inequalities that hold a point back, bool, shape `(rows, inequalities)`; where a
            polyhedron is empty, inequalities that contradict each other.
        empty: Polyhedra without a point, bool, shape `(rows,)`.
        unsettled: Rows given up on, bool, shape `(rows,)`.
    """

    moves: Array
    active: Array
    empty: Array
    unsettled: Array


class Normals:
    """Inequalities `normal . move >= distance`, whose normals all rows share.

    Args:
        normals: Shape `(inequalities, columns)`, each of length one, or zero for an inequality
            that no move changes.
    """

    def __init__(self, normals: Array) -> None:
        self.normals = normals
        self.work = 0
        """Entries of arrays gone through and not accounted for yet; see `Effort`."""
        self._sizes = np.abs(normals)
        self._gram = normals @ normals.T
        self._rigid = ~normals.any(axis=1)

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
        left = np.flatnonzero(~empty)
        guess = start[left] & np.isfinite(distances[left]) & ~self._rigid
        for _ in range(ROUNDS):
            if not len(left):
                break
            here = distances[left]
            multipliers, sound = self._balanced(guess, here)
            trial = multipliers @ self.normals
            violated = self._violated(trial, here, errors[left])
            repelling = guess & (multipliers < 0)
            # What is active holds to the accuracy of its system, unless that is singular.
            violated &= ~guess | self._violated(trial, here, errors[left], 1e3)
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
        return Projected(moves, active, empty, unsettled)

    def _violated(self, moves: Array, distances: Array, errors: Array, times: float = 1.0) -> Array:
        self.work += len(moves) * self.normals.size
        sizes = np.abs(moves)
        # What a solved system leaves in a column that does not move is error of the largest move.
        left = SOLVED * sizes.max(axis=1, initial=0.0)
        allowed = times * (errors + RELATIVE * (sizes @ self._sizes.T) + left[:, None])
        return np.asarray(moves @ self.normals.T < distances - allowed)

    def _balanced(self, active: Array, values: Array) -> tuple[Array, Array]:
        """Multipliers of active inequalities with which each has its value as a product.

        Returns:
            The multipliers, shape `(rows, inequalities)`, and in which rows there are any.
        """
        rows, sides = active.shape
        multipliers = np.zeros((rows, sides))
        counts = active.sum(axis=1)
        widest = int(counts.max(initial=0))
        self.work += CALL + rows * (SYSTEM + widest**3)
        if widest == 0:
            return multipliers, np.ones(rows, dtype=bool)
        places = np.argsort(~active, axis=1, kind="stable")[:, :widest]
        taken = np.arange(widest) < counts[:, None]
        right = np.where(taken, np.take_along_axis(values, places, axis=1), 0.0)
        if widest == 1:
            solution = right  # a unit normal with itself
        else:
            system = self._gram[places[:, :, None], places[:, None, :]]
            system *= taken[:, :, None] & taken[:, None, :]
            system[:, np.arange(widest), np.arange(widest)] += np.where(taken, 0.0, 1.0)
            solution = _solved(system, right)
            solution += _solved(system, right - (system @ solution[:, :, None])[:, :, 0])
        sound = np.asarray(np.isfinite(solution).all(axis=1))
        solution = np.where(taken & sound[:, None], solution, 0.0)
        np.put_along_axis(multipliers, places, solution, axis=1)
        return multipliers, sound

    def _one_by_one(self, distances: Array, errors: Array, guess: Array) -> Projected:
        rows = len(distances)
        walk = self._start(distances, guess)
        empty = np.zeros(rows, dtype=bool)
        left = np.arange(rows)
        entering = np.full(rows, -1)
        for _ in range(PATIENCE * (self.normals.shape[1] + 20)):
            moves = walk.multipliers[left] @ self.normals
            violated = self._violated(moves, distances[left], errors[left])
            # Rounding takes an active one out of its bound, where another step would not fix it.
            violated &= ~walk.active[left]
            lacking = np.where(violated, distances[left] - moves @ self.normals.T, -np.inf)
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
        moves = walk.multipliers @ self.normals
        polished, sound = self._balanced(walk.active, distances)
        better = sound & ~empty & ~(polished < -1e-9).any(axis=1)
        moves[better] = polished[better] @ self.normals
        return Projected(moves, walk.active, empty, unsettled)

    def _start(self, distances: Array, guess: Array) -> "_Walk":
        """Independent inequalities out of a guess, each with a multiplier that is not negative."""
        active = guess.copy()
        for _ in range(ROUNDS):
            multipliers, sound = self._balanced(active, distances)
            repelling = active & (multipliers < 0)
            active &= ~repelling & sound[:, None]
            if not repelling.any():
                break
        # Huge multipliers tell of a singular system.
        largest = np.abs(distances).max(axis=1, where=active, initial=1.0)
        bounded = (np.abs(multipliers) < 1e6 * largest[:, None]).all(axis=1)
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
        rest = ((self.normals[chosen] - ratio @ self.normals) ** 2).sum(axis=1)
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


def _solved(system: Array, right: Array) -> Array:
    """Solve one small system a row; not finite, or anything, where it is singular."""
    try:
        return np.asarray(np.linalg.solve(system, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        widest = system.shape[1]
        system[:, np.arange(widest), np.arange(widest)] += 1e-13
        try:
            return np.asarray(np.linalg.solve(system, right[:, :, None])[:, :, 0])
        except np.linalg.LinAlgError:
            return np.full_like(right, np.nan)
