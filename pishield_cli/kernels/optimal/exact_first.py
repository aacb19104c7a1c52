"""Exact rows before the rounding of floats is forgiven, by whatever method rows are corrected."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pishield_cli.kernels.changes import Correction, joined, only
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import EXACT, Effort
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements
from pishield_cli.kernels.sequential.correction import RowsMethod, exact_rows
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid

LAST = 4 * EXACT
"""Units of exact work of which a last search for a row may take a half."""

CUT_SHORT = EXACT // 2
"""Units left of a row's work, at most, where a search for it came to an end by that."""


class ExactFirst:
    """Corrects the rows of one group by a method, and once more those that it leaves inexact.

    A method shares a row's work among its ways, so that the search for a row of decimals can be
    cut short. Before the rounding of floats is forgiven, or a row given up, it may go on.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold.
        method: Makes what corrects rows.
        proven: Whether rows corrected in exact arithmetic are what the method promises.
    """

    def __init__(
        self,
        plan: GroupPlan,
        grids: Mapping[str, Grid],
        method: RowsMethod,
        *,
        proven: bool,
    ) -> None:
        self.plan, self._proven = plan, proven
        self._method = method(plan, grids)
        self._last = GroupCorrector(plan, grids)

    @property
    def compiled(self) -> CompiledRequirements:
        """The group's clauses, as one requirement."""
        return self._method.compiled

    @property
    def exact(self) -> bool:
        """Whether corrected rows satisfy every clause exactly, never within rounding only."""
        return self._method.exact

    def copies(self, places: int) -> bool:
        """Whether no moved cell gets more decimal places than its row has, or than so many."""
        return self._method.copies(places)

    def correct(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort | None = None
    ) -> Correction:
        """Correct rows that violate a clause of the group; see `RowsCorrector`."""
        effort = effort or Effort.of(len(wrong))
        found = self._method.correct(columns, wrong, effort)
        rows = found.violating[effort.exact[found.violating] <= CUT_SHORT]
        rows = np.setdiff1d(rows, exact_rows(self._method, columns, only(found, rows)))
        if not len(rows) or self._last.rehearsal.work < EXACT:
            return found
        more = Effort.of(len(wrong), LAST)
        again = self._last.one_by_one(columns, rows, more)
        if not self._proven:
            again = replace(again, unproven=np.setdiff1d(again.violating, again.uncorrected))
        settled = np.setdiff1d(again.violating, again.uncorrected)
        kept = only(found, np.setdiff1d(found.violating, settled))
        return joined([kept, only(again, settled)], len(wrong))
