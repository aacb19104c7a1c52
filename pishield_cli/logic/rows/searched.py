"""One row by exact search, where following a plan's steps leads nowhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.plans.plan import GroupPlan, inequality
from pishield_cli.logic.rows.choices import points_at
from pishield_cli.logic.rows.congruences import congruences
from pishield_cli.logic.rows.grids import (
    GRID_DIGITS,
    Grid,
    decade,
    rounded,
)
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import (
    Infeasible,
    Model,
    Nearest,
    Undecided,
    nearest_value,
    solve,
)
from pishield_cli.logic.terms import Clause, Inequality, Term

_DOUBLE_DIGITS = 15

ROW_WORK = 1_000_000
"""Units of work that all questions about one row may take: about a second."""

WAY_WORK = 200_000
"""Units of work that one way of finding it, or one question, may take of them."""

PATIENCE = 8
"""Questions about a row's cells that may stay open before what is known is taken."""

NEXT_DOOR = 8
"""How far from its cell a whole number is looked for, where it cannot be found by search."""

FEW_PLACES = 2
"""Decimal places to look for where no solution of more was found."""

_Row = dict[str, Fraction]


def searched_row(
    plan: GroupPlan, values: Mapping[str, Fraction], grids: Mapping[str, Grid], nodes: int
) -> _Row | None:
    """Correct a row in exact arithmetic by search.

    Args:
        plan: Satisfiable.
        values: The row's cell for each of the plan's variables.
        grids: What each column can hold.
        nodes: How many decisions a question may take.

    Returns:
        A value for each variable: fixed ones as they are, every clause satisfied, every moved
        value on its column's grid; None if there is none, or none was found within the limits.
    """
    limits = Limits(None, ROW_WORK)
    task = _task(plan, values, grids, limits)
    answer = task.ask(task.fixed, nodes)
    if isinstance(answer, Infeasible):
        return None
    # Where it stays open whether there is a row at all, the other ways lead nowhere either.
    ways = ((_in_order, False), (_in_order, True), (_kept, False), (_kept, True))
    for way, roomy in ways if isinstance(answer, Model) else ways[:1]:
        found = way(task, nodes, roomy=roomy)
        if found is not None and task.holds(found):
            return task.in_own_units(found)
    return _in_decimals(plan, values, grids, limits, nodes)


def rough_row(
    plan: GroupPlan, values: Mapping[str, Fraction], grids: Mapping[str, Grid], nodes: int
) -> _Row | None:
    """Correct a row by numbers that need not be decimals, such as thirds; see `searched_row`.

    Returns:
        Whole numbers where only they fit; None if there is no such row, or none was found.
    """
    limits = Limits(None, ROW_WORK)
    task = _task(plan, values, grids, limits)
    chosen, limits = dict(task.fixed), limits.part(WAY_WORK, nodes)
    for name in (name for name in task.variables if name not in task.fixed):
        found = nearest_value(
            name,
            task.values[name],
            task.clauses,
            integers=task.integers,
            fixed=chosen,
            limits=limits,
        )
        if not isinstance(found, Nearest):
            return None
        chosen[name] = found.model.values.get(name, found.value) if found.open else found.value
    return task.in_own_units(chosen)


def _in_decimals(
    plan: GroupPlan,
    values: Mapping[str, Fraction],
    grids: Mapping[str, Grid],
    limits: Limits,
    nodes: int,
) -> _Row | None:
    """Correct a row that is rounded first, so that only short decimals are looked for.

    An equation can have solutions in decimals that the nearest values never lead to.
    """
    moving = [name for name in plan.variables if name not in plan.fixed]
    narrow = [grids[name].digits for name in moving if grids[name].places is None]
    if not narrow:
        return None
    largest = max(map(abs, values.values()))
    finest = min(*narrow, GRID_DIGITS) - 2 - (decade(largest) if largest else 0)
    for places in sorted({max(0, finest), min(max(0, finest), FEW_PLACES)}, reverse=True):
        short = {
            name: replace(grids[name], places=places) if grids[name].places is None else grids[name]
            for name in moving
        }
        near = {n: Fraction(round(values[n], grid.places or 0)) for n, grid in short.items()}
        task = _task(plan, {**values, **near}, {**grids, **short}, limits)
        row = _in_order(task, nodes, roomy=False)
        if row is not None and task.holds(row):
            found = task.in_own_units(row)
            if all(grids[name].fits(found[name]) for name in moving):
                return found
    return None


