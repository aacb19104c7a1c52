"""Disjunctions against trying every choice of literals; propositions against truth tables."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pishield_cli.logic.solver.answers import NearestValue
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import minimise, nearest_value, solve
from pishield_cli.logic.solver.search import Infeasible, Model, Optimum, Search, Undecided
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Term

NAMES = ("a", "b", "c")
F = Fraction


def at_least(constant, strict=False, **coefficients):
    terms = tuple(Term(name, F(value)) for name, value in coefficients.items() if value)
    return Inequality(terms, F(constant), strict)


inequalities = st.builds(
    lambda a, b, c, constant, strict: at_least(constant, strict, a=a, b=b, c=c),
    *[st.integers(-3, 3)] * 3,
    st.fractions(-4, 4, max_denominator=2),
    st.booleans(),
)
clauses = st.lists(
    st.lists(inequalities, min_size=1, max_size=3).map(lambda one: Clause(tuple(one))),
    min_size=1,
    max_size=6,
)
boolean_literals = st.builds(BooleanLiteral, st.sampled_from("pqrst"), st.booleans())
propositions = st.lists(
    st.lists(boolean_literals, min_size=1, max_size=3).map(lambda one: Clause(tuple(one))),
    min_size=1,
    max_size=14,
)


def can_hold_together(literals):
    """Fourier-Motzkin over the three names."""
    system = [
        ([dict(one.terms).get(name, F(0)) for name in NAMES], one.constant, one.strict)
        for one in literals
    ]
    for k in range(len(NAMES)):
        lower = [row for row in system if row[0][k] > 0]
        upper = [row for row in system if row[0][k] < 0]
        system = list({repr(row): row for row in system if row[0][k] == 0}.values())
        for a, c, s in lower:
            for b, d, t in upper:
                p, q = -b[k], a[k]
                system.append(
                    ([p * x + q * y for x, y in zip(a, b, strict=True)], p * c + q * d, s or t)
                )
    return all(c < 0 or (c == 0 and not strict) for _, c, strict in system)


def is_satisfiable(given_clauses):
    """Try every choice of one literal a clause."""
    return any(can_hold_together(choice) for choice in product(*given_clauses))


def complete(model):
    return {name: model.values.get(name, F(0)) for name in NAMES}


# --------------------------------------------------------------------------------- feasibility


@given(clauses)
def test_it_agrees_with_every_choice_of_literals(given_clauses):
    found = solve(given_clauses)
    if isinstance(found, Model):
        assert all(clause.holds(complete(found)) for clause in given_clauses)
    else:
        assert isinstance(found, Infeasible)
        assert not is_satisfiable([given_clauses[index] for index in found.core])


@given(propositions)
def test_propositions_agree_with_truth_tables(given_clauses):
    found = solve(given_clauses)
    names = sorted({name for clause in given_clauses for name in clause.variables})
    rows = (
        dict(zip(names, map(F, row), strict=True)) for row in product((0, 1), repeat=len(names))
    )
    expected = any(all(clause.holds(row) for clause in given_clauses) for row in rows)
    assert isinstance(found, Model) == expected
    if isinstance(found, Model):
        assert all(clause.holds(found.values) for clause in given_clauses)


@given(clauses, st.randoms(use_true_random=False))
def test_what_was_learned_serves_other_questions(given_clauses, random):
    search = Search()
    for index, clause in enumerate(given_clauses):
        search.add(clause, index)
    for _ in range(5):
        owners = random.sample(range(len(given_clauses)), random.randint(0, len(given_clauses)))
        literal = random.choice(random.choice(given_clauses).literals)
        found = search.solve(owners, [literal])
        chosen = [given_clauses[index] for index in owners] + [Clause((literal,))]
        assert isinstance(found, Model) == is_satisfiable(chosen)


@given(clauses, st.sampled_from(NAMES), st.integers(-3, 3))
def test_fixed_values_are_substituted(given_clauses, name, value):
    fixed = solve(given_clauses, fixed={name: F(value)})
    bounds = [
        Clause((at_least(value, **{name: 1}),)),
        Clause((at_least(-value, **{name: -1}),)),
    ]
    assert isinstance(fixed, Model) == isinstance(solve([*given_clauses, *bounds]), Model)


def test_an_open_unit_interval_is_not_empty():
    found = solve([Clause((at_least(0, True, x=1),)), Clause((at_least("-0.0005", True, x=-1),))])
    assert isinstance(found, Model)
    assert 0 < found.values["x"] < F(1, 2000)


def test_an_empty_clause_is_the_core():
    found = solve([Clause((at_least(0, x=1),)), Clause(())])
    assert found == Infeasible((1,))


# --------------------------------------------------------------------------------- whole numbers


def equation(constant, **coefficients):
    turned = {name: -value for name, value in coefficients.items()}
    return [
        Clause((at_least(constant, **coefficients),)),
        Clause((at_least(-constant, **turned),)),
    ]


def test_even_is_never_odd():
    given_clauses = equation(1, a=2, b=-2)
    assert isinstance(solve(given_clauses), Model)
    assert solve(given_clauses, integers={"a", "b"}) == Infeasible((0, 1))


def test_two_equations_without_a_whole_solution():
    given_clauses = equation(0, a=1, b=-3) + equation(1, a=1, c=-6, b=3)
    assert isinstance(solve(given_clauses), Model)
    assert isinstance(solve(given_clauses, integers={"a", "b", "c"}), Infeasible)


@given(clauses)
def test_whole_numbers_in_a_box_agree_with_trying_all(given_clauses):
    box = [Clause((at_least(-2, **{name: sign}),)) for name in NAMES for sign in (1, -1)]
    found = solve([*given_clauses, *box], integers=NAMES)
    expected = any(
        all(clause.holds(dict(zip(NAMES, map(F, values), strict=True))) for clause in given_clauses)
        for values in product(range(-2, 3), repeat=3)
    )
    assert isinstance(found, Model) == expected
    if isinstance(found, Model):
        assert all(value.denominator == 1 for value in found.values.values())


# --------------------------------------------------------------------------------- optima


@given(clauses, st.sampled_from(NAMES), st.sampled_from((1, -2)))
def test_the_least_value_is_approached_and_nothing_is_less(given_clauses, name, coefficient):
    objective = (Term(name, F(coefficient)),)
    found = minimise(objective, given_clauses)
    if isinstance(found, Infeasible):
        assert not is_satisfiable(given_clauses)
        return
    assert isinstance(found, Optimum)
    if found.value is None:
        beyond = at_least(10**6, **{name: -coefficient})
        assert is_satisfiable([*given_clauses, Clause((beyond,))])
        return
    below = at_least(-found.value, found.attained, **{name: -coefficient})
    assert not is_satisfiable([*given_clauses, Clause((below,))])
    values = complete(found.model)
    assert all(clause.holds(values) for clause in given_clauses)
    assert (coefficient * values[name] == found.value) == found.attained


@given(clauses, st.sampled_from(NAMES), st.fractions(-6, 6, max_denominator=3))
def test_no_allowed_value_is_nearer(given_clauses, name, target):
    found = nearest_value(name, target, given_clauses)
    if isinstance(found, Infeasible):
        assert not is_satisfiable(given_clauses)
        return
    assert isinstance(found, NearestValue)
    values = complete(found.model)
    assert all(clause.holds(values) for clause in given_clauses)
    assert (values[name] == found.value) != found.open
    distance = abs(found.value - target)
    nearer = [
        Clause((at_least(target - distance, not found.open, **{name: 1}),)),
        Clause((at_least(-target - distance, not found.open, **{name: -1}),)),
    ]
    assert not is_satisfiable([*given_clauses, *nearer])


@pytest.mark.parametrize(
    ("target", "value", "is_open", "side"),
    [(5, 5, False, 0), (1, 0, True, -1), (2, 3, False, 1), (F(3, 2), 3, False, 1)],
)
def test_a_gap_with_one_open_end(target, value, is_open, side):
    # x < 0 or x >= 3
    clause = Clause((at_least(0, True, x=-1), at_least(3, x=1)))
    found = nearest_value("x", F(target), [clause])
    assert isinstance(found, NearestValue)
    assert (found.value, found.open, found.side) == (value, is_open, side)


def test_the_nearest_whole_number():
    clause = Clause((at_least("2.5", x=1),))
    found = nearest_value("x", F(0), [clause], integers={"x"})
    assert isinstance(found, NearestValue)
    assert (found.value, found.open) == (3, False)


# --------------------------------------------------------------------------------- limits


@given(clauses)
def test_without_work_it_says_so(given_clauses):
    assume(is_satisfiable(given_clauses))
    assert solve(given_clauses, limits=Limits.within(-1)) == Undecided("work")


def test_pigeons_run_out_of_steps():
    pigeons, holes = 8, 7
    given_clauses = [
        Clause(tuple(BooleanLiteral(f"p{i}in{h}") for h in range(holes))) for i in range(pigeons)
    ]
    given_clauses += [
        Clause((BooleanLiteral(f"p{i}in{h}", False), BooleanLiteral(f"p{j}in{h}", False)))
        for h in range(holes)
        for i in range(pigeons)
        for j in range(i)
    ]
    assert solve(given_clauses, limits=Limits(nodes=30)) == Undecided("steps")
