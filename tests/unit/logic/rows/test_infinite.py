from fractions import Fraction

import pytest

from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.infinite import FAR, InfiniteRows, without_infinite
from pishield_cli.logic.terms import Clause

NAMES = ("x", "y", "z")


def rows(text: str, fixed: tuple[str, ...] = ()) -> InfiniteRows:
    (plan,) = plan_groups(parse_requirements(text).clauses, NAMES, fixed=fixed)
    return InfiniteRows(plan, {name: Grid() for name in plan.variables})


def number(value: float) -> Fraction:
    return Fraction(str(value))


def test_an_infinite_cell_that_can_stay_does() -> None:
    found = rows("x >= y\ny <= z").corrected({"y": number(9), "z": number(2)}, {"x": 1})
    assert found == {"y": 9, "z": 9}


def test_an_infinite_cell_gives_way_before_a_finite_one() -> None:
    assert rows("x <= y").corrected({"y": number(1.5)}, {"x": 1}) == {
        "x": number(1.5),
        "y": number(1.5),
    }


def test_it_goes_as_near_to_infinity_as_it_can() -> None:
    found = rows("x <= y\ny >= 3").corrected({"y": number(4)}, {"x": -1})
    assert found == {"y": 4}
    found = rows("x + y <= 9\nx + y >= 2").corrected({"y": number(4)}, {"x": -1})
    assert found == {"x": -2, "y": 4}


def test_finite_cells_move_where_the_infinite_ones_alone_do_not_do() -> None:
    found = rows("x <= y\nx >= z\nz >= 3").corrected({"y": number(1), "z": number(4)}, {"x": 1})
    assert found is not None
    assert found["z"] >= 3
    assert found["z"] <= found["x"] <= found["y"]


def test_two_infinite_cells_become_far_ones() -> None:
    found = rows("x <= y\ny >= z").corrected({"z": number(2)}, {"x": 1, "y": -1})
    assert found == {"z": 2, "y": FAR, "x": FAR} or (found is not None and found["x"] <= found["y"])


def test_a_fixed_infinite_cell_stays_or_nothing_is_found() -> None:
    assert rows("x <= y", fixed=("x",)).corrected({"y": number(1)}, {"x": 1}) is None
    found = rows("x >= y\ny + z >= 3", fixed=("x",)).corrected(
        {"y": number(1), "z": number(1)}, {"x": 1}
    )
    assert found == {"y": 1, "z": 2}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x >= 3", []),
        ("x <= 3", [Clause(())]),
        ("x - y >= 3", []),
        ("x + y >= 3 or z >= 1", ["z >= 1"]),
        ("z >= 1", ["z >= 1"]),
    ],
)
def test_what_clauses_ask_beside_infinite_cells(text: str, left: list[str | Clause]) -> None:
    signs = (
        {"x": 1, "y": 1} if "-" in text or "<=" in text or text == "x >= 3" else {"x": -1, "y": -1}
    )
    expected = [
        one if isinstance(one, Clause) else parse_requirements(one).clauses[0] for one in left
    ]
    assert list(without_infinite(parse_requirements(text).clauses, signs)) == expected
