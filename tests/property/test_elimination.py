"""Laws of elimination, plans and cells, against direct evaluation and against search."""

import itertools
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.plans.elimination import eliminate
from pishield_cli.logic.plans.half_spaces import Disjunction, disjunction, half_space
from pishield_cli.logic.plans.parts import convex_parts
from pishield_cli.logic.plans.plan import Bound, Step, plan_groups
from pishield_cli.logic.rows.corrected import allowed_intervals
from pishield_cli.logic.rows.grids import Interval
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import solve
from pishield_cli.logic.solver.search import Infeasible, Model
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import examples
from tests.property.strategies import (
    DENSE,
    NAMES,
    WHOLE,
    inequalities,
    satisfiable_systems,
    systems,
)

THREE = NAMES[:3]
POINTS = 30
Point = Mapping[str, Fraction]

# ------------------------------------------------------------------------------ direct evaluation


def points(
    seed: int, names: Sequence[str] = THREE, count: int = POINTS
) -> list[dict[str, Fraction]]:
    """Points on and off the lines that small coefficients draw."""
    rng = random.Random(seed)
    return [
        {name: Fraction(rng.randint(-24, 24), rng.choice((1, 2, 4, 6))) for name in names}
        for _ in range(count)
    ]


def obeys(step: Step, values: Point) -> bool:
    """Whether a step's clauses hold, bound by bound."""
    return all(
        any(_above(values[step.variable], bound, values) for bound in clause.lowers)
        or any(_below(values[step.variable], bound, values) for bound in clause.uppers)
        or any(other.holds(values) for other in clause.others)
        for clause in step.clauses
    )


def _above(value: Fraction, bound: Bound, values: Point) -> bool:
    end = sum((c * values[n] for n, c in bound.terms), bound.constant)
    return value > end if bound.strict else value >= end


def _below(value: Fraction, bound: Bound, values: Point) -> bool:
    end = sum((c * values[n] for n, c in bound.terms), bound.constant)
    return value < end if bound.strict else value <= end


def candidates(step: Step, values: Point) -> list[Fraction]:
    """Every end of the step's bounds, what lies between two of them, and what lies beyond."""
    ends = sorted(
        {
            sum((c * values[n] for n, c in bound.terms), bound.constant)
            for clause in step.clauses
            for bound in (*clause.lowers, *clause.uppers)
        }
    ) or [Fraction(0)]
    between = [(a + b) / 2 for a, b in itertools.pairwise(ends)]
    return [ends[0] - 1, *ends, *between, ends[-1] + 1]


def picked(interval: Interval, rng: random.Random) -> Fraction:
    """Some value of an interval, its ends among them."""
    low, high = interval.low, interval.high
    if low is None and high is None:
        return Fraction(rng.randint(-9, 9), 2)
    if low is None or high is None:
        end, away = (high, -1) if low is None else (low, 1)
        assert end is not None
        is_open = interval.high_open if low is None else interval.low_open
        return end + away * Fraction(rng.randint(1 if is_open else 0, 9), 2)
    inside = [low + (high - low) * Fraction(n, 4) for n in range(5)]
    return rng.choice([one for one in inside if one in interval])


# -------------------------------------------------------------------------------------------- laws


@given(systems(THREE, DENSE), st.integers(0, 99))
def test_steps_together_say_what_the_clauses_say(clauses: list[Clause], seed: int) -> None:
    plans = plan_groups(clauses, THREE)
    for values in points(seed):
        holds = all(clause.holds(values) for clause in clauses)
        obeyed = all(
            plan.satisfiable and all(obeys(step, values) for step in plan.steps or ())
            for plan in plans
        )
        assert obeyed == holds


@given(systems(THREE, DENSE, largest=6), st.integers(0, 99))
def test_a_prefix_obeys_its_steps_exactly_if_something_completes_it(
    clauses: list[Clause], seed: int
) -> None:
    plans = plan_groups(clauses, THREE)
    for values in points(seed, count=3):
        for length in range(len(THREE)):
            prefix = {name: values[name] for name in THREE[:length]}
            completed = solve(clauses, fixed=prefix)
            obeyed = all(
                plan.satisfiable
                and all(obeys(s, prefix) for s in plan.steps or () if s.variable in prefix)
                for plan in plans
            )
            assert isinstance(completed, Model if obeyed else Infeasible)


