"""One pass along the steps: what stays, and where the rest goes."""

import numpy as np
import pytest

from pishield_cli.kernels.sequential.float_steps import float_steps
from pishield_cli.kernels.sequential.forward import between, forward
from pishield_cli.kernels.sequential.parts import float_part, forward_parts
from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.parts import convex_parts
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause

DOUBLE, WHOLE = Grid(), Grid(places=0)


def moved(
    text: str, grid: Grid = DOUBLE, fixed: str = "", push: float = 0, **columns: list[float]
) -> dict[str, list[float]]:
    values = {name: np.array(column, dtype=np.float64) for name, column in columns.items()}
    before = {name: column.copy() for name, column in values.items()}
    grids = dict.fromkeys(values, grid)
    result = dict(values)
    for plan in plan_groups(parse_requirements(text).clauses, list(columns), fixed=fixed):
        assert plan.steps is not None
        result = forward(float_steps(plan.steps, plan.fixed), result, grids, push)
    for name, column in values.items():
        assert column.tobytes() == before[name].tobytes(), "nothing given is written to"
    return {name: column.tolist() for name, column in result.items()}


def test_bounds_clip() -> None:
    found = moved("0 <= a <= 1\n", a=[-1, 0, 0.5, 1, 2])
    assert found == {"a": [0, 0, 0.5, 1, 1]}


def test_later_columns_give_way() -> None:
    found = moved("a <= b\nb <= c\n", a=[3, 1, 1], b=[1, 2, 5], c=[2, 3, 4])
    assert found == {"a": [3, 1, 1], "b": [3, 2, 5], "c": [3, 3, 5]}


def test_fixed_columns_stay() -> None:
    found = moved("a <= b\n", fixed="b", a=[3, 1], b=[1, 2])
    assert found == {"a": [1, 1], "b": [1, 2]}


def test_strict_bounds_are_passed() -> None:
    (new,) = moved("a > 1\n", a=[1.0])["a"]
    assert new == 1.0000000001
    assert moved("a > 1\n", WHOLE, a=[1.0])["a"] == [2]


def test_equalities_define() -> None:
    found = moved("c == a + b\n", a=[0.1, 1], b=[0.2, 2], c=[5, 3])
    assert found["c"] == [0.3, 3]
    assert (found["a"], found["b"]) == ([0.1, 1], [0.2, 2])


@pytest.mark.parametrize(
    ("value", "expected"), [(1.0, 1), (2.0, 2), (3.0, 2), (3.5, 2), (3.6, 5), (4.9, 5), (6.0, 6)]
)
def test_a_gap_is_left_at_its_nearer_end(value: float, expected: float) -> None:
    assert moved("a <= 2 or a >= 5\n", a=[value])["a"] == [expected]


def test_gaps_that_overlap_are_left_together() -> None:
    text = "a <= 2 or a >= 5\na <= 4 or a >= 7\n"
    assert moved(text, a=[3, 4.4, 4.6, 6])["a"] == [2, 2, 7, 7]


def test_another_literal_lets_a_value_be() -> None:
    found = moved("a >= 3 or b >= 5\n", a=[3, 2, 2], b=[0, 0, 6])
    assert found == {"a": [3, 2, 2], "b": [0, 5, 6]}


def test_bounds_of_thirds_are_short() -> None:
    (new,) = moved("3*a >= 1\n", a=[0.0])["a"]
    assert new == 0.33333333334


def test_a_push_goes_further_inside() -> None:
    (new,) = moved("3*a >= 1\n", push=4, a=[0.0])["a"]
    assert new == 0.33333333338


def test_intervals_narrower_than_the_grid() -> None:
    (new,) = moved("a > 1\na < 1.000000000002\n", a=[5.0])["a"]
    assert 1 < new < 1.000000000002
    assert len(repr(new)) <= 16


def test_the_middle_is_as_short_as_its_interval_asks_for() -> None:
    low, high = np.array([1.8333333333222, 0.25, 1.0]), np.array([1.8333333333333, 0.26, 1.0])
    found = between(low, high, DOUBLE)
    assert ((low <= found) & (found <= high)).all()
    assert [len(repr(value)) <= 15 for value in found.tolist()] == [True] * 3
    assert found[2] == 1.0
    assert between(np.array([1.2]), np.array([1.9]), WHOLE)[0] == 2


def test_cells_take_the_nearest_in_reach() -> None:
    clauses = parse_requirements("a <= 0 or a >= 4\nb >= a or b <= -9\n").clauses
    cells = []
    for literals in convex_parts(clauses).parts:
        plans = plan_groups([Clause((one,)) for one in literals], "ab")
        cells.append(float_part([s for plan in plans for s in plan.steps or ()], frozenset()))
    values = {"a": np.array([1.0, 3.0, -5.0, 9.0]), "b": np.array([-3.0, 3.0, 0.0, -20.0])}
    found = forward_parts(cells, "ab", values, dict.fromkeys("ab", DOUBLE))
    assert found["a"].tolist() == [0, 4, -5, 9]
    assert found["b"].tolist() == [0, 4, 0, -20]


@pytest.mark.parametrize("text", ["a > 0.5 or b > 9\n", "a > 0.5\n"])
def test_a_value_on_a_strict_bound_moves(text: str) -> None:
    assert moved(text, b=[0.0], a=[0.5])["a"] == [0.50000000001]


def test_a_value_barely_outside_its_bound_moves() -> None:
    assert moved("3*a >= 1 or b > 9\n", b=[0.0], a=[0.3333333333333])["a"] == [0.33333333334]
