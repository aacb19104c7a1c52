"""A column as decimals: whole numbers over a power of ten, wherever they have few digits.

Cells are decimals. Where a column's cells and its results have few digits, as money and counts do,
they are whole numbers over a power of ten, and whole columns of them are worked out at once. All
other rows keep an exact value that is worked out when it is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn
from pishield_cli.kernels.evaluation.decimals import (
    POWERS,
    UNIQUE,
    common_power,
    scaled_to_integers,
    short_float_decimals,
)

ExactValueOf = Callable[[int], Fraction]

_MOST_PLACES = 15
MOST_ERROR = 4.0
"""Units in the last place by which a column's values may differ from its exact cells."""

_LEAST, _MOST = 5e-324, 1.7976931348623157e308


@dataclass(frozen=True, slots=True)
class Decimals:
    """A column of decimals, most of them as whole numbers over one power of ten.

    Attributes:
        integers: int64, shape `(rows,)`; of at most 15 digits where `known`, else without meaning.
        places: The power of ten, at least 0.
        known: Where a cell is its integer over `10 ** places`.
        missing: Where there is no cell.
        exact: The exact value of a row's cell that is not missing.
        floats: float64 near the cells, where not all are known; None where nothing is near.
        error: How far the floats may be, in units in the last place.
    """

    integers: Array
    places: int
    known: Array
    missing: Array
    exact: ExactValueOf
    floats: Array | None
    error: float = 0.5

    def at(self, places: int) -> "Decimals":
        """The same numbers over a power of ten that is no smaller."""
        if places == self.places:
            return self
        factor = 10 ** (places - self.places)
        known = self.known & are_short(self.integers.astype(np.float64) * float(factor))
        return replace(
            self,
            integers=np.where(known, self.integers, 0) * np.int64(factor),
            places=places,
            known=known,
        )


def constant(value: Fraction, rows: int) -> Decimals:
    """The same number in each row."""
    places = next((p for p in range(_MOST_PLACES) if (value * 10**p).denominator == 1), None)
    short = places is not None and abs(value * 10**places) <= UNIQUE
    integer = int(value * 10**places) if short and places is not None else 0
    return Decimals(
        np.full(rows, integer, dtype=np.int64),
        places if short and places is not None else 0,
        np.full(rows, short),
        np.zeros(rows, dtype=bool),
        lambda _: value,
        np.full(rows, nearest_float(value)),
    )


def decimals_of(column: NumericColumn) -> Decimals:
    """A column's cells as decimals; an infinite one counts as missing."""
    values, missing = column.values, _missing(column)
    if values.dtype.kind in "biu":
        floats, sure, error = values.astype(np.float64), ~missing, 0.5
        power = 1.0
    else:
        floats, sure, error = _doubles(np.where(missing, 0, values).astype(values.dtype))
        power = min(common_power([floats]), POWERS[_MOST_PLACES]) if len(floats) else 1.0
    long = column.long()
    if long is not None:
        sure, error = sure & ~long, MOST_ERROR
    scaled, known = scaled_to_integers(floats, power, UNIQUE)
    known &= sure & ~missing
    integers = np.where(known, scaled, 0).astype(np.int64)
    places = int(np.searchsorted(POWERS, power))
    return Decimals(integers, places, known, missing, _cells(column), floats, error)


def _doubles(values: Array) -> tuple[Array, Array, float]:
    """Floats as doubles of the same decimals; where they surely are; and the error elsewhere.

    A narrow float's shortest decimal is not the one of its number as a double.
    """
    if values.dtype == np.float64:
        return values, np.ones(len(values), dtype=bool), 0.5
    if values.dtype == np.float32:
        decimals, found = short_float_decimals(values)
        return decimals, found, np.inf
    return values.astype(np.float64), np.zeros(len(values), dtype=bool), np.inf


def column_of(decimals: Decimals) -> NumericColumn:
    """Decimals as a column again: whole numbers as such where all are."""
    known, missing = decimals.known, decimals.missing
    marked = missing if missing.any() else None
    others = ~known & ~missing
    if not others.any():
        if not decimals.places:
            return NumericColumn(np.where(known, decimals.integers, 0), marked)
        return NumericColumn(_floats(decimals), marked)
    values = _floats(decimals)
    if decimals.floats is not None and decimals.error <= MOST_ERROR:
        values = np.where(known, values, decimals.floats)
        # Beyond the range of floats a value keeps its sign, and no more.
        others &= ~((np.abs(values) > 1e-290) & (np.abs(values) < 1e300))
    for row in np.flatnonzero(others):
        values[row] = nearest_float(decimals.exact(int(row)))
    return NumericColumn(values, marked, ExactCells(decimals.exact, lambda rows: ~known[rows]))


def are_short(numbers: Array) -> Array:
    short: Array = np.abs(numbers) <= UNIQUE
    return short


def _floats(decimals: Decimals) -> Array:
    # Both are exact as floats, so the quotient is the float nearest to the decimal.
    integers = np.where(decimals.known, decimals.integers, 0).astype(np.float64)
    floats: Array = integers / POWERS[decimals.places]
    return floats


def _missing(column: NumericColumn) -> Array:
    values = column.values
    missing = np.zeros(len(values), dtype=bool) if column.missing is None else column.missing.copy()
    if values.dtype.kind == "f":
        missing |= ~np.isfinite(values)
    return missing


def _cells(column: NumericColumn) -> ExactValueOf:
    def exact(row: int) -> Fraction:
        cell = column.cell(row)
        assert cell is not None  # asked of cells that are there alone
        return cell

    return exact


def nearest_float(value: Fraction) -> float:
    """The nearest float that is not zero unless the value is, and not infinite."""
    try:
        found = float(value)
    except OverflowError:
        found = _MOST if value > 0 else -_MOST
    if not found and value:
        return _LEAST if value > 0 else -_LEAST
    return found
