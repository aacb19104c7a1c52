"""One row by exact search, where following a plan's steps leads nowhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.asked_rows import Questions
from pishield_cli.logic.rows.candidate_values import points_at
from pishield_cli.logic.rows.grids import GRID_DIGITS, Grid, decade, rounded
from pishield_cli.logic.rows.problems import Row, RowProblem, problem_of
from pishield_cli.logic.solver.answers import Infeasible, Model, NearestValue, Undecided
from pishield_cli.logic.solver.limits import Limits

SEARCH_NODES = 4_000
"""Decisions of one question before it is given up."""

ROUGH_NODES = 1_000
"""Decisions of the search for a row of numbers that are no decimals."""

PATIENCE = 8
"""Questions about a row's cells that may stay open before what is known is taken."""

NEXT_DOOR = 8
"""How far from its cell a whole number is looked for, where it cannot be found by search."""

FEW_PLACES = 2
"""Decimal places to look for where no solution of more was found."""

LATTICES_KEPT = 64
"""Choices of decimal places whose problems are kept for the rows that follow."""

_Lattice = tuple[tuple[str, int], ...]
"""Decimal places, by column."""


class RowSearch:
    """Searches for rows of one group.

    Args:
        plan: Satisfiable.
        grids: What each column can hold.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self._plan, self._grids = plan, grids
        self._problem = problem_of(plan, grids)
        self._short: dict[_Lattice, tuple[RowProblem, Mapping[str, Grid]]] = {}

    def find(
        self, values: Mapping[str, Fraction], limits: Limits, nodes: int = SEARCH_NODES
    ) -> Row | None:
        """Correct a row in exact arithmetic.

        Args:
            values: The row's cell for each of the plan's variables.
            limits: Of all questions about it.
            nodes: How many decisions a question may take.

        Returns:
            A value for each variable: fixed ones as they are, every clause satisfied, every moved
            value on its column's grid; None if there is none, or none was found within the limits.
        """
        problem = self._problem
        cells = problem.counted(values)
        questions = Questions(problem, cells, limits, nodes)
        answer = questions.model()
        if isinstance(answer, Infeasible):
            return None
        lattices = list(dict.fromkeys(self._lattices(values)))
        at_once = self._at_once(values, lattices)
        row = self._in_decimals(values, limits, nodes, at_once)
        if row is not None:
            return row
        found = _in_order(problem, cells, questions)
        if found is None and isinstance(answer, Model):
            # Where it stays open whether there is a row at all, other ways lead nowhere either.
            found = _other_ways(problem, cells, limits, nodes)
        if found is not None:
            return problem.in_own_units(found)
        others = [one for one in lattices if one not in at_once]
        return self._in_decimals(values, limits, nodes, others)

    def rough(self, values: Mapping[str, Fraction], limits: Limits) -> Row | None:
        """Correct a row by numbers that need not be decimals, such as thirds; see `find`.

        Returns:
            Whole numbers where only they fit; None if there is no such row, or none was found.
        """
        problem = self._problem
        cells = problem.counted(values)
        questions = Questions(problem, cells, limits, ROUGH_NODES, in_decimals=False)
        for name in problem.moving:
            found = questions.nearest(name)
            if not isinstance(found, NearestValue):
                return None
            beyond = found.model.values.get(name, found.value)
            questions.settle(name, beyond if found.open else found.value)
        return problem.in_own_units(questions.settled)

    def _at_once(
        self, values: Mapping[str, Fraction], lattices: Sequence[_Lattice]
    ) -> Sequence[_Lattice]:
        """The lattice to begin with: of an equality between cells of few digits, the row's own.

        Values next to each other rarely solve it, where whole numbers of places can be searched.
        """
        narrow = all(self._grids[name].digits < GRID_DIGITS for one in lattices for name, _ in one)
        if not narrow or not self._problem.equalities:
            return ()
        own = (
            one
            for one in lattices
            if all((values[name] * 10**places).denominator == 1 for name, places in one)
        )
        return tuple(islice(own, 1))

    def _in_decimals(
        self,
        values: Mapping[str, Fraction],
        limits: Limits,
        nodes: int,
        lattices: Iterable[_Lattice],
    ) -> Row | None:
        """Correct a row that is rounded first, so that only short decimals are looked for.

        An equation can have solutions in decimals that the nearest values never lead to.
        """
        moving = self._problem.moving
        for lattice in lattices:
            problem, grids = self._on_lattice(lattice)
            near = {n: Fraction(round(values[n], grids[n].places or 0)) for n in moving}
            cells = problem.counted({**values, **near})
            row = _in_order(problem, cells, Questions(problem, cells, limits, nodes))
            if row is not None:
                found = problem.in_own_units(row)
                if all(self._grids[name].fits(found[name]) for name in moving):
                    return found
        return None

    def _lattices(self, values: Mapping[str, Fraction]) -> Iterator[_Lattice]:
        """Decimal places for the columns that hold any decimals; the likeliest to do first."""
        grids = {n: self._grids[n] for n in self._problem.moving}
        digits = {n: grid.digits for n, grid in grids.items() if grid.places is None}
        narrow = [one for one in digits.values() if one < GRID_DIGITS]
        if not digits:
            return
        scale = _decade(max(map(abs, values.values())))
        finest = max(0, GRID_DIGITS - 2 - scale)
        found = []
        for wide in (finest, min(finest, FEW_PLACES)):
            for turn in range(max(narrow, default=1)):
                places = {n: _in_turn(one, scale, turn, wide) for n, one in digits.items()}
                found.append(tuple(places.items()))
        if narrow:
            own = {n: max(0, one - 1 - _decade(values[n])) for n, one in digits.items()}
            found.append(tuple((n, min(one, finest)) for n, one in own.items()))
        yield from found

    def _on_lattice(self, lattice: _Lattice) -> tuple[RowProblem, Mapping[str, Grid]]:
        """What rows have to satisfy whose moved cells get at most so many decimal places."""
        if len(self._short) > LATTICES_KEPT:
            self._short.clear()
        if lattice not in self._short:
            grids = dict(self._grids)
            for name, places in lattice:
                grids[name] = _limited(grids[name], places)
            self._short[lattice] = problem_of(self._plan, grids), grids
        return self._short[lattice]


def _in_turn(digits: int, scale: int, turn: int, wide: int) -> int:
    """Decimal places of a column of so many digits: of a narrow one fewer and fewer, then more."""
    if digits >= GRID_DIGITS:
        return wide
    fits = min(max(0, digits - 1 - scale), digits - 1)
    ways: list[int] = [*range(fits, -1, -1), *range(fits + 1, digits)]
    return ways[turn % digits]


def _limited(grid: Grid, places: int) -> Grid:
    """A column's decimals of so many places, as far as its digits tell all of them apart."""
    if grid.endless or grid.digits > GRID_DIGITS:
        return replace(grid, places=places)
    most = Fraction(10**grid.digits - 1, 10**places)
    low = -most if grid.low is None else max(grid.low, -most)
    high = most if grid.high is None else min(grid.high, most)
    return replace(grid, places=places, low=low, high=high)


