"""Filling the missing cells of a batch that requirements determine, once it is corrected."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pishield_cli.actions.incomplete import IncompleteRows
from pishield_cli.actions.stages import Stages, changed_columns, some_rows, violated_rows
from pishield_cli.kernels.changes import Changes, ColumnChange, Correction, composed, placed, taken
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.kernels.filling import Filler
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.tables.table import Batch


def filling_of(
    requirements: Requirements, grids: Mapping[str, Grid], columns: Sequence[str], stages: Stages
) -> "Filling":
    """What fills the missing cells of some columns; see `Filling`.

    Args:
        requirements: All that is required of cells.
        grids: What each column can hold.
        columns: Those that may be filled; of them derived ones are not.
        stages: Corrects rows that could not be corrected while a cell was missing.
    """
    own = tuple(name for name in columns if name not in requirements.derived)
    filler = Filler(requirements, grids, own)
    return Filling(filler, stages, own, IncompleteRows(requirements.checked))


@dataclass(frozen=True)
class Filling:
    """Fills missing cells that requirements determine.

    Attributes:
        filler: Finds their values.
        stages: Corrects rows that could not be corrected while a cell was missing.
        fillable: The columns whose cells may be filled.
        incomplete: Finds rows whose missing cells no values fit.
    """

    filler: Filler
    stages: Stages
    fillable: Collection[str]
    incomplete: IncompleteRows

    def filled(self, batch: Batch, found: Correction) -> Correction:
        """A correction of a batch that fills cells as well.

        Rows whose missing cells no values fit are left alone. A value that makes its row violate a
        requirement, such as one by which the cell must be missing, is left out again.

        Args:
            batch: The rows as they were.
            found: How they are corrected.
        """
        rows = self._incomplete(batch)
        before = _changed(some_rows(batch, rows), taken(found.changes, rows))
        fitting = np.setdiff1d(np.arange(len(rows)), self._without_completion(before))
        rows, before = rows[fitting], some_rows(before, fitting)
        fills, inexact = self._fills(before)
        touched = np.zeros(len(rows), dtype=bool)
        touched[[row for one in fills.values() for row in one.rows.tolist()]] = True
        if not touched.any():
            return found
        after = _changed(before, fills)
        holds = touched & ~self._wrong(after, inexact)
        open_rows = np.flatnonzero(touched & ~holds & np.isin(rows, found.uncorrected))
        mended = placed(self.stages.correct(some_rows(after, open_rows)), open_rows)
        holds[np.setdiff1d(open_rows, mended.uncorrected)] = True
        stages = [_numbered(_only(one, holds), rows) for one in (fills, mended.changes)]
        every = np.ones(batch.rows, dtype=bool)
        changes = composed([found.changes, *stages], batch.columns, every)
        return replace(
            found,
            changes={name: changes[name] for name in batch.columns if name in changes},
            uncorrected=np.setdiff1d(found.uncorrected, rows[holds]),
            unproven=np.union1d(found.unproven, rows[mended.unproven]),
        )

    def _incomplete(self, batch: Batch) -> Array:
        """The rows with a missing cell that may be filled."""
        every, incomplete = np.arange(batch.rows), np.zeros(batch.rows, dtype=bool)
        for name in self.fillable:
            missing = missing_among(batch.columns[name], every)
            if missing is not None:
                incomplete |= missing
        return np.flatnonzero(incomplete)

    def _without_completion(self, batch: Batch) -> Array:
        verdicts = evaluate(self.stages.compiled, batch.columns, batch.rows)
        return self.incomplete.among(batch.columns, verdicts)

    def _fills(self, batch: Batch) -> tuple[Changes, Array]:
        """Values for missing cells, those that follow from others of these too; and rough rows."""
        inexact = np.zeros(batch.rows, dtype=bool)
        rounds: list[Changes] = []
        here = batch
        for _ in self.fillable:  # each round but the last fills a cell that others wait for
            found = self.filler.fill(here.columns, here.rows)
            if not found.changes:
                break
            rounds.append(found.changes)
            inexact[found.inexact] = True
            here = _changed(here, found.changes)
        return composed(rounds, batch.columns, np.ones(batch.rows, dtype=bool)), inexact

    def _wrong(self, batch: Batch, inexact: Array) -> Array:
        """Rows that violate a requirement: exactly, but for those with values that are rounded."""
        compiled = self.stages.compiled
        strictly = violated_rows(compiled, batch.columns, batch.rows)
        if not inexact.any():
            return strictly
        loosely = violated_rows(compiled, batch.columns, batch.rows, FLOAT_ROUNDING)
        return np.where(inexact, loosely, strictly)


def _changed(batch: Batch, changes: Changes) -> Batch:
    """A batch after changes, derived columns worked out again."""
    rows = np.arange(batch.rows)
    return replace(batch, columns=changed_columns(batch.columns, changes, batch.derive, rows))


def _only(changes: Changes, kept: Array) -> Changes:
    """The changes in some rows."""
    return {
        name: ColumnChange(one.rows[kept[one.rows]], one.values[kept[one.rows]])
        for name, one in changes.items()
    }


def _numbered(changes: Changes, rows: Array) -> Changes:
    """Changes of some rows of a batch, as changes of the batch."""
    return {name: ColumnChange(rows[one.rows], one.values) for name, one in changes.items()}
