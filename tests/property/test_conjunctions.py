"""A clause with conjunctions as literals means, wherever it is read, what it is multiplied out."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compile_requirement
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.kernels.optimal.fewest_rows import FewestRows
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.sequential.correction import PlannedCorrector, RowsMethod
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.language import parse_requirements
from pishield_cli.language.normal_form import MAX_CLAUSES, to_clauses
from pishield_cli.logic.formulas import And, Atom, Formula, Or
from pishield_cli.logic.plans.plan import GroupPlan, plan_groups
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.rows.corrected import allowed_intervals
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.questions import minimise, solve
from pishield_cli.logic.solver.search import Infeasible, Model, Optimum
from pishield_cli.logic.terms import (
    Clause,
    Conjunction,
    Equation,
    Inequality,
    Literal,
    Term,
    multiplied,
)

F = Fraction
NAMES = ("a", "b", "c")
CELLS = st.integers(-3, 3).map(F)
POINTS = st.fixed_dictionaries(dict.fromkeys(NAMES, CELLS))

terms = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([-2, -1, 1, 2]), min_size=1, max_size=2
).map(lambda one: tuple(Term(name, F(value)) for name, value in sorted(one.items())))
constants = st.integers(-3, 3).map(F)
inequalities = st.builds(Inequality, terms, constants, st.booleans())
equalities = st.builds(Equation, terms, constants)
conjunctions = st.one_of(
    equalities.map(lambda one: Conjunction(one.sides)),
    st.lists(inequalities, min_size=2, max_size=2).map(lambda one: Conjunction(tuple(one))),
)
literals: st.SearchStrategy[Literal] = st.one_of(conjunctions, conjunctions, inequalities)
clauses = st.lists(literals, min_size=2, max_size=3).map(lambda one: Clause(tuple(one)))
systems = st.lists(clauses, min_size=1, max_size=2)


def flat(system: list[Clause]) -> list[Clause]:
    return [new for one in system for new in multiplied(one)]


def holds(system: list[Clause], point: dict[str, F]) -> bool:
    return all(clause.holds(point) for clause in system)


@given(systems, POINTS)
def test_multiplied_out_it_holds_where_it_did(system: list[Clause], point: dict[str, F]) -> None:
    assert holds(system, point) == holds(flat(system), point)


@given(systems, st.booleans())
def test_the_search_finds_values_of_both_or_of_neither(system: list[Clause], whole: bool) -> None:
    integers = NAMES if whole else ()
    found, other = solve(system, integers=integers), solve(flat(system), integers=integers)
    assert isinstance(found, Model) == isinstance(other, Model)
    if isinstance(found, Model):
        assert holds(system, {**dict.fromkeys(NAMES, F(0)), **found.values})


@given(systems, terms)
def test_sums_are_least_where_they_were(system: list[Clause], form: tuple[Term, ...]) -> None:
    found, other = minimise(form, system), minimise(form, flat(system))
    if isinstance(other, Infeasible):
        assert isinstance(found, Infeasible)
        return
    assert isinstance(found, Optimum)
    assert isinstance(other, Optimum)
    assert (found.value, found.attained) == (other.value, other.attained)


@given(systems, clauses)
def test_the_search_denies_conjunctions(system: list[Clause], clause: Clause) -> None:
    denied = [Clause((literal.negated(),)) for literal in clause]
    found = solve([*system, *denied])
    if isinstance(found, Model):
        point = {**dict.fromkeys(NAMES, F(0)), **found.values}
        assert holds(system, point)
        assert not clause.holds(point)
    else:
        inequalities = [
            Clause(tuple(part.negated() for part in literal.parts))
            if isinstance(literal, Conjunction)
            else Clause((literal.negated(),))
            for literal in clause
        ]
        assert isinstance(solve([*flat(system), *inequalities]), Infeasible)


@given(systems, POINTS)
def test_steps_leave_each_column_what_they_left_it(
    system: list[Clause], point: dict[str, F]
) -> None:
    plans = plan_groups(system, NAMES), plan_groups(flat(system), NAMES)
    satisfiable = [all(plan.satisfiable for plan in one) for one in plans]
    assert satisfiable[0] == satisfiable[1]
    if satisfiable[0]:
        assume(all(plan.steps is not None for one in plans for plan in one))
        assert kept(plans[0], point) == kept(plans[1], point)
        assert (len(kept(plans[0], point)) == len(NAMES)) == holds(system, point)


def kept(plans: tuple[GroupPlan, ...], point: dict[str, F]) -> list[str]:
    """The columns, in order, up to the first whose value its step forbids."""
    steps = {step.variable: step for plan in plans for step in plan.steps or ()}
    found = []
    for name in NAMES:
        if name in steps:
            intervals = allowed_intervals(steps[name], point)
            assert intervals, "a step leaves a value where those before it were obeyed"
            if not any(point[name] in one for one in intervals):
                break
        found.append(name)
    return found


def columns_of(points: list[dict[str, F]]) -> dict[str, NumericColumn]:
    return {
        name: NumericColumn(np.array([float(point[name]) for point in points])) for name in NAMES
    }


@given(systems, st.lists(POINTS, min_size=1, max_size=5))
def test_rows_are_judged_as_they_were(system: list[Clause], points: list[dict[str, F]]) -> None:
    columns = columns_of(points)
    one = Requirement(1, "", tuple(system))
    compiled = CompiledRequirements((compile_requirement(one),), one.variables)
    violated = evaluate(compiled, columns, len(points))[0].violated
    expected = [not holds(system, point) for point in points]
    assert (violated.tolist() if violated is not None else [False] * len(points)) == expected
    wrong = np.flatnonzero(expected)
    other = Requirement(1, "", tuple(flat(system)))
    sizes, others = (
        shortfall(compile_requirement(each), columns, wrong).tolist() for each in (one, other)
    )
    assert sizes == others


@pytest.mark.parametrize("kind", ["shield", "nearest", "fewest"])
@settings(max_examples=40)
@given(system=systems, points=st.lists(POINTS, min_size=1, max_size=4), whole=st.booleans())
def test_rows_are_corrected_as_well_as_they_were(
    kind: str, system: list[Clause], points: list[dict[str, F]], whole: bool
) -> None:
    assume(isinstance(solve(system, integers=NAMES if whole else ()), Model))
    grids = dict.fromkeys(NAMES, Grid(0, low=-50, high=50) if whole else Grid())
    columns = columns_of(points)
    costs = []
    for given_clauses in (system, flat(system)):
        corrector = PlannedCorrector(given_clauses, NAMES, grids, method=method(kind))
        found = corrector.correct(columns, len(points))
        after = {name: column.values.copy() for name, column in columns.items()}
        for name, change in found.changes.items():
            after[name][change.rows] = change.values
        rows = [{name: F(str(after[name][row])) for name in NAMES} for row in range(len(points))]
        left = set(found.uncorrected.tolist())
        assert all(holds(system, one) for row, one in enumerate(rows) if row not in left)
        known = set(found.unproven.tolist()) | left
        costs.append(
            [
                None if row in known else cost(kind, points[row], rows[row])
                for row in range(len(points))
            ]
        )
    for one, other in zip(*costs, strict=True):
        if kind != "shield" and one is not None and other is not None:
            assert one == pytest.approx(other, rel=1e-5, abs=1e-9)


def method(kind: str) -> RowsMethod:
    if kind == "shield":
        return GroupCorrector
    if kind == "nearest":
        return lambda plan, grids: NearestRows(plan, grids, {})
    return lambda plan, grids: FewestRows(plan, grids, {})


def cost(kind: str, old: dict[str, F], new: dict[str, F]) -> float:
    moves = [float(abs(new[name] - old[name])) for name in NAMES]
    return float(sum(map(bool, moves))) if kind == "fewest" else sum(one**2 for one in moves)


def nested(depth: int) -> st.SearchStrategy[Formula]:
    atoms: st.SearchStrategy[Formula] = st.one_of(inequalities, equalities).map(Atom)
    found = atoms
    for _ in range(depth):
        parts = st.lists(found, min_size=2, max_size=3).map(tuple)
        found = st.one_of(atoms, parts.map(And), parts.map(Or))
    return found


@settings(max_examples=200)
@given(nested(3), POINTS)
def test_compact_clauses_mean_the_formula(formula: Formula, point: dict[str, F]) -> None:
    form = to_clauses(formula, few=0)
    assert all(clause.holds(point) for clause in form.clauses) == truth(formula, point)


def truth(formula: Formula, point: dict[str, F]) -> bool:
    if isinstance(formula, Atom):
        literal = formula.literal
        sides = literal.sides if isinstance(literal, Equation) else (literal,)
        return all(side.holds(point) for side in sides)
    assert isinstance(formula, And | Or)
    parts: Iterator[bool] = (truth(part, point) for part in formula.parts)
    return all(parts) if isinstance(formula, And) else any(parts)


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("x{0} == {0}", 1),
        ("x{0} == y{0} + 1", 2),
        ("(x{0} > .5 and y{0} > .3)", 2),
        ("{0} <= x{0} <= {0} + 1", 1),
        ("(x{0} > .5 and y{0} > .3 and z{0} > x{0})", 3),
    ],
)
@pytest.mark.parametrize("count", [13, 80])
def test_long_disjunctions_are_one_clause(part: str, names: int, count: int) -> None:
    written = " or ".join(part.format(number) for number in range(count))
    (clause,) = parse_requirements(written + "\n").clauses
    assert len(clause.literals) == count
    (plan,) = plan_groups([clause], sorted(clause.variables))
    assert plan.steps is not None
    assert sum(len(step.clauses) for step in plan.steps) <= 2 * names * count
    assert 2**count > MAX_CLAUSES
