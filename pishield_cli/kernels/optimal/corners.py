"""The nearest points of few columns: where no more inequalities than columns hold them back.

The nearest point that clauses allow lies nearest to the row of all points where some inequalities,
independent of each other and no more than columns, are equations. With two or three columns and a
dozen inequalities these are few enough to be looked at one by one, for all rows at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.matrices import product
from pishield_cli.kernels.optimal.nearest import NEARER
from pishield_cli.kernels.optimal.systems import Standing, System

MOST = 1_500
"""Choices of inequalities past which no points are looked at."""

ENTRIES = 2**21
"""Entries of arrays that are held at a time."""

FORGIVEN = 1e-10
"""Of the size of its parts, by how much an inequality may fail and count as holding."""

INDEPENDENT = 1e-9
"""Below which the square of the volume that unit normals span is rounding error."""


@dataclass(frozen=True)
class Corners:
    """The points where some inequalities hold given columns back.

    Attributes:
        system: The clauses.
        free: Positions of the columns that may move, ascending.
        moving: Positions of the inequalities that name one of them.
        normals: Of these, divided by the columns' weights, shape `(moving, free)`.
        maps: From how far these are from holding to the moves that make some of them equations,
            times weights, shape `(choices, free, moving)`.
    """

    system: System
    free: Array
    moving: Array
    normals: Array
    maps: Array

    @classmethod
    def of(cls, system: System, free: Array) -> "Corners | None":
        """The points of some columns; None where they are too many."""
        normals = system.coefficients[:, free] / system.weights[free]
        moving = np.flatnonzero(normals.any(axis=1))
        most = sum(comb(len(moving), count + 1) for count in range(len(free)))
        if most > MOST or not most:
            return None
        normals = normals[moving]
        return cls(system, free, moving, normals, np.array(list(_maps(normals))))

    def nearest(self, standing: Standing) -> tuple[Array, Array]:
        """Find the nearest points.

        Args:
            standing: The rows.

        Returns:
            The changes of the free columns, each in its own unit, shape `(rows, free)`, and
            `sum of (weight * change)**2`, infinite where there is no point. Rounding errors are
            forgiven, and so are ties of strict inequalities: the points have to be checked.
        """
        rows = len(standing)
        moves, distances = np.zeros((rows, len(self.free))), np.full(rows, np.inf)
        chunk = max(1, ENTRIES // (len(self.maps) * max(len(self.moving), 1)))
        for first in range(0, rows, chunk):
            part = np.arange(first, min(first + chunk, rows))
            moves[part], distances[part] = self._nearest(standing.take(part))
        return moves / self.system.weights[self.free], distances

    def _nearest(self, standing: Standing) -> tuple[Array, Array]:
        rows, (choices, free, moving) = len(standing), self.maps.shape
        gaps = standing.gaps[:, self.moving]
        moves = product(gaps, self.maps.reshape(-1, moving).T).reshape(-1, free)
        reached = product(moves, self.normals.T).reshape(rows, choices, moving)
        sizes = product(np.abs(moves), np.abs(self.normals).T).reshape(rows, choices, moving)
        allowed = FORGIVEN * (standing.scales[:, None, self.moving] + sizes)
        holds = gaps[:, None] - reached <= allowed
        far = (moves**2).sum(axis=1).reshape(rows, choices)
        far = np.where(self._allowed(holds, standing.truth), far, np.inf)
        least = far.min(axis=1)
        # Of equally near ones the first.
        chosen = np.argmax(far * NEARER <= least[:, None], axis=1)
        here = np.arange(rows)
        return moves.reshape(rows, choices, free)[here, chosen], far[here, chosen]

    def _allowed(self, holds: Array, truth: Array) -> Array:
        """Where all clauses hold, bool, shape `(rows, choices)`."""
        rows, choices, _ = holds.shape
        place = {int(literal): at for at, literal in enumerate(self.moving)}
        allowed = np.ones((rows, choices), dtype=bool)

        def held(literal: int) -> Array:
            at = place.get(literal)
            found: Array = truth[:, literal, None] if at is None else holds[:, :, at]
            return found

        for clause in self.system.clauses:
            some = np.zeros((rows, choices), dtype=bool)
            for parts in clause.tolist():
                every = np.ones((rows, choices), dtype=bool)
                for literal in dict.fromkeys(parts):
                    every &= held(literal)
                some |= every
            allowed &= some
        return allowed


def _maps(normals: Array) -> Iterator[Array]:
    """For each choice of independent normals the map from distances to the shortest moves."""
    sides, free = normals.shape
    lengths = np.sqrt((normals**2).sum(axis=1))
    for count in range(1, free + 1):
        for chosen in combinations(range(sides), count):
            part = normals[list(chosen)]
            unit = part / lengths[list(chosen), None]
            gram = unit @ unit.T
            if np.linalg.det(gram) > INDEPENDENT:
                found = np.zeros((free, sides))
                found[:, list(chosen)] = unit.T @ np.linalg.inv(gram) / lengths[list(chosen)]
                yield found
