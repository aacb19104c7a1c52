"""Where an inequality over one column turns, as a number of the column's own type."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, inf
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import decimal_value


@dataclass(frozen=True, slots=True)
class Threshold:
    """`x >= value`, exactly the rows where an inequality holds; with `upper`, `x <= value`.

    Attributes:
        value: A number of the column's own type; None if no value holds.
        upper: Whether the values that hold are those at or below.
        nearest: The value nearest to where it turns: of cells that values only come near, those
            of this value are to be decided one by one.
    """

    value: Any
    upper: bool
    nearest: Any = None


@lru_cache(maxsize=4096)
def threshold(
    slope: int,
    constant: int,
    direction: int,
    *,
    strict: bool,
    tolerance: Fraction,
    dtype: "np.dtype[Any]",
) -> Threshold:
    """Where `direction * (slope * x - constant) >= 0` turns.

    Every float that is not at the turning point compares with it as its shortest decimal does,
    since rounding keeps the order; the one that is, is decided here, once. So comparing the
    column with the result is exact.

    Args:
        slope: Positive.
        constant: Any integer.
        direction: 1 or -1.
        strict: Whether the point itself is left out; it is then exact at every tolerance.
        tolerance: What is forgiven, relative to `slope * |x|`; in [0, 1).
        dtype: The column's type: float, or integer.
    """
    point = _turning_point(slope, direction * constant, Fraction(0) if strict else tolerance)
    upper = direction < 0
    if dtype.kind == "f":
        nearest = nearest_float(direction * point, dtype)
        first = _first_float(direction * point, nearest, strict, upper)
        return Threshold(first, upper, nearest)
    return Threshold(_first_integer(direction * point, strict, upper, dtype), upper)


def _turning_point(slope: int, constant: int, tolerance: Fraction) -> Fraction:
    """The least x with `slope * x - constant >= -tolerance * |slope * x|`."""
    return constant / (slope * (1 + tolerance if constant >= 0 else 1 - tolerance))


def _first_float(point: Fraction, value: Any, strict: bool, upper: bool) -> Any:
    """The float nearest to where a half line begins that is in it; None if none is.

    Args:
        point: Where it begins.
        value: The float nearest to that.
        strict: Whether it leaves the point out.
        upper: Whether it goes down.
    """
    number = decimal_value(value)
    exact: Fraction | float = float(value) if number is None else number
    inside = (exact < point if upper else exact > point) or (exact == point and not strict)
    if inside:
        return value
    beyond = value.dtype.type(-inf if upper else inf)
    return None if value == beyond else _next(value, beyond)


def nearest_float(number: Fraction, dtype: "np.dtype[Any]") -> Any:
    """The float of a type nearest to a number, ties to even, infinite beyond its range."""
    try:
        double = np.float64(float(number))
    except OverflowError:
        double = np.float64(inf if number > 0 else -inf)
    if dtype == np.float64:
        return double
    with np.errstate(over="ignore", under="ignore"):
        value = double.astype(dtype)
    return value if not np.isfinite(double) else _mended(number, double, value, dtype)


def _mended(number: Fraction, double: Any, value: Any, dtype: "np.dtype[Any]") -> Any:
    """Undo the second of two roundings where the first went exactly half way."""
    if Fraction(float(double)) == number:
        return value
    other = dtype.type(inf if float(value) <= double else -inf)
    neighbour = _next(value, other)
    if not (np.isfinite(value) and np.isfinite(neighbour)):
        return value
    middle = (Fraction(float(value)) + Fraction(float(neighbour))) / 2
    if middle != Fraction(float(double)):
        return value
    return max(value, neighbour) if number > middle else min(value, neighbour)


def _next(value: Any, towards: Any) -> Any:
    with np.errstate(over="ignore", under="ignore"):
        return np.nextafter(value, towards)


def _first_integer(point: Fraction, strict: bool, upper: bool, dtype: "np.dtype[Any]") -> Any:
    """The integer nearest to where a half line begins that is in it; None if none is."""
    if upper:
        value = ceil(point) - 1 if strict else floor(point)
    else:
        value = floor(point) + 1 if strict else ceil(point)
    limits = np.iinfo(dtype)
    if value < limits.min if upper else value > limits.max:
        return None
    return dtype.type(min(max(value, limits.min), limits.max))
