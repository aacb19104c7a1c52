"""Which cells are a float's rounding: those with more digits than each decimal keeps in a float."""

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn, decimal_text
from pishield_cli.kernels.evaluation.decimals import POWERS

_MOST_PLACES = len(POWERS) - 1


def float_roundings(column: NumericColumn) -> Array:
    """Which cells are a float's rounding.

    A float is one if its shortest decimal, in its own width, has more significant digits than
    every decimal keeps in such a float: 15 in 64 bits, 6 in 32, 3 in 16; and so is a number in a
    text, written with so many digits and a point or an exponent. Whole numbers, truth values and
    decimals never are.

    Args:
        column: A few rows of a column; what is said of missing and infinite cells means nothing.

    Returns:
        Shape `(rows,)`, bool.
    """
    values = column.values
    if column.exact is not None:
        return column.exact.rounded(np.arange(len(values)))
    if values.dtype.kind != "f":
        return np.zeros(len(values), dtype=bool)
    return has_many_digits(values)


def sure_roundings(values: Array, size: Array, *, plain: bool) -> Array:
    """Which cells are surely a float's rounding, told by their nearest floats alone.

    A number with a fraction whose float has many digits has as many itself.

    Args:
        values: float64, shape `(rows,)`; what is said of infinities and NaN means nothing.
        size: Their magnitudes.
        plain: Whether the values are the cells.

    Returns:
        Shape `(rows,)`, bool.
    """
    many, _ = _beyond_digits(values, values, size, _KEPT)
    if not plain:
        many &= np.rint(values) != values
    return many


def has_many_digits(values: Array) -> Array:
    """Where the shortest decimals of floats have more digits than each decimal keeps in them.

    Args:
        values: Of a float dtype, shape `(rows,)`; infinities and NaN have few.
    """
    finite = np.where(np.isfinite(values), values, values.dtype.type(0))
    doubles = finite.astype(np.float64)
    kept = int(np.finfo(values.dtype).precision)
    with np.errstate(over="ignore"):
        many, unsure = _beyond_digits(doubles, finite, np.abs(doubles), kept)
    for row in unsure.tolist():
        many[row] = _digits(decimal_text(finite[row])) > kept
    return many


_KEPT = 15


_DECADES = np.floor((np.arange(2048) - 1023) * np.log10(2.0)).astype(np.int16)
_NEXT = np.array([float(f"1e{power}") for power in range(-307, 310)])[_DECADES + 308]
"""By a float64 number's exponent: the decade of the least such number, and the next power of 10."""


def _beyond_digits(doubles: Array, values: Array, size: Array, kept: int) -> tuple[Array, Array]:
    """Where floats are not decimals of so many digits.

    Args:
        doubles: The floats as float64.
        values: The floats in their own width.
        size: Their magnitudes.
        kept: How many digits.

    Returns:
        Where they are not, bool; and the rows of which that cannot be told, as powers of ten are
        no floats there, and where it is false.
    """
    exponents = (doubles.view(np.uint64) >> np.uint64(52)).astype(np.intp)
    exponents &= 0x7FF
    places = kept - 1 - _DECADES.take(exponents)
    places -= size >= _NEXT.take(exponents)
    least, most = places.min(initial=0), places.max(initial=0)
    if least < 0 or most > _MOST_PLACES:
        up = POWERS.take(np.clip(places, 0, _MOST_PLACES))
        down = POWERS.take(np.clip(-places, 0, _MOST_PLACES))
        many = (np.rint(doubles * up / down) / up * down).astype(values.dtype) != values
        unsure = np.flatnonzero((np.abs(places) > _MOST_PLACES) & (size > 0))
        many[unsure] = False
        return many, unsure
    power = POWERS.take(places)
    whole = doubles * power
    np.rint(whole, out=whole)
    whole /= power
    return whole.astype(values.dtype, copy=False) != values, _NOBODY


_NOBODY = np.zeros(0, dtype=np.int64)


def _digits(text: str) -> int:
    """How many significant digits a decimal has."""
    mantissa = text.lstrip("-").partition("e")[0]
    return len(mantissa.replace(".", "").strip("0"))
