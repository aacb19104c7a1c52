"""The plan for coherent scores: what the variables before it ask of each variable in an ordering.

A clause `x or not a or b` is the rule that x is at least as sure as its *body*, `a and not b`: with
scores in [0, 1], `x >= min(a, 1 - b)`. Likewise `not x or ...` bounds x from above. Elimination by
resolution makes every rule that follows explicit, so that going forwards through the ordering each
variable finds a value.

References:
    Giunchiglia and Lukasiewicz, Multi-Label Classification Neural Networks with Hard Logical
    Constraints, JAIR 2021; Giunchiglia, Tatomir, Stoian and Lukasiewicz, CCN+: A Neuro-Symbolic
    Framework for Deep Learning with Requirements, IJAR 2024 (strong coherency).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pishield_cli.logic.plans.resolution import (
    CLAUSE_LIMIT,
    Contradiction,
    Literals,
    Oversized,
    Resolution,
    ResolvedStep,
    resolve,
)
from pishield_cli.logic.plans.waves import waves_of
from pishield_cli.logic.solver.cores import smallest_core
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import Infeasible, Model, Search
from pishield_cli.logic.terms import BooleanLiteral, Clause

ROW_DECISIONS = 10_000, 20
"""Decisions for one row where elimination was given up: so many, and so many more a variable.
Counted, not timed, so that equal rows get equal truths; the hardest take some ten seconds."""

KEPT = 64
"""Conjunctions of which it is kept in mind whether truths were found for them."""

CORE_SECONDS = 2.0
"""How long a contradiction is made smaller."""


@dataclass(frozen=True, slots=True)
class CoherenceStep:
    """What earlier variables ask of a variable.

    A body's score is the least score of its literals, where `not b` scores `1 - b`; a body without
    literals scores 1. A body is true if all its literals are.

    Attributes:
        variable: The variable that may move.
        lower: Bodies; the variable's score is at least that of each, and it is true if one is.
        upper: Bodies; one minus the variable's score is at least that of each, and it is false if
            one is true.
    """

    variable: str
    lower: tuple[Literals, ...]
    upper: tuple[Literals, ...]

    @property
    def dependencies(self) -> frozenset[str]:
        """The variables that bodies mention."""
        return frozenset(one.variable for body in (*self.lower, *self.upper) for one in body)


@dataclass(frozen=True, slots=True)
class CoherencePlan:
    """All that coherent correction needs.

    Attributes:
        clauses: What must hold, as given.
        ordering: Every variable of the clauses, and maybe others; fixed ones first.
        fixed: Variables that never move.
        branched: Whether the rules for a variable are split on the last variable of their bodies.
        steps: For each variable that something bounds, in order; for every variable that may move
            if not `complete`.
        waves: Indices of steps. No step depends on another one of its wave or of a later wave.
        conditions: Clauses over fixed variables alone; rows where one is false have no solution.
        complete: Whether the steps and conditions say everything. If not, elimination was given
            up: the steps are those of the clauses as given, and the truth of every variable has to
            be sought row by row (`nearest_truths`).
    """

    clauses: tuple[Clause, ...]
    ordering: tuple[str, ...]
    fixed: frozenset[str]
    branched: bool
    steps: tuple[CoherenceStep, ...]
    waves: tuple[tuple[int, ...], ...]
    conditions: tuple[Literals, ...]
    complete: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that clauses mention, in order."""
        mentioned = {name for clause in self.clauses for name in clause.variables}
        return tuple(name for name in self.ordering if name in mentioned)

    def without(self, missing: Collection[str]) -> "CoherencePlan":
        """The plan for rows that lack the cells of some variables.

        Clauses that mention one are left out: where no other literal holds they are unknown, not
        violated.
        """
        known = [one for one in self.clauses if not set(missing).intersection(one.variables)]
        # Where elimination was given up once, little is risked on finding it shorter here.
        limit = None if self.complete else CLAUSE_LIMIT // 10
        plan = coherence_plan(
            known, self.ordering, fixed=self.fixed, branched=self.branched, limit=limit
        )
        assert isinstance(plan, CoherencePlan), "fewer clauses cannot contradict each other"
        return plan


