"""Sums under construction, and the comparisons that they become."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from pishield_cli.logic.formulas import And, Atom, Formula, Not, Or
from pishield_cli.logic.terms import Equation, Inequality, Term

ZERO = Fraction(0)
ONE = Fraction(1)


@dataclass(slots=True)
class Sum:
    """A linear expression under construction.

    Attributes:
        terms: Coefficients by variable, in the order of first mention; may hold zeros.
        constant: The part without variables.
        name: The name, if the expression is nothing but a name and could mean a boolean column.
        dates: How many dates it adds up: 0 for a number or a length of time, 1 for a date.
    """

    terms: dict[str, Fraction] = field(default_factory=dict)
    constant: Fraction = ZERO
    name: str | None = None
    dates: Fraction = ZERO

    def minus(self, other: "Sum") -> "Sum":
        """The difference."""
        terms = dict(self.terms)
        for name, value in other.terms.items():
            terms[name] = terms.get(name, ZERO) - value
        constant, dates = self.constant - other.constant, self.dates - other.dates
        return Sum(terms, constant, dates=dates)

    def times(self, factor: Fraction) -> "Sum":
        """Each term and the constant times a number."""
        terms = {name: value * factor for name, value in self.terms.items()}
        return Sum(terms, self.constant * factor, dates=self.dates * factor)


def at_least(left: Sum, right: Sum, *, strict: bool) -> Inequality:
    """`left >= right`, or `>`, with variables on the left and the constant on the right."""
    terms, constant = _collected(left, right)
    return Inequality(terms, constant, strict)


def at_most(left: Sum, right: Sum, *, strict: bool) -> Inequality:
    """`left <= right`, or `<`, turned round; variables stay in the order of first mention."""
    terms, constant = _collected(left, right)
    return Inequality(tuple(Term(name, -value) for name, value in terms), -constant, strict)


def equal(left: Sum, right: Sum) -> Equation:
    """`left == right`, with variables on the left and the constant on the right.

    Where all coefficients are negative, signs are turned: `3 == a` is `a == 3`.
    """
    terms, constant = _collected(left, right)
    if terms and all(value < 0 for _, value in terms):
        return Equation(tuple(Term(name, -value) for name, value in terms), -constant)
    return Equation(terms, constant)


def _collected(left: Sum, right: Sum) -> tuple[tuple[Term, ...], Fraction]:
    """`left - right`, as terms and the constant that they are compared with."""
    terms = left.terms
    if right.terms:
        terms = dict(terms)
        for name, coefficient in right.terms.items():
            known = terms.get(name)
            terms[name] = -coefficient if known is None else known - coefficient
    constant = right.constant - left.constant if left.constant else right.constant
    return tuple(Term(name, value) for name, value in terms.items() if value), constant


def cancelled_names(left: Sum, right: Sum, found: Inequality | Equation) -> tuple[str, ...]:
    """The names of two sides that their comparison has lost, as their coefficients are zero.

    Args:
        left: The left side as read.
        right: The right side as read.
        found: What was made of them.
    """
    if not right.terms and len(left.terms) == len(found.terms):
        return ()
    kept = frozenset(found.variables)
    return tuple(name for name in (left.terms | right.terms) if name not in kept)


def one_of_values(name: str, values: Iterable[Fraction], count: int = 0) -> Formula:
    """That a column holds one of some numbers.

    Args:
        name: The column.
        values: The numbers.
        count: If not 0, that the column holds whole numbers from 0 up to it: then most of them are
            told by those that are left out, in a clause for each of these.
    """
    term = (Term(name, ONE),)
    wanted = dict.fromkeys(values)
    others = [value for value in map(Fraction, range(count)) if value not in wanted]
    if 0 < len(others) < len(wanted):
        return And(tuple(Not(Atom(Equation(term, value))) for value in others))
    return Or(tuple(Atom(Equation(term, value)) for value in wanted))
