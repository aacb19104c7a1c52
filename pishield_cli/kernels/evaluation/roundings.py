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


def has_many_digits(values: Array) -> Array:
    """Where the shortest decimals of floats have more digits than each decimal keeps in them.

    Args:
        values: Of a float dtype, shape `(rows,)`; infinities and NaN have few.
    """
    finite = np.where(np.isfinite(values), values, values.dtype.type(0))
    doubles = finite.astype(np.float64)
    size = np.abs(doubles)
    kept = int(np.finfo(values.dtype).precision)
    places = kept - 1 - np.floor(np.log10(np.where(size > 0, size, 1.0))).astype(np.int64)
    # The logarithm may have been rounded across a power of ten.
    few = (size == 0) | _reads_back(doubles, finite, places, kept)
    few |= _reads_back(doubles, finite, places + 1, kept)
    many: Array = ~few
    # Beyond these, powers of ten are no floats.
    for row in np.flatnonzero(many & (np.abs(places) >= _MOST_PLACES)).tolist():
        many[row] = _digits(decimal_text(finite[row])) > kept
    return many


def _reads_back(doubles: Array, values: Array, places: Array, kept: int) -> Array:
    """Where a decimal of so many places, and as many digits as are kept, reads back as a float."""
    up = POWERS[np.clip(places, 0, _MOST_PLACES)]
    down = POWERS[np.clip(-places, 0, _MOST_PLACES)]
    whole = np.rint(doubles * up / down)
    with np.errstate(over="ignore"):
        back = (whole / up * down).astype(values.dtype)
    found: Array = (np.abs(whole) <= 10.0**kept) & (back == values)
    return found


def _digits(text: str) -> int:
    """How many significant digits a decimal has."""
    mantissa = text.lstrip("-").partition("e")[0]
    return len(mantissa.replace(".", "").strip("0"))
