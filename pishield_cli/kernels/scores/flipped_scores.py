"""Correcting scores by flipping truths: the nearest row, or the one of fewest changes.

A clause asks only on which side of one half its scores are. So a score that changes goes just
across, one that is 0 or 1 to the other of them, and what is left to choose is which: the cheapest
truths that satisfy every clause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ldexp

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.scores.coherence import ScorePlacing
from pishield_cli.kernels.scores.coherence_lattice import CompiledPlan
from pishield_cli.logic.rows.flips import FlipSearch

MARGIN = 1e-12
"""How far above one half a score is put that has to become true, where its column can tell."""

PRECISION = 120
"""Bits of a cost: sums of them are exact, and decide what is nearest."""

FARTHEST = 2.0**20
"""A change from beyond this counts as one from here; scores are between 0 and 1."""


@dataclass(frozen=True, slots=True)
class ScoreMethod:
    """Which rows scores are corrected to.

    Attributes:
        fewest: Whether changing the fewest cells comes first, and only then the least change.
        weights: By column, what its change is multiplied by, and what changing a cell of it counts;
            1 for the others.
    """

    fewest: bool
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlippedScores:
    """Rows with flipped truths.

    Attributes:
        scores: Shape `(variables, rows)`; those that do not flip stay bit for bit.
        found: Rows for which there are truths that satisfy every clause, bool, shape `(rows,)`.
        proven: Rows that were shown to be the cheapest, or to have no solution, bool, same shape.
    """

    scores: Array
    found: Array
    proven: Array


def flipped(
    compiled: CompiledPlan, scores: Array, placing: Sequence[ScorePlacing], method: ScoreMethod
) -> FlippedScores:
    """Flip the truths whose change is the least.

    Args:
        compiled: Its clauses must hold, and its fixed variables must stay.
        scores: Shape `(variables, rows)`, finite or infinite.
        placing: What each variable can store.
        method: What is least: the sum of the squares of weights times changes; or the sum of the
            weights of what changes, then that. Of equal ones the row that spares the variables
            first in order.
    """
    names = compiled.variables
    size = len(names)
    clauses = ([(one % size, one < size) for one in clause] for clause in compiled.clauses.lines)
    search = FlipSearch(clauses, size)
    fixed = sum(1 << place for place, name in enumerate(names) if name in compiled.plan.fixed)
    truths = scores > 0.5
    after = _opposites(truths, placing)
    weights = np.array([method.weights.get(name, 1.0) for name in names])
    moves = np.minimum(np.abs(after - scores), FARTHEST) * weights[:, None]
    result = FlippedScores(
        scores.copy(), np.zeros(len(truths.T), bool), np.ones(len(truths.T), bool)
    )
    kinds, first, kind = np.unique(
        np.vstack([truths, moves]), axis=1, return_index=True, return_inverse=True
    )
    kind = kind.reshape(-1)
    flips = np.zeros((size, len(first)), dtype=bool)
    for index, row in enumerate(first):
        before = _mask(truths[:, row])
        costs = _costs(kinds[size:, index], weights if method.fewest else None)
        answer = search.cheapest(before, costs, fixed=fixed)
        result.found[kind == index] = answer.truths is not None
        result.proven[kind == index] = answer.proven
        if answer.truths is not None:
            changed = answer.truths ^ before
            flips[:, index] = [bool(changed >> place & 1) for place in range(size)]
    moved = flips[:, kind]
    result.scores[moved] = after[moved]
    return result


def _opposites(truths: Array, placing: Sequence[ScorePlacing]) -> Array:
    """The nearest scores of the other truth."""
    hard = np.array([one.hard for one in placing])[:, None]
    above = np.where(hard, 1.0, np.array([one.above for one in placing])[:, None])
    return np.where(truths, np.where(hard, 0.0, 0.5), above)


def _mask(truths: Array) -> int:
    return sum(1 << int(place) for place in np.flatnonzero(truths))


def _costs(moves: Array, weights: Array | None) -> list[int]:
    """What flipping each variable costs, as one whole number: the first concern in its first bits.

    Args:
        moves: Weights times changes, shape `(variables,)`.
        weights: What each counts before that; None if nothing.
    """
    size = len(moves)
    # The last concern: the earlier a variable, the more it is spared.
    costs = [1 << (size - 1 - place) for place in range(size)]
    width = size
    for part in (moves**2, weights):
        if part is not None:
            costs = [
                cost + (whole << width) for cost, whole in zip(costs, _wholes(part), strict=True)
            ]
            width += PRECISION + size.bit_length() + 1
    return costs


def _wholes(values: Array) -> list[int]:
    """Numbers in proportion to positive ones, the largest of `PRECISION` bits."""
    largest = float(values.max(initial=0.0)) or 1.0
    return [int(ldexp(value / largest, PRECISION)) for value in values.tolist()]
