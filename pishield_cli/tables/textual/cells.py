"""A new value as the text of a cell, in the style of the cell it replaces."""

from fractions import Fraction

from pishield_cli.kernels.columns import number_text
from pishield_cli.tables.textual.numbers import FALSE_TEXTS, TRUE_TEXTS

_TRUTH = {
    old.encode(): (false.encode(), true.encode())
    for false, true in zip(sorted(FALSE_TEXTS), sorted(TRUE_TEXTS), strict=True)
    for old in (false, true)
}
_EXACT_AS_FLOAT = 10**15
_CENTS = 2


def cell_like(old: bytes, value: float | Fraction) -> bytes:
    """Write a number where another stood.

    Args:
        old: The cell that is replaced, as written.
        value: The new value.

    Returns:
        The shortest decimal that reads back as the value, with zeros behind it where the old cell
        is written to a fixed place: `33.30` becomes `33.40`, `7.5` becomes `8.0`. A truth value is
        a word if the old one was; quoted cells stay quoted.
    """
    if type(value) is float and value % 1 and b'"' not in old:
        text = float.__repr__(value)
        # By far the most have at least as many decimal places as before: nothing is padded.
        if len(text) - text.find(".") >= len(old) - old.rfind(b"."):
            return text.encode()
    if b'"' in old:
        return b'"%s"' % cell_like(old.strip(b' \t"'), value)
    text = number_text(value + 0)  # a truth value becomes a number, minus zero zero
    if value % 1:
        return _to_place(text, _fixed_places(old)).encode()
    truth = _TRUTH.get(old)
    if truth is not None and value in (0, 1):
        return truth[int(value)]
    pointed = truth is None and (b"." in old or b"e" in old or b"E" in old)
    whole = text.removesuffix(".0")
    if not whole.lstrip("-").isdecimal():
        return text.encode()
    short = text != whole or abs(float(value)) < _EXACT_AS_FLOAT
    places = max(1, _fixed_places(old)) if pointed and short else 0
    return _to_place(whole, places).encode()


def _fixed_places(old: bytes) -> int:
    """To how many decimal places a cell is padded: cents, tenths, or what ends with a zero."""
    _, _, places = old.partition(b".")
    fixed = places.isdigit() and (len(places) <= _CENTS or places.endswith(b"0"))
    return len(places) if fixed else 0


def _to_place(number: str, places: int) -> str:
    """A decimal with zeros behind it up to a place; a number with an exponent as it is."""
    whole, _, fraction = number.partition(".")
    if not places or not (whole.lstrip("-") + fraction).isdecimal():
        return number
    return f"{whole}.{fraction.ljust(places, '0')}"


def text_cell(old: bytes, text: str, delimiter: bytes) -> bytes:
    """Write a text where another stood.

    Args:
        old: The cell that is replaced, as written.
        text: The new text.
        delimiter: What stands between two cells, one byte.

    Returns:
        The text, in quotes if the old one was, or if it cannot do without.
    """
    written = text.encode()
    if b'"' in old or delimiter in written or any(mark in written for mark in b'",;\t|\r\n'):
        return b'"%s"' % written.replace(b'"', b'""')
    return written
