"""What the rows of a group have to satisfy, prepared once; and questions about one row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.congruences import Equality, congruences, equalities
from pishield_cli.logic.rows.grids import GRID_DIGITS, Grid
from pishield_cli.logic.rows.whole_solutions import Remainder, WholeSolutions
from pishield_cli.logic.solver.answers import Infeasible, Model, NearestValue, Undecided
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import equal, nearest_of, substituted
from pishield_cli.logic.solver.search import Search
from pishield_cli.logic.terms import (
    Clause,
    Conjunction,
    Inequality,
    Literal,
    Plain,
    Term,
)

_DOUBLE_DIGITS = 15

QUESTION_WORK = 200_000
"""Units of work that one question about a row may take."""

WAY_WORK = 400_000
"""Units of work that questions on one way to a row may take together."""

SMALL = 300
"""Terms of equalities between whole numbers times columns up to which all solutions are known."""

ENTRIES = 8
"""Entries of these that one unit of work goes through."""

FEW = 4
"""Values of a column that are asked about one by one."""

Row = dict[str, Fraction]


@dataclass(frozen=True)
class RowProblem:
    """A group's rows to be searched for, columns of decimal places counted in units of their last.

    Attributes:
        variables: In the order of correction.
        fixed: Those that never move.
        clauses: What must hold, the columns' limits among it.
        grids: What the columns can hold.
        units: What the columns are counted in.
    """

    variables: tuple[str, ...]
    fixed: frozenset[str]
    clauses: tuple[Clause, ...]
    grids: Mapping[str, Grid]
    units: Mapping[str, Fraction]

    @property
    def moving(self) -> list[str]:
        """The variables that may move, in the order of correction."""
        return [name for name in self.variables if name not in self.fixed]

    @cached_property
    def integers(self) -> tuple[str, ...]:
        """Variables that are whole numbers."""
        return tuple(name for name in self.variables if self.grids[name].integer)

    @cached_property
    def equalities(self) -> tuple[Equality, ...]:
        """Its equalities between columns of which some hold any decimals."""
        whole = frozenset(self.integers) | self.fixed
        return tuple(one for one in self._every_equality if not whole.issuperset(one.terms))

    @cached_property
    def whole_equalities(self) -> tuple[Equality, ...]:
        """Its equalities between whole numbers and cells that never move."""
        whole = frozenset(self.integers) | self.fixed
        return tuple(one for one in self._every_equality if whole.issuperset(one.terms))

    @cached_property
    def _every_equality(self) -> tuple[Equality, ...]:
        return tuple(equalities(self.clauses))

    @cached_property
    def size(self) -> int:
        """Literals and terms, for what going through the clauses once takes."""
        return sum(1 + len(one.variables) for clause in self.clauses for one in clause)

    def holds(self, row: Mapping[str, Fraction]) -> bool:
        return all(clause.holds(row) for clause in self.clauses)

    def counted(self, values: Mapping[str, Fraction]) -> Row:
        """Cells in these units."""
        return {name: values[name] / self.units[name] for name in self.variables}

    def in_own_units(self, row: Mapping[str, Fraction]) -> Row:
        return {name: value * self.units[name] for name, value in row.items()}

    def with_room(self, share: Fraction = Fraction(1)) -> "RowProblem":
        """The same rows, farther inside their bounds, so that cells of few digits find room.

        Args:
            share: How much of the room to ask for, from 0 to 1.
        """
        place = {name: index for index, name in enumerate(self.variables)}
        units = (one.literals[0] for one in self.clauses if len(one.literals) == 1)
        sides = set(equated(half_of(one.as_inequality(), place) for one in units))

        def inner(literal: Literal) -> Literal:
            # Between the two sides of an equality there is no room.
            if isinstance(literal, Conjunction) or half_of(literal.as_inequality(), place) in sides:
                return literal
            return self._inner(literal.as_inequality(), share)

        return replace(self, clauses=tuple(Clause(tuple(map(inner, one))) for one in self.clauses))

    def _inner(self, literal: Inequality, share: Fraction) -> Inequality:
        digits = [self.grids[n].digits for n in literal.variables if not self.grids[n].integer]
        moving = [name for name in literal.variables if name not in self.fixed]
        if not digits or not moving:
            return literal
        scale = abs(literal.constant) + sum(abs(c) for _, c in literal.terms)
        room = share * scale * Fraction(10) ** (2 - min(*digits, GRID_DIGITS))
        return Inequality(literal.terms, literal.constant + room, literal.strict)


def problem_of(plan: GroupPlan, grids: Mapping[str, Grid]) -> RowProblem:
    """What a plan's rows have to satisfy, on what their columns can hold."""
    units = {name: Fraction(10) ** -(grids[name].places or 0) for name in plan.variables}
    clauses = (*plan.clauses, *limit_clauses(plan.variables, grids))
    return RowProblem(
        plan.variables,
        plan.fixed,
        tuple(counted_in(clause, units) for clause in clauses),
        {name: _whole(grids[name], units[name]) for name in plan.variables},
        units,
    )


