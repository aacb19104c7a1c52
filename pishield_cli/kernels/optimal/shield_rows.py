"""Correcting rows along a plan; where that finds nothing, to the nearest row."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from pishield_cli.kernels.changes import Correction, joined, only
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid


class ShieldRows:
    """Corrects the rows of one group along its plan, column by column.

    Whole numbers under many requirements can take more exact work than a row may; many rows
    searched at once, in floats, take little.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self.plan, self._grids = plan, grids
        self._plain = GroupCorrector(plan, grids)
        self.compiled = self._plain.compiled

    @property
    def exact(self) -> bool:
        """Whether corrected rows satisfy every clause exactly, never within rounding only."""
        return self._plain.exact

    def copies(self, places: int) -> bool:
        """Whether no moved cell gets more decimal places than its row has, or than so many."""
        return self._plain.copies(places)

    @cached_property
    def _nearest(self) -> NearestRows:
        return NearestRows(self.plan, self._grids, {}, self._plain.rehearsal)

    def correct(
        self,
        columns: Mapping[str, NumericColumn],
        wrong: Array,
        effort: Effort | None = None,
    ) -> Correction:
        """Correct rows that violate a clause of the group; see `RowsCorrector`."""
        effort = effort or Effort.of(len(wrong))
        found = self._plain.correct(columns, wrong, effort)
        if not len(found.uncorrected) or not self.plan.satisfiable:
            return found
        left = np.zeros(len(wrong), dtype=bool)
        left[found.uncorrected] = True
        other = self._nearest.correct(columns, left, effort)
        settled = only(found, np.setdiff1d(found.violating, found.uncorrected))
        return joined([settled, replace(other, unproven=other.unproven[:0])], len(wrong))
