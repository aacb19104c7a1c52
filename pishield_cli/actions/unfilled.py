"""What missing cells leave open in the rows of a batch that is being corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pishield_cli.actions.completing import Completing
from pishield_cli.actions.incomplete import IncompleteRows
from pishield_cli.actions.stages import changed_columns
from pishield_cli.kernels.changes import Correction, joined, taken
from pishield_cli.kernels.columns import Array, Columns, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.table import Batch


@dataclass(frozen=True, slots=True)
class Unfilled:
    """What missing cells leave open in a batch, counted as `check` counts it.

    Attributes:
        undecided: How many rows violate nothing as they are written, and leave a requirement
            unknown.
        lacking_before: How many violate no requirement as they were, and yet no values of their
            missing cells satisfy all.
        lacking_after: How many as they are written.
        reasons: Of the rows given up for that, numbers of requirements that cannot hold together.
    """

    undecided: int = 0
    lacking_before: int = 0
    lacking_after: int = 0
    reasons: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _UnfilledRows:
    """The rows of a batch with missing cells, as they are at one time.

    Attributes:
        columns: Their cells.
        lacking: Which violate no requirement, and yet lack a completion; bool, shape `(rows,)`.
        undecided: Which violate nothing and leave a requirement unknown, likewise.
    """

    columns: Columns
    lacking: Array
    undecided: Array


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a correction makes of the rows of a batch with missing cells.

    Attributes:
        new: The rows as it changes them.
        lacking: Which of them lack a completion, bool, those as they were that cannot be changed.
        undecided: Which violate nothing and leave a requirement unknown, likewise.
        failed: Numbers of those whose change has to be taken back, and of those still lacking.
    """

    new: _UnfilledRows
    lacking: Array
    undecided: Array
    failed: Array


class UnfilledCells:
    """Finds what missing cells leave open, and corrects or gives up rows that lack a completion.

    Args:
        requirements: All that is required of cells.
        explained: Of how many rows that are given up reasons are looked for.
        completing: Corrects rows together with their missing cells.
    """

    def __init__(self, requirements: Requirements, explained: int, completing: Completing) -> None:
        self._compiled = compile_requirements(requirements)
        self._incomplete = IncompleteRows(requirements, FLOAT_ROUNDING)
        self._explained = explained
        self._completing = completing

    def settled(self, batch: Batch, correction: Correction) -> tuple[Correction, Unfilled]:
        """A correction whose rows some values of their missing cells complete.

        A row that would be changed and then lack a completion, and one that lacks it as it is, are
        corrected together with their missing cells; where that fails too, they stay as they are,
        uncorrected.
        """
        rows = _incomplete_rows(batch)
        if not len(rows):
            return correction, Unfilled()
        old = self._seen({name: column.take(rows) for name, column in batch.columns.items()})
        outcome = self._outcome(batch, correction, rows, old)
        if len(outcome.failed):
            lost = rows[outcome.failed]
            correction = self._completing.corrected(batch, correction, lost)
            outcome = self._outcome(batch, correction, rows, old)
        failed = outcome.failed
        found = Unfilled(
            int(np.count_nonzero(outcome.undecided)),
            int(np.count_nonzero(old.lacking)),
            int(np.count_nonzero(outcome.lacking)),
            {
                int(rows[row]): self._reasons(outcome.new, row)
                for row in failed[: self._explained].tolist()
            },
        )
        self._explained -= len(found.reasons)
        given_up = Correction({}, rows[failed], rows[failed])
        return (joined((correction, given_up), batch.rows) if len(failed) else correction), found

    def _outcome(
        self, batch: Batch, correction: Correction, rows: Array, old: _UnfilledRows
    ) -> "_Outcome":
        """What becomes of the rows with missing cells by a correction."""
        changes = taken(correction.changes, rows)
        new = (
            self._seen(changed_columns(old.columns, changes, batch.derive, rows))
            if changes
            else old
        )
        touched = np.zeros(len(rows), dtype=bool)
        for change in changes.values():
            touched[change.rows] = True
        kept = touched & ~new.lacking
        lacking = np.where(kept, False, old.lacking)
        undecided = np.where(kept, new.undecided, old.undecided)
        return _Outcome(new, lacking, undecided, np.flatnonzero(lacking | (touched & new.lacking)))

    def _seen(self, columns: Columns) -> _UnfilledRows:
        rows = len(next(iter(columns.values())))
        verdicts = evaluate(self._compiled, columns, rows, tolerance=FLOAT_ROUNDING)
        lacking = np.zeros(rows, dtype=bool)
        lacking[self._incomplete.among(columns, verdicts)] = True
        violated = _any_of([one.violated for one in verdicts], rows)
        unknown = _any_of([one.unknown for one in verdicts], rows)
        return _UnfilledRows(columns, lacking, unknown & ~violated & ~lacking)

    def _reasons(self, seen: _UnfilledRows, row: int) -> tuple[int, ...]:
        return self._incomplete.reasons(seen.columns, row)


def _any_of(masks: Sequence[Array | None], rows: int) -> Array:
    found = np.zeros(rows, dtype=bool)
    for mask in masks:
        if mask is not None:
            found |= mask
    return found


def _incomplete_rows(batch: Batch) -> Array:
    """Rows with a cell that could leave something unknown: a missing one, or an infinite one."""
    incomplete = np.zeros(batch.rows, dtype=bool)
    for column in batch.columns.values():
        _mark_incomplete(column, incomplete)
    return np.flatnonzero(incomplete)


def _mark_incomplete(column: NumericColumn, incomplete: Array) -> None:
    values = column.values
    if column.missing is not None:
        incomplete |= column.missing
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore", over="ignore"):
            total = np.add.reduce(values)
        if not np.isfinite(total):
            incomplete |= ~np.isfinite(values)
