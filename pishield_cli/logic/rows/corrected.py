"""Correcting one row exactly: the slow, sure way for rows that floating point cannot settle."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from pishield_cli.logic.plans.plan import BoundClause, GroupPlan, Step
from pishield_cli.logic.rows.grids import Grid, Interval, points_near
from pishield_cli.logic.rows.searched import searched_row

NODE_LIMIT = 400
"""Values tried along a row's steps before it is searched: some hundredths of a second of work."""

SEARCH_NODES = 4_000
"""Decisions of a row's search before it is given up: a second or so of work."""


def corrected_row(
    plan: GroupPlan,
    values: Mapping[str, Fraction],
    grids: Mapping[str, Grid],
    *,
    limited: GroupPlan | None = None,
    node_limit: int = NODE_LIMIT,
    search_nodes: int = SEARCH_NODES,
) -> dict[str, Fraction] | None:
    """Correct a row in exact arithmetic: along the plan's steps, else by search.

    Args:
        plan: Satisfiable.
        values: The row's cell for each of the plan's variables.
        grids: What each column can hold.
        limited: A plan of the same variables that heeds what they can hold, to be followed where
            the first leads nowhere.
        node_limit: How many values to try along the steps.
        search_nodes: How many decisions the search may take.

    Returns:
        A value for each variable: fixed ones as they are, every clause satisfied, every moved
        value on its column's grid; None if there is none, or none was found within the limits.
    """
    for one in (plan, limited):
        if one is not None and one.steps is not None:
            if not one.satisfiable:
                return None
            found = _Search(one, one.steps, grids, node_limit).solve(dict(values), 0)
            if found is not None:
                return found
    return searched_row(plan, values, grids, search_nodes)


class _Search:
    def __init__(
        self, plan: GroupPlan, steps: Sequence[Step], grids: Mapping[str, Grid], nodes: int
    ) -> None:
        self._fixed = plan.fixed
        self._steps = steps
        self._grids = grids
        self._nodes = nodes

    def solve(self, values: dict[str, Fraction], depth: int) -> dict[str, Fraction] | None:
        if depth == len(self._steps):
            return values
        step = self._steps[depth]
        for point in self._choices(step, values):
            self._nodes -= 1
            if self._nodes < 0:
                return None
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
