"""Inequalities, literals and clauses over named variables, with exact coefficients."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import gcd, lcm
from typing import NamedTuple

HALF = Fraction(1, 2)


class Term(NamedTuple):
    """A coefficient, never zero, times a variable."""

    variable: str
    coefficient: Fraction


@dataclass(frozen=True, slots=True)
class Inequality:
    """`sum of terms >= constant`, or `> constant` if strict.

    Attributes:
        terms: Distinct variables, in the order of their first mention. Without terms the
            inequality is constant: `0 >= constant`.
        constant: The right-hand side.
        strict: True for `>`.
    """

    terms: tuple[Term, ...]
    constant: Fraction
    strict: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(term.variable for term in self.terms)

    def as_inequality(self) -> "Inequality":
        """Itself: every literal can be taken as an inequality."""
        return self

    def negated(self) -> "Inequality":
        """The complement: `not (a.x >= c)` is `-a.x > -c`."""
        terms = tuple(Term(name, -coefficient) for name, coefficient in self.terms)
        return Inequality(terms, -self.constant, not self.strict)

    def renamed(self, names: Mapping[str, str]) -> "Inequality":
        """The same inequality with variables renamed, terms of equal names added up."""
        return Inequality(_renamed(self.terms, names), self.constant, self.strict)

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether it holds, exactly, for a value of each of its variables."""
        total = sum((c * values[name] for name, c in self.terms), Fraction(0))
        return total > self.constant if self.strict else total >= self.constant


@dataclass(frozen=True, slots=True)
class Equation:
    """`sum of terms == constant`.

    Attributes:
        terms: Distinct variables, in the order of their first mention.
        constant: The right-hand side.
    """

    terms: tuple[Term, ...]
    constant: Fraction

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(term.variable for term in self.terms)

    @property
    def sides(self) -> tuple[Inequality, Inequality]:
        """`sum >= constant` and `-sum >= -constant`, whose conjunction it is."""
        turned = tuple(Term(name, -coefficient) for name, coefficient in self.terms)
        return Inequality(self.terms, self.constant), Inequality(turned, -self.constant)

    def renamed(self, names: Mapping[str, str]) -> "Equation":
        """The same equation with variables renamed, terms of equal names added up."""
        return Equation(_renamed(self.terms, names), self.constant)


@dataclass(frozen=True, slots=True)
class BooleanLiteral:
    """A boolean variable, or its negation. A score is true above one half."""

    variable: str
    positive: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.variable,)

    def negated(self) -> "BooleanLiteral":
        return BooleanLiteral(self.variable, not self.positive)

    def renamed(self, names: Mapping[str, str]) -> "BooleanLiteral":
        return BooleanLiteral(names.get(self.variable, self.variable), self.positive)

    def as_inequality(self) -> Inequality:
        """`b > 1/2`, or `-b >= -1/2` for a negation."""
        if self.positive:
            return Inequality((Term(self.variable, Fraction(1)),), HALF, strict=True)
        return Inequality((Term(self.variable, Fraction(-1)),), -HALF, strict=False)

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether it holds, exactly, for a value of its variable."""
        return (values[self.variable] > HALF) == self.positive


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Inequalities that all hold, or not all of them: one literal of a clause.

    Multiplied out, a clause of n of them is 2^n clauses or more, such as `a == 1 or b == 1 or ...`.

    Attributes:
        parts: At least two, such as the two sides of an equality.
        positive: Whether all of them hold; otherwise one does not.
    """

    parts: tuple[Inequality, ...]
    positive: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in self.parts for name in part.variables))

    def as_inequality(self) -> Inequality:
        """Refused: who needs inequalities multiplies clauses out before."""
        raise TypeError("A conjunction is more than one inequality.")

    def negated(self) -> "Conjunction":
        return Conjunction(self.parts, not self.positive)

    def renamed(self, names: Mapping[str, str]) -> "Conjunction":
        return Conjunction(tuple(part.renamed(names) for part in self.parts), self.positive)

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether they all hold, exactly, or if not `positive`, one of them does not."""
        return all(part.holds(values) for part in self.parts) == self.positive


Plain = Inequality | BooleanLiteral
"""A literal that is one comparison."""

Literal = Plain | Conjunction


@dataclass(frozen=True, slots=True)
class Clause:
    """A disjunction of literals; without literals it is false."""

    literals: tuple[Literal, ...]

    def __iter__(self) -> Iterator[Literal]:
        return iter(self.literals)

    @property
    def variables(self) -> tuple[str, ...]:
        """Distinct variables, in the order of their first mention."""
        return tuple(dict.fromkeys(name for literal in self.literals for name in literal.variables))

    def as_inequalities(self) -> tuple[Inequality, ...]:
        """Its literals, booleans compared with one half."""
        return tuple(literal.as_inequality() for literal in self.literals)

    def mapped(self, change: Callable[[Plain], Plain]) -> "Clause":
        """The clause with each comparison changed, those of conjunctions to inequalities."""
        literals: list[Literal] = []
        for one in self.literals:
            if isinstance(one, Conjunction):
                parts = tuple(change(part).as_inequality() for part in one.parts)
                literals.append(Conjunction(parts, one.positive))
            else:
                literals.append(change(one))
        return Clause(tuple(literals))

    def renamed(self, names: Mapping[str, str]) -> "Clause":
        return Clause(tuple(literal.renamed(names) for literal in self.literals))

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether one of its literals holds, exactly."""
        return any(literal.holds(values) for literal in self.literals)


def numeric(literal: Literal) -> Inequality | Conjunction:
    """A literal over numbers; a boolean is compared with one half."""
    return literal.as_inequality() if isinstance(literal, BooleanLiteral) else literal


def parts_of(literal: Inequality | Conjunction) -> tuple[Inequality, ...]:
    """The inequalities that all hold where a literal does."""
    if isinstance(literal, Inequality):
        return (literal,)
    assert literal.positive, "clauses deny conjunctions part by part"
    return literal.parts


def multiplied(clause: Clause) -> Iterator[Clause]:
    """A clause as a conjunction of clauses without conjunctions as literals."""
    choices: list[tuple[tuple[Plain, ...], ...]] = []
    for literal in clause:
        if not isinstance(literal, Conjunction):
            choices.append(((literal,),))
        elif literal.positive:
            choices.append(tuple((part,) for part in literal.parts))
        else:
            choices.append((tuple(part.negated() for part in literal.parts),))
    for chosen in product(*choices):
        yield Clause(tuple(dict.fromkeys(literal for part in chosen for literal in part)))


def _renamed(terms: tuple[Term, ...], names: Mapping[str, str]) -> tuple[Term, ...]:
    coefficients: dict[str, Fraction] = {}
    for name, coefficient in terms:
        renamed = names.get(name, name)
        coefficients[renamed] = coefficients.get(renamed, Fraction(0)) + coefficient
    return tuple(Term(name, value) for name, value in coefficients.items() if value)


def common_divisor(values: Iterable[Fraction]) -> Fraction:
    """The greatest number that all are whole multiples of; 0 if all are 0, or there are none.

    Divided by it, coefficients are the smallest whole numbers in their ratio.
    """
    numbers = list(values)
    denominator = lcm(*(one.denominator for one in numbers))
    return Fraction(
        gcd(*(one.numerator * (denominator // one.denominator) for one in numbers)), denominator
    )
