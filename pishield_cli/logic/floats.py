"""Floating-point cells, and the decimals that they stand for."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

_CODES = {2: ("<f", "<i"), 3: ("<e", "<h"), 6: ("<f", "<i"), 15: ("<d", "<q")}
"""The formats of a float and of an integer of the same width, by the decimal digits it keeps.

With the byte order given, a number too large for the width is an error; else it may be infinite.
Two digits are those of a bfloat16, which is the first half of a float of 32 bits.
"""

_CUT = 16
"""Bits of a float of 32 that a bfloat16 does not have."""

_MOST_DIGITS = 17

SMALLEST = {
    2: Fraction(2) ** -126,
    3: Fraction(2) ** -14,
    6: Fraction(2) ** -126,
    15: Fraction(2) ** -1022,
}
"""The smallest cell above zero that keeps all its digits, by the decimal digits it keeps."""


def nearest_cell(value: Fraction, digits: int) -> Fraction | None:
    """The decimal that the cell nearest to a value stands for.

    Args:
        value: Any number.
        digits: What the cell's width keeps: 2, 3, 6 or 15 decimal digits.

    Returns:
        The shortest decimal that reads back as the cell; None where the value is too large.
    """
    try:
        return _shortest(_rounded(float(value), digits), digits)
    except OverflowError:
        return None


def cells_near(value: Fraction, digits: int, reach: int = 3) -> Iterator[Fraction]:
    """What the cells next to a value stand for, a few on each side.

    Args:
        value: Any number.
        digits: How many digits the cells keep: 15, 6, 3 or 2.
        reach: How many cells on each side.
    """
    try:
        bits = _bits(float(value), digits)
    except OverflowError:
        return
    for step in range(-reach, reach + 1):
        try:
            cell = _cell(bits + step, digits)
        except struct.error:
            continue
        if cell - cell == 0.0:  # neither infinite nor not a number
            yield _shortest(cell, digits)


def _rounded(number: float, digits: int) -> float:
    cell = _cell(_bits(number, digits), digits)
    if cell - cell != 0.0:
        raise OverflowError
    return cell


def _bits(number: float, digits: int) -> int:
    """The nearest cell, as a signed integer of its width; of two as near ones the even one."""
    code, whole = _CODES[digits]
    bits: int = struct.unpack(whole, struct.pack(code, number))[0]
    if digits > 2:
        return bits
    even = bits >> _CUT & 1
    return bits + (1 << (_CUT - 1)) - 1 + even >> _CUT


def _cell(bits: int, digits: int) -> float:
    """The cell of some bits; those of no cell are an error."""
    code, whole = _CODES[digits]
    cell: float = struct.unpack(code, struct.pack(whole, bits if digits > 2 else bits << _CUT))[0]
    return cell


def _shortest(cell: float, digits: int) -> Fraction:
    for count in range(1, _MOST_DIGITS):
        text = f"{cell:.{count - 1}e}"
        with suppress(OverflowError):  # fewer digits can round beyond the largest cell
            if _rounded(float(text), digits) == cell:
                return Fraction(text)
    return Fraction(f"{cell:.{_MOST_DIGITS - 1}e}")
