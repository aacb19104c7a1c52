"""Steps of columns of few whole numbers, which say what each may be by the values before it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from pishield_cli.logic.classes import stretches
from pishield_cli.logic.plans.choices import (
    AllowedValues,
    choice_steps,
    narrow_ordering,
    signed_clauses,
)
from pishield_cli.logic.plans.plan import Bound, BoundClause, Step
from pishield_cli.logic.terms import Clause, Conjunction, Inequality, Term

FEW = 32
"""Values of a column up to which sets of them are kept."""

MANY = 100
"""Clauses from which on sets are sooner eliminated than inequalities."""


def finite_steps(
    clauses: Sequence[Clause], variables: Sequence[str], values: Mapping[str, range]
) -> tuple[Step, ...] | None:
    """Plan columns of few whole numbers, where clauses compare each with numbers alone.

    Args:
        clauses: A conjunction.
        variables: Every column of theirs, in the order of correction.
        values: Of each column, as far as the clauses tell.

    Returns:
        Steps by which each column keeps a whole number; None where the clauses are few, or of
        another kind, or contradict each other, or grow too many.
    """
    counts = {name: len(values[name]) for name in variables if name in values}
    signed = _signed(clauses, variables, values)
    if signed is None:
        return None
    try:
        found = choice_steps(signed, counts, variables)
    except OverflowError:
        return None
    if found is None:
        return None
    restricted = {one.variable: one.clauses for one in found}
    return tuple(_step(name, restricted.get(name, ()), values) for name in variables)


def narrow_finite_ordering(
    clauses: Sequence[Clause],
    variables: Sequence[str],
    values: Mapping[str, range],
    held: Collection[str] = (),
) -> tuple[str, ...]:
    """The order in which `finite_steps` plans columns most easily, as near to theirs as can be.

    Args:
        clauses: A conjunction.
        variables: Every column of theirs, most trusted first.
        values: Of each column, as far as the clauses tell.
        held: Columns that stand first in any case.

    Returns:
        The columns; as they are where the clauses are few, or of another kind.
    """
    signed = _signed(clauses, variables, values)
    if signed is None:
        return tuple(variables)
    counts = {name: len(values[name]) for name in variables}
    return narrow_ordering(signed, counts, variables, held)


def _signed(
    clauses: Sequence[Clause], variables: Sequence[str], values: Mapping[str, range]
) -> list[AllowedValues] | None:
    """Clauses as sets of values counted from the least; None where they are few, or of no such."""
    if len(clauses) < MANY or any(
        len(values.get(name, range(FEW + 1))) > FEW for name in variables
    ):
        return None
    if any(isinstance(one, Conjunction) for clause in clauses for one in clause):
        return None
    counts = {name: len(values[name]) for name in variables}
    return signed_clauses((_shifted(clause, values) for clause in clauses), counts)


def _step(
    name: str, clauses: Iterable[tuple[int, AllowedValues]], values: Mapping[str, range]
) -> Step:
    bounds = (
        bound
        for held, others in clauses
        for bound in _bounds(held, values[name], _literals(others, values))
    )
    return Step(name, (*_ends(values[name]), *bounds))


def _shifted(clause: Clause, values: Mapping[str, range]) -> Clause:
    """A clause over columns counted from their least values."""
    return Clause(tuple(_from_zero(one.as_inequality(), values) for one in clause))


def _from_zero(one: Inequality, values: Mapping[str, range]) -> Inequality:
    least = sum((c * values[name].start for name, c in one.terms), Fraction(0))
    return Inequality(one.terms, one.constant - least, one.strict)


def _stretches(held: int, values: range) -> Iterator[tuple[int, int]]:
    """The first and last of values of a set that follow each other, ascending."""
    return stretches({value for place, value in enumerate(values) if held >> place & 1})


def _bounds(
    held: int, values: range, others: tuple[Inequality | Conjunction, ...]
) -> Iterator[BoundClause]:
    """That a column's value is in a set: between its stretches it is in none."""
    left: tuple[Bound, ...] = ()
    for first, last in _stretches(held, values):
        if first > values[0]:
            yield BoundClause((_bound(first),), left, others)
        if last == values[-1]:
            return
        left = (_bound(last),)
    yield BoundClause((), left, others)


def _ends(values: range) -> tuple[BoundClause, ...]:
    """That a column's value is none but these."""
    least, most = _bound(values[0]), _bound(values[-1])
    return BoundClause((least,), (), ()), BoundClause((), (most,), ())


def _bound(value: int) -> Bound:
    return Bound((), Fraction(value), strict=False)


def _literals(
    others: AllowedValues, values: Mapping[str, range]
) -> tuple[Inequality | Conjunction, ...]:
    """That one of some columns has a value of a set of its own."""
    found: list[Inequality | Conjunction] = []
    for name, held in others.items():
        for first, last in _stretches(held, values[name]):
            parts = tuple(_sides(name, first, last, values[name]))
            found.append(parts[0] if len(parts) == 1 else Conjunction(parts))
    return tuple(found)


def _sides(name: str, first: int, last: int, values: range) -> Iterable[Inequality]:
    if first > values[0]:
        yield Inequality((Term(name, Fraction(1)),), Fraction(first))
    if last < values[-1]:
        yield Inequality((Term(name, Fraction(-1)),), Fraction(-last))
