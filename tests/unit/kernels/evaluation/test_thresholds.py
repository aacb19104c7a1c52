"""Comparing a column with its threshold is comparing each cell's decimal with the exact bound."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import decimal_value
from pishield_cli.kernels.evaluation.thresholds import nearest_float, threshold
from tests.laws import examples

FLOATS = [np.float64, np.float32, np.float16]
INTEGERS = [np.int8, np.uint8, np.int32, np.uint64, np.int64]
SHARES = st.sampled_from([Fraction(0), Fraction(1, 10**6), Fraction(1, 2)])


def holds(cell, slope, constant, direction, strict, share):
    """`direction * (slope * x - constant) >= 0`, in fractions."""
    side = direction * (slope * cell - constant)
    return side > 0 if strict else side >= -share * abs(slope * cell)


def near(point, dtype):
    """The floats around a number, and a few far ones."""
    first = nearest_float(point, np.dtype(dtype))
    found = [first, dtype(0), dtype(-1), dtype(1)]
    with np.errstate(over="ignore"):
        for end in (-np.inf, np.inf):
            one = first
            for _ in range(3):
                one = np.nextafter(one, dtype(end))
                found.append(one)
    return [one for one in found if np.isfinite(one)]


@examples(200)
@given(
    st.sampled_from(FLOATS),
    st.integers(1, 1000),
    st.integers(-(10**6), 10**6),
    st.sampled_from([1, -1]),
    st.booleans(),
    SHARES,
)
def test_a_float_column(dtype, slope, constant, direction, strict, share):
    turn = threshold(
        slope, constant, direction, strict=strict, tolerance=share, dtype=np.dtype(dtype)
    )
    for cell in near(Fraction(constant, slope), dtype):
        expected = holds(decimal_value(cell), slope, constant, direction, strict, share)
        assert _passes(turn, cell) == expected


@examples(200)
@given(
    st.sampled_from(INTEGERS),
    st.integers(1, 9),
    st.integers(-1200, 1200),
    st.sampled_from([1, -1]),
    st.booleans(),
    SHARES,
)
def test_a_column_of_whole_numbers(dtype, slope, constant, direction, strict, share):
    turn = threshold(
        slope, constant, direction, strict=strict, tolerance=share, dtype=np.dtype(dtype)
    )
    ends = np.iinfo(dtype)
    around = range(constant // slope - 2, constant // slope + 3)
    for cell in {ends.min, ends.max, *(one for one in around if ends.min <= one <= ends.max)}:
        expected = holds(Fraction(int(cell)), slope, constant, direction, strict, share)
        assert _passes(turn, dtype(cell)) == expected


@pytest.mark.parametrize("dtype", FLOATS)
def test_beyond_the_range_of_the_type(dtype):
    for exponent in (5, 39, 309, 400):
        far = 10**exponent
        turn = threshold(1, far, 1, strict=True, tolerance=Fraction(0), dtype=np.dtype(dtype))
        largest = np.finfo(dtype).max
        assert _passes(turn, largest) == (decimal_value(largest) > far)
        assert _passes(turn, dtype(np.inf)), "an infinite cell is greater than any number"


@given(st.fractions(-(10**6), 10**6), st.sampled_from(FLOATS))
def test_no_other_float_is_nearer(number, dtype):
    found = nearest_float(number, np.dtype(dtype))
    if not np.isfinite(found):
        assert abs(number) > float(np.finfo(dtype).max)
        return
    away = abs(Fraction(float(found)) - number)
    with np.errstate(over="ignore"):
        for end in (-np.inf, np.inf):
            other = np.nextafter(found, dtype(end))
            if np.isfinite(other):
                assert away <= abs(Fraction(float(other)) - number)


def test_two_roundings_are_not_one():
    # Just above half way between two halves floats: by way of float64 it would be rounded down.
    middle = Fraction(2049)
    number = middle + Fraction(1, 2**80)
    assert nearest_float(number, np.dtype(np.float16)) == 2050
    assert nearest_float(middle, np.dtype(np.float16)) == 2048, "a tie goes to the even one"


def _passes(turn, cell):
    if turn.value is None:
        return (
            bool(np.isinf(cell) and (cell < 0) == turn.upper) if cell.dtype.kind == "f" else False
        )
    return bool(cell <= turn.value if turn.upper else cell >= turn.value)
