"""Plans that can be read."""

from fractions import Fraction

import pytest

from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import (
    GroupPlan,
    is_eliminable,
    plan_groups,
)
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Term


def plans(text: str, names: str = "abcd", fixed: str = "") -> tuple[GroupPlan, ...]:
    return plan_groups(parse_requirements(text).clauses, names, fixed=fixed)


def test_groups_share_no_variable() -> None:
    found = plans("c >= 0\na <= b\nc <= d\nb >= 1\n")
    assert [one.variables for one in found] == [("c", "d"), ("a", "b")]
    assert [len(one.clauses) for one in found] == [2, 2]


def test_steps_follow_the_ordering() -> None:
    (found,) = plans("a <= b\nb <= c\n", "cab")
    assert found.variables == ("c", "a", "b")
    assert found.steps is not None
    assert [step.variable for step in found.steps] == ["a", "b"]
    (upper,) = (bound for clause in found.steps[0].clauses for bound in clause.uppers)
    assert upper.terms == (Term("c", Fraction(1)),)


def test_fixed_variables_come_first() -> None:
    (found,) = plans("a <= b\nb <= c\n", fixed="cz")
    assert found.variables == ("c", "a", "b")
    assert found.fixed == {"c"}


def test_bounds_are_solved_for_their_variable() -> None:
    (found,) = plans("3*b - 2*a < 5\n")
    assert found.steps is not None
    (step,) = found.steps
    (bound,) = (bound for clause in step.clauses for bound in clause.uppers)
    assert bound.terms == (Term("a", Fraction(2, 3)),)
    assert (bound.constant, bound.strict) == (Fraction(5, 3), True)
    assert bound.at({"a": Fraction(1)}) == Fraction(7, 3)


def test_equalities_are_marked() -> None:
    (found,) = plans("c == a + b\n")
    assert found.steps is not None
    assert found.steps[-1].equality is not None
    assert found.steps[-1].equality.at({"a": Fraction(1), "b": Fraction(2)}) == 3


def test_a_contradiction_is_not_satisfiable() -> None:
    (one, other) = plans("a > b\nb > a\nc >= 0\n")
    assert not one.satisfiable
    assert one.steps == ()
    assert other.satisfiable


def test_constant_clauses() -> None:
    false = Clause((Inequality((), Fraction(1)),))
    (found,) = plan_groups([false], "")
    assert not found.satisfiable
    assert found.variables == ()
    true = Clause((Inequality((), Fraction(0)),))
    assert all(one.satisfiable and not one.steps for one in plan_groups([true], ""))


def test_past_the_limit_there_are_parts() -> None:
    clauses = parse_requirements("a >= 1 or b >= 2\na + b <= 2\n").clauses
    (steps,) = plan_groups(clauses, "ab")
    (parts,) = plan_groups(clauses, "ab", limit=0)
    assert (steps.steps is None, steps.parts) == (False, ())
    assert parts.steps is None
    assert not parts.complete
    assert parts.satisfiable


def test_booleans_are_compared_with_one_half() -> None:
    assert BooleanLiteral("a").as_inequality() == Inequality(
        (Term("a", Fraction(1)),), Fraction(1, 2), True
    )
    literal = Inequality((Term("a", Fraction(1)),), Fraction(2))
    assert literal.as_inequality() is literal
    (found,) = plans("if b then a >= 1\n")
    assert found.variables == ("a", "b")


def test_plans_are_equal_by_value() -> None:
    text = "a <= b or c > 1\nb + c <= 3\n"
    assert plans(text) == plans(text)


def test_a_group_is_eliminable_if_its_plan_has_steps() -> None:
    few = parse_requirements("a + b >= c\na <= 2*d\n").clauses
    assert is_eliminable(few, "abcd")
    (found,) = plan_groups(few, "abcd")
    assert found.steps is not None


def test_elimination_stops_where_no_work_is_left() -> None:
    clauses = parse_requirements("a + b >= c\na <= 2*d\n").clauses
    with pytest.raises(LimitReached):
        is_eliminable(clauses, "abcd", limits=Limits.within(0))
