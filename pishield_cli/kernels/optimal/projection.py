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
from pishield_cli.kernels.optimal.directions import Directions

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

SUMMED = 1e-15
"""Rounding error of a sum of normals, by their multipliers, large where angles are small."""

AWAY = 1e3
"""How many times its farthest side a point may be away that is held to be none: sides at angles of
less than rounding may meet there."""

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
        self.directions = Directions(normals)
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
        left, work = np.flatnonzero(~empty), np.zeros(rows)
        guess = start[left] & np.isfinite(distances[left]) & ~self._rigid
        for _ in range(ROUNDS):
            if not len(left):
                break
            here = distances[left]
            work[left] += self._work(guess)
            multipliers, sound = self.directions.balanced(guess, here)
            trial = self.directions.summed(multipliers)
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
        return np.asarray(SYSTEM + self.directions.size + self.directions.work(active))

    def _lacking(self, moves: Array, distances: Array, errors: Array) -> tuple[Array, Array]:
        """How far moves fall short of each distance, and how far they may."""
        sizes = np.abs(moves)
        # What a solved system leaves in a column that does not move is error of the largest move.
        left = SOLVED * sizes.max(axis=1, initial=0.0)
        allowed = errors + RELATIVE * self.directions.sizes_along(sizes) + left[:, None]
        return distances - self.directions.along(moves), allowed

    def _one_by_one(self, distances: Array, errors: Array, guess: Array) -> Projected:
        rows = len(distances)
        walk = self._start(distances, errors, guess)
        empty = np.zeros(rows, dtype=bool)
        left, work = np.arange(rows), np.zeros(rows)
        entering, unsettled = np.full(rows, -1), np.zeros(rows, dtype=bool)
        for _ in range(PATIENCE * (self.normals.shape[1] + 20)):
            work[left] += self._work(walk.active[left])
            moves = self.directions.summed(walk.multipliers[left])
            lacking, allowed = self._lacking(moves, distances[left], errors[left])
            allowed += SUMMED * walk.multipliers[left].sum(axis=1, keepdims=True)
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
            step = self._step(walk, left, chosen, lack)
            entering[left] = step.entering
            ended = left[step.stuck]
            shares = step.shares[step.stuck]
            empty[ended] = self._excluded(shares, distances[ended], errors[ended])
            unsettled[ended] = ~empty[ended]
            left = left[~step.stuck]
        unsettled[left] = True
        moves = self.directions.summed(walk.multipliers)
        polished, sound = self.directions.balanced(walk.active, distances)
        better = sound & ~empty & ~(polished < -1e-9).any(axis=1)
        moves[better] = self.directions.summed(polished[better])
        return Projected(moves, walk.active, empty, unsettled, work)

    def _start(self, distances: Array, errors: Array, guess: Array) -> "_Walk":
        """Independent inequalities out of a guess, each with a multiplier that is not negative."""
        active = guess.copy()
        for _ in range(ROUNDS):
            multipliers, sound = self.directions.balanced(active, distances)
            repelling = active & (multipliers < 0)
            active &= ~repelling & sound[:, None]
            if not repelling.any():
                break
        # Huge multipliers tell of a singular system, and so do sides that do not hold by them.
        largest = np.abs(distances).max(axis=1, where=active, initial=1.0)
        bounded = (np.abs(multipliers) < 1e6 * largest[:, None]).all(axis=1)
        lacking, allowed = self._lacking(self.directions.summed(multipliers), distances, errors)
        bounded &= ~(active & (lacking > 1e3 * allowed)).any(axis=1)
        active &= (sound & bounded & ~repelling.any(axis=1))[:, None]
        return _Walk(active, np.where(active, multipliers, 0.0))

    def _excluded(self, shares: Array, distances: Array, errors: Array) -> Array:
        """Where sides that add up to next to nothing ask for more than that, beyond rounding.

        Args:
            shares: What each is to be multiplied by, none below zero but for rounding; shape
                `(rows, inequalities)`.
            distances: Same shape.
            errors: Likewise.
        """
        parts = shares * np.where(shares != 0, distances, 0.0)
        sizes = np.abs(parts)
        doubt = (np.abs(shares) * errors + RELATIVE * sizes).sum(axis=1)
        left = np.sqrt((self.directions.summed(shares) ** 2).sum(axis=1))
        doubt += AWAY * left * np.abs(distances).max(axis=1, where=shares != 0, initial=0.0)
        return np.asarray(parts.sum(axis=1) > doubt)

    def _step(self, walk: "_Walk", left: Array, chosen: Array, lack: Array) -> "_Entry":
        """Move the multiplier of each row's entering inequality up, as far as it goes."""
        here = np.arange(len(left))
        active, multipliers = walk.active[left], walk.multipliers[left]
        active[here, chosen] = False
        ratio, _ = self.directions.balanced(active, self.directions.along(self.normals[chosen]))
        # Of the vector itself, since a difference of products loses angles of less than 1e-5.
        rest = ((self.normals[chosen] - self.directions.summed(ratio)) ** 2).sum(axis=1)
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
        shares = -ratio
        shares[here, chosen] = 1.0
        return _Entry(stuck, np.where(entered, -1, chosen), shares)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a step came to.

    Attributes:
        stuck: Rows whose entering inequality the active ones exclude, bool, shape `(rows,)`.
        entering: The inequality that goes on entering; -1 for none.
        shares: Of these rows, what the inequalities are multiplied by to add up to next to nothing.
    """

    stuck: Array
    entering: Array
    shares: Array


@dataclass(slots=True)
class _Walk:
    """Where each row's dual walk is: active inequalities, and multipliers of all."""

    active: Array
    multipliers: Array
