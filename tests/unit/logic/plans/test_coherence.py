import random
from itertools import product

import pytest

from pishield_cli.logic.plans import coherence
from pishield_cli.logic.plans.coherence import CoherencePlan, coherence_plan, nearest_truths
from pishield_cli.logic.plans.resolution import Contradiction
from pishield_cli.logic.terms import BooleanLiteral, Clause


def literal(text):
    return BooleanLiteral(text.removeprefix("-"), not text.startswith("-"))


def clause(text):
    return Clause(tuple(map(literal, text.split())))


def body(literals):
    return " ".join(("" if one.positive else "-") + one.variable for one in literals)


def rules(plan):
    return {
        step.variable: (set(map(body, step.lower)), set(map(body, step.upper)))
        for step in plan.steps
    }


def test_a_clause_bounds_its_last_variable_by_the_negations_of_the_others():
    plan = coherence_plan([clause("x -a b"), clause("-x -a")], "abx", branched=False)
    assert rules(plan)["x"] == ({"a -b"}, {"a"})


def test_a_fact_is_a_body_without_literals():
    plan = coherence_plan([clause("a"), clause("-b")], "ab")
    assert rules(plan) == {"a": ({""}, set()), "b": (set(), {""})}


def test_rules_are_split_on_the_last_variable_of_all_bodies():
    plan = coherence_plan([clause("x a"), clause("-x b"), clause("x b -a")], "abx")
    assert rules(plan)["x"] == ({"-a b", "-a -b", "a -b"}, {"-b"})


def test_variables_the_ordering_lacks_come_last():
    plan = coherence_plan([clause("z y"), clause("x")], ["x"])
    assert plan.ordering == ("x", "z", "y")
    assert plan.variables == ("x", "z", "y")


def test_fixed_variables_come_first_and_have_no_step():
    plan = coherence_plan([clause("a -b"), clause("-a -c")], "abc", fixed={"c", "b"})
    assert plan.ordering == ("b", "c", "a")
    assert [step.variable for step in plan.steps] == ["a"]
    assert set(map(body, plan.conditions)) == {"-b -c"}


def test_steps_of_a_wave_do_not_depend_on_each_other():
    plan = coherence_plan([clause("b -a"), clause("c -a"), clause("d -b -c"), clause("e")], "abcde")
    waves = [[plan.steps[index].variable for index in wave] for wave in plan.waves]
    assert waves == [["b", "c", "e"], ["d"]]


def test_a_contradiction_is_a_smallest_one():
    clauses = [clause("a b"), clause("-a b"), clause("b c"), clause("-b"), clause("c -a")]
    found = coherence_plan(clauses, "abc")
    assert isinstance(found, Contradiction)
    core = found.origins
    assert core == (0, 1, 3)
    for left_out in core:
        others = [clauses[index] for index in core if index != left_out]
        assert isinstance(coherence_plan(others, "abc"), CoherencePlan)


def test_without_missing_variables_their_clauses_are_gone():
    plan = coherence_plan([clause("b -a"), clause("c -b"), clause("c d")], "abcd")
    assert rules(plan.without({"b"})) == {"d": ({"-c"}, set())}
    assert plan.without({"b"}).variables == ("c", "d")


def test_past_the_limit_the_plan_is_incomplete():
    clauses = [clause("a b c"), clause("-c d a"), clause("-d -b a")]
    plan = coherence_plan(clauses, "abcd", limit=0)
    assert not plan.complete
    assert [step.variable for step in plan.steps] == ["a", "b", "c", "d"]


def test_past_the_limit_a_contradiction_is_found_all_the_same():
    clauses = [
        clause(" ".join(sign + name for sign, name in zip(signs, "abc", strict=True)))
        for signs in product(("", "-"), repeat=3)
    ]
    assert coherence_plan(clauses, "abc", limit=0) == Contradiction(tuple(range(8)))


def test_nearest_truths_keep_trusted_variables():
    clauses = [clause("-a b"), clause("-b c")]
    plan = coherence_plan(clauses, "abc", limit=0)
    assert nearest_truths(plan, [{"a": True, "b": False, "c": False}]) == [
        {"a": True, "b": True, "c": True}
    ]
    plan = coherence_plan(clauses, "cba", limit=0)
    assert nearest_truths(plan, [{"a": True, "b": False, "c": False}]) == [
        {"a": False, "b": False, "c": False}
    ]


@pytest.mark.parametrize("limit", [0, 1000])
def test_nearest_truths_do_not_exist_where_fixed_variables_forbid_it(limit):
    plan = coherence_plan([clause("-a b"), clause("-b c")], "abc", fixed={"a", "c"}, limit=limit)
    assert nearest_truths(plan, [{"a": True, "b": False, "c": False}]) == [None]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_for_a_row_does_not_depend_on_other_rows(seed, monkeypatch):
    """Not even where the work of a row comes to its end."""
    draw = random.Random(seed)
    names = [f"x{number}" for number in range(50)]
    clauses = [
        Clause(tuple(BooleanLiteral(name, draw.random() < 0.5) for name in draw.sample(names, 3)))
        for _ in range(200)
    ]
    plan = coherence_plan(clauses, names, fixed=names[:2], limit=0)
    rows = [{name: draw.random() < 0.5 for name in names} for _ in range(8)]
    monkeypatch.setattr(coherence, "ROW_DECISIONS", (15, 0))
    assert nearest_truths(plan, rows) == [nearest_truths(plan, [row])[0] for row in rows]


def test_long_hierarchies_are_planned_whatever_their_length():
    edges = [(child // 3, child) for child in range(1, 5_000)]
    clauses = [clause(f"v{parent} -v{child}") for parent, child in edges]
    plan = coherence_plan(clauses, [f"v{number}" for number in reversed(range(5_000))])
    assert plan.complete
