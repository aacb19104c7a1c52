"""From a formula to clauses: conjunctive normal form, exact and bounded in size.

Clauses are multiplied out (no new variables), with repeated literals, tautologies and repeated
clauses dropped as they arise and constant inequalities folded. Parts of a disjunction that compare
one sum with numbers are taken together first, as the values that they allow.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pishield_cli.language.regions import Region, SignedFormula, merged_regions
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or, atoms
from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Conjunction,
    Equation,
    Inequality,
    Literal,
    Plain,
)

MAX_CLAUSES = 4_096
"""Clauses that one requirement may become."""

FEW_CLAUSES = 64
"""Clauses past which conjunctions in a disjunction become literals, so that there are fewer."""

MAX_MERGES = 200_000
"""Pairs of clauses that may be merged on the way there."""

_Codes = tuple[int, ...]
_TRUE: tuple[_Codes, ...] = ()
_FALSE: tuple[_Codes, ...] = ((),)


class TooManyClausesError(ValueError):
    """A formula whose conjunctive normal form is too large."""


@dataclass(frozen=True, slots=True)
class NormalForm:
    """A formula as clauses.

    Attributes:
        clauses: Their conjunction is the formula: none if it is found to be true whatever the
            values, one empty clause if false. Literals stand in the order of first mention.
        complete: Whether missing values leave the clauses unknown wherever they leave the formula
            unknown. Not so where a tautology was dropped, or a name cancels out.
    """

    clauses: tuple[Clause, ...]
    complete: bool = True


def to_clauses(formula: Formula, *, few: int = FEW_CLAUSES) -> NormalForm:
    """Bring a formula to conjunctive normal form.

    Args:
        formula: The formula.
        few: Clauses past which conjunctions in a disjunction become literals.

    Raises:
        TooManyClausesError: Above `MAX_CLAUSES` clauses, or too much work on the way.
    """
    if isinstance(formula, Atom) and not isinstance(formula.literal, Equation):
        literal = formula.literal
        value = constant_value(literal)
        complete = not formula.cancelled
        if value is None:
            return NormalForm((Clause((literal,)),), complete)
        return NormalForm(() if value else (Clause(()),), complete)
    try:
        return _Normaliser(few).normal_form(formula)
    except TooManyClausesError:
        return _Normaliser(MAX_CLAUSES, compact=True).normal_form(formula)


def constant_value(literal: Plain) -> bool | None:
    """The truth of a literal that no value can change; None for all others."""
    if isinstance(literal, BooleanLiteral) or literal.terms:
        return None
    return literal.constant < 0 if literal.strict else literal.constant <= 0


class _Normaliser:
    """The literals of one requirement as codes: `2 * i`, and `2 * i + 1` for its negation.

    Codes ascend in the order of first mention.

    Args:
        most: Clauses that the requirement may become.
        compact: Whether a conjunction of inequalities in a disjunction is one literal.
    """

    def __init__(self, most: int, *, compact: bool = False) -> None:
        self._most, self._compact = most, compact
        self._literals: list[Literal] = []
        self._negations: list[Literal | None] = []
        self._firsts: dict[tuple[str, ...], int] = {}
        self._codes: dict[Literal, int] = {}
        self._known: dict[tuple[int, bool], tuple[_Codes, ...]] = {}
        self._merges = 0
        self._complete = True

    def normal_form(self, formula: Formula) -> NormalForm:
        self._complete = not any(atom.cancelled for atom in atoms(formula))
        found = self._normal(formula, positive=True)
        clauses = (Clause(tuple(self._literal(code) for code in sorted(one))) for one in found)
        return NormalForm(tuple(clauses), self._complete)

    def _normal(self, formula: Formula, *, positive: bool) -> tuple[_Codes, ...]:
        """The clauses of a formula, or of its negation."""
        if isinstance(formula, Atom):
            return self._atom(formula.literal, positive=positive)
        if isinstance(formula, Not):
            return self._normal(formula.operand, positive=not positive)
        if isinstance(formula, Constant):
            return _TRUE if formula.value == positive else _FALSE
        key = id(formula), positive
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._compound(formula, positive=positive)
        return known

    def _compound(self, formula: And | Or | Iff, *, positive: bool) -> tuple[_Codes, ...]:
        if isinstance(formula, Iff):
            return self._equivalence(formula, positive=positive)
        if isinstance(formula, And) == positive:
            parts = [self._normal(part, positive=positive) for part in formula.parts]
            return self._conjunction(parts)
        disjoined = merged_regions(list(_disjoined(formula, positive=positive)))
        return self._disjunction([self._part(one) for one in disjoined])

    def _part(self, part: Region | SignedFormula) -> tuple[_Codes, ...]:
        if isinstance(part, Region):
            return tuple(tuple(map(self._code, sides)) for sides in part.clauses())
        return self._normal(part[0], positive=part[1])

    def _equivalence(self, formula: Iff, *, positive: bool) -> tuple[_Codes, ...]:
        """`a iff b` is `(not a or b) and (a or not b)`; its negation `a iff not b`."""
        holds = self._normal(formula.parts[0], positive=True)
        fails = self._normal(formula.parts[0], positive=False)
        for part in formula.parts[1:]:
            so, not_so = self._normal(part, positive=True), self._normal(part, positive=False)
            both = [self._disjunction([fails, so]), self._disjunction([holds, not_so])]
            one = [self._disjunction([holds, so]), self._disjunction([fails, not_so])]
            holds, fails = self._conjunction(both), self._conjunction(one)
        return holds if positive else fails

    def _atom(self, literal: Plain | Equation, *, positive: bool) -> tuple[_Codes, ...]:
        if isinstance(literal, Equation):
            return self._equation(literal, positive=positive)
        value = constant_value(literal)
        if value is not None:
            return _TRUE if value == positive else _FALSE
        code = self._code(literal)
        return ((code if positive else code ^ 1,),)

    def _equation(self, equation: Equation, *, positive: bool) -> tuple[_Codes, ...]:
        """Both sides; of the negation, one of the two beyond them."""
        above, below = equation.sides
        if positive:
            sides = [self._atom(above, positive=True), self._atom(below, positive=True)]
            return self._conjunction(sides)
        beyond = [self._atom(below, positive=False), self._atom(above, positive=False)]
        return self._disjunction(beyond)

    def _code(self, literal: Literal) -> int:
        """The code of a literal; the next one is its negation's.

        Fractions are slow to hash, so literals are looked up only where two name the same columns.
        """
        variables = literal.variables
        first = self._firsts.get(variables)
        if first is None:
            self._firsts[variables] = self._new(literal)
            return self._firsts[variables]
        self._register(first)
        if literal not in self._codes:
            self._register(self._new(literal))
        return self._codes[literal]

    def _new(self, literal: Literal) -> int:
        self._literals.append(literal)
        self._negations.append(None)
        return 2 * len(self._literals) - 2

    def _register(self, code: int) -> None:
        """Make a literal and its negation known by their values."""
        literal = self._literals[code // 2]
        self._codes.setdefault(literal, code)
        self._codes.setdefault(self._literal(code + 1), code + 1)

    def _literal(self, code: int) -> Literal:
        """The literal of a code; a negation is built when it is first needed."""
        index = code // 2
        if code % 2 == 0:
            return self._literals[index]
        negation = self._negations[index]
        if negation is None:
            negation = self._negations[index] = self._literals[index].negated()
        return negation

    def _conjunction(self, parts: list[tuple[_Codes, ...]]) -> tuple[_Codes, ...]:
        """All clauses, each set of literals once."""
        distinct: dict[frozenset[int], _Codes] = {}
        for clauses in parts:
            for clause in clauses:
                distinct.setdefault(frozenset(clause), clause)
            if len(distinct) > self._most:
                raise TooManyClausesError
        return _FALSE if frozenset() in distinct else tuple(distinct.values())

    def _disjunction(self, parts: list[tuple[_Codes, ...]]) -> tuple[_Codes, ...]:
        """All ways to take one clause of each part, merged."""
        if self._compact and len(parts) > 1:
            parts = list(map(self._as_literal, parts))
        first = self._single_literals(parts)
        if first is None:
            return _TRUE
        rest = [part for part in parts if len(part) != 1]
        if not all(rest):
            return _TRUE
        result: tuple[_Codes, ...] = (first,)
        for clauses in rest:
            result = self._product(result, clauses)
        return result

    def _as_literal(self, clauses: tuple[_Codes, ...]) -> tuple[_Codes, ...]:
        """A conjunction of inequalities as one literal; anything else as it is."""
        if len(clauses) < 2 or any(len(clause) != 1 for clause in clauses):
            return clauses
        parts = [self._literal(code) for (code,) in clauses]
        if not all(isinstance(one, Inequality) for one in parts):
            return clauses
        return ((self._code(Conjunction(tuple(one.as_inequality() for one in parts))),),)

    def _single_literals(self, parts: list[tuple[_Codes, ...]]) -> _Codes | None:
        """The parts that are one clause merged, in time linear in them; None for a tautology."""
        merged = dict.fromkeys(code for part in parts if len(part) == 1 for code in part[0])
        if any(code ^ 1 in merged for code in merged):
            self._complete = False
            return None
        return tuple(merged)

    def _product(self, left: tuple[_Codes, ...], right: tuple[_Codes, ...]) -> tuple[_Codes, ...]:
        self._merges += len(left) * len(right)
        if self._merges > MAX_MERGES:
            raise TooManyClausesError
        distinct: dict[frozenset[int], _Codes] = {}
        for one in left:
            held = frozenset(one)
            for other in right:
                if any(code ^ 1 in held for code in other):
                    self._complete = False
                    continue
                merged = one + tuple(code for code in other if code not in held)
                distinct.setdefault(frozenset(merged), merged)
        if len(distinct) > self._most:
            raise TooManyClausesError
        return _FALSE if frozenset() in distinct else tuple(distinct.values())


def _disjoined(formula: Formula, *, positive: bool) -> Iterator[SignedFormula]:
    """The parts of a disjunction, those of disjunctions within it among them."""
    if isinstance(formula, Not):
        yield from _disjoined(formula.operand, positive=not positive)
    elif isinstance(formula, Or if positive else And):
        for part in formula.parts:
            yield from _disjoined(part, positive=positive)
    else:
        yield formula, positive
