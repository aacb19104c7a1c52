"""What a requirement says as written: boolean structure over comparisons and boolean columns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pishield_cli.logic.terms import BooleanLiteral, Clause, Equation, Literal


@dataclass(frozen=True, slots=True)
class Constant:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """One comparison, or one boolean column."""

    literal: Literal | Equation


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


def implication(parts: list[Formula]) -> Formula:
    """`a -> b -> c`, grouped from the right, is `not a or not b or c`."""
    return Or((*(Not(part) for part in parts[:-1]), parts[-1])) if len(parts) > 1 else parts[0]


def formula_of(clauses: Iterable[Clause]) -> Formula:
    """The formula of a conjunction of clauses."""
    return And(tuple(Or(tuple(Atom(literal) for literal in clause)) for clause in clauses))


def replaced(
    formula: Formula, change: Callable[[Literal | Equation], Literal | Equation]
) -> Formula:
    """The formula with each literal replaced by another one."""
    match formula:
        case Atom(literal):
            return Atom(change(literal))
        case Not(operand):
            return Not(replaced(operand, change))
        case And(parts) | Or(parts) | Iff(parts):
            return type(formula)(tuple(replaced(part, change) for part in parts))
        case Constant():
            return formula


def over_numbers(formula: Formula) -> Formula:
    """The formula with boolean columns read as numbers above one half."""
    return replaced(
        formula, lambda one: one.as_inequality() if isinstance(one, BooleanLiteral) else one
    )