def coherence_plan(
    clauses: Iterable[Clause],
    ordering: Sequence[str],
    *,
    fixed: Collection[str] = (),
    branched: bool = True,
    limit: int | None = None,
) -> CoherencePlan | Contradiction:
    """Plan the correction of scores.

    Args:
        clauses: Over boolean literals only.
        ordering: Distinct variables, most trusted first. Those it lacks come last, in the order of
            their first mention.
        fixed: Variables that never move; they come first.
        branched: Split the rules of a variable on the last variable l of all their bodies: a rule
            that does not mention l becomes two, with l and with `not l`. Its score is then at most
            max(l, 1 - l), which keeps lower and upper bounds apart in most rows (strong coherency)
            and changes nothing about truth. Bodies of one literal each, all on one side, stay as
            they are: a parent gets the greatest score of its children. If false, rules are as
            resolution finds them.
        limit: Clauses at one time past which elimination is given up; by default some thousand more
            than there are: hierarchies have many, and none more follow.

    Returns:
        The plan; or indices of clauses that contradict each other, without any one of which the
        others do not, if that could be decided in time.
    """
    clauses = tuple(clauses)
    mentioned = (name for clause in clauses for name in clause.variables)
    everything = dict.fromkeys((*ordering, *mentioned))
    order = tuple(sorted(everything, key=lambda name: name not in fixed))
    most = _most(clauses) if limit is None else limit
    resolution = _resolution(clauses, order, fixed, most)
    if isinstance(resolution, Contradiction):
        return Contradiction(_smallest_core(clauses, resolution.origins))
    complete = isinstance(resolution, Resolution)
    if isinstance(resolution, Oversized):
        resolution = Resolution(_as_written(clauses, order, fixed), ())
    position = {name: index for index, name in enumerate(order)}
    steps = tuple(
        _step(one, position, branched)
        for one in reversed(resolution.eliminations)
        if one.clauses or not complete
    )
    return CoherencePlan(
        clauses=clauses,
        ordering=order,
        fixed=frozenset(fixed),
        branched=branched,
        steps=steps,
        waves=waves_of((step.variable, step.dependencies) for step in steps),
        conditions=resolution.conditions,
        complete=complete,
    )


def _resolution(
    clauses: tuple[Clause, ...], ordering: tuple[str, ...], fixed: Collection[str], limit: int
) -> Resolution | Contradiction | Oversized:
    found = _eliminated(clauses, ordering, fixed, limit)
    if isinstance(found, Oversized):
        answer = _search(clauses).solve()
        if isinstance(answer, Infeasible):
            return Contradiction(answer.core)
    return found


def _most(clauses: Sequence[Clause]) -> int:
    """Clauses at one time past which elimination of some is given up."""
    return CLAUSE_LIMIT + len(clauses)


def is_resolvable(clauses: Sequence[Clause], ordering: Sequence[str]) -> bool:
    """Whether scores under clauses that can hold are corrected by resolution, not by search.

    Args:
        clauses: Over boolean literals only.
        ordering: Distinct variables, all that the clauses mention, most trusted first.
    """
    return not isinstance(_eliminated(clauses, ordering, (), _most(clauses)), Oversized)


def _eliminated(
    clauses: Sequence[Clause], ordering: Sequence[str], fixed: Collection[str], limit: int
) -> Resolution | Contradiction | Oversized:
    kept = frozenset(fixed)
    found = resolve(clauses, ordering, kept=kept, limit=limit)
    if isinstance(found, Oversized) and any(len(set(clause)) == 1 for clause in clauses):
        found = resolve(clauses, ordering, kept=kept, limit=limit, propagated=True)
    return found


def _smallest_core(clauses: Sequence[Clause], origins: Sequence[int]) -> tuple[int, ...]:
    """Leave out clauses, one after the other, as long as the others contradict each other."""
    search = Search(limits=Limits.within(CORE_SECONDS))
    for index in origins:
        search.add(clauses[index], index)
    return smallest_core(search, origins).owners