@given(satisfiable_systems(NAMES[:4], DENSE, largest=6), st.integers(0, 99))
def test_a_walk_along_the_steps_never_ends_early(clauses: list[Clause], seed: int) -> None:
    rng = random.Random(seed)
    values = {name: Fraction(0) for name in NAMES[:4]}
    for plan in plan_groups(clauses, NAMES[:4]):
        assert plan.satisfiable
        for step in plan.steps or ():
            intervals = allowed_intervals(step, values)
            assert intervals
            values[step.variable] = picked(rng.choice(intervals), rng)
            assert obeys(step, values)
        if plan.steps is not None:
            assert all(clause.holds(values) for clause in plan.clauses)


@given(systems(THREE, DENSE, largest=6), st.integers(0, 99))
def test_intervals_are_what_the_bounds_allow(clauses: list[Clause], seed: int) -> None:
    for plan in plan_groups(clauses, THREE):
        for step in plan.steps or ():
            for values in points(seed, count=4):
                intervals = allowed_intervals(step, values)
                for value in candidates(step, values):
                    allowed = any(value in interval for interval in intervals)
                    assert allowed == obeys(step, {**values, step.variable: value})


@given(systems(THREE, DENSE))
def test_a_contradiction_is_seen(clauses: list[Clause]) -> None:
    possible = all(plan.satisfiable for plan in plan_groups(clauses, THREE))
    assert isinstance(solve(clauses), Model if possible else Infeasible)


@given(satisfiable_systems(THREE, WHOLE, equalities=True), st.integers(0, 99))
def test_equalities_define_their_variable(clauses: list[Clause], seed: int) -> None:
    for plan in plan_groups(clauses, THREE):
        for step in plan.steps or ():
            if step.equality is None:
                continue
            for values in points(seed, count=4):
                only = allowed_intervals(step, values)
                at = step.equality.at(values)
                assert only == [Interval(at, at)]


@given(systems(THREE, WHOLE), st.permutations(THREE), st.integers(0, 99))
def test_any_ordering_says_the_same(clauses: list[Clause], ordering: list[str], seed: int) -> None:
    plans = plan_groups(clauses, ordering)
    for values in points(seed, count=10):
        obeyed = all(
            plan.satisfiable and all(obeys(step, values) for step in plan.steps or ())
            for plan in plans
        )
        assert obeyed == all(clause.holds(values) for clause in clauses)


@given(systems(THREE, WHOLE, most=2), st.sampled_from(THREE), st.integers(0, 99))
def test_fixed_variables_come_first_and_every_other_bound_stands_on_them(
    clauses: list[Clause], held: str, seed: int
) -> None:
    for plan in plan_groups(clauses, THREE, fixed=[held]):
        if held in plan.variables:
            assert plan.variables[0] == held
            assert plan.fixed == {held}
        known: set[str] = set()
        place = {name: index for index, name in enumerate(plan.variables)}
        for step in plan.steps or ():
            before = {name for name in plan.variables if place[name] < place[step.variable]}
            for clause in step.clauses:
                for bound in (*clause.lowers, *clause.uppers):
                    assert {name for name, _ in bound.terms} <= before
                for other in clause.others:
                    assert set(other.variables) <= before
            assert step.variable not in known
            known.add(step.variable)


# ------------------------------------------------------------------------------ elimination itself


def forms(clauses: Sequence[Clause], names: Sequence[str]) -> list[Disjunction]:
    place = {name: index for index, name in enumerate(names)}
    found = []
    for clause in clauses:
        halves = [
            half_space([(place[n], c) for n, c in one.terms], one.constant, one.strict)
            for one in clause
            if isinstance(one, Inequality)
        ]
        derived = disjunction(halves)
        if derived is not None:
            found.append(derived)
    return found


def true_at(clause: Disjunction, at: Sequence[Fraction]) -> bool:
    return any(
        total > constant or (total == constant and not strict)
        for form, constant, strict in clause
        for total in [sum((c * at[p] for p, c in form), Fraction(0))]
    )


@given(systems(THREE[:2], WHOLE, most=3, largest=6), st.integers(0, 99))
def test_one_variable_eliminated_exists_exactly_if_the_rest_holds(
    clauses: list[Clause], seed: int
) -> None:
    system = forms(clauses, THREE[:2])
    eliminations = eliminate(system, [1, 0], limits=Limits(work=100_000))
    rng = random.Random(seed)
    for _ in range(POINTS):
        first = Fraction(rng.randint(-24, 24), rng.choice((1, 2, 4, 6)))
        exists = any(
            all(true_at(clause, (first, second)) for clause in system)
            for second in critical(system, first)
        )
        kept = eliminations is not None and all(
            true_at(clause, (first,))
            for one in eliminations
            if one.position == 0
            for clause in one.clauses
        )
        assert kept == exists


