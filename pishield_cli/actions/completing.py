"""Correcting rows together with their missing cells, which are left missing again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from pishield_cli.actions.filling import Filling
from pishield_cli.actions.method_name import MethodName
from pishield_cli.actions.methods import Method, rows_method
from pishield_cli.actions.named_texts import among_named_texts
from pishield_cli.actions.stages import Stages, some_rows
from pishield_cli.kernels.changes import Correction, joined, only, placed
from pishield_cli.kernels.columns import Array, Columns, NumericColumn
from pishield_cli.kernels.evaluation.fillable import Fillable
from pishield_cli.kernels.evaluation.pieces import by_missing, missing_among
from pishield_cli.kernels.evaluation.text_classes import TextClasses
from pishield_cli.kernels.sequential.correction import PATTERN_WORK, PlannedCorrector
from pishield_cli.logic.classes import counted
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.tables.table import Batch, Derive


@dataclass(frozen=True)
class Completing:
    """Corrects rows so that some values of their missing cells satisfy every requirement.

    Missing cells are put at the end of the order, so that the others move as little, each in its
    turn, as lets some values of these exist; whatever values are found are forgotten.

    Attributes:
        requirements: With texts that may move as numbers of their classes.
        ordering: Every variable of theirs, most trusted first.
        grids: What each column's cells can hold.
        fixed: Columns that do not change.
        stages: How rows are corrected whose cells are there.
        proven: Whether rows come out as the method promises.
        filling: Fills missing cells after that; None where they stay missing.
    """

    requirements: Requirements
    ordering: Sequence[str]
    grids: Mapping[str, Grid]
    fixed: Collection[str]
    stages: Stages
    proven: bool
    filling: Filling | None = None
    _known: dict[frozenset[str], Stages] = field(default_factory=dict)

    def corrected(self, batch: Batch, correction: Correction, rows: Array) -> Correction:
        """A correction of a batch with some rows corrected together with their missing cells.

        Args:
            batch: The batch, as it was.
            correction: What is done about it; of these rows it is forgotten.
            rows: Numbers of rows with missing cells, ascending.

        Returns:
            The correction. In these rows no missing cell is changed, but by `filling`.
        """
        others = only(correction, np.setdiff1d(correction.violating, rows))
        found = joined((others, self._correct(batch, rows)), batch.rows)
        return found if self.filling is None else self.filling.filled(batch, found)

    def _correct(self, batch: Batch, rows: Array) -> Correction:
        batch = replace(batch, columns=self._texts.counted(batch.columns, rows))
        own = [name for name in batch.columns if name not in self.requirements.derived]
        masks = {name: missing_among(batch.columns[name], rows) for name in own}
        parts = [Correction({}, rows, rows[:0])]
        for missing, places in by_missing({n: one for n, one in masks.items() if one is not None}):
            here = rows[places]
            found = placed(self._stages(missing).correct(_filled(batch, here, missing)), here)
            changes = {n: one for n, one in found.changes.items() if n not in missing}
            unproven = here[:0] if self.proven else np.setdiff1d(here, found.uncorrected)
            parts.append(Correction(changes, here, found.uncorrected, unproven))
        return joined(parts, batch.rows)

    @cached_property
    def _texts(self) -> TextClasses:
        """Texts that may not move, as numbers of their classes: missing ones may be any."""
        return TextClasses(self.requirements)

    def _stages(self, missing: frozenset[str]) -> Stages:
        if missing not in self._known:
            main = among_named_texts(
                partial(self._planned, missing), self.requirements, proven=True
            )
            self._known[missing] = replace(self.stages, main=main, before=None)
        return self._known[missing]

    def _missing_grids(self, missing: frozenset[str]) -> dict[str, Grid]:
        """What missing cells can hold: in texts that say numbers, anything that is not declared."""
        counts = {n for n, one in self.requirements.domains.items() if counted(one)}
        fillable = Fillable(self.requirements)
        return {name: fillable.grid(name) for name in missing - counts}

    def _planned(self, missing: frozenset[str], requirements: Requirements) -> PlannedCorrector:
        requirements = TextClasses(requirements).raised
        return PlannedCorrector(
            requirements.clauses,
            sorted(self.ordering, key=missing.__contains__),
            {**self.grids, **self._missing_grids(missing), **self._texts.grids},
            frozenset(self.fixed).union(self._texts.grids) - missing,
            rows_method(Method(MethodName.SHIELD), requirements, short=True),
            Limits(None, PATTERN_WORK),
        )


def _filled(batch: Batch, rows: Array, missing: frozenset[str]) -> Batch:
    """Some rows of a batch with something in the cells that they all miss."""
    some = some_rows(batch, rows)
    columns = {
        name: NumericColumn(_zeros(column, len(rows))) if name in missing else column
        for name, column in some.columns.items()
    }
    derive = None if some.derive is None else _as_missing(some.derive, missing)
    return replace(some, columns=columns, derive=derive)


def _zeros(column: NumericColumn, rows: int) -> Array:
    """Cells of a column of whole numbers as wide as it, and of any other as floats."""
    return np.zeros(rows, column.values.dtype if column.values.dtype.kind in "iu" else np.float64)


def _as_missing(derive: Derive, missing: frozenset[str]) -> Derive:
    """Derived columns are those of rows in which these cells are missing still."""

    def derived(rows: Array, changed: Columns) -> Mapping[str, NumericColumn]:
        gone = np.ones(len(rows), dtype=bool)
        known = {
            name: NumericColumn(np.zeros(len(rows)), gone) if name in missing else column
            for name, column in changed.items()
        }
        return derive(rows, known)

    return derived
