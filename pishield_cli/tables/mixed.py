"""The numbers of a column that holds texts beside them, as an amount or the word `Exempt`."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, decimal_value
from pishield_cli.tables.arrow.arrays import plain_array
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.text_functions import NUMBER, by_value, whole_pattern
from pishield_cli.tables.csv.numbers import is_decimal_text, number_of


def numbers_among(texts: pa.Array) -> NumericColumn:
    """The numbers of cells that read as one, exactly; 0 for every other cell that is not missing.

    Args:
        texts: As written, missing where there is nothing.
    """
    return _numbers(texts, texts.is_null())


def numbers_of(texts: pa.Array) -> NumericColumn:
    """The numbers that texts read as, exactly; missing where a text reads as none."""
    reads = by_value(texts, lambda found: pc.match_substring_regex(found, whole_pattern(NUMBER)))
    numbers = reads.values if reads.missing is None else reads.values & ~reads.missing
    return _numbers(texts, plain_array(~numbers))


def _numbers(texts: pa.Array, absent: pa.Array) -> NumericColumn:
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    numbers = [_number(text) for text in encoded.dictionary.to_pylist()]
    missing = numeric_column(absent).values
    codes = np.where(missing, 0, numeric_column(encoded.indices).values).astype(np.int64)
    floats = np.array([float(one) for one in numbers] or [0.0])
    long = np.array([decimal_value(float(one)) != one for one in numbers] or [False])
    values = floats[codes]
    marked = missing if missing.any() else None
    if not long.any():
        return NumericColumn(values, marked)

    def are_long(rows: Array) -> Array:
        found: Array = long[codes[rows]]
        return found

    exact = ExactCells(lambda row: numbers[codes[row]], are_long)
    return NumericColumn(values, marked, exact)


def has_fractions(texts: pa.Array) -> bool:
    """Whether a cell reads as a number that is not whole."""
    distinct = texts.dictionary if pa.types.is_dictionary(texts.type) else texts.unique()
    return any(_number(text).denominator != 1 for text in distinct.to_pylist())


def _number(text: str | None) -> Fraction:
    if text is None or not is_decimal_text(text) or not any(map(str.isdigit, text)):
        return Fraction(0)
    return number_of(text)
