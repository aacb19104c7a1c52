"""Correcting rows in memory: check first, correct what is wrong, check again, exactly."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from pishield_cli.kernels.changes import Correction, joined, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compiled_clauses
from pishield_cli.kernels.evaluation.pieces import by_missing, missing_among
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.kernels.sequential.repeated_rows import correct_once
from pishield_cli.logic.plans.finite_steps import finite_steps
from pishield_cli.logic.plans.plan import GroupPlan, plan_groups
from pishield_cli.logic.rows.finite_rows import FiniteRows, few_values
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Clause

PATTERN_WORK = 200_000
"""Units of work on plans for one pattern of missing cells: some tenths of a second."""


class RowsCorrector(Protocol):
    """Corrects the rows of one group, by one method."""

    @property
    def plan(self) -> GroupPlan:
        """The group's plan."""

    @property
    def compiled(self) -> CompiledRequirements:
        """Its clauses, as one requirement."""

    @property
    def exact(self) -> bool:
        """Whether corrected rows satisfy every clause exactly, never within rounding only."""

    def copies(self, places: int) -> bool:
        """Whether no moved cell gets more decimal places than its row has, or than so many."""

    def correct(
        self,
        columns: Mapping[str, NumericColumn],
        wrong: Array,
        effort: Effort | None = None,
    ) -> Correction:
        """New cells by which every clause holds, for rows that violate one and miss no cell.

        Args:
            columns: At least the group's columns, shape `(rows,)` each.
            wrong: The rows to correct, bool, same shape.
            effort: The work that is left for each row; all of it by default.
        """


RowsMethod = Callable[[GroupPlan, Mapping[str, Grid]], RowsCorrector]
"""Makes a group's corrector, from its plan and what its columns can hold."""


def exact_rows(
    corrector: RowsCorrector, columns: Mapping[str, NumericColumn], found: Correction
) -> Array:
    """The rows that satisfy every clause of a group exactly once they are corrected.

    Args:
        corrector: What corrected them.
        columns: At least the group's columns, as they were.
        found: The correction.

    Returns:
        Row numbers, ascending.
    """
    rows = np.setdiff1d(found.violating, found.uncorrected)
    if corrector.exact or not len(rows):
        return rows
    new = {
        name: replaced(columns[name], found.changes.get(name)).take(rows)
        for name in corrector.plan.variables
    }
    violated = evaluate(corrector.compiled, new, len(rows))[0].violated
    return rows if violated is None else rows[~violated]


class PlannedCorrector:
    """Plans made once for a set of clauses, applied to any number of batches.

    Args:
        clauses: A conjunction over column names.
        ordering: Every column that the clauses name, most trusted first.
        grids: What each of these columns can hold.
        fixed: Columns that never move.
        method: How a group's rows are corrected: by default along the plan, each column moved as
            little as those before it allow.
        limits: How much work plans may take; by default what `plan_groups` grants.
    """

    def __init__(
        self,
        clauses: Iterable[Clause],
        ordering: Sequence[str],
        grids: Mapping[str, Grid],
        fixed: Iterable[str] = (),
        method: RowsMethod = GroupCorrector,
        limits: Limits | None = None,
    ) -> None:
        self._ordering = tuple(ordering)
        self._grids = grids
        self._fixed = frozenset(fixed)
        self._method = method
        self._groups = self._planned(clauses, limits)
        self._all = compiled_clauses([group.plan.clauses for group in self._groups])
        self._without: dict[tuple[int, frozenset[str]], tuple[RowsCorrector, ...]] = {}

    @property
    def plans(self) -> tuple[GroupPlan, ...]:
        """One plan for each group of connected columns."""
        return tuple(group.plan for group in self._groups)

    @property
    def satisfiable(self) -> bool:
        """Whether the clauses can hold at all, by real numbers."""
        return all(plan.satisfiable for plan in self.plans)

    def correct(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        """Correct a batch.

        Args:
            columns: Every column that the clauses name, shape `(rows,)` each.
            rows: How many rows.

        Returns:
            The changed cells. After them every clause holds, in exact arithmetic on the cells as
            decimals, in every row but the uncorrected ones; where an equality is forced that no
            decimal solves, within a relative 1e-9. Missing cells stay missing, and a clause that
            names one is left alone in its row. Rows that violated nothing do not change, nor do
            rows with an infinite cell in a group that they violate, which are uncorrected.
        """
        # Cells beyond the range of floats end in infinities, which the exact check turns down.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._corrected(columns, rows)

    def _corrected(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        parts, effort = [], Effort.of(rows)
        verdicts = evaluate(self._all, columns, rows)
        for index, verdict in enumerate(verdicts):
            if verdict.violated is not None:
                wrong, left = verdict.violated, self._infinite(index, columns, verdict.violated)
                if left is not None:
                    wrong = wrong & ~left
                    parts.append(_given_up(left))
                parts += [
                    correct_once(group, group.plan.variables, columns, here, effort)
                    for group, here in self._by_pattern(index, columns, wrong)
                ]
        return joined(parts, rows)

    def _infinite(
        self, index: int, columns: Mapping[str, NumericColumn], wrong: Array
    ) -> Array | None:
        """Rows to be corrected with an infinite cell in a group; None if there are none."""
        found = None
        for name in self._groups[index].plan.variables:
            values = columns[name].values
            # A sum is finite unless a cell is not, or the cells are enormous.
            if values.dtype.kind == "f" and not np.isfinite(np.add.reduce(values)):
                infinite = np.isinf(values) & wrong
                found = infinite if found is None else found | infinite
        return found if found is not None and found.any() else None

    def _planned(
        self, clauses: Iterable[Clause], limits: Limits | None = None
    ) -> tuple[RowsCorrector, ...]:
        plans = plan_groups(
            clauses,
            self._ordering,
            fixed=self._fixed,
            limits=limits,
            is_split=lambda group, names: FiniteRows.of(group, names, self._grids) is None,
            known=lambda group, names: finite_steps(
                group, names, few_values(group, names, self._grids)
            ),
        )
        return tuple(self._method(plan, self._grids) for plan in plans)

    def _by_pattern(
        self, index: int, columns: Mapping[str, NumericColumn], wrong: Array
    ) -> Iterator[tuple[RowsCorrector, Array]]:
        """Rows by which of a group's cells are missing, each with the groups that remain."""
        group, rows = self._groups[index], np.flatnonzero(wrong)
        gone = {
            name: missing
            for name in group.plan.variables
            if (missing := missing_among(columns[name], rows)) is not None
        }
        if not gone:
            yield group, wrong
            return
        for absent, places in by_missing(gone):
            where = np.zeros(len(wrong), dtype=bool)
            where[rows[places]] = True
            for part in self._reduced(index, absent):
                violated = evaluate(part.compiled, columns, len(wrong))[0].violated
                if violated is not None and (violated & where).any():
                    yield part, violated & where

    def _reduced(self, index: int, absent: frozenset[str]) -> tuple[RowsCorrector, ...]:
        """What remains of a group without some columns."""
        group = self._groups[index]
        if not absent:
            return (group,)
        key = (index, absent)
        if key not in self._without:
            kept = [one for one in group.plan.clauses if absent.isdisjoint(one.variables)]
            self._without[key] = self._planned(kept, Limits(None, PATTERN_WORK))
        return self._without[key]


def _given_up(rows: Array) -> Correction:
    where = np.flatnonzero(rows)
    return Correction({}, where, where)
