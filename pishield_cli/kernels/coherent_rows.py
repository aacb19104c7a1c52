"""Correcting the scores and truths of a table: check first, correct what is wrong."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, joined
from pishield_cli.kernels.coherence import LiteralTable, Placing, move, placing_of, violating
from pishield_cli.kernels.coherence_arrays import CompiledPlan, compile_plan
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.flipped_scores import MARGIN, ScoreMethod, flipped
from pishield_cli.logic.coherence import CoherencePlan, nearest_truths

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
        self._without: dict[tuple[str, ...], CompiledPlan] = {}

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
        scores = np.empty((len(names), rows))
        missing = np.zeros((len(names), rows), dtype=bool)
        for index, name in enumerate(names):
            scores[index], missing[index] = _scores(columns[name])
        table = LiteralTable(scores)
        false = ~(table.truths | np.concatenate([missing, missing, np.zeros((1, rows), bool)]))
        wrong = np.flatnonzero(violating(self._compiled.clauses, false))
        placing = {name: self._placing(columns[name], name) for name in names}
        position = {name: index for index, name in enumerate(names)}
        new = scores[:, wrong]
        failed, unproven = np.zeros((2, len(wrong)), dtype=bool)
        for compiled, where in self._patterns(missing[:, wrong]):
            lines = np.array([position[name] for name in compiled.variables], dtype=np.int64)
            block = np.ix_(lines, where)
            new[block], failed[where], unproven[where] = self._chosen(
                compiled, new[block], [placing[name] for name in compiled.variables]
            )
        done = ~failed
        changes = {}
        for index, name in enumerate(names):
            moved = done & (new[index] != scores[index, wrong])
            if moved.any():
                values = new[index, moved].astype(columns[name].values.dtype)
                changes[name] = ColumnChange(wrong[moved], values)
        return Correction(changes, wrong, wrong[failed], wrong[unproven & done])

    def _chosen(
        self, compiled: CompiledPlan, scores: Array, placing: list[Placing]
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

    def _placing(self, column: NumericColumn, name: str) -> Placing:
        margins = {} if self._method is None else {"margin": MARGIN}
        placing = placing_of(column.values.dtype, self._places.get(name), **margins)
        if placing.hard or placing.settle is not None:
            return placing
        # 1 - 0.7 is 0.30000000000000004: fifteen places keep short decimals short.
        return replace(placing, settle=lambda new: np.round(new, 15))

    def _patterns(self, missing: Array) -> Iterator[tuple[CompiledPlan, Array]]:
        """Rows by which cells are missing, with the plan for each kind of row."""
        if not missing.any():
            if missing.shape[1]:
                yield self._compiled, np.arange(missing.shape[1])
            return
        kinds, kind = np.unique(missing, axis=1, return_inverse=True)
        for index in range(kinds.shape[1]):
            pairs = zip(self._compiled.variables, kinds[:, index], strict=True)
            absent = tuple(name for name, gone in pairs if gone)
            yield self._reduced(absent), np.flatnonzero(kind.reshape(-1) == index)

    def _reduced(self, absent: tuple[str, ...]) -> CompiledPlan:
        if not absent:
            return self._compiled
        if absent not in self._without:
            if len(self._without) >= PLANS_KEPT:
                self._without.clear()
            self._without[absent] = compile_plan(self.plan.without(absent))
        return self._without[absent]


class GroupedScoreCorrector:
    """Plans for clauses over scores, one a group of connected columns.

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


def correct_scores(
    plan: CoherencePlan,
    columns: Mapping[str, Array],
    *,
    places: Mapping[str, int | None] | None = None,
) -> tuple[dict[str, Array], Array]:
    """Correct arrays: `ScoreCorrector` for a single batch.

    Args:
        plan: Complete or not.
        columns: Every column that the plan's clauses mention, and maybe others, shape `(rows,)`
            each; NaN is missing.
        places: As for `ScoreCorrector`.

    Returns:
        All columns, changed ones as new arrays, and the rows that could not be corrected.
    """
    rows = len(next(iter(columns.values()))) if columns else 0
    numeric = {name: NumericColumn(values) for name, values in columns.items()}
    found = ScoreCorrector(plan, places).correct(numeric, rows)
    result = dict(columns)
    for name, change in found.changes.items():
        result[name] = columns[name].copy()
        result[name][change.rows] = change.values
    return result, found.uncorrected


def _scores(column: NumericColumn) -> tuple[Array, Array]:
    """A column's cells as doubles that are true where the cells are, and which are missing."""
    scores = column.values.astype(np.float64)
    missing = np.isnan(scores)
    if column.missing is not None:
        missing |= column.missing
    scores[missing] = 0.0
    if column.exact is not None:
        for row in np.flatnonzero(np.abs(scores - 0.5) < NEAR_HALF):
            cell = column.exact(int(row))
            scores[row] = 0.5 if cell <= Fraction(1, 2) else max(scores[row], 0.5 + 2.0**-53)
    return scores, missing


def _corrected(
    compiled: CompiledPlan, scores: Array, placing: list[Placing]
) -> tuple[Array, Array]:
    """New scores for rows that violate a clause of the plan, and the rows that have none."""
    table = LiteralTable(scores)
    if compiled.plan.complete:
        truths = None
        failed = violating(compiled.conditions, ~table.truths)
    else:
        truths, failed = _sought(compiled, table.truths[: table.size])
        truths = truths[:, ~failed]
    new = scores.copy()
    new[:, ~failed] = move(compiled, scores[:, ~failed], placing, truths)
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
