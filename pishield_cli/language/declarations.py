"""What the lines that declare columns require of their cells."""

from fractions import Fraction

from pishield_cli.language.headers import Header
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.terms import Clause, Inequality, Term

DECLARED = frozenset({"integer", "boolean", "decimals"})
"""Words of the lines that require something of numbers."""

_ONE = Fraction(1)
_ZERO = Fraction(0)


def declared(number: int, header: Header) -> Requirement:
    """The requirement of a line `integer a b`, `boolean c` or `decimals 2 price`.

    Args:
        number: The number it gets.
        header: The line.
    """
    names = tuple(name.text for name in header.names)
    line = header.line
    clauses: tuple[Clause, ...] = ()
    if header.word == "boolean":
        clauses = tuple(clause for name in names for clause in _zero_or_one(name))
    return Requirement(
        number,
        line.text,
        clauses,
        span=line.span(0, len(line.text)),
        cancelled=() if clauses else names,
        places=None if clauses else header.places or 0,
    )


def _zero_or_one(name: str) -> tuple[Clause, ...]:
    above, below = (Term(name, _ONE),), (Term(name, -_ONE),)
    least, most = Inequality(above, _ZERO), Inequality(below, -_ONE)
    zero, one = Inequality(below, _ZERO), Inequality(above, _ONE)
    return Clause((least,)), Clause((most,)), Clause((zero, one))
