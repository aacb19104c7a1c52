"""Cells as their files write them, told to an audit, and put back from it."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, number_text
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.tables.arrow.dates import units_of
from pishield_cli.tables.csv.reader import CsvReader
from pishield_cli.tables.csv.records import Records, split_cells
from pishield_cli.tables.table import Batch, TableReader


def written_cell(batch: Batch, place: int, row: int) -> str | None:
    """A cell of a CSV file as it is written, quotes and all; None where files hold values.

    Args:
        batch: The rows.
        place: The column's place in the table.
        row: The row in the batch.
    """
    records = batch.native
    if not isinstance(records, Records):
        return None
    return split_cells(records.row(row), records.delimiter)[place].decode("utf-8", "replace")


def stored_cell(batch: Batch, name: str, row: int) -> str:
    """A cell of a file that holds values, as text: a number, or a text or date as it is stored.

    Args:
        batch: The rows.
        name: The column.
        row: The row in the batch.
    """
    if name in batch.raw:
        return str(batch.raw[name][row].cast("string").as_py())
    column = batch.columns[name]
    return number_text(column.values[row] if column.exact is None else column.exact(row))


def unlike_numbers(reader: TableReader, columns: Sequence[str]) -> frozenset[str]:
    """Those of some columns whose cells are, as far as the table tells, not all numbers."""
    if isinstance(reader, CsvReader) and not reader.dialect.plain_numbers:
        return frozenset()
    domains = reader.domains(dict.fromkeys(columns, frozenset()))
    plain = Number | Truth
    return frozenset(name for name, one in domains.items() if not isinstance(one, plain))


def restoring_values(reader: TableReader, name: str, texts: Sequence[str]) -> Array:
    """Values that a writer of the table makes into the cells that an audit tells.

    Args:
        reader: The table.
        name: The column's name.
        texts: As `written_cell` gave them, or where that gave nothing, `stored_cell`.

    Returns:
        Shape `(texts,)`; for CSV the cells themselves, as bytes.

    Raises:
        ValueError: If one is no value of the column's type.
    """
    if isinstance(reader, CsvReader):
        return _objects([text.encode() for text in texts])
    import pyarrow as pa

    kind = reader.schema.field(name).type  # type: ignore[attr-defined]
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _objects(texts)
    if pa.types.is_temporal(kind):
        return units_of(_dates(texts, kind)).values
    if pa.types.is_boolean(kind):
        return np.array([bool(int(text)) for text in texts])
    if pa.types.is_integer(kind):
        wide = np.uint64 if pa.types.is_unsigned_integer(kind) else np.int64
        return np.array([int(text) for text in texts], dtype=wide)
    if pa.types.is_floating(kind):
        return np.array([float(text) for text in texts])
    return _objects([Fraction(text) for text in texts])


def _dates(texts: Sequence[str], kind: Any) -> Any:
    """Texts of dates or times as such; ValueError if one is none."""
    import pyarrow as pa

    return pa.array(texts, pa.string()).cast(kind)


def _objects(values: Sequence[Any]) -> Array:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
