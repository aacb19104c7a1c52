"""Correcting rows in stages, where one pass over a row's columns cannot see all that it must.

Derived columns are constants of their rows, so the columns that they are derived from are held
while the rest moves. Rows that this cannot fix are corrected by the requirements on held columns
first, which move then; and, the derived columns worked out again, by all of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pishield_cli.kernels.changes import (
    Changes,
    Correction,
    composed,
    joined,
    only,
    placed,
    replaced,
    taken,
)
from pishield_cli.kernels.columns import Array, Columns
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements
from pishield_cli.kernels.evaluation.satisfaction import any_violated, evaluate
from pishield_cli.kernels.evaluation.tolerance import EXACT, FLOAT_ROUNDING, Tolerance
from pishield_cli.tables.table import Batch, Derive


class CorrectsBatches(Protocol):
    """Corrects batches of numeric columns."""

    def correct(self, columns: Columns, rows: int) -> Correction:
        """New cells by which every clause holds, but in the rows given up."""


@dataclass(frozen=True)
class Stages:
    """The stages in which the rows of a table are corrected.

    Attributes:
        main: Corrects by all requirements, with derived columns and what they hold fixed.
        compiled: All that is required of cells.
        declared: What of it is declared of columns.
        rounding: Puts cells that may move onto what is declared.
        before: Corrects by the requirements on held columns alone, these not held; None where
            there are none of these, or none that may move.
        shifting: Columns that are not held, though derived columns change with their cells.
        proven: Whether corrections in several stages are what the method promises, too.
    """

    main: CorrectsBatches
    compiled: CompiledRequirements
    declared: CompiledRequirements
    rounding: CorrectsBatches
    before: CorrectsBatches | None = None
    shifting: Collection[str] = ()
    proven: bool = True

    def correct(self, batch: Batch) -> Correction:
        """New cells by which every requirement holds, derived columns worked out again."""
        found = self.main.correct(batch.columns, batch.rows)
        off = np.flatnonzero(violated_rows(self.declared, batch.columns, batch.rows))
        found = self._again(batch, found, off, (self.rounding, self.main))
        if batch.derive is None:
            return found
        outdated = self._outdated(batch, batch.derive, found)
        found = self._again(batch, found, outdated, (self.rounding, self.main, self.main))
        if self.before is None:
            return found
        stages = (self.rounding, self.before, self.main, self.main)
        return self._again(batch, found, found.uncorrected, stages)

    def standing(self, batch: Batch, rows: Array) -> Array:
        """Which of some rows violate a requirement by more than the rounding of floats."""
        columns = {name: column.take(rows) for name, column in batch.columns.items()}
        return violated_rows(self.compiled, columns, len(rows), FLOAT_ROUNDING)

    def prepared(self, batch: Batch, row: int) -> Columns:
        """A row as it is where only the requirements with derived columns are left to hold."""
        rows = np.array([row])
        columns = {name: column.take(rows) for name, column in batch.columns.items()}
        if self.before is None:
            return columns
        return changed_columns(columns, self.before.correct(columns, 1).changes, batch.derive, rows)

    def _outdated(self, batch: Batch, derive: Derive, found: Correction) -> Array:
        """Rows that hold no longer once the derived columns are worked out again."""
        moved = [found.changes[name].rows for name in self.shifting if name in found.changes]
        if not moved:
            return found.violating[:0]
        rows = np.unique(np.concatenate(moved))
        columns = {name: column.take(rows) for name, column in batch.columns.items()}
        after = changed_columns(columns, taken(found.changes, rows), derive, rows)
        return rows[violated_rows(self.compiled, after, len(rows))]

    def _again(
        self, batch: Batch, found: Correction, rows: Array, stages: Sequence[CorrectsBatches]
    ) -> Correction:
        """Correct some rows otherwise: stage by stage, each on what the one before it left."""
        if not len(rows):
            return found
        old = {name: column.take(rows) for name, column in batch.columns.items()}
        changes: list[Changes] = []
        new: Columns = old
        for stage in stages:
            changes.append(stage.correct(new, len(rows)).changes)
            new = changed_columns(new, changes[-1], batch.derive, rows)
        wrong = violated_rows(self.compiled, new, len(rows))
        every = np.arange(len(rows))
        unproven = ~wrong & (_times_changed(changes, len(rows)) > 1) & (not self.proven)
        mine = Correction(composed(changes, old, ~wrong), every, every[wrong], every[unproven])
        others = only(found, np.setdiff1d(found.violating, rows))
        return joined((others, placed(mine, rows)), batch.rows)


def violated_rows(
    compiled: CompiledRequirements, columns: Columns, rows: int, tolerance: Tolerance = EXACT
) -> Array:
    """Which rows violate a requirement.

    Args:
        compiled: The requirements.
        columns: At least those that they name, shape `(rows,)` each.
        rows: How many rows.
        tolerance: What is forgiven.
    """
    return any_violated(evaluate(compiled, columns, rows, tolerance=tolerance), rows)


def _times_changed(stages: Sequence[Changes], rows: int) -> Array:
    """In how many stages something of each row changed."""
    times = np.zeros(rows, dtype=np.int64)
    for changes in stages:
        touched = np.zeros(rows, dtype=bool)
        for change in changes.values():
            touched[change.rows] = True
        times += touched
    return times


def changed_columns(
    columns: Columns, changes: Changes, derive: Derive | None, rows: Array
) -> Columns:
    """Columns of some rows of a batch after changes, derived ones worked out again.

    Args:
        columns: The rows before, shape `(rows,)` each.
        changes: New cells, by places among these rows.
        derive: Works derived columns out; None if there are none.
        rows: The rows' numbers in the batch, shape `(rows,)`.
    """
    new = {name: replaced(column, changes.get(name)) for name, column in columns.items()}
    if derive is None:
        return new
    derived = derive(rows, new)
    return {name: derived.get(name, column) for name, column in new.items()}


def some_rows(batch: Batch, rows: Array) -> Batch:
    """Some rows of a batch, for what needs their numbers alone."""
    derive = batch.derive
    return Batch(
        0,
        len(rows),
        {name: column.take(rows) for name, column in batch.columns.items()},
        derive=None if derive is None else lambda some, given: derive(rows[some], given),
    )
