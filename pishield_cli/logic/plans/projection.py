"""What clauses say of some variables alone: that values of all the others exist."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import ceil, floor

from pishield_cli.logic.plans.conjoined import Conjunctions
from pishield_cli.logic.plans.elimination import combinations, take_bounding
from pishield_cli.logic.plans.half_spaces import (
    ClauseSet,
    Disjunction,
    Half,
    Rational,
    disjunction,
    half_space,
)
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import (
    Clause,
    Conjunction,
    Inequality,
    Literal,
    Plain,
    Term,
)

_CLEARLY = 1e-9
"""Of the size of its terms, more than all errors of a sum in floats."""


@dataclass(frozen=True)
class ProjectedClauses:
    """What clauses say of some of their variables.

    Attributes:
        exact: Whether values of the others exist wherever the clauses are true. Not always so where
            some of them hold whole numbers or decimals.
        halves: The clauses, over variables at positions.
        space: Which variables these are.
    """

    exact: bool
    halves: tuple[Disjunction, ...]
    space: "_Space"

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Over these variables alone, true wherever values of the others exist.

        The empty clause alone where these never do.
        """
        return tuple(map(self.space.clause, self.halves))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables that the clauses are over."""
        parts = (part for one in self.halves for half in one for part in self.space.parts(half))
        return self.space.names({at for form, _, _ in parts for at, _ in form})

    def unclear(self, values: Mapping[str, float]) -> list[Clause]:
        """The clauses that are not clearly true of some values, as floats tell."""
        placed = self.space.counted(values)
        return [
            self.space.clause(clause)
            for clause in self.halves
            if not any(
                all(_clearly_holds(part, placed) for part in self.space.parts(half))
                for half in clause
            )
        ]


def _clearly_holds(half: Half, values: Mapping[int, float]) -> bool:
    form, constant, _ = half
    try:
        total, size = -float(constant), abs(float(constant))
        for position, weight in form:
            part = weight * values[position]
            total += part
            size += abs(part)
    except OverflowError:
        return False
    return total > _CLEARLY * size


def project(
    clauses: Iterable[Clause], lost: Collection[str], places: Mapping[str, int], *, limits: Limits
) -> ProjectedClauses:
    """Eliminate variables from clauses.

    Args:
        clauses: Clauses over any variables.
        lost: The variables to eliminate.
        places: How many decimal places variables have, at most; real numbers where not named.
        limits: How much work may be done; it is drawn upon.

    Raises:
        LimitReached: If that does not do.
    """
    clauses = list(clauses)
    named = dict.fromkeys(name for clause in clauses for name in clause.variables)
    # The last is eliminated first: real numbers leave whole ones as they are.
    order = sorted(named, key=lambda name: (name in lost, name in lost and name not in places))
    kept = sum(name not in lost for name in order)
    space = _Space(order, places)
    left = ClauseSet(limits, space.parts)
    for clause in clauses:
        _add(left, space.halves(clause), space)
    exact = True
    for position in reversed(range(kept, len(order))):
        bounding = take_bounding(left, position, space.conjoined, limits)
        if not bounding:
            continue
        equality, derived = combinations(bounding, position, limits)
        exact &= space.keeps_whole(bounding, equality, position)
        for found in derived:
            _add(left, found, space)
    return ProjectedClauses(exact, tuple(left), space)


def _add(clauses: ClauseSet, halves: Iterable[Half], space: "_Space") -> None:
    clause = disjunction(map(space.tightened, halves))
    if clause is not None:
        clauses.add(clause)


@lru_cache(maxsize=8192)
def _whole_weights(
    literal: Plain,
) -> tuple[tuple[tuple[str, ...], tuple[int, ...]], Rational, bool]:
    """A literal's columns and weights, whole numbers without a common factor; and its bound."""
    one = literal.as_inequality()
    form, constant, strict = half_space(
        ((place, weight) for place, (_, weight) in enumerate(one.terms)), one.constant, one.strict
    )
    return (one.variables, tuple(weight for _, weight in form)), constant, strict


class _Space:
    """Variables at positions, those with places counted in units of the last one."""

    def __init__(self, order: list[str], places: Mapping[str, int]) -> None:
        self.conjoined = Conjunctions()
        self.parts = self.conjoined.parts
        self._order = order
        self._positions = {name: position for position, name in enumerate(order)}
        self._units = {
            position: Fraction(1, 10 ** places[name])
            for position, name in enumerate(order)
            if name in places
        }

    def names(self, positions: Iterable[int]) -> tuple[str, ...]:
        return tuple(self._order[position] for position in positions)

    def halves(self, clause: Clause) -> list[Half]:
        return [half for literal in clause for half in self._halves(literal)]

    def _halves(self, literal: Literal) -> list[Half]:
        if not isinstance(literal, Conjunction):
            return [self._half(literal)]
        if literal.positive:
            return [self.conjoined.half(self.tightened(self._half(one)) for one in literal.parts)]
        return [self._half(one.negated()) for one in literal.parts]

    def _half(self, literal: Plain) -> Half:
        (names, weights), constant, strict = _whole_weights(literal)
        if not self._units.keys().isdisjoint(map(self._positions.__getitem__, names)):
            return self._half_in_units(literal)
        form = sorted(zip(map(self._positions.__getitem__, names), weights, strict=True))
        return tuple(form), constant, strict

    def _half_in_units(self, literal: Plain) -> Half:
        one = literal.as_inequality()
        positions = ((self._positions[name], weight) for name, weight in one.terms)
        scaled = ((at, weight * self._units.get(at, 1)) for at, weight in positions)
        return half_space(scaled, one.constant, one.strict)

    def counted(self, values: Mapping[str, float]) -> dict[int, float]:
        """Values at their positions, in units."""
        return {
            self._positions[name]: value / float(self._units.get(self._positions[name], 1))
            for name, value in values.items()
        }

    def clause(self, halves: Disjunction) -> Clause:
        return Clause(tuple(map(self._literal, halves)))

    def _literal(self, half: Half) -> Literal:
        parts = tuple(map(self._inequality, self.parts(half)))
        return parts[0] if len(parts) == 1 else Conjunction(parts)

    def _inequality(self, half: Half) -> Inequality:
        form, constant, strict = half
        terms = (
            Term(self._order[at], Fraction(value) / self._units.get(at, 1)) for at, value in form
        )
        return Inequality(tuple(terms), Fraction(constant), strict)

    def tightened(self, half: Half) -> Half:
        """The half-space, its bound a whole number where all that it bounds are."""
        form, constant, strict = half
        if not form or not self._is_whole(half):
            return half
        return form, floor(constant) + 1 if strict else ceil(constant), False

    def keeps_whole(self, bounding: list[Disjunction], equality: Half | None, lost: int) -> bool:
        """Whether a whole number satisfies clauses wherever a real number does.

        So it is where one of the two bounds of every stretch of values is always a whole number.
        """
        if lost not in self._units:
            return True
        if equality is not None:
            return self._is_whole(equality) and abs(equality[0][-1][1]) == 1
        halves = [half for clause in bounding for half in clause if half[0][-1][0] == lost]
        lower = [half[0][-1][1] for half in halves if half[0][-1][1] > 0]
        upper = [-half[0][-1][1] for half in halves if half[0][-1][1] < 0]
        if not lower or not upper:
            return True
        return all(map(self._is_whole, halves)) and 1 in (max(lower), max(upper))

    def _is_whole(self, half: Half) -> bool:
        return all(position in self._units for position, _ in half[0])
