"""Coherent scores: least and greatest values by min and max, wave after wave."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.errors import ShapeError
from pishield_cli.kernels.coherence_arrays import CompiledPlan, Wave, WaveBounds
from pishield_cli.kernels.columns import Array

MARGIN = 2.0**-23
"""How far above one half a score is put that has to be true where its bound is one half.

Such a score is still true after a passage through single precision, and the distance is below what
scores in single precision tell apart. Half precision takes its own next value instead.
"""

CHUNK_CELLS = 1 << 17
"""Body scores worked on at a time, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Which values a variable can take.

    Attributes:
        hard: Whether it is 0 or 1 only; then it moves only if its truth has to change.
        settle: Brings a new score to the nearest value that can be stored.
        above: The least value above one half that a score is put at.
    """

    hard: bool = False
    settle: Callable[[Array], Array] | None = None
    above: float = 0.5 + MARGIN


def placing_of(
    dtype: np.dtype[np.generic], places: int | None = None, margin: float = MARGIN
) -> Placing:
    """What a column can store: 0 and 1 for whole numbers, else what its digits and width allow.

    Args:
        dtype: Of its values.
        places: Decimal places that fit; None where only the type limits them.
        margin: How far above one half a score is put that has to be true, if the column can tell.
    """
    if dtype.kind in "biu" or places == 0:
        return Placing(hard=True)
    if places is not None:
        above = round(0.5 + max(10.0**-places, margin), places)
        return Placing(settle=lambda new: np.round(new, places), above=above)
    if dtype.itemsize >= np.dtype(np.float64).itemsize:
        return Placing(above=0.5 + margin)
    next_value = float(np.nextafter(np.array(0.5, dtype), np.array(1.0, dtype)))
    return Placing(
        settle=lambda new: new.astype(dtype).astype(np.float64),
        above=max(0.5 + margin, next_value),
    )


class LiteralTable:
    """The scores and truths of all literals, a column a row of the data.

    Args:
        scores: Shape `(variables, rows)`; what lies outside [0, 1] counts as 0 or 1.
    """

    __slots__ = ("scores", "size", "truths")

    def __init__(self, scores: Array) -> None:
        self.size, rows = scores.shape
        self.scores = np.empty((2 * self.size + 1, rows))
        self.truths = np.empty(self.scores.shape, dtype=bool)
        self.scores[-1] = 1.0
        self.truths[-1] = True
        self.put(np.arange(self.size), np.clip(scores, 0.0, 1.0))

    def put(self, variables: Array, scores: Array) -> None:
        """Give some variables other scores, shape `(variables, rows)`."""
        self.scores[variables] = scores
        self.scores[variables + self.size] = 1.0 - scores
        true = scores > 0.5
        self.truths[variables] = true
        self.truths[variables + self.size] = ~true


def violating(clauses: Iterable[Array], false: Array) -> Array:
    """Find the rows that violate a clause.

    Args:
        clauses: Each as lines of the literal table.
        false: Which literals are known to be false, shape `(lines, rows)`, bool.

    Returns:
        Shape `(rows,)`, bool. A clause is violated where all its literals are false.
    """
    wrong = np.zeros(false.shape[1], dtype=bool)
    for clause in clauses:
        wrong |= np.logical_and.reduce(false[clause], axis=0)
    return wrong


# ---------------------------------------------------------------------------------------- moving


def enforce(compiled: CompiledPlan, scores: Array, *, goal: Array | None = None) -> Array:
    """Make scores coherent, whether or not their clauses hold: what a shield layer computes.

    Args:
        compiled: A complete plan.
        scores: Shape `(rows, variables)`, floating, in [0, 1], no NaN.
        goal: If given, the known truths, same shape, 0 or 1: scores are then corrected only as far
            as the goal agrees, for training. A rule acts in full where the goal makes its whole
            body true. Where the goal makes its head false, only those of its body's literals
            count that the goal makes false as well: one of them has to be unsure. Nowhere else
            does it act.

    Returns:
        A new array of the same shape and type. Without a goal every rule of the plan holds within
        `MARGIN`, but where bounds cross (then the score is kept between them); and every clause
        holds at one half, exactly, in every row whose fixed variables satisfy the conditions. An
        incoherent row's fixed variables stay. Doing it twice changes nothing more.

    Raises:
        ShapeError: If an array does not have one column a variable.

    References:
        Giunchiglia et al., CCN+, IJAR 2024.
    """
    expected = (len(scores), len(compiled.variables))
    for array in (scores,) if goal is None else (scores, goal):
        if array.shape != expected:
            raise ShapeError(f"Scores have shape {expected}, but these have {array.shape}.")
    placing = [placing_of(scores.dtype)] * len(compiled.variables)
    result = scores.copy()
    for part in _chunks(compiled, len(scores)):
        table = LiteralTable(scores[part].T)
        before = table.scores[: table.size].copy()
        if goal is None:
            _move_all(compiled, table, placing)
        else:
            aims = LiteralTable(goal[part].T).truths
            for wave in compiled.waves:
                _move_towards(wave, table, aims, placing)
        after = table.scores[: table.size]
        result[part] = np.where(after != before, after, scores[part].T).T
    return result


def move(
    compiled: CompiledPlan,
    scores: Array,
    placing: Sequence[Placing],
    truths: Array | None = None,
) -> Array:
    """Make rows coherent whose fixed variables satisfy the conditions.

    Args:
        compiled: The plan.
        scores: Shape `(variables, rows)`.
        placing: What each variable can store.
        truths: What has to be true, same shape, bool; None where the plan is complete, which says
            it itself.

    Returns:
        The scores to take; those that do not move stay bit for bit.
    """
    result = np.empty(scores.shape)
    for part in _chunks(compiled, scores.shape[1]):
        table = LiteralTable(scores[:, part])
        before = table.scores[: table.size].copy()
        _move_all(compiled, table, placing, None if truths is None else truths[:, part])
        after = table.scores[: table.size]
        result[:, part] = np.where(after != before, after, scores[:, part])
    return result


def _chunks(compiled: CompiledPlan, rows: int) -> Iterable[slice]:
    bodies = (len(side.heads) for wave in compiled.waves for side in (wave.lower, wave.upper))
    size = max(256, CHUNK_CELLS // max(1, *bodies, len(compiled.variables)))
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def _move_all(
    compiled: CompiledPlan,
    table: LiteralTable,
    placing: Sequence[Placing],
    truths: Array | None = None,
) -> None:
    for wave in compiled.waves:
        low, true = _strongest(wave.lower, table, len(wave.variables))
        high, false = _strongest(wave.upper, table, len(wave.variables))
        if truths is not None:
            true, false = truths[wave.variables], ~truths[wave.variables]
        _place(wave, table, low, high, placing, true, false)


def _strongest(bounds: WaveBounds, table: LiteralTable, heads: int) -> tuple[Array, Array]:
    """The greatest score of each head's bodies, -inf without any, and whether one is true."""
    rows = table.scores.shape[1]
    scores, truths = np.full((heads, rows), -np.inf), np.zeros((heads, rows), dtype=bool)
    if len(bounds.heads):
        least = _over_literals(np.minimum, table.scores, bounds.literals)
        all_true = _over_literals(np.logical_and, table.truths, bounds.literals)
        some, starts = np.unique(bounds.heads, return_index=True)
        scores[some] = np.maximum.reduceat(least, starts, axis=0)
        truths[some] = np.logical_or.reduceat(all_true, starts, axis=0)
    return scores, truths