def _decade(value: Fraction) -> int:
    return decade(abs(value)) if value else 0


def _other_ways(problem: RowProblem, cells: Row, limits: Limits, nodes: int) -> Row | None:
    """A row with more room inside its bounds, or one that only nearly keeps its cells."""
    exact = len(problem.integers) == len(problem.variables)
    if not exact and (found := _with_room(problem, cells, limits, nodes)) is not None:
        return found
    for here in (problem,) if exact else (problem, problem.with_room()):
        found = _kept(here, cells, Questions(here, cells, limits, nodes))
        if found is not None and problem.holds(found):
            return found
    return None


def _in_order(problem: RowProblem, cells: Row, questions: Questions) -> Row | None:
    """Each variable in order as near to its cell as some values of the later ones allow."""
    row, wrong = dict(cells), None
    for name in problem.moving:
        # Most often what did not hold before does not hold now.
        if wrong is None or wrong.holds(row):
            wrong = next((one for one in problem.clauses if not one.holds(row)), None)
        if wrong is None:
            return row
        point = _nearest_point(name, problem, questions)
        if point is None:
            return None
        questions.settle(name, point)
        row[name] = point
    return row if problem.holds(row) else None


def _with_room(problem: RowProblem, cells: Row, limits: Limits, nodes: int) -> Row | None:
    """The same with less and less room asked for, so that what one took leaves some to the next."""
    chosen: Row = {}
    free = problem.moving
    for index, name in enumerate(free):
        if problem.holds({**cells, **chosen}):
            break
        here = problem.with_room(Fraction(len(free) - index, len(free)))
        questions = Questions(here, cells, limits, nodes)
        for settled, value in chosen.items():
            questions.settle(settled, value)
        point = _nearest_point(name, here, questions)
        if point is None:
            return None
        chosen[name] = point
    row = {**cells, **chosen}
    return row if problem.holds(row) else None


def _nearest_point(name: str, problem: RowProblem, questions: Questions) -> Fraction | None:
    """A value on the grid at, or right beyond, the nearest one, that the others can go with."""
    found = questions.nearest(name)
    if not isinstance(found, NearestValue):
        return None
    grid = problem.grids[name]
    if not (found.open or problem.equalities) and grid.fits(found.value):
        return found.value  # the others were found along with it
    points = points_at(found, name, grid)
    fitting = (one for one in dict.fromkeys(points) if questions.is_possible(name, one))
    return next(fitting, None)


def _kept(problem: RowProblem, cells: Row, questions: Questions) -> Row | None:
    """Some solution that keeps, or nearly keeps, the cells for which that is soon seen to do."""
    answer = questions.model()
    patience = PATIENCE
    for name in problem.moving:
        if not isinstance(answer, Model):
            return None
        grid, known = problem.grids[name], answer.values.get(name, cells[name])
        settled = grid.fits(known)
        for near in _near(cells[name], known, grid):
            if settled and not patience:
                break
            attempt = questions.model(name, near, share=10)
            if isinstance(attempt, Model):
                known, answer, settled = near, attempt, True
                break
            patience -= patience > 0 and isinstance(attempt, Undecided)
        if not settled:
            return None
        questions.settle(name, known)
    return {**cells, **questions.settled}


def _near(target: Fraction, known: Fraction, grid: Grid) -> Iterator[Fraction]:
    """Values to try in place of a known one, the nearest to the target first."""
    yield target
    if grid.integer:
        for step in range(1, NEXT_DOOR + 1):
            if step < abs(known - target):
                yield from (target - step, target + step)
    elif not grid.fits(known):
        yield rounded(known, grid)
