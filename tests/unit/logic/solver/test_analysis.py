"""What follows from requirements, by the laws that each answer must obey."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.language.normal_form import to_clauses
from pishield_cli.logic.formulas import Not
from pishield_cli.logic.groups import requirement_groups
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.solver.analysis import analyse, contradictory_core, satisfiable
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import solve
from pishield_cli.logic.solver.reasoner import Bounds, repeated
from pishield_cli.logic.solver.search import Infeasible, Model
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Literal, Term
from tests.laws import examples

F = Fraction


def at_least(constant, strict=False, **coefficients):
    terms = tuple(Term(name, F(value)) for name, value in coefficients.items() if value)
    return Inequality(terms, F(constant), strict)


def file_of(*clause_lists, integers=(), booleans=()):
    """A requirements file; each requirement a list of clauses, each clause a list of literals."""
    return Requirements(
        tuple(
            Requirement(number, f"requirement {number}", tuple(Clause(tuple(c)) for c in one))
            for number, one in enumerate(clause_lists, 1)
        ),
        RequirementType.QFLRA,
        integers=frozenset(integers),
        booleans=frozenset(booleans),
    )


def clauses_of(requirements, numbers=None):
    return [
        clause
        for one in requirements.requirements
        if numbers is None or one.number in numbers
        for clause in one.clauses
    ]


def is_satisfiable(clauses):
    return isinstance(solve(clauses), Model)


def implies(clauses, clause):
    negation = [Clause((literal.negated(),)) for literal in clause]
    return isinstance(solve([*clauses, *negation]), Infeasible)


inequalities = st.builds(
    lambda a, b, c, constant, strict: at_least(constant, strict, a=a, b=b, c=c),
    st.integers(-2, 2),
    st.integers(-2, 2),
    st.integers(-2, 2),
    st.integers(-3, 3),
    st.booleans(),
)
propositions = st.builds(BooleanLiteral, st.sampled_from("pqrs"), st.booleans())


def files(literals: st.SearchStrategy[Literal]) -> st.SearchStrategy[Requirements]:
    one_clause = st.lists(literals, min_size=1, max_size=3)
    requirement = st.lists(one_clause, min_size=1, max_size=2)
    return st.lists(requirement, min_size=1, max_size=7).map(lambda one: file_of(*one))


any_file = files(inequalities) | files(propositions)


# --------------------------------------------------------------------------------- laws


@given(any_file)
def test_law_of_cores_minimal_contradiction(requirements):
    found = analyse(requirements)
    assert found.satisfiable == is_satisfiable(clauses_of(requirements))
    assert bool(found.core) != found.satisfiable
    assert contradictory_core(requirements) != () or found.satisfiable
    if found.core:
        assert not is_satisfiable(clauses_of(requirements, found.core))
        for number in found.core:
            rest = set(found.core) - {number}
            assert is_satisfiable(clauses_of(requirements, rest))


@given(any_file)
def test_law_of_redundancy_the_kept_mean_the_same(requirements):
    found = analyse(requirements)
    if not found.satisfiable:
        return
    kept = {one.number for one in requirements.requirements} - set(found.redundant)
    for clause in clauses_of(requirements, found.redundant):
        assert implies(clauses_of(requirements, kept), clause)
    for number in kept:
        rest = clauses_of(requirements, kept - {number})
        own = clauses_of(requirements, {number})
        assert not all(implies(rest, clause) for clause in own)


@given(any_file)
def test_law_of_reasons_they_imply_and_none_is_to_spare(requirements):
    found = analyse(requirements)
    for number, reasons in found.implied.items():
        assert set(reasons).isdisjoint(found.implied)
        own = clauses_of(requirements, {number})
        for left_out in (None, *reasons):
            rest = clauses_of(requirements, set(reasons) - {left_out})
            assert all(implies(rest, clause) for clause in own) == (left_out is None)


@given(files(inequalities))
def test_law_of_bounds_approached_and_never_passed(requirements):
    found = analyse(requirements)
    if not found.satisfiable:
        return
    clauses = clauses_of(requirements)
    for name in requirements.variables:
        bounds = found.bounds.get(name, Bounds())
        for sign, end, is_open in (
            (1, bounds.lower, bounds.lower_open),
            (-1, bounds.upper, bounds.upper_open),
        ):
            if end is None:
                far = at_least(10**6, **{name: -sign})
                assert is_satisfiable([*clauses, Clause((far,))])
                continue
            beyond = at_least(-sign * end, not is_open, **{name: -sign})
            assert not is_satisfiable([*clauses, Clause((beyond,))])
            near = at_least(-sign * end - F(1, 10**6), **{name: -sign})
            assert is_satisfiable([*clauses, Clause((near,))])


@given(any_file)
def test_law_of_dead_parts_none_decides(requirements):
    found = analyse(requirements)
    clauses = clauses_of(requirements)
    for dead in found.dead:
        wrong = to_clauses(Not(dead.part) if dead.always else dead.part)
        assert not is_satisfiable([*clauses, *wrong.clauses])


@given(files(inequalities))
def test_law_of_equalities_they_always_hold(requirements):
    clauses = clauses_of(requirements)
    for equation in analyse(requirements).equalities:
        assert equation.terms[0].coefficient > 0
        least = Inequality(equation.terms, equation.constant)
        most = Inequality(least.negated().terms, -equation.constant)
        assert implies(clauses, Clause((least,)))
        assert implies(clauses, Clause((most,)))


@given(any_file)
def test_law_of_groups_they_share_no_column_and_leave_none_out(requirements):
    groups = requirement_groups(requirements.requirements)
    columns = [name for group in groups for name in group.columns]
    assert len(columns) == len(set(columns))
    assert set(columns) == set(requirements.variables)
    numbers = sorted(number for group in groups for number in group.numbers)
    assert numbers == [one.number for one in requirements.requirements]
    for group in groups:
        for one in group.requirements:
            assert set(one.variables) <= set(group.columns)


# --------------------------------------------------------------------------------- examples


def test_a_hull_over_a_disjunction():
    found = analyse(file_of([[at_least(0, True, x=-1), at_least(3, x=1)]], [[at_least(-5, x=-1)]]))
    assert found.bounds == {"x": Bounds(None, F(5))}


def test_an_equality_written_as_two_inequalities():
    found = analyse(file_of([[at_least(0, x=1, y=-1, z=-1)]], [[at_least(0, x=-2, y=2, z=2)]]))
    (equation,) = found.equalities
    assert equation.terms == (Term("x", F(1)), Term("y", F(-1)), Term("z", F(-1)))
    assert equation.constant == 0


def test_an_equality_that_no_requirement_states():
    cycle = file_of(
        [[at_least(0, a=1, b=-1)]], [[at_least(0, b=1, c=-1)]], [[at_least(0, c=1, a=-1)]]
    )
    assert len(analyse(cycle).equalities) == 3


def test_of_equals_the_first_is_kept():
    same = [[at_least(1, x=1)]]
    assert analyse(file_of(same, [[at_least(0, x=2)]], same)).redundant == (2, 3)


def test_a_requirement_that_always_holds_is_redundant():
    assert analyse(file_of([[at_least(1, x=1)]], [])).redundant == (2,)


def test_declared_integers_count():
    odd = [[at_least(1, a=2, b=-2)], [at_least(-1, a=-2, b=2)]]
    assert satisfiable(file_of(odd)) is True
    assert satisfiable(file_of(odd, integers="ab")) is False
    assert contradictory_core(file_of(odd, [[at_least(0, a=1)]], integers="ab")) == (1,)


def test_booleans_are_zero_or_one():
    found = analyse(file_of([[at_least("0.2", b=1)]], booleans="b"))
    assert found.bounds == {"b": Bounds(F(1), F(1))}
    assert contradictory_core(file_of([[at_least(2, b=1)]], booleans="b")) == (1,)


def test_propositions_that_are_forced():
    p, q = BooleanLiteral("p"), BooleanLiteral("q", positive=False)
    found = analyse(file_of([[p]], [[p.negated(), q]]))
    half = F(1, 2)
    assert found.bounds == {"p": Bounds(half, None, lower_open=True), "q": Bounds(None, half)}


def test_repeated_requirements_up_to_scale():
    file = file_of([[at_least(1, x=1, y=2)]], [[at_least(2, y=4, x=2)]], [[at_least(1, x=1)]])
    assert list(repeated(file.requirements)) == [(2, 1)]


def test_requirements_that_always_hold_repeat_nothing():
    assert list(repeated(file_of([], [[at_least(1, x=1)]], []).requirements)) == []


def test_a_core_among_ten_thousand_requirements_is_quick():
    rng = random.Random(4)
    values = {f"c{i}": F(rng.randint(-50, 50)) for i in range(200)}
    lines = []
    for _ in range(10_000):
        terms = {name: rng.choice((-2, -1, 1, 3)) for name in rng.sample(sorted(values), 3)}
        total = sum(weight * values[name] for name, weight in terms.items())
        lines.append([[at_least(total - rng.randint(0, 40), **terms)]])
    (against,) = lines[5_000][0]
    lines.append([[against.negated()]])
    limits = Limits(None, 8_000_000)
    assert contradictory_core(file_of(*lines), limits=limits) == (5_001, 10_001)
    assert limits.work > 0


@examples(20)
@given(files(inequalities))
def test_without_work_everything_is_undecided_and_said_so(requirements):
    found = analyse(requirements, limits=Limits.within(-1))
    assert found.satisfiable is None
    assert found.undecided == {"satisfiable": len(requirement_groups(requirements.requirements))}


@pytest.mark.parametrize("size", [40])
def test_a_hard_file_ends_within_twice_the_work(size):
    rng = random.Random(1)
    names = [f"c{i}" for i in range(size)]
    lines = []
    for _ in range(4 * size):
        literals = [
            at_least(
                rng.randint(-9, 0), **{n: rng.choice((-3, -2, 2, 3)) for n in rng.sample(names, 4)}
            )
            for _ in range(3)
        ]
        lines.append([literals])
    limits = Limits.within(0.5)
    assert analyse(file_of(*lines), limits=limits).undecided
    assert limits.work > -Limits.within(0.5).work
