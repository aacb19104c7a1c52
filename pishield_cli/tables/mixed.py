"""The numbers of a column that holds texts beside them, as an amount or the word `Exempt`."""

from fractions import Fraction

import pyarrow as pa

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.tables.arrow.text_numbers import read_numbers
from pishield_cli.tables.textual.numbers import is_decimal_text, number_of


def numbers_among(texts: pa.Array) -> NumericColumn:
    """The numbers of cells that read as one, exactly; 0 for every other cell that is not missing.

    Args:
        texts: As written, missing where there is nothing.
    """
    return read_numbers(texts, _number, texts.is_null())


def has_fractions(texts: pa.Array) -> bool:
    """Whether a cell reads as a number that is not whole."""
    distinct = texts.dictionary if pa.types.is_dictionary(texts.type) else texts.unique()
    return any(_number(text).denominator != 1 for text in distinct.to_pylist())


def _number(text: str | None) -> Fraction:
    if text is None or not is_decimal_text(text) or not any(map(str.isdigit, text)):
        return Fraction(0)
    return number_of(text)
