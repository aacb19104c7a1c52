"""Single questions about clauses, asked once: each by a search of its own, or of a given one."""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from pishield_cli.logic.solver.answers import Infeasible, Model, NearestValue, Optimum, Undecided
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import Search
from pishield_cli.logic.solver.tableau import ONE, ZERO
from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Conjunction,
    Inequality,
    Literal,
    Term,
)

TAUTOLOGY = Inequality((), ZERO)
"""A literal that always holds."""


def solve(
    clauses: Sequence[Clause],
    *,
    integers: Collection[str] = (),
    fixed: Mapping[str, Fraction] | None = None,
    limits: Limits | None = None,
) -> Model | Infeasible | Undecided:
    """Decide whether clauses can hold together.

    Args:
        clauses: What must hold; the core of a contradiction names their indices.
        integers: Names of variables that are whole numbers.
        fixed: Values of some variables.
        limits: When to give up.
    """
    return _search(clauses, integers, fixed or {}, limits).solve()


def minimise(
    objective: Sequence[Term],
    clauses: Sequence[Clause],
    *,
    integers: Collection[str] = (),
    fixed: Mapping[str, Fraction] | None = None,
    limits: Limits | None = None,
) -> Optimum | Infeasible | Undecided:
    """Find where a linear form over variables that are not fixed is least; see `solve`.

    Args:
        objective: The form's terms; their variables may occur in no clause.
        clauses: What must hold; the core of a contradiction names their indices.
        integers: Names of variables that are whole numbers.
        fixed: Values of some variables.
        limits: When to give up.
    """
    return _search(clauses, integers, fixed or {}, limits).optimise(objective)


def nearest_value(
    variable: str,
    target: Fraction,
    clauses: Sequence[Clause],
    *,
    integers: Collection[str] = (),
    fixed: Mapping[str, Fraction] | None = None,
    limits: Limits | None = None,
) -> NearestValue | Infeasible | Undecided:
    """Find the value of one variable, nearest to a target, that some values of others go with.

    Args:
        variable: Not one of those fixed.
        target: Where it should be.
        clauses: What must hold; the core of a contradiction names their indices.
        integers: Names of variables that are whole numbers.
        fixed: Values of some variables.
        limits: When to give up.

    Returns:
        The nearest value; ties go to one that is itself allowed, then to the lesser.
    """
    return nearest_of(_search(clauses, integers, fixed or {}, limits), variable, target)


def nearest_of(
    search: Search, variable: str, target: Fraction, owners: Sequence[int] | None = None
) -> NearestValue | Infeasible | Undecided:
    """The same of the clauses of a search, those of some owners, and of what it supposes.

    Args:
        search: Holds the clauses.
        variable: One that nothing fixes.
        target: Where it should be.
        owners: Whose clauses count; None for all.
    """
    there = search.solve(owners, equal(variable, target))
    if isinstance(there, Undecided) or (isinstance(there, Infeasible) and not there.assumed):
        return there
    if isinstance(there, Model):
        return NearestValue(target, open=False, side=0, model=there)
    best: NearestValue | None = None
    core: set[int] = set(there.core)
    for side in (-1, 1):
        assumed = [_beyond(variable, target, side)]
        if best is not None:
            assumed.append(_beyond(variable, 2 * target - best.value, -side))
        found = search.optimise(
            (Term(variable, ONE),), greatest=side < 0, owners=owners, assumed=assumed
        )
        if isinstance(found, Undecided):
            return found
        if isinstance(found, Infeasible):
            core.update(found.core)
            continue
        assert found.value is not None, "the target bounds it"
        assert found.model is not None, "a bounded optimum comes with values"
        nearest = NearestValue(found.value, not found.attained, side, found.model)
        if best is None or _rank(nearest, target) < _rank(best, target):
            best = nearest
    return Infeasible(tuple(sorted(core))) if best is None else best


def equal(variable: str, value: Fraction) -> tuple[Inequality, Inequality]:
    """Both sides of `variable == value`."""
    return _beyond(variable, value, 1), _beyond(variable, value, -1)


def _beyond(variable: str, value: Fraction, side: int) -> Inequality:
    """The variable is at least (side 1) or at most (side -1) a value."""
    return Inequality((Term(variable, Fraction(side)),), side * value)


def _rank(nearest: NearestValue, target: Fraction) -> tuple[Fraction, bool]:
    return abs(nearest.value - target), nearest.open


def _search(
    clauses: Sequence[Clause],
    integers: Collection[str],
    fixed: Mapping[str, Fraction],
    limits: Limits | None,
) -> Search:
    search = Search(integers=integers, limits=limits)
    for index, clause in enumerate(clauses):
        search.add(substituted(clause, fixed) if fixed else clause, index)
    return search


def substituted(clause: Clause, fixed: Mapping[str, Fraction]) -> Clause:
    """The clause over the other variables, for values of some; folded if it holds already."""
    literals: list[Literal] = []
    for literal in clause:
        if isinstance(literal, BooleanLiteral):
            if literal.variable not in fixed:
                literals.append(literal)
            elif literal.holds(fixed):
                return Clause((TAUTOLOGY,))
            continue
        if isinstance(literal, Conjunction):
            literals.append(_reduced_parts(literal, fixed))
            continue
        reduced = _reduced(literal, fixed)
        if reduced.terms:
            literals.append(reduced)
        elif reduced.holds({}):
            return Clause((TAUTOLOGY,))
    return Clause(tuple(literals))


def _reduced(literal: Inequality, fixed: Mapping[str, Fraction]) -> Inequality:
    moved = sum((c * fixed[name] for name, c in literal.terms if name in fixed), ZERO)
    terms = tuple(term for term in literal.terms if term.variable not in fixed)
    return Inequality(terms, literal.constant - moved, literal.strict)


def _reduced_parts(literal: Conjunction, fixed: Mapping[str, Fraction]) -> Conjunction:
    return Conjunction(tuple(_reduced(one, fixed) for one in literal.parts), literal.positive)
