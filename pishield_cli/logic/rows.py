"""Correcting one row exactly: the slow, sure way for rows that floating point cannot settle."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from pishield_cli.logic.grids import Grid, Interval, points_near
from pishield_cli.logic.limits import Limits
from pishield_cli.logic.plan import BoundClause, GroupPlan, Step
from pishield_cli.logic.search import Model, Nearest, nearest_value, solve
from pishield_cli.logic.terms import Clause, Inequality, Term

_DOUBLE_DIGITS = 15

NODE_LIMIT = 400
"""Values tried along a row's steps before it is searched: some hundredths of a second of work."""

SEARCH_NODES = 4_000
"""Decisions of a row's search before it is given up: a second or so of work."""


def corrected_row(
    plan: GroupPlan,
    values: Mapping[str, Fraction],
    grids: Mapping[str, Grid],
    *,
    node_limit: int = NODE_LIMIT,
    search_nodes: int = SEARCH_NODES,
) -> dict[str, Fraction] | None:
    """Correct a row in exact arithmetic: along the plan's steps, else by search.

    Args:
        plan: Satisfiable.
        values: The row's cell for each of the plan's variables.
        grids: What each column can hold.
        node_limit: How many values to try along the steps.
        search_nodes: How many decisions the search may take.

    Returns:
        A value for each variable: fixed ones as they are, every clause satisfied, every moved
        value on its column's grid; None if there is none, or none was found within the limits.
    """
    if plan.steps is not None:
        found = _Search(plan, plan.steps, grids, node_limit).solve(dict(values), 0)
        if found is not None:
            return found
    found = _searched(plan, values, grids, Limits(nodes=search_nodes))
    return _kept(plan, values, grids, search_nodes) if found is None else found


def _kept(
    plan: GroupPlan, values: Mapping[str, Fraction], grids: Mapping[str, Grid], nodes: int
) -> dict[str, Fraction] | None:
    """Some solution that keeps one cell after the other where that is soon seen to do."""
    clauses = (*plan.clauses, *limit_clauses(plan.variables, grids))
    integers = [name for name in plan.variables if grids[name].integer]
    chosen = {name: values[name] for name in plan.fixed}
    answer = solve(clauses, integers=integers, fixed=chosen, limits=Limits(nodes=nodes))
    for name in plan.variables:
        if not isinstance(answer, Model):
            return None
        if name in plan.fixed:
            continue
        attempt = solve(
            clauses,
            integers=integers,
            fixed={**chosen, name: values[name]},
            limits=Limits(nodes=nodes // 10),
        )
        if isinstance(attempt, Model):
            chosen[name], answer = values[name], attempt
        elif grids[name].fits(answer.values.get(name, values[name])):
            chosen[name] = answer.values.get(name, values[name])
        else:
            return None
    return chosen if all(clause.holds(chosen) for clause in clauses) else None


def _searched(
    plan: GroupPlan, values: Mapping[str, Fraction], grids: Mapping[str, Grid], limits: Limits
) -> dict[str, Fraction] | None:
    """Each variable in order as near to its cell as some values of the later ones allow."""
    clauses = (*plan.clauses, *limit_clauses(plan.variables, grids))
    integers = [name for name in plan.variables if grids[name].integer]
    chosen = {name: values[name] for name in plan.fixed}
    for name in plan.variables:
        if name in plan.fixed:
            continue
        if all(clause.holds({**values, **chosen}) for clause in clauses):
            break
        found = nearest_value(
            name, values[name], clauses, integers=integers, fixed=chosen, limits=limits
        )
        if not isinstance(found, Nearest):
            return None
        point = _placed(name, found, grids[name], clauses, integers, chosen, limits)
        if point is None:
            return None
        chosen[name] = point
    result = {**values, **chosen}
    return result if all(clause.holds(result) for clause in clauses) else None


def limit_clauses(names: Sequence[str], grids: Mapping[str, Grid]) -> Iterator[Clause]:
    """What columns can hold at all, as clauses."""
    for name in names:
        grid = grids[name]
        if grid.places is None and grid.digits >= _DOUBLE_DIGITS:
            continue  # the range of a double is no limit in practice, and its ends are unwieldy
        if grid.low is not None:
            yield Clause((Inequality((Term(name, Fraction(1)),), Fraction(grid.low)),))
        if grid.high is not None:
            yield Clause((Inequality((Term(name, Fraction(-1)),), Fraction(-grid.high)),))


def _placed(
    name: str,
    found: Nearest,
    grid: Grid,
    clauses: Sequence[Clause],
    integers: Sequence[str],
    chosen: Mapping[str, Fraction],
    limits: Limits,
) -> Fraction | None:
    """A value on the grid at, or right beyond, the nearest one, that the others can go with."""
    if found.side == 0:
        return found.value
    beyond = found.model.values[name]
    ends = (found.value, beyond) if found.side > 0 else (beyond, found.value)
    stretches = [Interval(ends[0], None, found.open), Interval(ends[0], ends[1], found.open)]
    if found.side < 0:
        stretches = [
            Interval(None, ends[1], high_open=found.open),
            Interval(ends[0], ends[1], high_open=found.open),
        ]
    tried = [] if found.open or not grid.fits(found.value) else [found.value]
    for stretch in stretches:
        tried += points_near([stretch], found.value - found.side, grid)
    for point in dict.fromkeys(tried):
        answer = solve(clauses, integers=integers, fixed={**chosen, name: point}, limits=limits)
        if isinstance(answer, Model):
            return point
    return None


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