def _as_written(
    clauses: Sequence[Clause], ordering: Sequence[str], fixed: Collection[str]
) -> tuple[ResolvedStep, ...]:
    """Each clause for its last variable only, without what follows from several."""
    position = {name: index for index, name in enumerate(ordering)}
    mentioned = {name for clause in clauses for name in clause.variables}
    bounding: dict[str, list[Literals]] = {name: [] for name in ordering if name in mentioned}
    for clause in clauses:
        distinct = {one for one in clause if isinstance(one, BooleanLiteral)}
        if not any(one.negated() in distinct for one in distinct):
            literals = tuple(sorted(distinct, key=lambda one: position[one.variable]))
            bounding[literals[-1].variable].append(literals)
    return tuple(
        ResolvedStep(name, tuple(bounding[name]))
        for name in reversed(bounding)
        if name not in fixed
    )


# --------------------------------------------------------------------------------- --------- steps


def _step(elimination: ResolvedStep, position: Mapping[str, int], branched: bool) -> CoherenceStep:
    lower: list[Literals] = []
    upper: list[Literals] = []
    for clause in elimination.clauses:
        body = tuple(one.negated() for one in clause if one.variable != elimination.variable)
        head = next(one for one in clause if one.variable == elimination.variable)
        (lower if head.positive else upper).append(body)
    # In a hierarchy, where each child alone implies its parent, there is nothing to keep apart.
    plain = all(len(body) == 1 for body in (*lower, *upper)) and not (lower and upper)
    if branched and not plain:
        # Bodies are sorted, so the last of each is the last in the ordering.
        last = max(
            (body[-1].variable for body in (*lower, *upper) if body),
            key=lambda name: position[name],
            default=None,
        )
        if last is not None:
            lower, upper = _branches(lower, last), _branches(upper, last)
    return CoherenceStep(elimination.variable, tuple(lower), tuple(upper))


def _branches(bodies: Iterable[Literals], variable: str) -> list[Literals]:
    """Split bodies that do not mention the variable, which is their last, on it."""
    branches: dict[Literals, None] = {}
    for body in bodies:
        if body and body[-1].variable == variable:
            branches[body] = None
        else:
            for positive in (True, False):
                branches[(*body, BooleanLiteral(variable, positive))] = None
    return list(branches)


# ------------------------------------------------------------------ where elimination was given up


def _search(clauses: Sequence[Clause]) -> Search:
    search = Search()
    for index, clause in enumerate(clauses):
        search.add(clause, index)
    return search


def nearest_truths(
    plan: CoherencePlan, rows: Iterable[Mapping[str, bool]]
) -> list[Mapping[str, bool] | None]:
    """Find for each row the nearest truths that satisfy the clauses.

    Nearest is meant along the ordering: each variable keeps its truth if the ones before it,
    which have theirs, allow it. That is what the steps of a complete plan lead to as well.

    Args:
        plan: Complete or not.
        rows: A truth for each variable of the plan, a mapping a row.

    Returns:
        For each row the truths to take; None where the fixed variables leave none, or none was
        found within the limit.
    """
    least, each = ROW_DECISIONS
    nodes = least + each * len(plan.variables)
    # Where nothing is fixed, all rows begin with the same question: it is asked once for them.
    if not plan.fixed and not _has_truths(plan.clauses, nodes):
        return [None for _ in rows]
    found = []
    for row in rows:
        search = _search(plan.clauses)
        search.limits = Limits(nodes=nodes)
        found.append(_nearest(plan, search, row))
    return found


@lru_cache(KEPT)
def _has_truths(clauses: tuple[Clause, ...], nodes: int) -> bool:
    """Whether some truths that satisfy clauses are found within so many decisions."""
    search = _search(clauses)
    search.limits = Limits(nodes=nodes)
    return search.contradiction() is None


def _nearest(
    plan: CoherencePlan, search: Search, row: Mapping[str, bool]
) -> Mapping[str, bool] | None:
    taken = [BooleanLiteral(name, row[name]) for name in plan.variables if name in plan.fixed]
    model = search.solve(assumed=taken)
    for name in plan.variables:
        if not isinstance(model, Model):
            return None
        if name in plan.fixed:
            continue
        literal = BooleanLiteral(name, row[name])
        if not literal.holds(model.values):
            other = search.solve(assumed=[*taken, literal])
            if isinstance(other, Model):
                model = other
            elif isinstance(other, Infeasible):
                literal = literal.negated()
            else:
                return None
        taken.append(literal)
    return {one.variable: one.positive for one in taken} if isinstance(model, Model) else None
