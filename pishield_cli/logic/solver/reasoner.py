"""Exact answers about one group of connected requirements, each learned from for the next."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.logic.groups import Group
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.solver.cores import smallest_core
from pishield_cli.logic.solver.dead_parts import DeadPart, dead_parts
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import Infeasible, Model, Optimum, Search, Undecided
from pishield_cli.logic.solver.tableau import ONE, ZERO
from pishield_cli.logic.terms import (
    HALF,
    BooleanLiteral,
    Clause,
    Conjunction,
    Equation,
    Inequality,
    Literal,
    Term,
    common_divisor,
)

DOMAIN = 0
"""The owner of what is true of columns whatever is required: that a boolean is 0 or 1."""

POOL = 60
"""Models kept of a group; each can answer many later questions at once."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values that requirements leave a column, from the least to the greatest.

    Attributes:
        lower: None if there is no least value.
        upper: None if there is no greatest value.
        lower_open: Whether `lower` itself is not allowed.
        upper_open: Whether `upper` itself is not allowed.
    """

    lower: Fraction | None = None
    upper: Fraction | None = None
    lower_open: bool = False
    upper_open: bool = False


class Reasoner:
    """Answers about one group. `undecided` is increased by the number of answers not found in time.

    Args:
        group: The group.
        requirements: Those that it is of; they tell which columns are integer or boolean.
    """

    def __init__(self, group: Group, requirements: Requirements) -> None:
        self._group = group
        literals = [literal for one in group.requirements for literal in _literals(one)]
        self._propositional = {one.variable for one in literals if isinstance(one, BooleanLiteral)}
        arithmetic = frozenset(group.columns) - self._propositional
        self._booleans = requirements.booleans & arithmetic
        self._search = Search(integers=(requirements.integers & arithmetic) | self._booleans)
        self._models: list[Model] = []
        for clause in _domains(self._booleans):
            self._search.add(clause, DOMAIN)
        for one in group.requirements:
            for clause in one.clauses:
                self._search.add(clause, one.number)

    def allow(self, limits: Limits) -> "Reasoner":
        """Let what follows take up to some limits; returns itself."""
        self._search.limits = limits
        return self

    # ------------------------------------------------------------------ contradictions

    def satisfiable(self) -> bool | None:
        found = self._solve()
        return None if isinstance(found, Undecided) else isinstance(found, Model)

    def core(self, undecided: Counter[str]) -> tuple[int, ...]:
        """A smallest set of those that the search blamed."""
        found = self._search.solve()
        assert isinstance(found, Infeasible)
        blamed = [number for number in found.core if number != DOMAIN]
        core = smallest_core(self._search, blamed, always=(DOMAIN,))
        undecided["core"] += core.undecided
        return core.owners

    # ------------------------------------------------------------------ redundancy

    def redundant(self, undecided: Counter[str]) -> dict[int, tuple[int, ...]]:
        """Try requirements from the last to the first, so that of equals the first is kept.

        Returns:
            Each redundant one, ascending, with those kept that imply it.
        """
        dropped = self._dropped(undecided)
        numbers = {one.number for one in dropped}
        kept = [number for number in self._group.numbers if number not in numbers]
        return {one.number: self._fewest_reasons(one, kept) for one in reversed(dropped)}

    def spare(self, undecided: Counter[str]) -> frozenset[int]:
        """The redundant ones alone, without what implies them."""
        return frozenset(one.number for one in self._dropped(undecided))

    def implies(self, numbers: Sequence[int], one: Requirement) -> bool | None:
        """Whether some requirements of the group imply another of it; None if not decided."""
        found = self._implied(one, numbers)
        return None if isinstance(found, Undecided) else isinstance(found, Infeasible)

    def _dropped(self, undecided: Counter[str]) -> list[Requirement]:
        """Requirements that the others imply, tried and listed from the last to the first."""
        kept = dict.fromkeys(self._group.numbers)
        named = Counter(name for one in self._group.requirements for name in one.variables)
        dropped: list[Requirement] = []
        for one in reversed(self._group.requirements):
            if self._is_alone_with_a_column(one, named):
                continue
            # With no work left, not even the list of the others is made: there may be thousands.
            late = self._search.limits.exhausted
            others = () if late else tuple(n for n in kept if n != one.number)
            found = None if late else self._implied(one, others)
            if isinstance(found, Infeasible):
                del kept[one.number]
                named.subtract(one.variables)
                dropped.append(one)
            elif late or found is not None:
                undecided["redundant"] += 1
        return dropped

    def _fewest_reasons(self, one: Requirement, kept: Iterable[int]) -> tuple[int, ...]:
        """Requirements that imply one, none of them to spare as far as time allows."""
        found = self._implied(one, tuple(kept))
        reasons = list(found.core) if isinstance(found, Infeasible) else []
        for number in reversed(list(reasons)):
            fewer = [other for other in reasons if other != number]
            if isinstance(self._implied(one, fewer), Infeasible):
                reasons = fewer
        return tuple(reasons)

    def _implied(self, one: Requirement, others: Sequence[int]) -> Infeasible | Undecided | None:
        """Whether others imply one: infeasible if so, with those that do; None if they do not."""
        reasons: set[int] = set()
        for clause in one.clauses:
            negated = [literal.negated() for literal in clause]
            found = self._search.contradiction((DOMAIN, *others), negated)
            if not isinstance(found, Infeasible):
                return found
            reasons.update(found.core)
        return Infeasible(tuple(sorted(reasons - {DOMAIN})))

    def _is_alone_with_a_column(self, one: Requirement, named: Counter[str]) -> bool:
        """Whether a column that nothing else bounds can be moved until the requirement fails."""
        return any(
            named[name] == 1 and name not in self._booleans
            for clause in one.clauses
            if len(clause.literals) == 1
            for name in clause.variables
        )

    # ------------------------------------------------------------------ parts

    def dead_parts(self, undecided: Counter[str]) -> Iterator[DeadPart]:
        for one in self._group.requirements:
            for found in dead_parts(one.number, one.formula, self._possible):
                if found is not None:
                    yield found
                else:
                    undecided["dead"] += 1

    def _possible(self, literals: Sequence[Literal]) -> bool | None:
        """Whether some values satisfy all requirements and some literals.

        These may name columns that no clause is left with.
        """
        named = {name for one in literals for name in one.variables}
        known = (one.values for one in self._models if named <= one.values.keys())
        if any(all(one.holds(values) for one in literals) for values in known):
            return True
        found = self._solve(*literals)
        return None if isinstance(found, Undecided) else isinstance(found, Model)

    # ------------------------------------------------------------------ bounds and equalities

    def bounds(self, undecided: Counter[str]) -> Iterator[tuple[str, Bounds]]:
        for name in self._group.columns:
            found = (
                self._truth(name, undecided)
                if name in self._propositional
                else self._hull(name, undecided)
            )
            yield name, found

    def _truth(self, name: str, undecided: Counter[str]) -> Bounds:
        """A score is true above one half."""
        true = self._possible([BooleanLiteral(name)])
        false = self._possible([BooleanLiteral(name, positive=False)])
        undecided["bounds"] += (true is None) + (false is None)
        return Bounds(
            lower=HALF if false is False else None,
            upper=HALF if true is False else None,
            lower_open=false is False,
        )

    def _hull(self, name: str, undecided: Counter[str]) -> Bounds:
        least, greatest = (
            self._search.optimise((Term(name, ONE),), greatest=greatest)
            for greatest in (False, True)
        )
        for one in (least, greatest):
            undecided["bounds"] += isinstance(one, Undecided)
            if isinstance(one, Optimum) and one.model is not None:
                self._remember(one.model)
        lower = least if isinstance(least, Optimum) else Optimum(None, attained=True, model=None)
        upper = (
            greatest if isinstance(greatest, Optimum) else Optimum(None, attained=True, model=None)
        )
        return Bounds(
            lower.value,
            upper.value,
            lower.value is not None and not lower.attained,
            upper.value is not None and not upper.attained,
        )

    def equalities(self, undecided: Counter[str]) -> Iterator[Equation]:
        seen: set[Equation] = set()
        position = {name: at for at, name in enumerate(self._group.columns)}
        for one in self._group.requirements:
            for clause in one.clauses:
                literal = clause.literals[0] if len(clause.literals) == 1 else None
                if not isinstance(literal, Inequality) or literal.strict or not literal.terms:
                    continue
                equation = _equation(literal, position)
                if equation in seen:
                    continue
                beyond = Inequality(literal.terms, literal.constant, strict=True)
                possible = self._possible([beyond])
                if possible is None:
                    undecided["equalities"] += 1
                elif not possible:
                    seen.add(equation)
                    yield equation

    # ------------------------------------------------------------------ the search

    def _solve(self, *assumed: Literal) -> Model | Infeasible | Undecided:
        found = self._search.solve(assumed=assumed)
        if isinstance(found, Model):
            self._remember(found)
        return found

    def _remember(self, model: Model) -> None:
        self._models.append(model)
        if len(self._models) > POOL:
            del self._models[1]


def _literals(requirement: Requirement) -> Iterator[Literal]:
    for clause in requirement.clauses:
        yield from clause


def _domains(booleans: Collection[str]) -> Iterable[Clause]:
    for name in sorted(booleans):
        yield Clause((Inequality((Term(name, ONE),), ZERO),))
        yield Clause((Inequality((Term(name, -ONE),), -ONE),))


def _equation(inequality: Inequality, position: Mapping[str, int]) -> Equation:
    """The inequality's boundary in its smallest whole coefficients, the first one positive."""
    ordered = sorted(inequality.terms, key=lambda term: position[term.variable])
    scale = 1 / common_divisor(value for _, value in ordered)
    if ordered[0].coefficient < 0:
        scale = -scale
    terms = tuple(Term(name, scale * value) for name, value in ordered)
    return Equation(terms, scale * inequality.constant)


def repeated(requirements: Iterable[Requirement]) -> Iterator[tuple[int, int]]:
    """Requirements whose clauses are those of an earlier one, up to scale and order.

    Those that always hold have none, and repeat nothing.

    Returns:
        Pairs of numbers, the repeating one and the first one that it repeats.
    """
    first: dict[frozenset[frozenset[Hashable]], int] = {}
    for one in requirements:
        if not one.clauses:
            continue
        key = frozenset(frozenset(map(_canonical, clause)) for clause in one.clauses)
        number = first.setdefault(key, one.number)
        if number != one.number:
            yield one.number, number


def _canonical(literal: Literal) -> Hashable:
    if isinstance(literal, BooleanLiteral):
        return literal
    if isinstance(literal, Conjunction):
        return frozenset(map(_canonical, literal.parts)), literal.positive
    scale = 1 / (common_divisor(value for _, value in literal.terms) or 1)
    terms = frozenset((name, scale * value) for name, value in literal.terms)
    return terms, scale * literal.constant, literal.strict
