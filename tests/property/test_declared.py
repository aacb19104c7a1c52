"""Laws of declared columns: `integer`, `boolean` and `decimals` lines are requirements."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import ExactCells, NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.compiled import compile_requirement, compile_requirements
from pishield_cli.kernels.evaluation.places import within_places
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.language import format_requirements, parse_requirements
from tests.laws import examples

SHORT = st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 5)).map(
    lambda pair: pair[0] / 10 ** pair[1]
)
CELLS = SHORT | st.floats(width=32) | st.floats() | st.integers(-3, 3).map(float)
KINDS = st.sampled_from(["f8", "f4", "f2"])


def expected(value: np.floating, places: int) -> bool | None:
    if np.isnan(value):
        return None
    number = decimal_value(value)
    return number is not None and (number * 10**places).denominator == 1


@examples(300)
@given(cells=st.lists(CELLS, min_size=1, max_size=8), kind=KINDS, places=st.integers(0, 30))
def test_a_cell_keeps_to_places_if_its_decimal_does(
    cells: list[float], kind: str, places: int
) -> None:
    with np.errstate(over="ignore"):
        values = np.array(cells).astype(kind)
    one = parse_requirements(f"decimals {places} a\na >= a\n").checked
    table = {"a": NumericColumn(values)}
    _, verdict = evaluate(compile_requirements(one), table, len(values), floors=[-1.0, -1.0])
    found = [
        False
        if verdict.violated is not None and verdict.violated[row]
        else None
        if verdict.unknown is not None and verdict.unknown[row]
        else True
        for row in range(len(values))
    ]
    assert found == [expected(value, places) for value in values]
    assert (verdict.farthest is None) == (verdict.violated is None)


@given(st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=4), st.integers(0, 4))
def test_exact_cells_are_asked_for_themselves(mantissas: list[int], places: int) -> None:
    cells = [Fraction(one, 1000) for one in mantissas]
    values = np.array([float(one) for one in cells])
    column = NumericColumn(values, None, ExactCells(lambda row: cells[row]))
    found = within_places(column, places)
    assert found.tolist() == [(one * 10**places).denominator == 1 for one in cells]


def test_how_far_a_cell_is_from_a_whole_number_is_exact() -> None:
    one = parse_requirements("integer a\na >= a\n").declared[0]
    table = {"a": NumericColumn(np.array([2.3, 0.5, 7.0]))}
    assert shortfall(compile_requirement(one), table, np.array([0, 1])).tolist() == [0.3, 0.5]


def test_declarations_are_numbered_behind_the_requirements_and_keep_their_lines() -> None:
    read = parse_requirements("integer a b\nboolean c\ndecimals 2 d\na >= 0\nd <= 9\n")
    assert [(one.number, one.span.line, one.text) for one in read.declared] == [
        (3, 1, "integer a b"),
        (4, 2, "boolean c"),
        (5, 3, "decimals 2 d"),
    ]
    assert [one.columns for one in read.declared] == [("a", "b"), ("c",), ("d",)]
    assert dict(read.decimals) == {"d": 2}
    again = parse_requirements(format_requirements(read))
    assert (again.integers, again.booleans, again.decimals) == (
        read.integers,
        read.booleans,
        read.decimals,
    )


def test_decimals_is_a_name_where_no_header_can_stand() -> None:
    assert parse_requirements("decimals >= 2").variables == ("decimals",)
