"""Floats as the shortest decimals that read back as them, many at once."""

from collections.abc import Sequence

import numpy as np

from pishield_cli.kernels.columns import Array

POWERS = np.array([float(10**k) for k in range(23)])
"""The powers of ten that are float64 numbers."""

UNIQUE = 10.0**15
"""Any two decimals of at most 15 digits read back as different float64 numbers."""


def scaled_to_integers(cells: Array, power: Array | float, limit: float) -> tuple[Array, Array]:
    """Write decimals as integers over a power of ten.

    A decimal of at most 15 digits that reads back as a float is its shortest one, as no other
    has as few digits and reads back so; division by a power of ten rounds correctly and so tells
    whether it does. An integer below 2^53 is its own shortest decimal as well.

    Args:
        cells: float64, shape `(rows,)`.
        power: One of `POWERS`, or one for each row.
        limit: Greatest magnitude of the integers: `UNIQUE`, or 2^53 if the power is 1.

    Returns:
        The integers as float64; and where a cell's shortest decimal is its integer over the
        power. Elsewhere the integers mean nothing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        integers = cells * power
        np.rint(integers, out=integers)
        scratch = np.abs(integers)
        found = scratch <= limit
        np.divide(integers, power, out=scratch)
        found &= scratch == cells
    return integers, found


def widest_powers(columns: Sequence[Array]) -> Array:
    """The greatest power of ten, row by row, that leaves every cell at most 15 digits.

    Args:
        columns: float64, finite, each of shape `(rows,)`.
    """
    largest = np.maximum.reduce([np.abs(column) for column in columns])
    digits = np.floor(np.log10(np.where(largest > 0, largest, 1.0)))
    places = np.clip(14 - digits, 0, 22).astype(np.int64)
    powers: Array = POWERS[places]
    return powers


def common_power(columns: Sequence[Array]) -> float:
    """A power of ten that suits a sample of the cells: the most decimal places among them.

    Args:
        columns: float64, each of shape `(rows,)`, at least one row.
    """
    rows = len(columns[0])
    sample = range(0, rows, max(1, rows // 8))
    places = max(_places(column[row].item()) for column in columns for row in sample)
    return float(POWERS[min(places, 22)])


def shared_places(cells: Array, absent: Array | None) -> int | None:
    """So many decimal places as all cells have, of at most 15 digits; None if that is not seen.

    Args:
        cells: float64, shape `(rows,)`, at least one row.
        absent: Which cells do not matter; None if all do.
    """
    power = common_power([cells])
    if power > _MOST_SHARED:
        return None
    _, found = scaled_to_integers(cells, power, UNIQUE)
    if absent is not None:
        found |= absent
    return int(np.log10(power) + 0.5) if found.all() else None


_MOST_SHARED = 1e12
"""With more places than it has zeros, decimals are seldom told from floats' roundings."""


def _places(value: float) -> int:
    mantissa, _, exponent = repr(value).partition("e")
    decimals = len(mantissa.partition(".")[2].rstrip("0"))
    return max(0, decimals - int(exponent or 0))


def short_float_decimals(values: Array) -> tuple[Array, Array]:
    """The shortest decimals of float32 numbers, as the nearest float64 numbers.

    A decimal reads back as a float if it is nearer to it than half the distance of the next float.
    Of six digits no more than one does; of more digits, the nearest counts.

    Args:
        values: float32, finite, shape `(rows,)`.

    Returns:
        The decimals in float64, of at most 9 digits each; and where they are surely the shortest.
    """
    decimals, found = np.empty(len(values)), np.empty(len(values), dtype=bool)
    # In parts that stay in the processor's cache.
    for start in range(0, len(values), _PART):
        part = slice(start, start + _PART)
        _shorten(values[part], decimals[part], found[part])
    return decimals, found


def _shorten(values: Array, decimals: Array, found: Array) -> None:
    decimals[:] = values
    size = np.abs(decimals)
    exponents = (values.view(np.uint32) >> 23 & 0xFF).astype(np.intp)
    places = _NINE_PLACES.take(exponents)
    places -= size >= _NEXT_POWER.take(exponents)
    up, down = _UP.take(places), _DOWN.take(places)
    # In units of the last of nine digits.
    scaled = decimals * up / down
    half = _HALF.take(exponents) * up / down
    # Below a power of two the next float is half as near as above.
    powers = (values.view(np.uint32) & 0x7FFFFF) == 0
    least = np.where(powers, half / 2, half) if powers.any() else half
    surely, maybe = least - DOUBTFUL, half + DOUBTFUL
    shortest, doubt = scaled, np.zeros(len(values), dtype=bool)
    for unit in (1.0, 10.0, 100.0, 1000.0):
        nearest = np.rint(scaled / unit)
        nearest *= unit
        distance = np.abs(scaled - nearest)
        fits = distance < surely
        doubt |= fits != (distance < maybe)
        shortest = np.where(fits, nearest, shortest)
    np.divide(shortest * down, up, out=shortest)
    normal = (size >= 1e-12) & (size < 1e21)
    np.copyto(decimals, shortest, where=normal)
    np.logical_or(normal & ~doubt, size == 0, out=found)


DOUBTFUL = 1e-6
"""More than the error of a scaled number below 1e9, in units of its last digit."""

_PART = 1 << 12
_LOWEST = -22
_UP = POWERS[np.clip(np.arange(_LOWEST, 23), 0, 22)]
_DOWN = POWERS[np.clip(-np.arange(_LOWEST, 23), 0, 22)]
"""What scales by a number of decimal places, counted from the lowest."""

_BINADES = [2.0 ** (exponent - 127) for exponent in range(256)]
_DIGITS = np.array([int(np.floor(np.log10(least))) for least in _BINADES])
_NINE_PLACES = np.clip(8 - _DIGITS - _LOWEST, 0, len(_UP) - 1)
_NEXT_POWER = np.array([float(10.0 ** (digits + 1)) for digits in _DIGITS.tolist()])
_HALF = np.array([least * 2.0**-24 for least in _BINADES])
"""By a float32 number's exponent: how many places leave its least number nine digits, from where on
it is one less, and half the distance between two numbers."""
