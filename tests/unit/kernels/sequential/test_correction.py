"""Correctors on columns that can be worked out by hand; the laws are in tests/property."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.kernels.changes import Correction
from pishield_cli.kernels.columns import ExactCells, NumericColumn
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.language import parse_requirements
from pishield_cli.logic.rows.grids import Grid


def corrector(text: str, columns: Mapping[str, NumericColumn], fixed: str = "") -> PlannedCorrector:
    grids = {
        name: Grid(places=0) if column.values.dtype.kind in "iub" else Grid()
        for name, column in columns.items()
    }
    return PlannedCorrector(parse_requirements(text).clauses, list(columns), grids, fixed)


def correct(text: str, fixed: str = "", **cells: NumericColumn | np.ndarray) -> Correction:
    columns = {
        name: one if isinstance(one, NumericColumn) else NumericColumn(one)
        for name, one in cells.items()
    }
    rows = len(next(iter(columns.values())))
    return corrector(text, columns, fixed).correct(columns, rows)


def plain(found: Correction) -> dict[str, dict[int, float]]:
    return {
        name: dict(zip(change.rows.tolist(), change.values.tolist(), strict=True))
        for name, change in found.changes.items()
    }


def floats(*cells: float) -> np.ndarray:
    return np.array(cells, dtype=np.float64)


def ints(*cells: int, dtype: str = "i8") -> np.ndarray:
    return np.array(cells, dtype=dtype)


def test_rows_that_hold_are_left_alone() -> None:
    found = correct("a <= b\n", a=floats(1, 2), b=floats(1, 3))
    assert plain(found) == {}
    assert found.violating.tolist() == []


def test_only_what_is_wrong_moves() -> None:
    found = correct("a <= b\nc >= 0\n", a=floats(1, 5, 2), b=floats(2, 3, 1), c=floats(0, -1, 4))
    assert plain(found) == {"b": {1: 5.0, 2: 2.0}, "c": {1: 0.0}}
    assert found.violating.tolist() == [1, 2]


def test_missing_cells_leave_their_clauses_alone() -> None:
    found = correct(
        "a <= b\nb <= c\nc <= 9\n",
        a=floats(5, 5, np.nan),
        b=floats(np.nan, 3, 7),
        c=floats(20, np.nan, 1),
    )
    assert plain(found) == {"b": {1: 5.0}, "c": {0: 9.0, 2: 7.0}}
    assert found.uncorrected.tolist() == []


def test_marked_cells_are_missing() -> None:
    masked = NumericColumn(ints(9, 9), missing=np.array([True, False]))
    found = correct("a <= b\n", a=masked, b=ints(3, 3))
    assert plain(found) == {"b": {1: 9}}


def test_whole_numbers_change_as_whole_numbers() -> None:
    found = correct("2*a >= 2*b + 1\n", a=ints(1, 5), b=ints(1, 2))
    assert plain(found) == {"b": {0: 0}}
    assert found.changes["b"].values.dtype.kind == "i"


def test_booleans_become_true_or_false() -> None:
    found = correct("a + b >= 1\n", a=np.array([False, True]), b=np.array([False, False]))
    assert plain(found) == {"b": {0: 1}}


def test_a_row_that_cannot_be_corrected_is_listed_and_kept() -> None:
    found = correct("a <= b\nc >= 1\n", fixed="ab", a=floats(2, 1), b=floats(1, 1), c=floats(0, 0))
    assert found.uncorrected.tolist() == [0]
    assert plain(found) == {"c": {1: 1.0}}


def test_singles_hold_in_their_own_width() -> None:
    a = np.array([0.1, 0.7], dtype=np.float32)
    b = np.array([0.3, 0.1], dtype=np.float32)
    found = correct("3*a < b\n", a=a, b=b)
    new = b.copy()
    new[found.changes["b"].rows] = found.changes["b"].values
    for row in range(2):
        assert 3 * Fraction(str(a[row])) < Fraction(str(new[row]))


def test_cells_of_more_digits_count_as_they_are() -> None:
    long = [Fraction("0.30000000000000001"), Fraction("0.3")]
    a = NumericColumn(floats(0.3, 0.3), exact=ExactCells(lambda row: long[row]))
    found = correct("a <= b\n", a=a, b=floats(0.3, 0.3))
    assert found.violating.tolist() == [0]
    assert found.uncorrected.tolist() == []
    if "b" in found.changes:
        assert Fraction(repr(found.changes["b"].values.tolist()[0])) >= long[0]
    else:
        assert found.changes["a"].values.tolist() == [0.3]


@pytest.mark.parametrize("text", ["a <= b\n", "a == b\n", "a - 2*b <= 0\n", "a <= b or b >= 3\n"])
@pytest.mark.parametrize("cells", [(np.inf, 1.0), (-np.inf, -1e300), (1.7e308, -1.7e308)])
def test_infinite_and_huge_cells_end_well(text: str, cells: tuple[float, float]) -> None:
    columns = {"a": NumericColumn(floats(*cells, 1.0)), "b": NumericColumn(floats(*cells[::-1], 2))}
    one = corrector(text, columns)
    found = one.correct(columns, 3)
    new = dict(columns)
    for name, change in found.changes.items():
        values = columns[name].values.copy()
        values[change.rows] = change.values
        assert np.isfinite(change.values).all()
        new[name] = NumericColumn(values)
    again = one.correct(new, 3)
    assert again.violating.tolist() == found.uncorrected.tolist()


def test_negative_zero_is_written_plainly() -> None:
    found = correct("a <= 0\n", a=floats(3.0))
    assert repr(found.changes["a"].values.tolist()) == "[0.0]"


def test_groups_are_planned_apart() -> None:
    columns = {name: NumericColumn(floats(0.0)) for name in "abcd"}
    found = corrector("a <= b\nc <= d\n", columns)
    assert [plan.variables for plan in found.plans] == [("a", "b"), ("c", "d")]
    assert found.satisfiable
    assert not corrector("a < b\nb < a\n", columns).satisfiable


def test_one_corrector_serves_columns_of_other_types() -> None:
    wide = {name: NumericColumn(ints(300, 5)) for name in "ab"}
    small = {
        "a": NumericColumn(ints(100, 5, dtype="i1")),
        "b": NumericColumn(ints(90, 7, dtype="i1")),
    }
    one = corrector("a + 10 <= b\n", wide)
    assert plain(one.correct(wide, 2)) == {"b": {0: 310, 1: 15}}
    assert plain(one.correct(small, 2)) == {"b": {0: 110, 1: 15}}
    assert plain(one.correct(wide, 2)) == {"b": {0: 310, 1: 15}}


def test_no_rows() -> None:
    found = correct("a <= b\n", a=floats(), b=floats())
    assert plain(found) == {}


def test_a_sum_of_many_columns_comes_out_exactly() -> None:
    names = [f"part_{place}" for place in range(170)]
    random = np.random.default_rng(0)
    cells = {name: random.normal(0, 1, 1_000) for name in names}
    cells[names[0]] *= 1e5
    cells["total"] = np.zeros(1_000)
    found = correct(f"total == {' + '.join(names)}", **cells)
    for name, change in found.changes.items():
        cells[name][change.rows] = change.values
    for row in range(1_000):
        parts = [Fraction(repr(cells[name][row].item())) for name in names]
        assert sum(parts) == Fraction(repr(cells["total"][row].item()))