def _over_literals(operation: np.ufunc, lines: Array, literals: Array) -> Array:
    found = lines[literals[:, 0]]
    for place in range(1, literals.shape[1]):
        operation(found, lines[literals[:, place]], out=found)
    return found


def _place(
    wave: Wave,
    table: LiteralTable,
    low: Array,
    high: Array,
    placing: Sequence[Placing],
    true: Array,
    false: Array,
) -> None:
    """Move a wave's scores into their bounds, and make true and false what has to be.

    Where bounds cross, the score is kept between them, as in the published layers.
    """
    old = table.scores[wave.variables]
    high = 1.0 - high
    new = np.clip(old, np.minimum(low, high), np.maximum(low, high))
    for index, variable in enumerate(wave.variables):
        place = placing[variable]
        if place.hard:
            new[index] = np.where(true[index], 1.0, np.where(false[index], 0.0, old[index]))
            continue
        moved = new[index] != old[index]
        if place.settle is not None:
            new[index, moved] = place.settle(new[index, moved])
        # All that moves goes up to `above`, not only what is at one half: bounds that cross right
        # above one half would take a score back that was put there, time and again.
        low_truth = true[index] & (new[index] < place.above) & (moved | (new[index] <= 0.5))
        new[index, low_truth] = place.above
        new[index, false[index] & (new[index] > 0.5)] = 0.5
    table.put(wave.variables, new)


def _move_towards(wave: Wave, table: LiteralTable, aims: Array, placing: Sequence[Placing]) -> None:
    """Move a wave's scores as far as a goal agrees; nothing is forced to be true or false."""
    sides = []
    for bounds, denial in ((wave.lower, table.size), (wave.upper, 0)):
        scores = np.zeros((len(wave.variables), table.scores.shape[1]))
        if len(bounds.heads):
            full = _over_literals(np.logical_and, aims, bounds.literals)
            denied = aims[wave.variables + denial][bounds.heads]
            least = _over_literals(np.minimum, table.scores, bounds.literals)
            unsure = np.where(aims, 1.0, table.scores)
            least_false = _over_literals(np.minimum, unsure, bounds.literals)
            active = np.maximum(np.where(full, least, 0.0), np.where(denied, least_false, 0.0))
            some, starts = np.unique(bounds.heads, return_index=True)
            scores[some] = np.maximum.reduceat(active, starts, axis=0)
        sides.append(scores)
    nothing = np.zeros(sides[0].shape, dtype=bool)
    _place(wave, table, sides[0], sides[1], placing, nothing, nothing)
