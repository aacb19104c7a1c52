"""A new value as the text of a CSV cell, in the style of the cell it replaces."""

from fractions import Fraction

from pishield_cli.kernels.columns import number_text
from pishield_cli.tables.csv.numbers import FALSE_TEXTS, TRUE_TEXTS

_TRUTH = {
    old.encode(): (false.encode(), true.encode())
    for false, true in zip(sorted(FALSE_TEXTS), sorted(TRUE_TEXTS), strict=True)
    for old in (false, true)
}
_EXACT_AS_FLOAT = 10**15


def cell_like(old: bytes, value: float | Fraction | str) -> bytes:
    """Write a number or a text where another stood.

    Args:
        old: The cell that is replaced, as written.
        value: The new value.

    Returns:
        The shortest decimal that reads back as the value. A whole number has `.0` only if the old
        cell had a point or an exponent; a truth value is a word if the old one was; quoted cells
        stay quoted.
    """
    if isinstance(value, str):
        return _text_like(old, value)
    if b'"' in old:
        return b'"%s"' % cell_like(old.strip(b' \t"'), value)
    text = number_text(value + 0)  # a truth value becomes a number, minus zero zero
    if value % 1:
        return text.encode()
    truth = _TRUTH.get(old)
    if truth is not None and value in (0, 1):
        return truth[int(value)]
    pointed = truth is None and (b"." in old or b"e" in old or b"E" in old)
    if text.endswith(".0"):
        return (text if pointed else text[:-2]).encode()
    whole = pointed and text.lstrip("-").isdecimal() and abs(float(value)) < _EXACT_AS_FLOAT
    return (text + ".0" if whole else text).encode()


def _text_like(old: bytes, text: str) -> bytes:
    """A text, in quotes if the old one was, or if it cannot do without."""
    written = text.encode()
    if b'"' in old or any(mark in written for mark in b'",;\t|\r\n'):
        return b'"%s"' % written.replace(b'"', b'""')
    return written