@dataclass(frozen=True, slots=True)
class _Task:
    """A row to be searched for, columns of decimal places counted in units of their last.

    Attributes:
        variables: In the order of correction.
        clauses: What must hold, the columns' limits among it.
        values: The cells.
        grids: What the columns can hold.
        fixed: The cells that stay.
        units: What the columns are counted in.
        limits: Of all questions about the row.
        multiples: Further whole numbers that clauses name; not columns.
    """

    variables: tuple[str, ...]
    clauses: tuple[Clause, ...]
    values: _Row
    grids: Mapping[str, Grid]
    fixed: _Row
    units: Mapping[str, Fraction]
    limits: Limits
    multiples: tuple[str, ...] = ()

    @property
    def integers(self) -> list[str]:
        whole = [name for name in self.variables if self.grids[name].integer]
        return [*whole, *self.multiples]

    def in_decimals(self, fixed: _Row) -> "_Task":
        """The same row, with what its equalities ask of whole numbers if all else is decimals."""
        found = congruences(self.clauses, self.integers, fixed)
        return replace(self, clauses=(*self.clauses, *found.clauses), multiples=found.multiples)

    def ask(self, fixed: _Row, nodes: int) -> Model | Infeasible | Undecided:
        """Whether the clauses can hold in decimals with some values fixed."""
        here, limits = self.in_decimals(fixed), self.limits.part(WAY_WORK, nodes)
        return solve(here.clauses, integers=here.integers, fixed=fixed, limits=limits)

    def holds(self, row: Mapping[str, Fraction]) -> bool:
        return all(clause.holds(row) for clause in self.clauses)

    def in_own_units(self, row: Mapping[str, Fraction]) -> _Row:
        return {name: value * self.units[name] for name, value in row.items()}

    def with_room(self, share: Fraction = Fraction(1)) -> "_Task":
        """The same row, farther inside its bounds, so that cells of few digits find room.

        Args:
            share: How much of the room to ask for, from 0 to 1.
        """
        place = {name: index for index, name in enumerate(self.variables)}
        listed = [
            [(one, half_of(one, place)) for one in map(inequality, clause)]
            for clause in self.clauses
        ]
        sides = set(equated(one[0][1] for one in listed if len(one) == 1))
        clauses = tuple(
            Clause(tuple(o if half in sides else self._inner(o, share) for o, half in literals))
            for literals in listed
        )
        return replace(self, clauses=clauses)

    def _inner(self, literal: Inequality, share: Fraction) -> Inequality:
        digits = [self.grids[n].digits for n in literal.variables if not self.grids[n].integer]
        moving = [name for name in literal.variables if name not in self.fixed]
        if not digits or not moving:
            return literal
        scale = abs(literal.constant) + sum(abs(c) for _, c in literal.terms)
        room = share * scale * Fraction(10) ** (2 - min(*digits, GRID_DIGITS))
        return Inequality(literal.terms, literal.constant + room, literal.strict)


def _task(
    plan: GroupPlan, values: Mapping[str, Fraction], grids: Mapping[str, Grid], limits: Limits
) -> _Task:
    units = {name: Fraction(10) ** -(grids[name].places or 0) for name in plan.variables}
    clauses = (*plan.clauses, *limit_clauses(plan.variables, grids))
    counted = {name: values[name] / units[name] for name in plan.variables}
    return _Task(
        plan.variables,
        tuple(counted_in(clause, units) for clause in clauses),
        counted,
        {name: _whole(grids[name], units[name]) for name in plan.variables},
        {name: counted[name] for name in plan.fixed},
        units,
        limits,
    )


