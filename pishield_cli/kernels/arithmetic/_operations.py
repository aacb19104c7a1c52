"""Functions of columns of decimals: sums, products, quotients, remainders, rounding, extremes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from pishield_cli.kernels.arithmetic._decimals import Decimals, are_short
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.decimals import POWERS


def plus(parts: Sequence[Decimals]) -> Decimals:
    """Row by row, the sum."""
    return _over_one_power(
        parts, lambda columns: np.sum(columns, axis=0), lambda cells: sum(cells, Fraction(0))
    )


def least(parts: Sequence[Decimals]) -> Decimals:
    """Row by row, the least."""
    return _over_one_power(parts, lambda columns: np.min(columns, axis=0), min)


def greatest(parts: Sequence[Decimals]) -> Decimals:
    """Row by row, the greatest."""
    return _over_one_power(parts, lambda columns: np.max(columns, axis=0), max)


def times(left: Decimals, right: Decimals) -> Decimals:
    """Row by row, the product."""
    places = left.places + right.places
    size = left.integers.astype(np.float64) * right.integers.astype(np.float64)
    known = left.known & right.known & are_short(size) & (places < len(POWERS))
    return Decimals(
        np.where(known, left.integers, 0) * np.where(known, right.integers, 0),
        min(places, len(POWERS) - 1),
        known,
        left.missing | right.missing,
        lambda row: left.exact(row) * right.exact(row),
        *_near(left, right, np.multiply),
    )


def over(left: Decimals, right: Decimals) -> Decimals:
    """Row by row, the quotient; missing where the divisor is zero."""
    floats, error = _near(left, right, np.divide)
    return Decimals(
        np.zeros_like(left.integers),
        0,
        np.zeros_like(left.known),
        left.missing | right.missing | is_zero(right),
        lambda row: left.exact(row) / right.exact(row),
        floats,
        error,
    )


def modulo(left: Decimals, right: Decimals) -> Decimals:
    """Row by row, the remainder, of the divisor's sign; missing where the divisor is zero."""
    places = max(left.places, right.places)
    one, other = left.at(places), right.at(places)
    known = one.known & other.known & (other.integers != 0)
    divisor = np.where(known, other.integers, 1)
    return Decimals(
        np.where(known, one.integers, 0) % divisor,
        places,
        known,
        left.missing | right.missing | is_zero(right),
        lambda row: left.exact(row) % right.exact(row),
        None,
    )


