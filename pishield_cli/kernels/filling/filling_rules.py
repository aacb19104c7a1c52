"""What clauses say of one missing cell, by cells that are there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compile_requirement
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.terms import Clause, Inequality, Term

Total = tuple[tuple[Term, ...], Fraction]
"""A sum of columns, and what is added to it."""


@dataclass(frozen=True, eq=False)
class FillingRule:
    """What clauses say of one missing cell.

    Attributes:
        name: Its column.
        clauses: Over it and cells that are there.
        known: The columns of these.
        total: The sum of them that it is, as terms and a constant; None if it is not one.
    """

    name: str
    clauses: tuple[Clause, ...]
    known: tuple[str, ...]
    total: Total | None

    def bounding(self) -> Iterator[Clause]:
        """The clauses that name the cell."""
        return (clause for clause in self.clauses if self.name in clause.variables)

    @cached_property
    def compiled(self) -> CompiledRequirements:
        """The clauses as one requirement."""
        one = Requirement(0, "", self.clauses)
        return CompiledRequirements((compile_requirement(one),), one.columns)


def total_of(clauses: Sequence[Clause], name: str) -> Total | None:
    """The sum of other variables that one is by two of the clauses, if there are such."""
    seen = set()
    for clause in clauses:
        one = clause.literals[0] if len(clause.literals) == 1 else None
        if not isinstance(one, Inequality):
            continue
        weight = dict(one.terms).get(name)
        if weight is None or one.strict:
            continue
        scaled = frozenset(Term(n, c / weight) for n, c in one.terms), one.constant / weight
        if (*scaled, weight < 0) in seen:
            others = tuple(Term(n, -c / weight) for n, c in one.terms if n != name)
            return others, one.constant / weight
        seen.add((*scaled, weight > 0))
    return None
