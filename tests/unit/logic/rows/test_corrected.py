"""One row corrected exactly, and where a step leaves a variable."""

from fractions import Fraction

import pytest

from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import GroupPlan, plan_groups
from pishield_cli.logic.rows.corrected import ExactCorrector, allowed_intervals
from pishield_cli.logic.rows.grids import Grid, Interval
from pishield_cli.logic.rows.problems import limit_clauses

F = Fraction
DOUBLE, WHOLE = Grid(), Grid(places=0, low=-(2**31), high=2**31 - 1)


def plan(text: str, names: str = "abc", fixed: str = "", limit: int | None = None) -> GroupPlan:
    clauses = parse_requirements(text).clauses
    options = {} if limit is None else {"limit": limit}
    (found,) = plan_groups(clauses, names, fixed=fixed, **options)
    return found


def corrected(
    found: GroupPlan, grid: Grid = DOUBLE, **cells: float | str
) -> dict[str, Fraction] | None:
    values = {name: F(str(value)) for name, value in cells.items()}
    return ExactCorrector(found, dict.fromkeys(values, grid)).correct(values)


def test_the_first_stays_the_later_ones_move() -> None:
    assert corrected(plan("a <= b\nb <= c\n"), a=3, b=1, c=2) == {"a": 3, "b": 3, "c": 3}


def test_what_holds_stays() -> None:
    cells = {"a": F(1, 3), "b": F(1, 2), "c": F(7)}
    grids = dict.fromkeys(cells, DOUBLE)
    assert ExactCorrector(plan("a <= b\nb <= c\n"), grids).correct(cells) == cells


def test_fixed_cells_stay_and_the_others_give_way() -> None:
    assert corrected(plan("a <= b\nb <= c\n", fixed="c"), a=3, b=1, c=2) == {
        "a": 2,
        "b": 2,
        "c": 2,
    }


def test_fixed_cells_can_forbid_a_row() -> None:
    assert corrected(plan("a <= b\nb <= c\n", fixed="ac"), a=3, b=1, c=2) is None


def test_equalities_hold_exactly() -> None:
    found = corrected(plan("a + b == c\na <= 1\n"), a="1.1", b="2.2", c=5)
    assert found == {"a": 1, "b": F("2.2"), "c": F("3.2")}


def test_strict_bounds_are_kept() -> None:
    found = corrected(plan("a > 0\na < 1e-9\n"), a=5)
    assert found is not None
    assert 0 < found["a"] < F("1e-9")
    assert DOUBLE.fits(found["a"])


@pytest.mark.parametrize(
    ("text", "cells", "expected"),
    [
        ("2*a + 3*b == 7\n", {"a": 1, "b": 4}, {"a": 2, "b": 1}),
        ("3*a == 7*b\n", {"a": 3, "b": 1}, {"a": 0, "b": 0}),
        ("6*a + 10*b + 15*c == 1\n", {"a": 0, "b": 0, "c": 0}, {"a": 1, "b": 1, "c": -1}),
        ("a > 0.5 and a < 1.5\n", {"a": 9}, {"a": 1}),
        ("2*a > 3\n", {"a": 1}, {"a": 2}),
    ],
)
def test_whole_numbers_backtrack(
    text: str, cells: dict[str, int], expected: dict[str, int] | None
) -> None:
    found = corrected(plan(text), WHOLE, **cells)
    assert found is not None
    for clause in parse_requirements(text).clauses:
        assert clause.holds(found)
    assert all(value.denominator == 1 for value in found.values())
    if expected is not None:
        assert found == expected


@pytest.mark.parametrize("text", ["2*a == 1\n", "a > 0\na < 1\n", "2*a + 4*b == 3\n"])
def test_whole_numbers_without_a_solution(text: str) -> None:
    assert corrected(plan(text), WHOLE, a=0, b=0) is None


def test_a_range_without_a_solution() -> None:
    small = Grid(places=0, low=-128, high=127)
    assert corrected(plan("a + b >= 255\n"), small, a=0, b=0) is None
    assert corrected(plan("a + b >= 254\n"), small, a=0, b=0) == {"a": 127, "b": 127}