def counted_in(clause: Clause, units: Mapping[str, Fraction]) -> Clause:
    """A clause over columns counted in units of their own."""
    literals = []
    for one in map(inequality, clause):
        terms = tuple(Term(name, c * units[name]) for name, c in one.terms)
        literals.append(Inequality(terms, one.constant, one.strict))
    return Clause(tuple(literals))


def _whole(grid: Grid, unit: Fraction) -> Grid:
    if not grid.places:
        return grid
    low = None if grid.low is None else grid.low / unit
    high = None if grid.high is None else grid.high / unit
    return replace(grid, places=0, low=low, high=high)


def _in_order(task: _Task, nodes: int, *, roomy: bool) -> _Row | None:
    """Each variable in order as near to its cell as some values of the later ones allow."""
    values = task.values
    limits = task.limits.part(WAY_WORK, nodes)
    chosen = dict(task.fixed)
    free = [name for name in task.variables if name not in task.fixed]
    here = task
    for index, name in enumerate(free):
        if task.holds({**values, **chosen}):
            break
        if roomy:  # less and less, so that what one took still leaves some to the next
            here = task.with_room(Fraction(len(free) - index, len(free)))
        point = _nearest_point(name, here, chosen, limits, nodes)
        if point is None:
            return None
        chosen[name] = point
    return {**values, **chosen}


def _nearest_point(
    name: str, task: _Task, chosen: _Row, limits: Limits, nodes: int
) -> Fraction | None:
    """A value on the grid at, or right beyond, the nearest one, that the others can go with."""
    here = task.in_decimals(chosen)
    found = nearest_value(
        name,
        task.values[name],
        here.clauses,
        integers=here.integers,
        fixed=chosen,
        limits=limits,
    )
    if not isinstance(found, Nearest):
        return None
    points = points_at(found, name, task.grids[name])
    for point in dict.fromkeys(points):
        if isinstance(task.ask({**chosen, name: point}, nodes), Model):
            return point
    return None


def _kept(task: _Task, nodes: int, *, roomy: bool) -> _Row | None:
    """Some solution that keeps, or nearly keeps, the cells for which that is soon seen to do."""
    task = task.with_room() if roomy else task
    chosen = dict(task.fixed)
    answer = task.ask(chosen, nodes)
    patience = PATIENCE
    for name in task.variables:
        if not isinstance(answer, Model):
            return None
        if name in task.fixed:
            continue
        grid, known = task.grids[name], answer.values.get(name, task.values[name])
        settled = grid.fits(known)
        for near in _near(task.values[name], known, grid):
            if settled and not patience:
                break
            attempt = task.ask({**chosen, name: near}, nodes // 10)
            if isinstance(attempt, Model):
                known, answer, settled = near, attempt, True
                break
            patience -= patience > 0 and isinstance(attempt, Undecided)
        if not settled:
            return None
        chosen[name] = known
    return chosen


def _near(target: Fraction, known: Fraction, grid: Grid) -> Iterator[Fraction]:
    """Values to try in place of a known one, the nearest to the target first."""
    yield target
    if grid.integer:
        for step in range(1, NEXT_DOOR + 1):
            if step < abs(known - target):
                yield from (target - step, target + step)
    elif not grid.fits(known):
        yield rounded(known, grid)


def limit_clauses(
    names: Iterable[str], grids: Mapping[str, Grid], *, below: int | None = None
) -> Iterator[Clause]:
    """What columns can hold at all, as clauses.

    Args:
        names: The columns.
        grids: What they can hold.
        below: If given, only limits of a smaller magnitude.
    """
    for name in names:
        grid = grids[name]
        if grid.places is None and grid.digits >= _DOUBLE_DIGITS:
            continue  # the range of a double is no limit in practice, and its ends are unwieldy
        for sign, limit in ((1, grid.low), (-1, grid.high)):
            if limit is not None and (below is None or -below < limit < below):
                terms = (Term(name, Fraction(sign)),)
                yield Clause((Inequality(terms, Fraction(sign * limit)),))
