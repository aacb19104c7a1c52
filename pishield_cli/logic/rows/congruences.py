"""What equalities between decimals ask of whole numbers.

Where the decimals of an equality all have coefficients that 3 divides, as in `3*a == b`, what the
whole numbers add up to must be a multiple of 3, or the others have no decimal left: 1/3 is none.
Powers of 2 and 5 ask for nothing, since halves and fifths are decimals.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.terms import Clause, Inequality, Term


@dataclass(frozen=True, slots=True)
class Congruences:
    """Equalities that whole numbers have to satisfy besides.

    Attributes:
        clauses: The equalities, both sides of each.
        multiples: The further variables that they name, whole numbers too.
    """

    clauses: tuple[Clause, ...]
    multiples: tuple[str, ...]


@dataclass(slots=True)
class _IntegerRow:
    """An equality: decimals and whole numbers with integer coefficients, and a constant."""

    decimals: dict[str, int]
    whole: dict[str, int]
    constant: Fraction

    def subtract(self, times: int, other: "_IntegerRow") -> None:
        for mine, theirs in ((self.decimals, other.decimals), (self.whole, other.whole)):
            for name, value in theirs.items():
                mine[name] = mine.get(name, 0) - times * value
                if not mine[name]:
                    del mine[name]
        self.constant -= times * other.constant


class Equality(NamedTuple):
    """A sum with whole coefficients equals a constant.

    Attributes:
        terms: The coefficients, by variable.
        constant: What the sum equals.
    """

    terms: Mapping[str, int]
    constant: Fraction


def congruences(
    equations: Collection[Equality], integers: Collection[str], fixed: Mapping[str, Fraction]
) -> Congruences:
    """Find what the equalities of a conjunction ask of its whole numbers.

    Args:
        equations: All of them.
        integers: The conjunction's whole numbers; all other variables are to become decimals.
        fixed: Values of some variables.

    Returns:
        Equalities that hold wherever the conjunction does with decimals for the other variables.
    """
    listed: list[Clause] = []
    names: list[str] = []
    for row in _echelon(list(_rows(equations, frozenset(integers), fixed))):
        factor = _without_tens(gcd(*row.decimals.values()))
        rest = _residue(row.constant, factor)
        if rest is None:
            listed.append(Clause(()))
        if rest is None or factor == 1:
            continue
        names.append(f"multiple {len(names)}\0")
        terms = [Term(name, Fraction(value)) for name, value in row.whole.items()]
        terms.append(Term(names[-1], Fraction(-factor)))
        listed += equation(terms, Fraction(rest))
    return Congruences(tuple(listed), tuple(names))


def equalities(clauses: Iterable[Clause]) -> Iterator[Equality]:
    """The equalities of a conjunction, each once: pairs of opposite inequalities."""
    units = [one.literals[0].as_inequality() for one in clauses if len(one.literals) == 1]
    names = list(dict.fromkeys(name for one in units for name in one.variables))
    place = {name: index for index, name in enumerate(names)}
    seen = set()
    for form, constant, _ in equated(half_of(one, place) for one in units):
        if form and frozenset((p, -v) for p, v in form) not in seen:
            seen.add(frozenset(form))
            yield Equality({names[position]: value for position, value in form}, Fraction(constant))


def _rows(
    equations: Iterable[Equality], integers: frozenset[str], fixed: Mapping[str, Fraction]
) -> Iterator[_IntegerRow]:
    for terms, constant in equations:
        row = _IntegerRow({}, {}, constant)
        for name, value in terms.items():
            if name in fixed:
                row.constant -= value * fixed[name]
            else:
                (row.whole if name in integers else row.decimals)[name] = value
        if row.decimals:
            yield row


def equation(terms: Iterable[Term], constant: Fraction) -> tuple[Clause, Clause]:
    """Both sides of an equation of a sum and a constant."""
    up = Inequality(tuple(terms), constant)
    down = Inequality(tuple(Term(name, -value) for name, value in up.terms), -constant)
    return Clause((up,)), Clause((down,))


def _echelon(rows: list[_IntegerRow]) -> Iterator[_IntegerRow]:
    """The same equalities, each with a decimal that those after it lack."""
    while rows:
        name = next(iter(rows[0].decimals))
        having = [row for row in rows if name in row.decimals]
        while len(having) > 1:
            least = min(having, key=lambda row: abs(row.decimals[name]))
            for row in having:
                if row is not least:
                    row.subtract(row.decimals[name] // least.decimals[name], least)
            having = [row for row in having if name in row.decimals]
        yield having[0]
        rows = [row for row in rows if row is not having[0] and row.decimals]


def _without_tens(number: int) -> int:
    """A number without its factors 2 and 5."""
    for prime in (2, 5):
        while number % prime == 0:
            number //= prime
    return number


def _residue(constant: Fraction, factor: int) -> int | None:
    """What a decimal leaves when divided by a factor; None if the constant is not a decimal."""
    if _without_tens(constant.denominator) != 1:
        return None
    return constant.numerator * pow(constant.denominator, -1, factor) % factor
