"""Floating-point cells as decimals, against numpy's own shortest text."""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.logic.floats import cells_near, nearest_cell

TYPES = {3: np.float16, 6: np.float32, 15: np.float64}

WIDE = (np.arange(2**16, dtype=np.uint32) << 16).view(np.float32)
"""All values of bfloat16."""

SHORT = np.sort(np.unique(WIDE[np.isfinite(WIDE)])).astype(np.float64)


def shortest(cell: np.floating) -> Fraction:
    return Fraction(np.format_float_scientific(cell, unique=True, trim="-"))


@pytest.mark.parametrize("digits", TYPES)
def test_a_cell_is_its_shortest_decimal(digits: int) -> None:
    random = np.random.default_rng(digits)
    kind = TYPES[digits]
    for number in [*random.normal(size=100), *(10.0 ** random.integers(-3, 4, 50)), 0.0, 0.1]:
        cell = kind(number)
        assert nearest_cell(Fraction(float(number)), digits) == shortest(cell)


@pytest.mark.parametrize("digits", TYPES)
def test_short_decimals_are_cells(digits: int) -> None:
    for number in range(-999, 1000, 37):
        for places in (0, 1, 2):
            value = Fraction(number, 10**places)
            assert nearest_cell(value, digits) == value


@pytest.mark.parametrize(("digits", "value"), [(3, "1e6"), (6, "1e39"), (15, "1e400")])
def test_there_is_no_cell_beyond_the_range(digits: int, value: str) -> None:
    assert nearest_cell(Fraction(value), digits) is None
    assert list(cells_near(Fraction("1e400"), digits)) == []


@pytest.mark.parametrize("digits", TYPES)
@pytest.mark.parametrize("value", ["0.1", "-2.5", "1000", "0.3333"])
def test_neighbours_are_the_next_cells(digits: int, value: str) -> None:
    kind = TYPES[digits]
    here = kind(value)
    up, down = np.nextafter(here, kind(np.inf)), np.nextafter(here, kind(-np.inf))
    found = sorted(cells_near(Fraction(value), digits, reach=1))
    assert found == [shortest(down), shortest(here), shortest(up)]


def test_neighbours_of_the_largest_cell_are_finite() -> None:
    largest = Fraction(float(np.finfo(np.float64).max))
    found = list(cells_near(largest, 15))
    assert len(found) == 4
    assert max(found) == shortest(np.finfo(np.float64).max)


@pytest.mark.parametrize("digits", TYPES)
def test_the_largest_cell_is_its_shortest_decimal(digits: int) -> None:
    largest = np.finfo(TYPES[digits]).max
    assert nearest_cell(Fraction(float(largest)), digits) == shortest(largest)
    assert max(cells_near(Fraction(float(largest)), digits)) == shortest(largest)


def bfloat16(number: float) -> float:
    """The value of bfloat16 that is nearest to a number, of those on both sides of it."""
    place = int(np.searchsorted(SHORT, number))
    near = SHORT[max(place - 1, 0) : place + 1]
    return float(min(near, key=lambda one: abs(Fraction(float(one)) - Fraction(number))))


def test_cells_of_two_digits_are_the_shortest_decimals_of_bfloat16() -> None:
    random = np.random.default_rng(2)
    large = random.normal(size=50) * 1e30
    for number in map(float, [*random.normal(size=200), *large, 3.27, 0.1, -1000.0]):
        cell = bfloat16(number)
        texts = (f"{cell:.{places}e}" for places in range(9))
        text = next(one for one in texts if bfloat16(float(one)) == cell)
        assert nearest_cell(Fraction(number), 2) == Fraction(text)
    for tenths in range(-99, 100, 7):
        assert nearest_cell(Fraction(tenths, 10), 2) == Fraction(tenths, 10)


def test_neighbours_in_bfloat16_are_the_next_values() -> None:
    for value in ("0.1", "-2.5", "1000", "3.27"):
        place = int(np.searchsorted(SHORT, bfloat16(float(value))))
        found = sorted(float(one) for one in cells_near(Fraction(value), 2, reach=1))
        assert [bfloat16(one) for one in found] == list(SHORT[place - 1 : place + 2])


def test_there_is_no_bfloat16_beyond_the_range() -> None:
    largest = Fraction(float(SHORT[-1]))
    assert nearest_cell(largest, 2) == max(cells_near(largest, 2))
    assert nearest_cell(largest * 2, 2) is None
