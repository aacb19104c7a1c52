from itertools import product

import pytest

from pishield_cli.logic.plans.resolution import (
    Contradiction,
    Oversized,
    Resolution,
    ResolvedStep,
    resolve,
)
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality


def literal(text):
    return BooleanLiteral(text.removeprefix("-"), not text.startswith("-"))


def clause(text):
    return Clause(tuple(map(literal, text.split())))


def texts(clauses):
    return {" ".join(("" if one.positive else "-") + one.variable for one in c) for c in clauses}


def bounding(resolution):
    return {one.variable: texts(one.clauses) for one in resolution.eliminations}


def test_each_variable_is_bounded_by_the_ones_before_it():
    found = resolve([clause("b -a"), clause("c -b")], "abc")
    assert bounding(found) == {"c": {"-b c"}, "b": {"-a b"}, "a": set()}
    assert [one.variable for one in found.eliminations] == ["c", "b", "a"]


def test_resolvents_bound_the_remaining_variables():
    found = resolve([clause("c a"), clause("-c b")], "abc")
    assert bounding(found) == {"c": {"a c", "b -c"}, "b": {"a b"}, "a": set()}


def test_tautologies_and_tautological_resolvents_are_dropped():
    found = resolve([clause("a -a b"), clause("c a"), clause("-c -a")], "abc")
    assert bounding(found) == {"c": {"a c", "-a -c"}, "b": set(), "a": set()}


def test_implied_clauses_are_dropped_after_the_first_elimination():
    found = resolve([clause("a b"), clause("a b c"), clause("a b -d")], "abcd")
    assert bounding(found)["d"] == {"a b -d"}
    assert bounding(found)["c"] == set()
    assert bounding(found)["b"] == {"a b"}


def test_a_new_clause_removes_those_it_implies():
    # c eliminated gives a, which implies `a or b`.
    found = resolve([clause("a b"), clause("a c"), clause("a -c")], "abc")
    assert bounding(found) == {"c": {"a c", "a -c"}, "b": set(), "a": {"a"}}


def test_conditions_are_what_is_left_of_kept_variables():
    found = resolve([clause("x -a"), clause("-x -b")], "abx", kept={"a", "b"})
    assert isinstance(found, Resolution)
    assert texts(found.conditions) == {"-a -b"}
    assert [one.variable for one in found.eliminations] == ["x"]


def test_without_kept_variables_there_are_no_conditions():
    assert resolve([clause("a b")], "ab").conditions == ()


def test_a_contradiction_names_its_origins():
    clauses = [clause("a d"), clause("b"), clause("-b c"), clause("d -a"), clause("-c")]
    assert resolve(clauses, "abcd") == Contradiction((1, 2, 4))


def test_a_contradiction_among_kept_variables_is_found():
    clauses = [clause("a"), clause("-a")]
    assert resolve(clauses, "a", kept={"a"}) == Contradiction((0, 1))


def test_an_empty_clause_is_a_contradiction_by_itself():
    assert resolve([clause("a"), Clause(())], "a") == Contradiction((1,))


@pytest.mark.parametrize("propagated", [False, True])
def test_the_limit_ends_it_with_a_value(propagated):
    signs = product(("", "-"), repeat=4)
    clauses = [clause(" ".join(s + v for s, v in zip(one, "abcd", strict=True))) for one in signs]
    found = resolve(clauses[:-1], "abcd", limit=1, propagated=propagated)
    assert isinstance(found, Oversized)


def test_propagation_leaves_refuted_literals_out():
    clauses = [clause("a"), clause("-a b c"), clause("-c -b d")]
    plain = resolve(clauses, "abcd")
    assert bounding(plain)["c"] == {"-a b c"}
    short = resolve(clauses, "abcd", propagated=True)
    assert bounding(short)["c"] == {"b c"}
    assert bounding(short)["a"] == {"a"}


def test_propagation_finds_contradictions_with_their_origins():
    clauses = [clause("x y"), clause("a"), clause("-a b"), clause("-b")]
    assert resolve(clauses, "abxy", propagated=True) == Contradiction((1, 2, 3))


def test_repeated_clauses_and_literals_count_once():
    found = resolve([clause("a b b"), clause("b a")], "ab")
    assert found.eliminations[0] == ResolvedStep("b", ((literal("a"), literal("b")),))


def test_inequalities_are_refused():
    with pytest.raises(TypeError, match="boolean literals"):
        resolve([Clause((Inequality((), 1),))], "a")
