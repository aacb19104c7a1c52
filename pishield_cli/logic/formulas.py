"""What a requirement says as written: boolean structure over comparisons and boolean columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Conjunction,
    Equation,
    Literal,
    Plain,
)


@dataclass(frozen=True, slots=True)
class Constant:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """One comparison, or one boolean column.

    Attributes:
        literal: What it says.
        cancelled: Variables that it names as well, and that cancel out: `b` of `0*b <= 1`.
    """

    literal: Plain | Equation
    cancelled: tuple[str, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> "Atom":
        """The same atom over other names; terms of equal names may cancel out."""
        literal = self.literal.renamed(names)
        named = (names.get(name, name) for name in (*self.literal.variables, *self.cancelled))
        kept = frozenset(literal.variables)
        return Atom(literal, tuple(dict.fromkeys(name for name in named if name not in kept)))


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
    return And(tuple(Or(tuple(map(literal_formula, clause))) for clause in clauses))


def literal_formula(literal: Literal) -> Formula:
    """The formula of a literal of a clause."""
    if not isinstance(literal, Conjunction):
        return Atom(literal)
    both = And(tuple(map(Atom, literal.parts)))
    return both if literal.positive else Not(both)


def replaced(formula: Formula, change: Callable[[Atom], Formula]) -> Formula:
    """The formula with each atom replaced by a formula."""
    match formula:
        case Atom():
            return change(formula)
        case Not(operand):
            return Not(replaced(operand, change))
        case And(parts) | Or(parts) | Iff(parts):
            return type(formula)(tuple(replaced(part, change) for part in parts))
        case Constant():
            return formula


def atoms(formula: Formula) -> Iterator[Atom]:
    """The atoms, as often as they are written."""
    match formula:
        case Atom():
            yield formula
        case Not(operand):
            yield from atoms(operand)
        case And(parts) | Or(parts) | Iff(parts):
            for part in parts:
                yield from atoms(part)


def over_numbers(formula: Formula) -> Formula:
    """The formula with boolean columns read as numbers above one half."""

    def compared(atom: Atom) -> Atom:
        literal = atom.literal
        return Atom(literal.as_inequality()) if isinstance(literal, BooleanLiteral) else atom

    return replaced(formula, compared)
