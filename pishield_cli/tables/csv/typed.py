"""CSV text as Arrow columns of the types that its cells look like."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pishield_cli.tables.csv.notation import are_numbers, canonical_cells
from pishield_cli.tables.csv.text import CsvText
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.textual.numbers import numbers_in


def typed_columns(
    text: CsvText, places: Sequence[int] | None, texts: Sequence[int], dialect: Dialect
) -> pa.Table:
    """Some rows as columns of types that fit all of them: numbers, truths, times, or texts.

    Args:
        text: The rows.
        places: The columns wanted; None for all.
        texts: Those of them that are wanted as texts.
        dialect: How numbers are written, and which texts are missing cells.
    """
    named = list(map(str, range(len(text.names)) if places is None else places))
    if not text.records.data:
        return pa.schema([(name, pa.string()) for name in named]).empty_table()
    convert = csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    convert.null_values = [*convert.null_values, *dialect.missing]
    convert.include_columns = named
    convert.column_types = {str(place): pa.string() for place in texts}
    table = text.table(convert)
    if dialect.plain_numbers:
        return table
    columns = [
        column if int(name) in texts else _numbers(column, dialect)
        for name, column in zip(named, table.columns, strict=True)
    ]
    return pa.table(columns, names=named)


def _numbers(column: pa.ChunkedArray, dialect: Dialect) -> pa.ChunkedArray:
    """A column of texts that are numbers in a dialect as numbers; any other as it is."""
    if not pa.types.is_string(column.type) or not are_numbers(column, dialect):
        return column
    texts = canonical_cells(column.fill_null(""), dialect).to_pylist()
    found = numbers_in(texts, frozenset({""}))
    if found is None:
        return column
    missing = np.array([text == "" for text in texts])
    return pa.chunked_array([pa.array(found.values, mask=missing)])
