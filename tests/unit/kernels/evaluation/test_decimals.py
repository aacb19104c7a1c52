"""Shortest decimals of many floats at once are those that Python and numpy write, one by one."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.evaluation.decimals import (
    POWERS,
    UNIQUE,
    common_power,
    scaled_to_integers,
    shared_places,
    short_float_decimals,
    widest_powers,
)
from tests.laws import examples

FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**17), 10**17).flatmap(
        lambda n: st.integers(0, 22).map(lambda k: float(Fraction(n, 10**k)))
    ),
    st.integers(-999, 999).flatmap(lambda n: st.integers(0, 14).map(lambda k: n / 10**k)),
    st.sampled_from([0.0, -0.0, 2.0**53, 2.0**53 - 1, 1e15, 1e15 - 1, 1e15 + 1, 1e22, 0.1 + 0.2]),
)


def test_the_powers_of_ten_are_all_that_are_floats():
    assert [int(one) for one in POWERS] == [10**place for place in range(len(POWERS))]
    assert int(float(10 ** len(POWERS))) != 10 ** len(POWERS)


def places_of(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


@examples(500)
@given(st.lists(FLOATS, min_size=1), st.integers(0, 22), st.booleans())
def test_a_decimal_is_an_integer_over_a_power_exactly_if_it_is_that_short(cells, places, each):
    power = np.full(len(cells), POWERS[places]) if each else float(POWERS[places])
    limit = 2.0**53 if places == 0 else UNIQUE
    integers, found = scaled_to_integers(np.array(cells), power, limit)
    for cell, whole, fits in zip(cells, integers.tolist(), found.tolist(), strict=True):
        scaled = Fraction(repr(cell)) * 10**places
        assert fits == (scaled.denominator == 1 and abs(scaled) <= limit)
        assert not fits or whole == scaled


@given(st.lists(st.tuples(*[st.integers(-(10**9), 10**9)] * 2), min_size=1), st.integers(0, 12))
def test_the_widest_power_fills_the_larger_cell_up_to_fifteen_digits(rows, places):
    columns = [np.array(column) / 10.0**places for column in zip(*rows, strict=True)]
    for row, power in zip(rows, widest_powers(columns).tolist(), strict=True):
        largest = Fraction(max(map(abs, row)), 10**places)
        assert largest * Fraction(power) < 10**15
        assert power == (10**14 if not largest else 1e22) or largest * Fraction(power) >= 10**14


def test_no_power_is_beyond_the_floats_among_them():
    assert widest_powers([np.array([1e-30, 1e20, 0.0])]).tolist() == [1e22, 1.0, 1e14]


@given(st.lists(st.lists(FLOATS, min_size=9, max_size=9), min_size=1, max_size=3))
def test_the_common_power_has_the_most_places_of_a_few_cells(columns):
    most = max(places_of(cell) for column in columns for cell in column)
    assert common_power([np.array(one) for one in columns]) == 10.0 ** min(most, 22)


@pytest.mark.parametrize("rows", [16, 17, 100, 1000])
def test_the_common_power_is_told_by_cells_from_all_of_a_column(rows):
    """Not by its first rows alone, nor by all of them."""
    for half in (slice(None, rows // 2), slice(rows // 2, None)):
        cells = np.full(rows, 0.5)
        cells[half] = 0.125
        assert common_power([cells]) == 1000.0


@examples(300)
@given(
    st.lists(st.tuples(st.one_of(FLOATS, st.just(np.nan)), st.booleans()), min_size=1, max_size=12),
    st.booleans(),
)
def test_places_are_shared_exactly_if_every_cell_has_as_few(cells, marked):
    values = np.array([cell for cell, _ in cells])
    absent = np.array([gone for _, gone in cells]) if marked else None
    most = max(0 if np.isnan(cell) else places_of(cell) for cell, _ in cells)
    shared = most <= 12 and all(
        (marked and gone) or (not np.isnan(cell) and abs(Fraction(repr(cell))) * 10**most <= 10**15)
        for cell, gone in cells
    )
    assert shared_places(values, absent) == (most if shared else None)


@pytest.mark.parametrize("places", [11, 12, 13])
def test_places_are_shared_up_to_twelve(places):
    cells = np.array([1.5, float(f"3e-{places}")])
    assert shared_places(cells, None) == (places if places <= 12 else None)


# -------------------------------------------------------------------------------- single precision


def shortest(values):
    """As numpy writes single precision, read as doubles."""
    return np.array([float(str(one)) for one in values])


def test_short_floats_are_what_numpy_writes():
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**32, 6000, dtype=np.uint32).view(np.float32)
    usual = (random.random(6000) * 10.0 ** random.integers(-9, 9, 6000)).astype(np.float32)
    values = np.concatenate([bits[np.isfinite(bits)], usual])
    decimals, found = short_float_decimals(values)
    assert (decimals == shortest(values))[found].all()
    size = np.abs(values.astype(float))
    normal = (size >= 1e-12) & (size < 1e21)
    assert not (found & ~normal & (size > 0)).any()
    # Whole numbers half way between two floats are left in doubt.
    assert found[normal].mean() > 0.97
    assert found[(size > 1e-7) & (size < 1e7)].all()


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_short_floats_about_powers_of_two_and_ten(steps):
    """Where the distance to the next float changes, and where the number of digits does."""
    powers = [2.0**k for k in range(-149, 128)] + [10.0**k for k in range(-45, 39)]
    values = np.array([0.0, *powers], np.float32)
    if steps:
        values = np.nextafter(values, np.float32(steps * np.inf))
    values = values[np.isfinite(values)]
    decimals, found = short_float_decimals(values)
    assert (decimals == shortest(values))[found].all()
    assert found[values == 0].all()
    assert found[(np.abs(values) > 1e-7) & (np.abs(values) < 1e7)].all()


@given(st.lists(st.tuples(st.integers(-999_999, 999_999), st.integers(-12, 1)), min_size=1))
def test_decimals_of_six_digits_are_always_found(decimals):
    written = [Fraction(digits) * Fraction(10) ** power for digits, power in decimals]
    values = np.array([float(one) for one in written], np.float32)
    found, sure = short_float_decimals(values)
    usual = (values == 0) | (np.abs(values) >= 1e-11)
    assert sure[usual].all()
    assert found[usual].tolist() == [
        float(one) for one, kept in zip(written, usual, strict=True) if kept
    ]