def rounded(part: Decimals, places: int) -> Decimals:
    """Each to so many decimal places (tens, hundreds, ... below 0), halves away from zero."""

    def half_up(integers: Array, unit: int) -> Array:
        signs = np.sign(integers)
        return np.where(integers == 0, 0, signs * ((np.abs(integers) + unit // 2) // unit))

    return _to_units(part, places, half_up, lambda value: _half_up(value, places))


def floored(part: Decimals) -> Decimals:
    """Each as the greatest whole number that is not above it."""
    return _to_units(part, 0, lambda integers, unit: integers // unit, lambda v: Fraction(floor(v)))


def floors(part: Decimals) -> Array:
    """The greatest whole number that is not above each, int64; 0 where there is none.

    Unlike the integers of `floored` they hold for every row, known or not.
    """
    unit = np.int64(10**part.places)
    found: Array = np.where(part.known, part.integers, 0) // unit
    others = ~part.known & ~part.missing
    if part.floats is not None and others.any():
        below = np.floor(part.floats)
        inside = np.minimum(part.floats - below, below + 1 - part.floats)
        sure = others & (inside > 2 * (part.error + 1) * np.spacing(np.abs(part.floats) + 1))
        sure &= are_short(part.floats)
        found, others = np.where(sure, below, found).astype(np.int64), others & ~sure
    for row in np.flatnonzero(others):
        found[row] = floor(part.exact(int(row)))
    return found


def ceiled(part: Decimals) -> Decimals:
    """Each as the least whole number that is not below it."""
    return _to_units(
        part, 0, lambda integers, unit: -(-integers // unit), lambda v: Fraction(ceil(v))
    )


def magnitude(part: Decimals) -> Decimals:
    """Each without its sign."""
    exact, floats = part.exact, part.floats
    return replace(
        part,
        integers=np.abs(part.integers),
        exact=lambda row: abs(exact(row)),
        floats=None if floats is None else np.abs(floats),
    )


def sign(part: Decimals) -> Decimals:
    """Each as -1, 0 or 1."""
    signs = np.sign(part.integers)
    for row in np.flatnonzero(~part.known & ~part.missing):
        value = part.exact(int(row))
        signs[row] = (value > 0) - (value < 0)
    return Decimals(
        signs, 0, ~part.missing, part.missing, lambda row: Fraction(int(signs[row])), None
    )


def first_present(parts: Sequence[Decimals]) -> Decimals:
    """Row by row, the first that is not missing."""
    places = max(part.places for part in parts)
    scaled = [part.at(places) for part in parts]
    chosen = np.argmin(np.array([part.missing for part in parts]), axis=0)

    def exact(row: int) -> Fraction:
        return parts[int(chosen[row])].exact(row)

    rows = np.arange(len(chosen))
    return Decimals(
        np.array([part.integers for part in scaled])[chosen, rows],
        places,
        np.array([part.known for part in scaled])[chosen, rows],
        np.logical_and.reduce([part.missing for part in parts]),
        exact,
        None,
    )


def _over_one_power(
    parts: Sequence[Decimals],
    vectorised: Callable[[Array], Array],
    one: Callable[[list[Fraction]], Fraction],
) -> Decimals:
    places = max(part.places for part in parts)
    scaled = [part.at(places) for part in parts]
    known = np.logical_and.reduce([part.known for part in scaled])
    total = vectorised(np.array([np.where(known, part.integers, 0) for part in scaled]))
    return Decimals(
        total,
        places,
        known & are_short(total.astype(np.float64)),
        np.logical_or.reduce([part.missing for part in parts]),
        lambda row: one([part.exact(row) for part in parts]),
        None,
    )


def _to_units(
    part: Decimals,
    places: int,
    vectorised: Callable[[Array, int], Array],
    one: Callable[[Fraction], Fraction],
) -> Decimals:
    """Each as a whole number of units of `10 ** -places`."""
    exact = part.exact
    if places >= part.places:
        return replace(part, exact=lambda row: one(exact(row)), floats=None)
    unit = 10 ** min(part.places - places, 18)
    units = vectorised(part.integers, unit)
    back = 10 ** max(-places, 0)
    known = part.known & (part.places - places <= 18) & are_short(units * float(back))
    return replace(
        part,
        integers=np.where(known, units, 0) * np.int64(min(back, 10**18)),
        places=max(places, 0),
        known=known,
        exact=lambda row: one(exact(row)),
        floats=None,
    )


def _half_up(value: Fraction, places: int) -> Fraction:
    unit = Fraction(10) ** -places
    whole = floor(abs(value) / unit + Fraction(1, 2)) * unit
    return whole if value >= 0 else -whole


def _near(
    left: Decimals, right: Decimals, operation: Callable[[Array, Array], Array]
) -> tuple[Array | None, float]:
    """The floats of a product or quotient, and their error; each operation adds half a unit.

    A unit of a factor is at most two of the product's.
    """
    if left.floats is None or right.floats is None:
        return None, np.inf
    with np.errstate(all="ignore"):
        return operation(left.floats, right.floats), 2 * (left.error + right.error) + 0.5


def is_zero(part: Decimals) -> Array:
    """Where a cell is zero, and not missing."""
    zero: Array = part.known & (part.integers == 0)
    for row in np.flatnonzero(~part.known & ~part.missing):
        zero[row] = not part.exact(int(row))
    return zero
