"""What the text of a CSV cell says: a number as it is written, however many digits it has."""

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from pyarrow import csv

from pishield_cli.kernels.columns import NumericColumn

MISSING_TEXTS = frozenset(csv.ConvertOptions().null_values)
TRUE_TEXTS = frozenset({"true", "True", "TRUE"})
FALSE_TEXTS = frozenset({"false", "False", "FALSE"})

SHORT = 15
"""A number of at most so many significant digits is the shortest decimal of its float."""

_CHUNK = 4000
"""Digits that Python reads at a time."""

_DIGITS = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(rf"[ \t]*[+-]?(?:{_DIGITS}|(?i:inf(?:inity)?|nan))[ \t]*")
_HEXADECIMAL = re.compile(r"[ \t]*0[xX][0-9a-fA-F]{1,16}[ \t]*")
_WHOLE = re.compile(r"[ \t]*[+-]?[0-9]+[ \t]*")
_PARTS = re.compile(r"[ \t]*([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?[ \t]*")


def is_number(text: str) -> bool:
    """Whether a cell that is not missing says a number or a truth value."""
    return bool(
        _NUMBER.fullmatch(text)
        or text in TRUE_TEXTS
        or text in FALSE_TEXTS
        or _HEXADECIMAL.fullmatch(text)
    )


def is_decimal_text(text: str) -> bool:
    """Whether a text is written as a decimal number, `inf` or `nan`."""
    return _NUMBER.fullmatch(text) is not None


def is_whole(text: str) -> bool:
    """Whether a number is written as a whole one: digits without a point or an exponent."""
    return bool(
        _WHOLE.fullmatch(text)
        or text in TRUE_TEXTS
        or text in FALSE_TEXTS
        or _HEXADECIMAL.fullmatch(text)
    )


def has_many_digits(text: str) -> bool:
    """Whether a decimal number has more than 15 significant digits."""
    if len(text) <= SHORT:
        return False
    parts = _PARTS.fullmatch(text)
    return parts is not None and len((parts[2] + parts[3]).strip("0")) > SHORT


def says_more_than_zero(text: str) -> bool:
    """Whether a decimal number has a digit other than 0."""
    parts = _PARTS.fullmatch(text)
    return parts is not None and bool((parts[2] + parts[3]).strip("0"))


def number_of(text: str) -> Fraction:
    """The number that a cell says, exactly: a finite decimal, a truth value, or `0x1f`."""
    if text in TRUE_TEXTS or text in FALSE_TEXTS:
        return Fraction(text in TRUE_TEXTS)
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return Fraction(int(text.strip(" \t"), 16))
    sign, whole, places, exponent = parts.groups(default="")
    digits = _integer(whole + places)
    if not digits:
        return Fraction(0)
    power = int(exponent or 0) - len(places)
    size = Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)
    return -size if sign == "-" else size


def _integer(digits: str) -> int:
    """A whole number of any length; Python itself reads no more than a few thousand digits."""
    found = 0
    for start in range(0, len(digits), _CHUNK):
        part = digits[start : start + _CHUNK]
        found = found * 10 ** len(part) + int(part)
    return found


def numbers_in(texts: Sequence[str], marks: frozenset[str]) -> NumericColumn | None:
    """Cells of any kind that says a number, each read by itself.

    Args:
        texts: The cells, quotes removed.
        marks: The texts of missing cells.

    Returns:
        Their numbers: whole ones of up to 64 bits if all are; else the floats nearest to them.
        None if a cell says none.
    """
    missing = np.array([text in marks for text in texts], dtype=bool)
    present = [text for text in texts if text not in marks]
    if not all(map(is_number, present)):
        return None
    values = np.zeros(len(texts), dtype=np.float64)
    values[~missing] = [_float(text) for text in present]
    column = NumericColumn(values, missing if missing.any() else None)
    if not all(map(is_whole, present)):
        return column
    whole = [0 if text in marks else int(number_of(text)) for text in texts]
    limits = np.iinfo(np.int64)
    if whole and not limits.min <= min(whole) <= max(whole) <= limits.max:
        return column
    return NumericColumn(np.array(whole, dtype=np.int64), column.missing)


def _float(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    return float(number_of(text))