def test_rows_are_corrected_without_steps() -> None:
    found = plan("a >= 1 or b >= 2\na + b <= 2\nb <= a or a >= 0.5\n", limit=0)
    assert found.steps is None
    row = corrected(found, a=0, b=0)
    assert row is not None
    for clause in found.clauses:
        assert clause.holds(row)


def test_room_is_left_where_a_bound_comes_out_near_zero() -> None:
    # c <= 3*a + 4*b - 1 is -1e-16 here; right at it no double would be left for d.
    found = plan("a >= 0.5 or b + d - 0.5*c >= 3\n1.5*a + b - d >= -2.5\n", names="abcd")
    cells = {"a": F("0.3333333333333333"), "b": F(0), "c": F("6.5"), "d": F("6.5")}
    result = ExactCorrector(found, dict.fromkeys("abcd", DOUBLE)).correct(cells)
    assert result is not None
    assert all(clause.holds(result) for clause in found.clauses)
    assert (result["a"], result["b"]) == (cells["a"], cells["b"])


def test_room_is_left_where_an_equality_would_leave_only_a_third() -> None:
    # With a and b as they are, c is 6, and d would have to be -10/3.
    text = "2*a - 3*d >= -4\na >= -4 or 3*d + c >= -4\n2*c + b == 5\n"
    found = plan(text, names="abcd")
    result = corrected(found, a=-7, b=-7, c=-7, d=-7)
    assert result is not None
    assert all(clause.holds(result) for clause in found.clauses)
    assert result["a"] == -7
    assert abs(result["b"] + 7) < 1e-6


def test_decimals_are_found_where_the_nearest_values_lead_to_none() -> None:
    # c is a third of a whole number, and nothing but 4, 7, ... leaves it a decimal.
    found = plan("2*c + a == 1\n2*a - 2*c + 2*b == 4\nc >= 3.5\n")
    grids = {"a": DOUBLE, "b": Grid(0), "c": DOUBLE}
    result = ExactCorrector(found, grids).correct({"a": F(0), "b": F(-10), "c": F("4.5")})
    assert result == {"a": -7, "b": 13, "c": 4}


def test_intervals_of_a_disjunction() -> None:
    found = plan("b <= a or b > a + 4\nb <= 10\n")
    assert found.steps is not None
    (step,) = found.steps
    assert allowed_intervals(step, {"a": F(1)}) == [
        Interval(None, F(1)),
        Interval(F(5), F(10), low_open=True),
    ]
    assert allowed_intervals(step, {"a": F(7)}) == [Interval(None, F(7))]
    assert allowed_intervals(step, {"a": F(20)}) == [Interval(None, F(10))]


def test_another_literal_lifts_a_clause() -> None:
    found = plan("a >= 3 or b >= 5\n")
    assert found.steps is not None
    step = found.steps[-1]
    assert allowed_intervals(step, {"a": F(3)}) == [Interval()]
    assert allowed_intervals(step, {"a": F(2)}) == [Interval(F(5), None)]


@pytest.mark.parametrize(
    ("left", "right", "covered"),
    [("<=", ">", True), ("<", ">", False), ("<=", ">=", True), ("<", ">=", True)],
)
def test_bounds_that_touch(left: str, right: str, covered: bool) -> None:
    plans = plan_groups(
        parse_requirements(f"b {left} a or b {right} c\nc <= a\na <= c\n").clauses, "acb"
    )
    steps = [one for found in plans for one in found.steps or () if one.variable == "b"]
    intervals = [one for step in steps for one in allowed_intervals(step, {"a": F(2), "c": F(2)})]
    assert any(F(2) in one for one in intervals or [Interval()]) == covered


def test_limits_are_clauses() -> None:
    grids = {"a": Grid(places=0, low=0, high=255), "b": DOUBLE}
    found = list(limit_clauses(["a", "b"], grids))
    assert len(found) == 2
    assert all(clause.holds({"a": F(value)}) for clause in found for value in (0, 255))
    assert not all(clause.holds({"a": F(256)}) for clause in found)
