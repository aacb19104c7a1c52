"""Coherent scores: least and greatest values by min and max, one variable after the other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.scores.coherence_lattice import CompiledPlan, ScoreClauses, Wave
from pishield_cli.kernels.scores.score_lattice import work_out

MARGIN = 2.0**-23
"""How far above one half a score is put that has to be true where its bound is one half.

Such a score is still true after a passage through single precision, and the distance is below what
scores in single precision tell apart. Half precision takes its own next value instead.
"""

DOUBLE = np.dtype(np.float64)

CHUNK_ROWS = 1 << 12
"""Rows worked on at a time, so that what is worked out stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class ScorePlacing:
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
    dtype: np.dtype[np.generic],
    places: int | None = None,
    *,
    margin: float = MARGIN,
    working: np.dtype[np.generic] = DOUBLE,
) -> ScorePlacing:
    """What a column can store: 0 and 1 for whole numbers, else what its digits and width allow.

    Args:
        dtype: Of its values.
        places: Decimal places that fit; None where only the type limits them.
        margin: How far above one half a score is put that has to be true, if the column can tell.
        working: The type that scores are worked on in, no narrower than that of a float.
    """
    if dtype.kind in "biu" or places == 0:
        return ScorePlacing(hard=True)
    if places is not None:
        above = round(0.5 + max(10.0**-places, margin), places)
        return ScorePlacing(settle=lambda new: np.round(new, places), above=above)
    next_value = float(np.nextafter(np.array(0.5, dtype), np.array(1.0, dtype)))
    above = max(0.5 + margin, next_value)
    settle = None if dtype == working else lambda new: new.astype(dtype)
    return ScorePlacing(settle=settle, above=above)


def violating(clauses: ScoreClauses, truths: Array, missing: Array | None = None) -> Array:
    """Find the rows that violate a clause.

    Args:
        clauses: Over the variables.
        truths: Shape `(variables, rows)`, bool.
        missing: Which are not known, and neither true nor false, same shape; None if none.

    Returns:
        Shape `(rows,)`, bool. A clause is violated where all its literals are false.
    """
    wrong = np.zeros(truths.shape[1], dtype=bool)
    if clauses.line is None:
        return wrong
    for part in _chunks(truths.shape[1]):
        negations = truths[:, part]
        variables = ~negations
        if missing is not None:
            variables, negations = variables & ~missing[:, part], negations & ~missing[:, part]
        false = [*variables, *negations, np.ones(negations.shape[1], dtype=bool)]
        work_out(clauses.steps, false, np.logical_and, np.logical_or)
        wrong[part] = false[clauses.line]
    return wrong


def move(
    compiled: CompiledPlan,
    scores: Array,
    placing: Sequence[ScorePlacing],
    truths: Array | None = None,
) -> Array:
    """Make rows coherent, whether or not they violate a clause.

    Args:
        compiled: The plan.
        scores: Shape `(variables, rows)`, floating, no NaN; what lies outside [0, 1] counts as 0
            or 1.
        placing: What each variable can store.
        truths: What has to be true, same shape, bool; None where the plan is complete, which says
            it itself.

    Returns:
        A new array of the same shape and type; scores that do not move stay bit for bit. Every rule
        of the plan holds within `MARGIN`, but where bounds cross (then the score is kept between
        them); and every clause holds at one half, exactly, in every row whose fixed variables
        satisfy the conditions. Fixed variables stay. Doing it twice changes nothing more.

    References:
        Giunchiglia et al., CCN+, IJAR 2024.
    """
    result = scores.copy()
    for part in _chunks(scores.shape[1]):
        table = _Literals(scores[:, part], truths is None)
        for wave in compiled.waves:
            table.work_out(wave)
            for variable, lower, upper in zip(wave.variables, wave.lower, wave.upper, strict=True):
                told = None if truths is None else truths[variable, part]
                true = table.truth(lower) if told is None else told
                false = table.truth(upper) if told is None else ~told
                old, bounds = table.scores[variable], (table.score(lower), table.score(upper))
                new = _placed(old, *bounds, true, false, placing[variable])
                np.copyto(result[variable, part], new, where=new != old)
                table.put(variable, new)
    return result


def _chunks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK_ROWS, rows)) for start in range(0, rows, CHUNK_ROWS))


class _Literals:
    """The scores and truths of all literals, and of what a lattice works out of them.

    Args:
        scores: Shape `(variables, rows)`.
        told: Whether truths are worked out as well.
    """

    __slots__ = ("scores", "size", "truths")

    def __init__(self, scores: Array, told: bool) -> None:
        scores = np.clip(scores, 0.0, 1.0)
        self.size, rows = scores.shape
        self.scores = [*scores, *(1.0 - scores), np.ones(rows, dtype=scores.dtype)]
        self.truths: list[Array] = []
        if told:
            true = scores > 0.5
            self.truths = [*true, *~true, np.ones(rows, dtype=bool)]

    def work_out(self, wave: Wave) -> None:
        """Work out what bounds the variables of a wave."""
        work_out(wave.steps, self.scores, np.minimum, np.maximum)
        if self.truths:
            work_out(wave.steps, self.truths, np.logical_and, np.logical_or)

    def score(self, line: int | None) -> Array | None:
        return None if line is None else self.scores[line]

    def truth(self, line: int | None) -> Array | None:
        return None if line is None else self.truths[line]

    def put(self, variable: int, scores: Array) -> None:
        """Give a variable other scores."""
        self.scores[variable], self.scores[variable + self.size] = scores, 1.0 - scores
        if self.truths:
            true = scores > 0.5
            self.truths[variable], self.truths[variable + self.size] = true, ~true


def _placed(
    old: Array,
    low: Array | None,
    denied: Array | None,
    true: Array | None,
    false: Array | None,
    place: ScorePlacing,
) -> Array:
    """Scores moved into their bounds, and made true and false where they have to be.

    Where bounds cross, the score is kept between them, as in the published layers.
    """
    if place.hard:
        new = old if false is None else np.where(false, old.dtype.type(0), old)
        return new if true is None else np.where(true, old.dtype.type(1), new)
    new = _between(old, low, None if denied is None else 1.0 - denied)
    moved = new != old
    if place.settle is not None and moved.any():
        new[moved] = place.settle(new[moved])
    if true is not None:
        # All that moves goes up to `above`, not only what is at one half: bounds that cross right
        # above one half would take a score back that was put there, time and again.
        new[true & (new < place.above) & (moved | (new <= 0.5))] = place.above
    if false is not None:
        new[false & (new > 0.5)] = 0.5
    return new


def _between(old: Array, low: Array | None, high: Array | None) -> Array:
    """A new array; where bounds cross, what lies between them."""
    if low is not None and high is not None:
        return np.clip(old, np.minimum(low, high), np.maximum(low, high))
    if low is not None:
        return np.maximum(old, low)
    return old.copy() if high is None else np.minimum(old, high)
