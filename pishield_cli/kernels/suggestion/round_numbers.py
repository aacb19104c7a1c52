"""Round numbers: the constants that people write."""

from fractions import Fraction
from math import ceil, floor, log10

DIGITS = 3
"""Significant digits of a constant at most, unless the table attains it often."""


def roundest_between(lower: float, upper: float) -> Fraction | None:
    """The number of the fewest significant digits between two others, ends included.

    Of equals, the one nearest to `upper`. None if none of at most `DIGITS` digits lies there.
    """
    if lower <= 0 <= upper:
        return Fraction(0)
    if upper < 0:
        found = roundest_between(-upper, -lower)
        return None if found is None else -found
    for digits in range(1, DIGITS + 1):
        step = _step(upper, digits)
        at = floor(Fraction(upper) / step) * step
        if at >= lower:
            return at
    return None


def rounded_down(value: float, digits: int = DIGITS) -> Fraction:
    """The greatest number of some significant digits that is at most `value`."""
    if value == 0:
        return Fraction(0)
    step = _step(abs(value), digits)
    return floor(Fraction(value) / step) * step


def rounded_up(value: float, digits: int = DIGITS) -> Fraction:
    """The least number of some significant digits that is at least `value`."""
    if value == 0:
        return Fraction(0)
    step = _step(abs(value), digits)
    return ceil(Fraction(value) / step) * step


def digits(value: Fraction) -> int:
    """How many significant digits a number is written with."""
    return len(written(abs(value)).replace(".", "").strip("0"))


def _step(value: float, digits: int) -> Fraction:
    return Fraction(10) ** (floor(log10(value)) - digits + 1)


def written(value: Fraction | float) -> str:
    """A constant as a requirements file writes it: a decimal without an exponent."""
    exact = Fraction(repr(value)) if isinstance(value, float) else value
    if exact.denominator == 1:
        return str(exact.numerator)
    places = 0
    while (exact * 10**places).denominator > 1:
        places += 1
    digits = str(abs(int(exact * 10**places))).rjust(places + 1, "0")
    return f"{'-' if exact < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def shown(value: float) -> str:
    """A value as a comment tells it: six digits, or as many as a whole number has."""
    return f"{value:.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
