"""Correcting the scores and truths of a table: check first, correct what is wrong."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, joined
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.pieces import by_missing
from pishield_cli.kernels.scores.coherence import MARGIN as FARTHER
from pishield_cli.kernels.scores.coherence import ScorePlacing, move, placing_of, violating
from pishield_cli.kernels.scores.coherence_lattice import CompiledPlan, compile_plan
from pishield_cli.kernels.scores.flipped_scores import MARGIN as NEARER
from pishield_cli.kernels.scores.flipped_scores import ScoreMethod, flipped
from pishield_cli.logic.plans.coherence import CoherencePlan, nearest_truths

PLANS_KEPT = 512
"""Patterns of missing cells whose plans are remembered."""

NEAR_HALF = 2.0**-40
"""Within this of one half, a cell that its float only approximates is compared exactly."""


class ScoreCorrector:
    """A plan applied to any number of batches.

    Args:
        plan: Complete or not.
        places: How many decimal places fit a column, where its type does not say so: 0 for a
            column of floats that holds 0 and 1 only.
        method: Which of the allowed rows a row becomes; by default one variable after another
            keeps its score as far as those before it allow.
    """

    def __init__(
        self,
        plan: CoherencePlan,
        places: Mapping[str, int | None] | None = None,
        method: ScoreMethod | None = None,
    ) -> None:
        self._places = dict(places or {})
        self._method = method
        self._compiled = compile_plan(plan)
        self._without: dict[frozenset[str], CompiledPlan] = {}

    @property
    def plan(self) -> CoherencePlan:
        """The plan for rows without missing cells."""
        return self._compiled.plan

    def correct(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        """Correct a batch.

        Args:
            columns: Every column that the plan's clauses mention, shape `(rows,)` each. Scores
                outside [0, 1] count as 0 or 1.
            rows: How many rows.

        Returns:
            The changed cells. After them every clause holds in every row but the uncorrected ones,
            a score being true above one half. Without a method every rule of the plan holds on
            scores as well in the rows corrected, as far as `enforce` says; with one, rows that were
            not shown to be what it promises are unproven. Rows that violated nothing do not change,
            nor do missing cells, and a clause that mentions one is left alone in its row. Whole
            numbers and booleans stay 0 or 1. Doing it twice changes nothing more.
        """
        names = self._compiled.variables
        scores, missing = self._read(columns, rows)
        wrong = np.flatnonzero(violating(self._compiled.clauses, scores > 0.5, missing))
        placing = {name: self._placing(columns[name], name, scores.dtype) for name in names}
        parts = (
            self._changed(compiled, scores, where, columns, placing)
            for compiled, where in self._patterns(missing, wrong)
        )
        return joined(parts, rows)

    def _read(self, columns: Mapping[str, NumericColumn], rows: int) -> tuple[Array, Array | None]:
        """The plan's scores, shape `(variables, rows)`, and which are missing, if any."""
        names = self._compiled.variables
        narrow = self._method is None and all(map(_is_narrow, (columns[name] for name in names)))
        scores = np.empty((len(names), rows), dtype=np.float32 if narrow else np.float64)
        gaps = {}
        for index, name in enumerate(names):
            absent = _fill(scores[index], columns[name])
            if absent is not None:
                gaps[index] = absent
        if not gaps:
            return scores, None
        missing = np.zeros(scores.shape, dtype=bool)
        for index, absent in gaps.items():
            missing[index] = absent
        return scores, missing

    def _changed(
        self,
        compiled: CompiledPlan,
        scores: Array,
        rows: Array,
        columns: Mapping[str, NumericColumn],
        placing: Mapping[str, ScorePlacing],
    ) -> Correction:
        """Correct rows that violate a clause, and whose missing cells the plan leaves out."""
        names = compiled.variables
        if len(rows) == scores.shape[1] and names == self._compiled.variables:
            old = scores
        else:
            position = {name: index for index, name in enumerate(self._compiled.variables)}
            old = np.stack([scores[position[name]][rows] for name in names])
        new, failed, unproven = self._chosen(compiled, old, [placing[name] for name in names])
        changes = {}
        for name, before, after in zip(names, old, new, strict=True):
            moved = np.flatnonzero(after != before)
            if len(moved):
                values = after[moved].astype(columns[name].values.dtype)
                changes[name] = ColumnChange(rows[moved], values)
        return Correction(changes, rows, rows[failed], rows[unproven & ~failed])

    def _chosen(
        self, compiled: CompiledPlan, scores: Array, placing: list[ScorePlacing]
    ) -> tuple[Array, Array, Array]:
        """New scores for rows that violate a clause, the rows without, and those unproven."""
        if self._method is None:
            return *_corrected(compiled, scores, placing), np.zeros(scores.shape[1], dtype=bool)
        answer = flipped(compiled, scores, placing, self._method)
        new, failed = answer.scores, ~answer.found
        given_up = np.flatnonzero(failed & ~answer.proven)
        if len(given_up):
            new[:, given_up], failed[given_up] = _corrected(compiled, scores[:, given_up], placing)
        return new, failed, ~answer.proven

    def _placing(
        self, column: NumericColumn, name: str, working: np.dtype[np.generic]
    ) -> ScorePlacing:
        margin = FARTHER if self._method is None else NEARER
        dtype, places = column.values.dtype, self._places.get(name)
        placing = placing_of(dtype, places, margin=margin, working=working)
        if placing.hard or placing.settle is not None or working.itemsize < 8:
            return placing
        # 1 - 0.7 is 0.30000000000000004: fifteen places keep short decimals short.
        return replace(placing, settle=lambda new: np.round(new, 15))

    def _patterns(
        self, missing: Array | None, wrong: Array
    ) -> Iterator[tuple[CompiledPlan, Array]]:
        """Rows by which cells are missing, with the plan for each kind of row."""
        if not len(wrong):
            return
        gaps = None if missing is None else missing[:, wrong]
        if gaps is None or not gaps.any():
            yield self._compiled, wrong
            return
        masks = zip(self._compiled.variables, gaps, strict=True)
        for absent, places in by_missing({name: mask for name, mask in masks if mask.any()}):
            yield self._reduced(absent), wrong[places]

    def _reduced(self, absent: frozenset[str]) -> CompiledPlan:
        if not absent:
            return self._compiled
        if absent not in self._without:
            if len(self._without) >= PLANS_KEPT:
                self._without.clear()
            self._without[absent] = compile_plan(self.plan.without(absent))
        return self._without[absent]


