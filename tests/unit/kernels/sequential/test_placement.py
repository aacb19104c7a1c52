"""Where a moved value goes: short decimals just inside its bound."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import decimal_value
from pishield_cli.kernels.sequential.placement import (
    decade,
    inside,
    narrowed,
    on_grid,
    scaled,
    short_together,
    significant,
    snapped,
    widened,
)
from pishield_cli.logic.rows.grids import Grid

DOUBLE, WHOLE = Grid(), Grid(places=0)


def one(number: float) -> np.ndarray:
    return np.array([number])


@pytest.mark.parametrize(
    ("bound", "upper", "strict", "expected"),
    [
        (0.1, False, False, 0.1),
        (0.1, True, False, 0.1),
        (0.1, False, True, 0.10000000001),
        (0.1, True, True, 0.09999999999),
        (0.1 + 0.2, False, False, 0.3),
        (0.1 + 0.2, True, False, 0.3),
        (1 / 3, False, False, 0.33333333334),
        (1 / 3, True, False, 0.33333333333),
        (-1 / 3, False, False, -0.33333333333),
        (5.0, False, True, 5.0000000001),
        (1e15, False, True, 1.0000000001e15),
        (0.0, False, False, 0.0),
        (0.0, False, True, 1e-10),
    ],
)
def test_bounds_are_rounded_to_the_allowed_side(
    bound: float, upper: bool, strict: bool, expected: float
) -> None:
    found = inside(one(bound), one(abs(bound)), DOUBLE, upper=upper, strict=strict, push=0)
    assert found[0] == expected


@pytest.mark.parametrize(
    ("bound", "upper", "strict", "expected"),
    [
        (2.0, False, False, 2),
        (2.0, False, True, 3),
        (2.0, True, True, 1),
        (2.1, False, False, 3),
        (2.1, True, False, 2),
        (-2.1, False, False, -2),
        (-2.1, True, False, -3),
        (1.9999999999999998, False, False, 2),
        (2.0000000000000004, False, False, 2),
    ],
)
def test_whole_numbers_round_to_whole_numbers(
    bound: float, upper: bool, strict: bool, expected: float
) -> None:
    found = inside(one(bound), one(4.0), WHOLE, upper=upper, strict=strict, push=0)
    assert found[0] == expected


def test_decimal_places_are_kept() -> None:
    cents = Grid(places=2)
    assert inside(one(1.234), one(2.0), cents, upper=False, strict=False, push=0)[0] == 1.24
    assert inside(one(1.234), one(2.0), cents, upper=True, strict=False, push=0)[0] == 1.23
    assert inside(one(1.23), one(2.0), cents, upper=False, strict=True, push=0)[0] == 1.24
    assert snapped(one(1.236), one(2.0), cents)[0] == 1.24


def test_the_grid_follows_what_was_added_up() -> None:
    found = inside(one(1 / 3), one(1e6), DOUBLE, upper=False, strict=False, push=0)
    assert found[0] == 0.3334
    assert inside(one(1 / 3), one(1e6), DOUBLE, upper=False, strict=False, push=2)[0] == 0.3336


def test_singles_have_fewer_digits() -> None:
    single = Grid(digits=6)
    found = inside(one(1 / 3), one(1 / 3), single, upper=False, strict=False, push=0)
    assert found[0] == 0.333334
    assert snapped(one(2 / 3), one(0.5), single)[0] == 0.666667


NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-12)


@given(NUMBERS, st.booleans(), st.booleans())
def test_a_rounded_bound_is_short_and_inside(bound: float, upper: bool, strict: bool) -> None:
    found = inside(one(bound), one(abs(bound)), DOUBLE, upper=upper, strict=strict, push=0)[0]
    value, exact = decimal_value(found), decimal_value(np.float64(bound))
    assert value is not None
    assert exact is not None
    assert DOUBLE.fits(value)
    assert len(str(abs(value.numerator)).rstrip("0")) <= 12 or value.denominator > 1
    step = Fraction(1, 10**9) * max(abs(exact), Fraction(1))
    assert abs(value - exact) <= step
    if strict:
        assert value < exact if upper else value > exact
    else:
        error = abs(exact) * Fraction(1, 10**12)
        assert value <= exact + error if upper else value >= exact - error


@pytest.mark.parametrize(
    ("magnitude", "exponent"),
    [(1.0, 0), (9.99, 0), (10.0, 1), (1000.0, 3), (0.1, -1), (1e-300, -300), (0.0, 0), (np.inf, 0)],
)
def test_the_decade_of_a_magnitude(magnitude: float, exponent: int) -> None:
    assert decade(one(magnitude))[0] == exponent


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(-22, 0))
def test_whole_numbers_scaled_down_are_the_decimals_themselves(steps: int, exponent: int) -> None:
    found = scaled(one(float(steps)), np.array([exponent]))[0]
    assert found == float(Fraction(steps) * Fraction(10) ** exponent)


@given(st.integers(-(10**11), 10**11), st.integers(-290, -23))
def test_tiny_decimals_are_read_from_their_text(steps: int, exponent: int) -> None:
    assert scaled(one(float(steps)), np.array([exponent]))[0] == float(f"{steps}e{exponent}")


@pytest.mark.parametrize("bound", [1e-300, 1e-305, 5e-308, 1e300, 1e290])
@pytest.mark.parametrize("strict", [True, False])
def test_a_bound_at_the_ends_of_the_range_keeps_its_magnitude(bound: float, strict: bool) -> None:
    found = inside(one(bound), one(bound), DOUBLE, upper=False, strict=strict, push=0)[0]
    assert bound <= found <= bound * 1.25
    assert not strict or found > bound


def test_sums_on_one_grid_are_decimals() -> None:
    values = {"a": one(1 / 3), "b": one(123456.789), "c": one(-2 / 7)}
    grids = dict.fromkeys(values, DOUBLE)
    names = list(values)
    placed = on_grid(values, names, grids, 4.0)
    assert not short_together(values, names, grids, 4.0)[0]
    assert short_together(placed, names, grids, 4.0)[0]
    total = decimal_value(placed["a"][0] + placed["b"][0] + placed["c"][0])
    parts = [decimal_value(placed[name][0]) for name in names]
    digits = snapped(one(float(total or 0)), one(123456.789), DOUBLE)[0]
    assert decimal_value(digits) == sum(part for part in parts if part is not None)


def test_cells_on_the_grid_stay() -> None:
    values = {"a": np.array([0.1, 0.25, 1e5]), "n": np.array([3.0, 4.0, 5.0])}
    grids = {"a": DOUBLE, "n": WHOLE}
    placed = on_grid(values, ["a", "n"], grids, 3.0)
    assert placed["a"].tobytes() == values["a"].tobytes()
    assert placed["n"] is values["n"]


@pytest.mark.parametrize(
    ("dtype", "low", "high", "digits"),
    [
        (np.int8, -128, 127, 15),
        (np.uint8, 0, 255, 15),
        (np.uint16, 0, 65535, 15),
        (np.bool_, 0, 1, 15),
    ],
)
def test_a_type_limits_whole_numbers(
    dtype: type[np.generic], low: int, high: int, digits: int
) -> None:
    found = narrowed(WHOLE, np.dtype(dtype))
    assert (found.low, found.high, found.digits) == (low, high, digits)
    closer = narrowed(Grid(places=0, low=0, high=1), np.dtype(dtype))
    assert (closer.low, closer.high) == (0, 1)


@pytest.mark.parametrize(("dtype", "digits"), [(np.float16, 3), (np.float32, 6), (np.float64, 15)])
def test_a_type_limits_digits_and_range(dtype: type[np.floating], digits: int) -> None:
    found = narrowed(DOUBLE, np.dtype(dtype))
    assert found.digits == digits
    if dtype is not np.float64:
        assert found.high == int(np.finfo(dtype).max)
        assert found.low == -int(np.finfo(dtype).max)


def test_narrow_floats_are_read_as_decimals() -> None:
    cells = np.array([0.1, 1.5, np.inf, np.nan], dtype=np.float32)
    assert widened(cells)[:2].tolist() == [0.1, 1.5]
    assert np.isinf(widened(cells)[2])
    assert np.isnan(widened(cells)[3])
    doubles = np.array([0.1])
    assert widened(doubles) is doubles
    assert widened(np.array([3], dtype=np.int8)).dtype == np.float64


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (0.1234567894, 0.123456789),
        (-123456789.4, -123456789.0),
        (1234567894.0, 1234567890.0),
        (1e-30, 1e-30),
        (0.0, 0.0),
        (float("inf"), float("inf")),
    ],
)
def test_nine_digits(value, short):
    assert significant(np.array([value]), 9)[0] == short


@given(st.floats(-1e20, 1e20).filter(lambda x: x == 0 or abs(x) > 1e-20), st.integers(1, 15))
@example(0.65, 1)
@example(0.35, 1)
@example(9.995, 3)
def test_law_significant_digits_are_those_of_the_nearest_decimal(value, digits):
    short = float(significant(np.array([value]), digits)[0])
    assert short == float(f"{short:.{digits - 1}e}")
    unit = Fraction(10) ** (Decimal(repr(value)).adjusted() - digits + 1)
    off = abs(Fraction(repr(short)) - Fraction(repr(value))) / unit
    assert off <= Fraction(1, 2) + Fraction(1, 5 * 10 ** (15 - digits))
