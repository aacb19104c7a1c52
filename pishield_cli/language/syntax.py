"""The tree of one requirement: boolean structure over literals, and sums while parsing."""

from dataclasses import dataclass, field
from fractions import Fraction

from pishield_cli.logic.terms import Inequality, Literal, Term

ZERO = Fraction(0)
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Constant:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """One inequality, or one boolean column."""

    literal: Literal


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of its operand."""

    operand: "Formula"


@dataclass(frozen=True, slots=True)
class And:
    """The conjunction of its parts."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """The disjunction of its parts."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Iff:
    """Equivalence, grouped from the left: `a iff b iff c` is `(a iff b) iff c`."""

    parts: tuple["Formula", ...]


Formula = Constant | Atom | Not | And | Or | Iff


@dataclass(slots=True)
class Sum:
    """A linear expression under construction.

    Attributes:
        terms: Coefficients by variable, in the order of first mention; may hold zeros.
        constant: The part without variables.
        name: The name, if the expression is nothing but a name and could mean a boolean column.
    """

    terms: dict[str, Fraction] = field(default_factory=dict)
    constant: Fraction = ZERO
    name: str | None = None


def implication(parts: list[Formula]) -> Formula:
    """`a -> b -> c`, grouped from the right, is `not a or not b or c`."""
    return Or((*(Not(part) for part in parts[:-1]), parts[-1])) if len(parts) > 1 else parts[0]


def at_least(left: Sum, right: Sum, *, strict: bool) -> Inequality:
    """`left >= right`, or `>`, with variables on the left and the constant on the right."""
    return _collected(left, right, turned=False, strict=strict)


def at_most(left: Sum, right: Sum, *, strict: bool) -> Inequality:
    """`left <= right`, or `<`, turned round; variables stay in the order of first mention."""
    return _collected(left, right, turned=True, strict=strict)


def _collected(left: Sum, right: Sum, *, turned: bool, strict: bool) -> Inequality:
    """`left - right >= 0`, or `right - left >= 0` if turned, as terms and a constant."""
    terms = left.terms
    if right.terms:
        terms = dict(terms)
        for name, coefficient in right.terms.items():
            known = terms.get(name)
            terms[name] = -coefficient if known is None else known - coefficient
    constant = right.constant - left.constant if left.constant else right.constant
    if turned:
        negated = tuple(Term(name, -value) for name, value in terms.items() if value)
        return Inequality(negated, -constant, strict)
    kept = tuple(Term(name, value) for name, value in terms.items() if value)
    return Inequality(kept, constant, strict)
