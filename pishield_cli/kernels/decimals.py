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
        power: One of `POWERS`, or one a row.
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


def _places(value: float) -> int:
    mantissa, _, exponent = repr(value).partition("e")
    decimals = len(mantissa.partition(".")[2].rstrip("0"))
    return max(0, decimals - int(exponent or 0))


def short_float_decimals(values: Array) -> tuple[Array, Array]:
    """The shortest decimals of float32 numbers, as the nearest float64 numbers.

    Args:
        values: float32, finite, shape `(rows,)`.

    Returns:
        The decimals in float64, of at most 9 digits each; and where they are surely the shortest.
    """
    wide = values.astype(np.float64)
    size = np.abs(wide)
    normal = (size >= 1e-12) & (size < 1e21)
    digits = np.floor(np.log10(np.where(normal, size, 1.0))).astype(np.int64)
    # Around a power of two the nearest decimal need not be the one that reads back.
    plain = np.frexp(wide)[0] != np.copysign(0.5, wide)
    decimals, found = wide.copy(), size == 0
    for count in range(6, 10):
        places = count - 1 - digits
        near, surely = _nearest_decimals(wide, places)
        low, high = _readings(near)
        fits = normal & ~found & surely & (low == values) & (high == values)
        fits &= (places <= 22) & (plain | (count == 6))
        decimals[fits] = near[fits]
        found |= fits
        # Where it is in doubt whether this decimal reads back, a longer one must not be taken.
        normal &= surely & (low == high)
    return decimals, found


def _nearest_decimals(wide: Array, places: Array) -> tuple[Array, Array]:
    up = POWERS[np.clip(places, 0, 22)]
    down = POWERS[np.clip(-places, 0, 22)]
    scaled = wide * up / down
    whole = np.rint(scaled)
    surely = np.abs(np.abs(scaled - whole) - 0.5) > 1e-6
    return whole * down / up, surely


def _readings(decimals: Array) -> tuple[Array, Array]:
    # Both sides of a float64 number's own rounding error, each read as float32.
    low = (decimals * (1 - 2.0**-51)).astype(np.float32)
    high = (decimals * (1 + 2.0**-51)).astype(np.float32)
    return low, high
