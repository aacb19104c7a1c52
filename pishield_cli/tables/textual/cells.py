"""A new value as the text of a cell, in the style of the cell it replaces."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pishield_cli.kernels.columns import Array, number_text
from pishield_cli.tables.arrow.arrays import plain_array
from pishield_cli.tables.textual.numbers import FALSE_TEXTS, TRUE_TEXTS

_TRUTH = {
    old.encode(): (false.encode(), true.encode())
    for false, true in zip(sorted(FALSE_TEXTS), sorted(TRUE_TEXTS), strict=True)
    for old in (false, true)
}
_LEAST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e10
"""The sizes of fractions that pyarrow writes as Python does, without an exponent."""

_POINT, _QUOTE, _ZERO = b'."0'
_EXACT_AS_FLOAT = 10**15
_CENTS = 2

REPEATED = 2**14
"""Cells and their new values that are kept in mind: small whole numbers come again and again."""


def cells_like(old: Sequence[bytes], values: Array) -> list[bytes]:
    """Write numbers where others stood, each as `cell_like` does.

    Args:
        old: The cells that are replaced, as written.
        values: The new values, as many.
    """
    new = values.tolist()
    if values.dtype != np.float64:
        return [cell_like(cell, value) for cell, value in zip(old, new, strict=True)]
    sizes = np.abs(values)
    with np.errstate(invalid="ignore"):
        fractions = (values % 1 != 0) & (sizes >= _LEAST_PLAIN) & (sizes < _LARGEST_PLAIN)
    known = zip(old, new, _written(values), fractions.tolist(), strict=True)
    # By far the most need no zeros behind them: as many places as before, or no fixed ones.
    return [
        text
        if plain
        and _QUOTE not in cell
        and (
            len(text) - text.find(_POINT) >= (behind := len(cell) - cell.rfind(_POINT))
            or (behind > _CENTS + 1 and cell[-1] != _ZERO)
        )
        else cell_like(cell, value)
        for cell, value, text, plain in known
    ]


def _written(values: Array) -> list[bytes]:
    """Floats as pyarrow writes them, several times faster than Python."""
    written = pa.BufferOutputStream()
    options = csv.WriteOptions(include_header=False)
    cells = pa.RecordBatch.from_arrays([plain_array(values)], ["cells"])
    csv.write_csv(cells, written, options)
    texts: list[bytes] = written.getvalue().to_pybytes().splitlines()
    return texts


@lru_cache(REPEATED, typed=True)
def cell_like(old: bytes, value: float | Fraction) -> bytes:
    """Write a number where another stood.

    Args:
        old: The cell that is replaced, as written.
        value: The new value.

    Returns:
        The shortest decimal that reads back as the value, with zeros behind it where the old cell
        is written to a fixed place: `33.30` becomes `33.40`, `7.5` becomes `8.0`. A whole number of
        a whole type gets no point where the old cell had a fraction: 2.5 rooms become `2`. A truth
        value is a word if the old one was; quoted cells stay quoted.
    """
    if b'"' in old:
        return b'"%s"' % cell_like(old.strip(b' \t"'), value)
    text = number_text(value + 0)  # a truth value becomes a number, minus zero zero
    if value % 1:
        return _to_place(text, _fixed_places(old)).encode()
    truth = _TRUTH.get(old)
    if truth is not None and value in (0, 1):
        return truth[int(value)]
    pointed = truth is None and (b"." in old or b"e" in old or b"E" in old)
    if isinstance(value, int) and pointed and _has_fraction(old):
        return text.encode()
    whole = text.removesuffix(".0")
    if not whole.lstrip("-").isdecimal():
        return text.encode()
    short = text != whole or abs(float(value)) < _EXACT_AS_FLOAT
    places = max(1, _fixed_places(old)) if pointed and short else 0
    return _to_place(whole, places).encode()


def _has_fraction(old: bytes) -> bool:
    return old.partition(b".")[2].strip(b" \t0").isdigit()


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
