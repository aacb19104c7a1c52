"""The numbers of a column that holds texts beside them, as an amount or the word `Exempt`."""

from fractions import Fraction

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, decimal_value
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.csv.numbers import is_decimal_text, number_of


def numbers_among(texts: pa.Array) -> NumericColumn:
    """The numbers of cells that read as one, exactly; 0 for every other cell that is not missing.

    Args:
        texts: As written, missing where there is nothing.
    """
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    numbers = [_number(text) for text in encoded.dictionary.to_pylist()]
    missing = numeric_column(encoded.is_null()).values
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
