"""Columns that a table's folders hold: `year=2024/month=5/part-0.parquet`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
import pyarrow as pa

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.tables.arrow.arrays import plain_array, text_array
from pishield_cli.tables.arrow.columns import numpy_dtype
from pishield_cli.tables.parquet.parts import Part

PartitionValue = int | float | str | None

_NUMBERS: tuple[tuple[pa.DataType, re.Pattern[str], Callable[[str], int | float]], ...] = (
    (pa.int64(), re.compile(r"-?[0-9]+"), int),
    (pa.float64(), re.compile(r"-?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?"), float),
)
_LARGEST = {pa.int64(): 2**63, pa.float64(): inf}


@dataclass(frozen=True)
class Partitions:
    """The columns that the folders' names hold, the same for all rows of a file.

    Attributes:
        schema: The columns: int64 or float64 where every value reads as such a number, else text.
        values: One row of values for each file, None where missing.
    """

    schema: pa.Schema
    values: tuple[tuple[PartitionValue, ...], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self.schema.names)

    def of(self, part: int) -> "Partitions":
        """The columns of one file alone."""
        return Partitions(self.schema, (self.values[part],))

    def text(self, part: int, name: str) -> str:
        """A column's cell in the rows of a file; empty if missing."""
        value = self.values[part][self.names.index(name)]
        return "" if value is None else str(value)

    def column(self, part: int, name: str, rows: int) -> NumericColumn:
        """A column of numbers in some rows of a file.

        Args:
            part: The file's number.
            name: A column that folders tell.
            rows: How many rows.
        """
        place = self.names.index(name)
        value = self.values[part][place]
        dtype = numpy_dtype(self.schema.types[place])
        if value is None:
            return NumericColumn(np.zeros(rows, dtype), np.ones(rows, dtype=bool))
        return NumericColumn(np.full(rows, value, dtype))

    def completed(self, part: int, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Rows of a file with these columns after their own."""
        cells = [
            _repeated(value, kind, rows.num_rows)
            for value, kind in zip(self.values[part], self.schema.types, strict=True)
        ]
        schema = pa.schema([*rows.schema, *self.schema])
        return pa.RecordBatch.from_arrays([*rows.columns, *cells], schema=schema)


def partitions_of(parts: Sequence[Part], columns: Sequence[str], title: str) -> Partitions:
    """The columns that the files' folders hold.

    Args:
        parts: The files.
        columns: The files' own columns; what one of them names again is left out.
        title: The table, for messages.

    Raises:
        TableError: If some files lie in folders of other keys than others.
    """
    found = [part.partition for part in parts]
    keys = list(found[0])
    for part, one in zip(parts, found, strict=True):
        if list(one) != keys:
            raise TableError(
                f"All files of `{title}` must lie below the same kinds of folders, but "
                f"`{part.relative}` does not lie like `{parts[0].relative}`.",
                hint="name one folder of the table at a time",
            )
    keys = [key for key in keys if key not in columns]
    typed = {key: _typed([one[key] for one in found]) for key in keys}
    schema = pa.schema([(key, kind) for key, (kind, _) in typed.items()])
    values = zip(*(cells for _, cells in typed.values()), strict=True) if typed else None
    return Partitions(schema, ((),) * len(parts) if values is None else tuple(values))


def _repeated(value: PartitionValue, kind: pa.DataType, count: int) -> pa.Array:
    if value is None:
        return pa.nulls(count, kind)
    if isinstance(value, str):
        return text_array([value] * count).cast(kind)
    return plain_array(np.full(count, value, numpy_dtype(kind)))


def _typed(texts: Sequence[str | None]) -> tuple[pa.DataType, list[PartitionValue]]:
    present = [text for text in texts if text is not None]
    for kind, pattern, read in _NUMBERS:
        if all(pattern.fullmatch(text) for text in present):
            values = [None if text is None else read(text) for text in texts]
            if all(value is None or abs(value) < _LARGEST[kind] for value in values):
                return kind, list(values)
    return pa.string(), list(texts)
