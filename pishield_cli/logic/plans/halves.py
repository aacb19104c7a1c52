"""Clauses over named variables as clauses of half-spaces, and back."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import chain
from math import lcm

from pishield_cli.logic.plans.conjoined import Conjunctions
from pishield_cli.logic.plans.half_spaces import Disjunction, Half, disjunction, half_of
from pishield_cli.logic.terms import Clause, Conjunction, Inequality, Literal, Term

LARGEST_UNIT = 10**18
"""Variables are counted in parts of one, so that constants are whole, up to so small parts."""

Together = tuple[Half, ...]
"""Half-spaces that all hold: one, or a conjunction."""


class Halves:
    """The half-spaces of some clauses.

    Args:
        variables: In order; their places are the positions.
    """

    def __init__(self, variables: Sequence[str]) -> None:
        self.variables = tuple(variables)
        self.unit = 1
        """In how many parts of one constants are counted."""
        self.conjoined = Conjunctions()
        self._positions = {name: place for place, name in enumerate(variables)}

    def of_clause(self, clause: Clause) -> list[Together]:
        """The literals of a clause, constants in whole units."""
        return list(chain.from_iterable(map(self._of_literal, clause)))

    def _of_literal(self, literal: Literal) -> Iterable[Together]:
        if not isinstance(literal, Conjunction):
            return [(half_of(literal.as_inequality(), self._positions),)]
        if literal.positive:
            return [tuple(half_of(part, self._positions) for part in literal.parts)]
        return [(half_of(part.negated(), self._positions),) for part in literal.parts]

    def count(self, literals: Iterable[Together]) -> None:
        """Count constants in parts of one so small that those of some literals are whole."""
        parts = chain.from_iterable(literals)
        unit = lcm(*{half[1].denominator for half in parts})
        self.unit = unit if unit <= LARGEST_UNIT else 1

    def disjunction(self, literals: Iterable[Together]) -> Disjunction | None:
        """The clause of some literals, constants in parts of one; None for a tautology."""
        return disjunction(
            self._counted(one[0]) if len(one) == 1 else self.conjoined.half(map(self._counted, one))
            for one in literals
        )

    def _counted(self, half: Half) -> Half:
        form, constant, strict = half
        product = constant * self.unit
        return form, product.numerator if product.denominator == 1 else product, strict

    def literal(self, half: Half) -> Inequality | Conjunction:
        """The literal of a half-space, over named variables."""
        parts = tuple(map(self._inequality, self.conjoined.parts(half)))
        return parts[0] if len(parts) == 1 else Conjunction(parts)

    def _inequality(self, half: Half) -> Inequality:
        form, constant, strict = half
        terms = tuple(Term(self.variables[p], Fraction(value)) for p, value in form)
        return Inequality(terms, Fraction(constant) / self.unit, strict)
