"""Numbers as a network's outputs are written."""

import numpy as np

from pishield_cli.kernels.columns import Array

DIGITS = 9
"""Significant digits of a number that is written; single precision knows no more than seven."""


def rounded(values: Array, digits: int) -> Array:
    """Numbers at so many significant digits, each the float nearest to that decimal."""
    finite = np.isfinite(values) & (values != 0)
    magnitude = np.floor(np.log10(np.abs(np.where(finite, values, 1.0))))
    places = digits - 1 - magnitude
    # Powers of ten up to 22 are exact, so that one division or product rounds once.
    reach = np.abs(places) <= 22
    power = 10.0 ** np.where(reach, np.abs(places), 0)
    shorter = np.where(
        places >= 0, np.rint(values * power) / power, np.rint(values / power) * power
    )
    result: Array = np.where(finite & reach, shorter, values)
    return result
