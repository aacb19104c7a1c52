"""What the rows of a group have to satisfy, prepared once; and questions about one row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.congruences import Equality, equalities
from pishield_cli.logic.rows.grids import GRID_DIGITS, Grid
from pishield_cli.logic.terms import (
    Clause,
    Conjunction,
    Inequality,
    Literal,
    Plain,
    Term,
)

_DOUBLE_DIGITS = 15

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
