"""Arithmetic on columns is exact: each cell agrees with fractions, row by row."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels import arithmetic
from pishield_cli.kernels.arithmetic import Decimals, column_of, constant, decimals_of
from pishield_cli.kernels.columns import NumericColumn, decimal_value

SHORT = st.decimals(-1000, 1000, places=2, allow_nan=False).map(float)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.one_of(SHORT, FLOATS, st.sampled_from([0.0, -0.0, 0.5, 1e15, 1e16, 1e-300, 2.5]))
WHOLE = st.integers(-(2**62), 2**62) | st.integers(-20, 20)


@st.composite
def columns(draw: st.DrawFn, rows: int) -> NumericColumn:
    width = draw(st.sampled_from([np.float64, np.float32, np.float16, np.int64]))
    if width is np.int64:
        values = np.array(draw(st.lists(WHOLE, min_size=rows, max_size=rows)), dtype=np.int64)
    else:
        cells = draw(st.lists(NUMBERS, min_size=rows, max_size=rows))
        with np.errstate(over="ignore"):
            values = np.array(cells).astype(width)
        values = np.where(np.isfinite(values), values, 0).astype(width)
    missing = draw(st.none() | st.lists(st.booleans(), min_size=rows, max_size=rows).map(np.array))
    return NumericColumn(values, missing)


def cells(column: NumericColumn) -> list[Fraction | None]:
    return [column.cell(row) for row in range(len(column))]


def half_away(value: Fraction, places: int) -> Fraction:
    unit = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
    count, rest = divmod(abs(value), unit)
    count += 2 * rest >= unit
    return count * unit * (1 if value >= 0 else -1)


def agrees(found: Decimals, expected: list[Fraction | None]) -> None:
    column = column_of(found)
    assert cells(column) == expected
    for row, value in enumerate(expected):
        if value is None or column.exact is None:
            continue
        # The values come within four units in the last place, which downstream bounds rely on.
        near = float(column.values[row])
        if 1e-290 < abs(near) < 1e300:
            assert abs(decimal_value(near) - value) <= 4 * Fraction(np.spacing(abs(near)).item())
        else:
            assert (near > 0) == (value > 0)
            assert (near < 0) == (value < 0)


PAIRS: dict[
    str, tuple[Callable[..., Decimals], Callable[[Fraction, Fraction], Fraction | None]]
] = {
    "times": (arithmetic.times, lambda a, b: a * b),
    "over": (arithmetic.over, lambda a, b: a / b if b else None),
    "modulo": (arithmetic.modulo, lambda a, b: a - b * floor(a / b) if b else None),
    "plus": (lambda a, b: arithmetic.plus([a, b]), lambda a, b: a + b),
    "least": (lambda a, b: arithmetic.least([a, b]), min),
    "greatest": (lambda a, b: arithmetic.greatest([a, b]), max),
    "times plus": (
        lambda a, b: arithmetic.times(arithmetic.plus([a, b]), b),
        lambda a, b: (a + b) * b,
    ),
    "cube": (lambda a, b: arithmetic.times(arithmetic.times(a, b), b), lambda a, b: a * b * b),
}
ONES: dict[str, tuple[Callable[[Decimals], Decimals], Callable[[Fraction], Fraction]]] = {
    "floor": (arithmetic.floored, lambda a: Fraction(floor(a))),
    "ceil": (arithmetic.ceiled, lambda a: Fraction(ceil(a))),
    "abs": (arithmetic.magnitude, abs),
    "sign": (arithmetic.sign, lambda a: Fraction((a > 0) - (a < 0))),
    **{
        f"round {places}": (
            lambda a, places=places: arithmetic.rounded(a, places),
            lambda a, places=places: half_away(a, places),
        )
        for places in (-2, 0, 1, 2, 5)
    },
}


@pytest.mark.parametrize("name", PAIRS)
@given(st.data())
def test_two_columns_agree_with_fractions(name: str, data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 6))
    left, right = data.draw(columns(rows)), data.draw(columns(rows))
    vectorised, one = PAIRS[name]
    expected = [
        None if a is None or b is None else one(a, b)
        for a, b in zip(cells(left), cells(right), strict=True)
    ]
    agrees(vectorised(decimals_of(left), decimals_of(right)), expected)


@pytest.mark.parametrize("name", ONES)
@given(st.data())
def test_one_column_agrees_with_fractions(name: str, data: st.DataObject) -> None:
    column = data.draw(columns(data.draw(st.integers(1, 6))))
    vectorised, one = ONES[name]
    agrees(
        vectorised(decimals_of(column)),
        [None if cell is None else one(cell) for cell in cells(column)],
    )


@given(st.data())
def test_the_first_present_cell_is_taken(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 6))
    parts = [data.draw(columns(rows)) for _ in range(data.draw(st.integers(1, 3)))]
    expected = [
        next((cell for cell in row if cell is not None), None)
        for row in zip(*map(cells, parts), strict=True)
    ]
    agrees(arithmetic.first_present([decimals_of(part) for part in parts]), expected)


@given(st.fractions() | st.decimals(allow_nan=False, allow_infinity=False, places=3).map(Fraction))
def test_constants_are_themselves(value: Fraction) -> None:
    column = column_of(constant(value, 2))
    assert cells(column) == [value, value]