def critical(system: Sequence[Disjunction], first: Fraction) -> list[Fraction]:
    """Values of the second variable, one in every stretch on which no half-space changes."""
    ends = {Fraction(0)}
    for clause in system:
        for form, constant, _ in clause:
            weights = dict(form)
            if 1 in weights:
                ends.add((constant - weights.get(0, 0) * first) / weights[1])
    listed = sorted(ends)
    between = [(a + b) / 2 for a, b in itertools.pairwise(listed)]
    return [listed[0] - 1, *listed, *between, listed[-1] + 1]


# ------------------------------------------------------------------------------------------- parts


@examples(60)
@given(systems(THREE, WHOLE), st.integers(0, 99))
def test_parts_together_are_the_clauses(clauses: list[Clause], seed: int) -> None:
    found = convex_parts(clauses)
    assert found.complete
    for part in found.parts:
        assert isinstance(solve([Clause((one,)) for one in part]), Model), "every part has a point"
    for values in points(seed):
        inside = any(all(one.holds(values) for one in part) for part in found.parts)
        assert inside == all(clause.holds(values) for clause in clauses)


@examples(40)
@given(systems(THREE, WHOLE, largest=6), st.integers(0, 60), st.integers(0, 99))
def test_parts_and_elimination_agree(clauses: list[Clause], limit: int, seed: int) -> None:
    by_steps = plan_groups(clauses, THREE)
    by_parts = plan_groups(clauses, THREE, limit=limit)
    for exact, bounded in zip(by_steps, by_parts, strict=True):
        # Parts that were given up too early show no contradiction.
        unseen = bounded.steps is None and not bounded.complete
        assert exact.satisfiable == bounded.satisfiable or (unseen and bounded.satisfiable)
    for plan in by_parts:
        for values in points(seed, count=10):
            if plan.steps is None:
                inside = any(all(obeys(step, values) for step in part) for part in plan.parts)
                assert inside <= all(clause.holds(values) for clause in plan.clauses)
                for point in plan.points:
                    assert all(clause.holds(point) for clause in plan.clauses)
                if plan.complete:
                    assert inside == all(clause.holds(values) for clause in plan.clauses)


def test_few_parts_are_said_to_be_incomplete() -> None:
    names = [f"x{index}" for index in range(8)]
    clauses = [
        Clause(
            (
                Inequality((Term(name, Fraction(1)),), Fraction(1)),
                Inequality((Term(name, Fraction(-1)),), Fraction(1)),
            )
        )
        for name in names
    ]
    found = convex_parts(clauses, limit=5)
    assert len(found.parts) == 5
    assert not found.complete


# ------------------------------------------------------------------------------- canonical values


@given(inequalities(THREE, DENSE), st.sampled_from([Fraction(2), Fraction(1, 3), Fraction(7, 5)]))
def test_a_positive_factor_changes_no_half_space(one: Inequality, factor: Fraction) -> None:
    place = {name: index for index, name in enumerate(THREE)}
    plain = half_space([(place[n], c) for n, c in one.terms], one.constant, one.strict)
    scaled = half_space(
        [(place[n], c * factor) for n, c in reversed(one.terms)], one.constant * factor, one.strict
    )
    assert plain == scaled


@given(st.lists(inequalities(THREE, WHOLE), min_size=1, max_size=4), st.integers(0, 99))
def test_a_canonical_clause_holds_where_its_literals_do(
    literals: list[Inequality], seed: int
) -> None:
    derived = forms([Clause(tuple(literals))], THREE)
    for values in points(seed):
        at = [values[name] for name in THREE]
        holds = any(one.holds(values) for one in literals)
        assert holds == all(true_at(one, at) for one in derived)


def test_an_equality_chain_is_one_line() -> None:
    a, b, c = THREE
    chain = [
        Clause((Inequality((Term(second, Fraction(1)), Term(first, Fraction(-1))), Fraction(0)),))
        for first, second in ((a, b), (b, c), (c, a))
    ]
    (plan,) = plan_groups(chain, THREE)
    assert plan.steps is not None
    values = {a: Fraction(5), b: Fraction(0), c: Fraction(0)}
    for step in plan.steps:
        (only,) = allowed_intervals(step, values)
        assert only.low == only.high == 5
        values[step.variable] = Fraction(5)
