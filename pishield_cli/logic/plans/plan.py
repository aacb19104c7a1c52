"""The correction plan: for every variable in order, what the variables before it allow it to be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.logic.groups import clause_groups
from pishield_cli.logic.plans.elimination import Elimination, eliminate, split
from pishield_cli.logic.plans.half_spaces import Half
from pishield_cli.logic.plans.halves import Halves
from pishield_cli.logic.plans.parts import convex_parts
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.terms import Clause, Conjunction, Inequality, Term

WORK_LIMIT = 3_000_000
"""Units of work past which a group is split into parts: about three seconds."""

GROUPS_WORK = 3
"""How many times that all groups of a plan may take together."""

POINT_LIMIT = 32
"""Points kept of a group whose parts take more."""

STEP_LIMIT = 2_000
"""Disjunctive clauses of one step past which parts are quicker to apply."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on a variable: a combination of earlier variables plus a constant.

    Attributes:
        terms: Over earlier variables only.
        constant: Added to the terms.
        strict: Whether the bound itself is excluded.
    """

    terms: tuple[Term, ...]
    constant: Fraction
    strict: bool

    def at(self, values: Mapping[str, Fraction]) -> Fraction:
        """The bound's exact value for values of the earlier variables."""
        return sum((c * values[name] for name, c in self.terms), self.constant)


