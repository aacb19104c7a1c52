"""Correcting one row exactly: the slow, sure way for rows that floating point cannot settle."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from pishield_cli.logic.plans.plan import BoundClause, GroupPlan, Step, narrowed_plan
from pishield_cli.logic.rows.finite_rows import FiniteRows
from pishield_cli.logic.rows.grids import Grid, Interval, points_near
from pishield_cli.logic.rows.problems import Row, limit_clauses
from pishield_cli.logic.rows.searched import RowSearch
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.search import Search

ROW_WORK = 1_000_000
"""Units of work that one row may take: about a second."""

STEPS_WORK = 100_000
"""Units of work of them to find it along a plan's steps, rather than by search."""

FINITE_WORK = 6_000
"""Units of work of them to find it among few whole numbers: some milliseconds."""

NARROWING = 300_000
"""Units of work on a plan that heeds what columns can hold."""

VALUE = 200
"""Units of work that choosing one value takes, whatever bounds it."""

UNWIELDY = 2**31
"""Limits of columns from here on are left to search: planning for them costs more than it helps."""


class ExactCorrector:
    """Corrects rows of one group exactly, one by one.

    Columns of few whole numbers are searched first where elimination grew too large, and otherwise
    where a plan's steps lead nowhere.

    Args:
        plan: The group's plan, satisfiable.
        grids: What each of its columns can hold.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self._plan, self._grids = plan, grids

    def correct(self, values: Mapping[str, Fraction], limits: Limits | None = None) -> Row | None:
        """Correct a row: along the plan's steps, else by search.

        Args:
            values: The row's cell for each of the plan's variables.
            limits: How much work it may take.

        Returns:
            A value for each variable: fixed ones as they are, every clause satisfied, every moved
            value on its column's grid; None if there is none, or none was found within the limits.
        """
        limits = Limits(None, ROW_WORK) if limits is None else limits
        if not self._plan.satisfiable:
            return None
        if self._plan.steps is not None:
            found = self._along(self._plan, values, limits.part(STEPS_WORK))
            if found is not None:
                return found
        if self.finite is not None:
            few = self.finite.in_order(values, limits.part(FINITE_WORK))
            if few.complete or few.row is not None:
                return few.row
        return self._searched(values, limits)

    def _searched(self, values: Mapping[str, Fraction], limits: Limits) -> Row | None:
        """Correct a row heeding what columns can hold, else by search."""
        if limits.work < self.least:
            return None
        limited = self._limited
        if limited is not None and limited.steps is not None:
            if not limited.satisfiable:
                return None
            found = self._along(limited, values, limits.part(STEPS_WORK))
            if found is not None:
                return found
        return self._search.find(values, limits)

    def rough(self, values: Mapping[str, Fraction], limits: Limits | None = None) -> Row | None:
        """Correct a row by numbers that need not be decimals, such as thirds."""
        return self._search.rough(values, Limits(None, ROW_WORK) if limits is None else limits)

    @cached_property
    def least(self) -> int:
        """Units of work that beginning a search takes, and without which none is begun."""
        return Search.cost(self._plan.clauses)

    @cached_property
    def finite(self) -> FiniteRows | None:
        """The group's rows, where its columns hold few whole numbers each."""
        plan = self._plan
        return FiniteRows.of(plan.clauses, plan.variables, self._grids, plan.fixed)

    @cached_property
    def _search(self) -> RowSearch:
        return RowSearch(self._plan, self._grids)

    @cached_property
    def _limited(self) -> GroupPlan | None:
        """The plan with the limits of its columns that matter; None if there are none."""
        limits = tuple(limit_clauses(self._plan.variables, self._grids, below=UNWIELDY))
        if not limits:
            return None
        return narrowed_plan(self._plan, limits, Limits(None, NARROWING))

    def _along(self, plan: GroupPlan, values: Mapping[str, Fraction], limits: Limits) -> Row | None:
        try:
            return _Steps(plan, self._grids, limits).solve(dict(values), 0)
        except LimitReached:
            return None


class _Steps:
    """A plan's steps, one value after the other, and back where there is none."""

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid], limits: Limits) -> None:
        self._fixed = plan.fixed
        self._steps = plan.steps or ()
        self._grids = grids
        self._limits = limits

    def solve(self, values: Row, depth: int) -> Row | None:
        if depth == len(self._steps):
            return values
        step = self._steps[depth]
        self._limits.spend(VALUE + _size(step))
        for point in self._choices(step, values):
            found = self.solve({**values, step.variable: point}, depth + 1)
            if found is not None:
                return found
        return None

    def _choices(self, step: Step, values: Mapping[str, Fraction]) -> list[Fraction]:
        target = values[step.variable]
        intervals = allowed_intervals(step, values)
        if step.variable in self._fixed:
            return [target] if any(target in one for one in intervals) else []
        return points_near(intervals, target, self._grids[step.variable])


def _size(step: Step) -> int:
    """Terms and constants of a step."""
    bounds = sum(
        1 + len(one.terms) for part in step.clauses for one in (*part.lowers, *part.uppers)
    )
    return bounds + sum(1 + len(one.variables) for part in step.clauses for one in part.others)


def allowed_intervals(step: Step, values: Mapping[str, Fraction]) -> list[Interval]:
    """Where a step's variable may lie, for exact values of the earlier variables."""
    intervals = [Interval()]
    for clause in step.clauses:
        if any(literal.holds(values) for literal in clause.others):
            continue
        intervals = [part for one in intervals for part in _allowed_parts(clause, one, values)]
    return intervals


def _allowed_parts(
    clause: BoundClause, interval: Interval, values: Mapping[str, Fraction]
) -> list[Interval]:
    below = max(((b.at(values), not b.strict) for b in clause.uppers), default=None)
    above = min(((b.at(values), b.strict) for b in clause.lowers), default=None)
    if (
        below is not None
        and above is not None
        and (above[0], above[1] and not below[1]) <= (below[0], False)
    ):
        return [interval]
    parts = []
    if below is not None:
        parts.append(interval.below(below[0], strict=not below[1]))
    if above is not None:
        parts.append(interval.above(above[0], strict=above[1]))
    return [part for part in parts if part is not None]