class Questions:
    """Questions about one row, some of whose cells are settled one by one.

    Args:
        problem: What must hold.
        values: The row's cells, in the problem's units.
        limits: Of all questions together.
        nodes: Decisions that one question may take.
        in_decimals: Whether variables that are not whole numbers are to become decimals.
    """

    def __init__(
        self,
        problem: RowProblem,
        values: Mapping[str, Fraction],
        limits: Limits,
        nodes: int,
        *,
        in_decimals: bool = True,
    ) -> None:
        self._problem, self._values, self._nodes = problem, values, nodes
        self._limits = limits.part(WAY_WORK)
        self._equalities = problem.equalities if in_decimals else ()
        self.settled: Row = {name: values[name] for name in problem.fixed}
        self._search = Search(integers=problem.integers)
        self._search.owe(problem.size)
        self._multiples = 0
        self._told: dict[tuple[Clause, ...], int] = {}
        self._whole = self._whole_solutions()
        self._noted_whole({})  # what numbers are multiples of is branched on before them
        for clause in problem.clauses:
            self._search.add(substituted(clause, self.settled), 0)
        self._known: Mapping[str, Fraction] = {}
        """Values of all that go with what is settled; empty if none are known."""

    def settle(self, name: str, value: Fraction) -> None:
        """Hold a value from now on."""
        self.settled[name] = value
        if self._whole is not None:
            self._whole = self._whole.held(name, value)
        if self._known.get(name) != value:
            self._known = {}
        self._search.suppose(equal(name, value))

    def is_possible(self, name: str, value: Fraction) -> bool:
        """Whether a value goes with some values of the others; False also if that stays open."""
        return isinstance(self.model(name, value), Model)

    def model(
        self, name: str | None = None, value: Fraction = Fraction(0), *, share: int = 1
    ) -> Model | Infeasible | Undecided:
        """Values of all, beside a value of one; those that must be decimals may be thirds.

        Args:
            name: The one; None to suppose none.
            value: Its value.
            share: By what to divide the decisions that a question may take.
        """
        if name is None:
            return self._noted(self._search.solve(self._owners({}, share)))
        owners = self._owners({name: value}, share)
        return self._search.solve(owners, equal(name, value))

    def nearest(self, name: str) -> NearestValue | Infeasible | Undecided:
        """The value nearest to a cell that some values of the others go with."""
        target = self._values[name]
        if self._known.get(name) == target:
            return NearestValue(target, open=False, side=0, model=Model(self._known))
        whole = self._whole
        left = None if whole is None or name not in whole.names else whole.remainder(name)
        for value in _neighbours(target, self._problem.grids[name], left):
            there = self._noted(self.model(name, value))
            if isinstance(there, Undecided):
                return there
            if isinstance(there, Model):
                side = (value > target) - (value < target)
                return NearestValue(value, open=False, side=side, model=there)
        return nearest_of(self._search, name, self._values[name], self._owners({}))

    def _noted(self, answer: Model | Infeasible | Undecided) -> Model | Infeasible | Undecided:
        """Note the values found; they serve until others are settled."""
        if isinstance(answer, Model) and not self._equalities:
            self._known = answer.values
        return answer

    def _owners(self, held: Row, share: int = 1) -> tuple[int, ...]:
        """The problem's clauses, and what its equalities ask of whole numbers.

        Args:
            held: Values of some that are supposed beside those settled.
            share: By what to divide the decisions that the question may take.
        """
        self._search.limits = self._limits.part(QUESTION_WORK, self._nodes // share)
        return (0, *self._noted_whole(held), *self._noted_decimals(held))

    def _noted_decimals(self, held: Row) -> tuple[int, ...]:
        """What equalities ask of whole numbers beside decimals, noted."""
        if not self._equalities:
            return ()
        self._search.owe(sum(len(one.terms) for one in self._equalities))
        found = congruences(self._equalities, self._problem.integers, {**self.settled, **held})
        return self._noted_clauses(found.clauses, found.multiples)

    def _noted_whole(self, held: Row) -> tuple[int, ...]:
        """What equalities between whole numbers alone leave each of them, noted."""
        whole = self._whole
        if whole is None:
            return ()
        for name, value in held.items():
            whole = whole.held(name, value)
        self._search.owe(whole.work // ENTRIES)
        found = whole.congruences()
        return self._noted_clauses(found.clauses, found.multiples)

    def _noted_clauses(
        self, clauses: tuple[Clause, ...], multiples: tuple[str, ...]
    ) -> tuple[int, ...]:
        """The owner of clauses that only some questions ask for."""
        if not clauses:
            return ()
        if clauses not in self._told:
            self._multiples += 1
            self._told[clauses] = self._multiples
            self._search.atoms.declare(multiples)
            for clause in clauses:
                self._search.add(clause, self._multiples)
        return (self._told[clauses],)

    def _whole_solutions(self) -> WholeSolutions | None:
        """The whole numbers that equalities between them leave; None where they are too many."""
        found = self._problem.whole_equalities
        names = dict.fromkeys(name for one in found for name in one.terms)
        if not found or len(names) * sum(len(one.terms) for one in found) > SMALL:
            return None
        whole = WholeSolutions.of(name for name in names if name not in self.settled)
        for one in found:
            moving = {n: c for n, c in one.terms.items() if n not in self.settled}
            held = sum(c * self.settled[n] for n, c in one.terms.items() if n in self.settled)
            whole = whole.demanded(moving, one.constant - held)
        return whole


def _neighbours(target: Fraction, grid: Grid, left: Remainder | None) -> list[Fraction]:
    """The whole numbers at and beside a value, or all that fit if these are few; nearest first.

    Args:
        target: The value.
        grid: What the column holds.
        left: What equalities leave of its whole numbers; None if that is not known.
    """
    if not grid.integer:
        return []
    if left is not None:
        return [one for one in left.nearest(target) if grid.fits(one)]
    if grid.low is not None and grid.high is not None and grid.high - grid.low < FEW:
        values = [Fraction(one) for one in range(ceil(grid.low), floor(grid.high) + 1)]
        return sorted(values, key=lambda one: (abs(one - target), one))
    return [target, target - 1, target + 1] if target.denominator == 1 else []


def counted_in(clause: Clause, units: Mapping[str, Fraction]) -> Clause:
    """A clause over columns counted in units of their own."""

    def counted(literal: Plain) -> Inequality:
        one = literal.as_inequality()
        terms = tuple(Term(name, c * units[name]) for name, c in one.terms)
        return Inequality(terms, one.constant, one.strict)

    return clause.mapped(counted)


def _whole(grid: Grid, unit: Fraction) -> Grid:
    if not grid.places:
        return grid
    low = None if grid.low is None else grid.low / unit
    high = None if grid.high is None else grid.high / unit
    return replace(grid, places=0, low=low, high=high)


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