@dataclass(frozen=True, slots=True)
class BoundClause:
    """One of these holds: a lower bound, an upper bound, or a literal over earlier variables."""

    lowers: tuple[Bound, ...]
    uppers: tuple[Bound, ...]
    others: tuple[Inequality | Conjunction, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """All that bounds one variable by earlier ones.

    Attributes:
        variable: The variable.
        clauses: Each must hold. Together they leave the variable a real value whenever the
            steps before this one were obeyed.
        equality: What the variable must equal, where an equality defines it.
    """

    variable: str
    clauses: tuple[BoundClause, ...]
    equality: Bound | None = None


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """The plan for one group of variables that requirements connect.

    Attributes:
        variables: In the order of correction; fixed ones first.
        fixed: Variables that never move.
        clauses: The group's clauses as given.
        steps: One a bounded variable, in the order of correction; None where elimination grew
            past its limit.
        parts: In that case, convex parts of what the clauses allow, each by its own steps over
            the same variables.
        points: Where even that grew too large, some points that satisfy the clauses, each a value
            for every variable; there may be no parts then.
        complete: Whether `steps`, or all `parts` together, are all that the clauses allow.
        satisfiable: False if the clauses contradict each other.
    """

    variables: tuple[str, ...]
    fixed: frozenset[str]
    clauses: tuple[Clause, ...]
    steps: tuple[Step, ...] | None
    parts: tuple[tuple[Step, ...], ...] = ()
    points: tuple[Mapping[str, Fraction], ...] = ()
    complete: bool = True
    satisfiable: bool = True


def plan_groups(
    clauses: Iterable[Clause],
    ordering: Sequence[str],
    *,
    fixed: Iterable[str] = (),
    limit: int = WORK_LIMIT,
    limits: Limits | None = None,
    is_split: Callable[[tuple[Clause, ...], tuple[str, ...]], bool] = lambda *_: True,
    known: Callable[[tuple[Clause, ...], tuple[str, ...]], tuple[Step, ...] | None] = lambda *_: (
        None
    ),
) -> tuple[GroupPlan, ...]:
    """Plan the correction of clauses, one group of connected variables apart from the other.

    Args:
        clauses: A conjunction; boolean literals are read as inequalities.
        ordering: Every variable that the clauses mention, most trusted first.
        fixed: Variables that must not move; they are put before all others.
        limit: How much work a group may take, and as much again its parts.
        limits: What all groups may take together; by default three times as much as one.
        is_split: Whether parts are looked for where elimination grows too large, by a group's
            clauses and variables.
        known: Steps that need no elimination, likewise; None where there are none.

    Returns:
        One plan for each group, in the order of the groups' first clauses. Clauses without a
        variable are dropped if true; a false one makes a group without variables, not satisfiable.
    """
    held = frozenset(fixed)
    limits = Limits(work=GROUPS_WORK * limit) if limits is None else limits
    return tuple(
        _group_plan(group, ordering, held, limits.part(limit), limits.part(limit), is_split, known)
        for group in clause_groups(clauses)
    )


def _group_plan(
    clauses: tuple[Clause, ...],
    ordering: Sequence[str],
    fixed: frozenset[str],
    limits: Limits,
    parts: Limits,
    is_split: Callable[[tuple[Clause, ...], tuple[str, ...]], bool],
    known: Callable[[tuple[Clause, ...], tuple[str, ...]], tuple[Step, ...] | None],
) -> GroupPlan:
    mentioned = {name for clause in clauses for name in clause.variables}
    variables = tuple(
        sorted(
            (name for name in dict.fromkeys(ordering) if name in mentioned),
            key=lambda name: name not in fixed,
        )
    )
    held = fixed & mentioned
    if (steps := known(clauses, variables)) is not None:
        return GroupPlan(variables, held, clauses, steps)
    try:
        steps = _steps(clauses, variables, limits)
    except LimitReached:
        if not is_split(clauses, variables):
            return GroupPlan(variables, held, clauses, None, complete=False)
        return _part_plan(variables, held, clauses, parts)
    if steps is None:
        return GroupPlan(variables, held, clauses, (), satisfiable=False)
    return GroupPlan(variables, held, clauses, steps)


def narrowed_plan(plan: GroupPlan, clauses: Iterable[Clause], limits: Limits) -> GroupPlan | None:
    """A plan that heeds further clauses as well.

    Args:
        plan: Of one group.
        clauses: Over its variables.
        limits: How much work it may take.

    Returns:
        The plan; None where elimination grows past its limits.
    """
    every = (*plan.clauses, *clauses)
    try:
        steps = _steps(every, plan.variables, limits)
    except LimitReached:
        return None
    satisfiable = steps is not None
    return GroupPlan(plan.variables, plan.fixed, every, steps or (), satisfiable=satisfiable)


def is_eliminable(
    clauses: Sequence[Clause], ordering: Sequence[str], *, limits: Limits | None = None
) -> bool:
    """Whether connected clauses are corrected by elimination, rather than by parts.

    Args:
        clauses: One group's.
        ordering: Exactly the variables that they mention, most trusted first.
        limits: When to give up.

    Raises:
        LimitReached: If these limits end it.
    """
    limits = Limits(work=2 * WORK_LIMIT) if limits is None else limits
    try:
        _steps(clauses, ordering, limits.part(WORK_LIMIT))
    except LimitReached:
        limits.require_work()
        return False
    return True


def _steps(
    clauses: Iterable[Clause], variables: Sequence[str], limits: Limits
) -> tuple[Step, ...] | None:
    """The steps of a conjunction of clauses; None for a contradiction."""
    halves = Halves(variables)
    read = [halves.of_clause(clause) for clause in clauses]
    halves.count(literal for clause in read for literal in clause)
    counted = (found for clause in read if (found := halves.disjunction(clause)) is not None)
    positions = range(len(variables) - 1, -1, -1)
    eliminations = eliminate(counted, positions, limits=limits, conjoined=halves.conjoined)
    if eliminations is None:
        return None
    for one in eliminations:
        if sum(len(clause) > 1 for clause in one.clauses) > STEP_LIMIT:
            raise LimitReached("clauses")
    return tuple(_step(one, halves) for one in reversed(eliminations))


def _part_plan(
    variables: tuple[str, ...], held: frozenset[str], clauses: tuple[Clause, ...], limits: Limits
) -> GroupPlan:
    found = convex_parts(clauses, limits=limits.share(2))
    parts: list[tuple[Step, ...]] = []
    points: tuple[Mapping[str, Fraction], ...] = ()
    for part in found.parts:
        try:
            steps = _steps([Clause((one,)) for one in part], variables, limits)
        except LimitReached:
            points = found.points[:POINT_LIMIT]
            break
        if steps is not None:
            parts.append(steps)
    return GroupPlan(
        variables,
        held,
        clauses,
        None,
        parts=tuple(parts),
        points=points,
        complete=found.complete and not points,
        satisfiable=bool(found.parts) or not found.complete,
    )


def _step(elimination: Elimination, halves: Halves) -> Step:
    position = elimination.position
    clauses = []
    for clause in elimination.clauses:
        lowers, uppers, others = split(clause, position)
        clauses.append(
            BoundClause(
                tuple(_bound(half, halves) for half in lowers),
                tuple(_bound(half, halves) for half in uppers),
                tuple(map(halves.literal, others)),
            )
        )
    equality = elimination.equality
    defined = None if equality is None else _bound(equality, halves)
    return Step(halves.variables[position], tuple(clauses), defined)


def _bound(half: Half, halves: Halves) -> Bound:
    """Solve a half-space for its last variable."""
    form, constant, strict = half
    pivot = form[-1][1]
    # Wide sums have few distinct coefficients, as a rule: each is divided once.
    ratios = {value: Fraction(-value, pivot) for value in {value for _, value in form[:-1]}}
    terms = tuple(Term(halves.variables[p], ratios[value]) for p, value in form[:-1])
    return Bound(terms, Fraction(constant) / (pivot * halves.unit), strict)


def direct_steps(plan: GroupPlan) -> tuple[Step, ...]:
    """For every variable the clauses that mention it, as bounds by all the other variables."""
    limits = Limits(None, 10**9)
    return tuple(direct_step(plan.clauses, name, plan.variables, limits) for name in plan.variables)


def direct_step(
    clauses: Iterable[Clause], name: str, variables: Sequence[str], limits: Limits
) -> Step:
    """The clauses that mention a variable, as bounds on it by all the others.

    Args:
        clauses: A conjunction.
        name: The variable.
        variables: Every variable of the clauses.
        limits: How much work may be done where conjunctions are taken apart.

    Raises:
        LimitReached: If that does not do.
    """
    others = [other for other in variables if other != name]
    # With the variable itself as the last position every bound is solved for it.
    halves = Halves((*others, name))
    read = (halves.disjunction(halves.of_clause(one)) for one in clauses if name in one.variables)
    found = [one for one in read if one is not None]
    apart = halves.conjoined.apart(found, len(others), limits)
    return _step(Elimination(len(others), tuple(apart)), halves)
