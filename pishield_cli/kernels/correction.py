"""Correcting rows in memory: check first, correct what is wrong, check again, exactly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from pishield_cli.kernels.changes import Correction, joined
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.group_correction import GroupCorrector, compiled_clauses
from pishield_cli.kernels.satisfaction import evaluate
from pishield_cli.logic.grids import Grid
from pishield_cli.logic.plan import GroupPlan, plan_groups
from pishield_cli.logic.terms import Clause


class Corrector:
    """Plans made once for a set of clauses, applied to any number of batches.

    Args:
        clauses: A conjunction over column names.
        ordering: Every column that the clauses name, most trusted first.
        grids: What each of these columns can hold.
        fixed: Columns that never move.
    """

    def __init__(
        self,
        clauses: Iterable[Clause],
        ordering: Sequence[str],
        grids: Mapping[str, Grid],
        fixed: Iterable[str] = (),
    ) -> None:
        self._ordering = tuple(ordering)
        self._grids = grids
        self._fixed = frozenset(fixed)
        self._groups = self._planned(clauses)
        self._all = compiled_clauses([group.plan.clauses for group in self._groups])
        self._without: dict[tuple[int, frozenset[str]], tuple[GroupCorrector, ...]] = {}

    @property
    def plans(self) -> tuple[GroupPlan, ...]:
        """One plan a group of connected columns."""
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
            names one is left alone in its row. Rows that violated nothing do not change.
        """
        parts = []
        verdicts = evaluate(self._all, columns, rows)
        for index, verdict in enumerate(verdicts):
            if verdict.violated is not None:
                wrong = np.flatnonzero(verdict.violated)
                parts += [
                    group.correct(columns, where)
                    for group, where in self._by_pattern(index, columns, wrong)
                ]
        return joined(parts, rows)

    def _planned(self, clauses: Iterable[Clause]) -> tuple[GroupCorrector, ...]:
        plans = plan_groups(clauses, self._ordering, fixed=self._fixed)
        return tuple(GroupCorrector(plan, self._grids) for plan in plans)

    def _by_pattern(
        self, index: int, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[GroupCorrector, Array]]:
        """Rows by which of a group's cells are missing, each with the groups that remain."""
        group = self._groups[index]
        gone = {
            name: missing
            for name in group.plan.variables
            if (missing := _missing(columns[name], rows)) is not None
        }
        if not gone:
            yield group, rows
            return
        patterns, kind = np.unique(np.array(list(gone.values())), axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            where = rows[kind.reshape(-1) == number]
            absent = frozenset(name for name, out in zip(gone, pattern, strict=True) if out)
            for part in self._reduced(index, absent):
                here = {name: columns[name].take(where) for name in part.plan.variables}
                wrong = evaluate(part.compiled, here, len(where))[0].violated
                if wrong is not None:
                    yield part, where[wrong]

    def _reduced(self, index: int, absent: frozenset[str]) -> tuple[GroupCorrector, ...]:
        """What remains of a group without some columns."""
        group = self._groups[index]
        if not absent:
            return (group,)
        key = (index, absent)
        if key not in self._without:
            kept = [one for one in group.plan.clauses if absent.isdisjoint(one.variables)]
            self._without[key] = self._planned(kept)
        return self._without[key]


def _missing(column: NumericColumn, rows: Array) -> Array | None:
    """Which cells of some rows are missing; None if none is."""
    values = column.values[rows]
    gone = np.isnan(values) if values.dtype.kind == "f" else None
    if column.missing is not None:
        marked = column.missing[rows]
        gone = marked if gone is None else gone | marked
    return gone if gone is not None and gone.any() else None