class GroupedScoreCorrector:
    """Plans for clauses over scores, one for each group of connected columns.

    Args:
        plans: Each over columns of its own.
        places: See `ScoreCorrector`.
        method: See `ScoreCorrector`.
    """

    def __init__(
        self,
        plans: Iterable[CoherencePlan],
        places: Mapping[str, int | None] | None = None,
        method: ScoreMethod | None = None,
    ) -> None:
        self._correctors = tuple(ScoreCorrector(plan, places, method) for plan in plans)

    def correct(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        """Correct a batch; see `ScoreCorrector.correct`. A group that holds in a row stays."""
        return joined((one.correct(columns, rows) for one in self._correctors), rows)


def _is_narrow(column: NumericColumn) -> bool:
    """Whether single precision holds its cells as they are."""
    dtype = column.values.dtype
    return dtype.kind == "f" and dtype.itemsize <= 4 and column.exact is None


def _fill(scores: Array, column: NumericColumn) -> Array | None:
    """Put a column's cells into a line of scores, true where the cells are; which are missing."""
    scores[:] = column.values
    missing = column.missing
    if np.isnan(np.minimum.reduce(scores, initial=0.0)):
        absent = np.isnan(scores)
        missing = absent if missing is None else missing | absent
    if missing is not None:
        scores[missing] = 0.0
    if column.exact is not None:
        for row in np.flatnonzero(np.abs(scores - 0.5) < NEAR_HALF):
            cell = column.exact(int(row))
            scores[row] = 0.5 if cell <= Fraction(1, 2) else max(scores[row], 0.5 + 2.0**-53)
    return missing


def _corrected(
    compiled: CompiledPlan, scores: Array, placing: list[ScorePlacing]
) -> tuple[Array, Array]:
    """New scores for rows that violate a clause of the plan, and the rows that have none."""
    truths = None
    if compiled.plan.complete:
        failed = violating(compiled.conditions, scores > 0.5)
    else:
        truths, failed = _sought(compiled, scores > 0.5)
    new = move(compiled, scores, placing, truths)
    if failed.any():
        new[:, failed] = scores[:, failed]
    return new, failed


def _sought(compiled: CompiledPlan, truths: Array) -> tuple[Array, Array]:
    """The nearest truths that satisfy the clauses, sought once for equal rows."""
    kinds, kind = np.unique(truths, axis=1, return_inverse=True)
    rows = [dict(zip(compiled.variables, map(bool, one), strict=True)) for one in kinds.T]
    found = nearest_truths(compiled.plan, rows)
    unsolved = np.array([one is None for one in found], dtype=bool)
    for index, one in enumerate(found):
        if one is not None:
            kinds[:, index] = [one[name] for name in compiled.variables]
    kind = kind.reshape(-1)
    return kinds[:, kind], unsolved[kind]
