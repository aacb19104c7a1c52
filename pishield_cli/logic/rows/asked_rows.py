"""Questions about one row, some of whose cells are settled one by one."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from pishield_cli.logic.rows.congruences import congruences
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import Row, RowProblem
from pishield_cli.logic.rows.whole_solutions import Remainder, WholeSolutions
from pishield_cli.logic.solver.answers import Infeasible, Model, NearestValue, Undecided
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.questions import equal, nearest_of, substituted
from pishield_cli.logic.solver.search import Search
from pishield_cli.logic.terms import Clause

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
        held = {} if name is None else {name: value}
        only = self._only_row(held)
        if only is not None:
            return only
        owners = self._owners(held, share)
        if name is None:
            return self._noted(self._search.solve(owners))
        return self._search.solve(owners, equal(name, value))

    def _only_row(self, held: Row) -> Model | Infeasible | Undecided | None:
        """The answer where equalities leave whole numbers no choice; else None."""
        whole = self._wholly(held)
        if whole is None or (whole.exist and whole.steps):
            return None
        row = {**self.settled, **held, **whole.point()}
        if whole.exist and len(row) < len(self._problem.variables):
            return None
        try:
            self._limits.spend(self._problem.size)
        except LimitReached as reached:
            return Undecided(str(reached))
        fits = whole.exist and self._problem.holds(row)
        return Model(row) if fits else Infeasible((0,), assumed=bool(held))

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
        whole = self._wholly(held)
        if whole is None:
            return ()
        self._search.owe(whole.work // ENTRIES)
        found = whole.congruences()
        return self._noted_clauses(found.clauses, found.multiples)

    def _wholly(self, held: Row) -> WholeSolutions | None:
        """The solutions of equalities between whole numbers, some values supposed."""
        whole = self._whole
        for name, value in held.items():
            whole = None if whole is None else whole.held(name, value)
        return whole

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
