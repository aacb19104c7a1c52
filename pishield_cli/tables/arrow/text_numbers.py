"""The numbers that texts read as, each distinct text read once."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from pishield_cli.kernels.arithmetic import nearest_float
from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, decimal_value
from pishield_cli.tables.arrow.arrays import plain_array, text_array, whole_scalar
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.text_functions import by_value, whole_pattern

_NUMBER = r"[ \t]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?[ \t]*"
_LONGEST = 1_000
"""Characters of a text that is read as a number; no longer ones, nor longer exponents."""


def numbers_of(texts: pa.Array) -> NumericColumn:
    """The numbers that texts read as, exactly; missing where a text reads as none."""
    reads = by_value(texts, _are_numbers)
    numbers = reads.values if reads.missing is None else reads.values & ~reads.missing
    return read_numbers(texts, _number, plain_array(~numbers))


def read_numbers(
    texts: pa.Array, read: Callable[[str | None], Fraction], absent: pa.Array
) -> NumericColumn:
    """A column of exact numbers.

    Args:
        texts: What they are read from.
        read: The number of a text, whatever it is.
        absent: Where there is none.
    """
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    numbers = [read(text) for text in encoded.dictionary.to_pylist()]
    missing = numeric_column(absent).values
    codes = np.where(missing, 0, numeric_column(encoded.indices).values).astype(np.int64)
    floats = np.array([nearest_float(one) for one in numbers] or [0.0])
    long = np.array([decimal_value(nearest_float(one)) != one for one in numbers] or [False])
    values = floats[codes]
    marked = missing if missing.any() else None
    if not long.any():
        return NumericColumn(values, marked)

    def are_long(rows: Array) -> Array:
        found: Array = long[codes[rows]]
        return found

    exact = ExactCells(lambda row: numbers[codes[row]], are_long)
    return NumericColumn(values, marked, exact)


def _are_numbers(texts: pa.Array) -> pa.Array:
    short = pc.less_equal(pc.utf8_length(texts).cast(pa.int64()), whole_scalar(_LONGEST))
    return pc.and_(short, pc.match_substring_regex(texts, whole_pattern(_NUMBER)))


def _number(text: str | None) -> Fraction:
    is_number = text is not None and _are_numbers(text_array([text]))[0].as_py()
    return Fraction(text.strip()) if text is not None and is_number else Fraction(0)
