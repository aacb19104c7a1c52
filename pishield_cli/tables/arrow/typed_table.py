"""Tables whose columns have Arrow's types: what their schema tells, and their rows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.arrays import (
    object_array,
    plain_array,
    plain_schema,
    rows_without_views,
)
from pishield_cli.tables.arrow.columns import (
    cell_texts,
    in_one_array,
    is_numeric,
    number_domain,
)
from pishield_cli.tables.arrow.schema import domains_of, is_text
from pishield_cli.tables.arrow.time_texts import times_read
from pishield_cli.tables.dialect import BadCells, Dialect
from pishield_cli.tables.named import NamedTable
from pishield_cli.tables.table import Batch, TableWriter

_LOOKED_AT = 100
"""Cells of a column of texts by which it is told whether they say dates."""


class TypedTable(NamedTable, ABC):
    """A table whose columns have Arrow's types.

    Args:
        name: As the user gave it.
        title: As messages call it.
        schema: The types of all columns.
    """

    date_format: str | None = None
    """How texts say dates, besides ISO 8601; None for no other way."""

    def __init__(self, name: str, title: str, schema: pa.Schema) -> None:
        super().__init__(name, title, schema.names)
        self.schema = schema

    def read_as(self, dialect: Dialect) -> Self:
        """The same table, what its texts mean and what is done with those that are not dates."""
        self.date_format, self.bad_cells = dialect.date_format, dialect.bad_cells
        return self

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What the types of columns say, and of texts the first cells, which may be dates."""
        few_bad = self.bad_cells is not BadCells.ERROR
        return domains_of(self.schema, uses, self._first_cells, self.date_format, few_bad=few_bad)

    def _first_cells(self, names: Sequence[str]) -> dict[str, list[str | None]]:
        first = next(iter(self.batches((), rows=_LOOKED_AT, raw=names)), None)
        cells = {} if first is None else first.raw
        return {name: one[:_LOOKED_AT].to_pylist() for name, one in cells.items()}

    def settled(self, columns: Sequence[str]) -> Schema:
        """What the types of columns of numbers say."""
        types = {name: self.schema.field(name).type for name in self._numeric(columns)}
        return {name: number_domain(kind) for name, kind in types.items()}

    def picked(self, batch: Batch, rows: Sequence[int] | Array) -> Batch:
        """Some rows of a batch as a batch without numeric columns; see `StoredTable`."""
        places = np.asarray(rows, dtype=np.int64)
        every, count = rows_without_views(self._rows_of(batch.native)), len(places)
        # Taking rows loads all of Arrow's functions.
        side_by_side = count > 0 and places[-1] - places[0] == count - 1
        taken = every.slice(places[0], count) if side_by_side else every.take(plain_array(places))
        return Batch(batch.start, count, {}, taken)

    def place(self, batch: Batch, row: int) -> str:
        """The row's number, from 0."""
        return f"row {batch.start + row}"

    def texts(self, batch: Batch) -> list[Sequence[str]]:
        """Each row's cells as text, in file order; empty where missing or not read."""
        rows = self._rows_of(batch.native)
        read = {name: place for place, name in enumerate(rows.schema.names)}
        whole = len(rows.schema) == len(self._columns)
        # Column by column: taking single cells out of Arrow arrays is slow.
        columns = [
            cell_texts(in_one_array(rows.column(place if whole else read[name])))
            if whole or name in read
            else [""] * batch.rows
            for place, name in enumerate(self._columns)
        ]
        return list(zip(*columns, strict=True))

    def written(self, batch: Batch) -> None:
        """Nothing: the file holds values."""
        del batch

    def arrow(
        self,
        batches: Sequence[Batch],
        *,
        columns: Sequence[str] | None = None,
        texts: Sequence[str] = (),  # noqa: ARG002 - texts are texts here
        times: bool = False,  # noqa: ARG002 - and times times
    ) -> pa.Table:
        """The rows of batches that were read whole, one below the other, in their own types."""
        parts = [rows_without_views(self._rows_of(batch.native)) for batch in batches]
        # `pyarrow.table` would load pandas.
        tables = [_table(part) for part in parts]
        table = pa.concat_tables(tables) if tables else plain_schema(self.schema).empty_table()
        return table if columns is None else table.select(list(columns))

    def restored(self, name: str, texts: Sequence[str | None]) -> Array:
        """The cells of an audit in a column's type; see `StoredTable`."""
        there = [text for text in texts if text is not None]
        found = self._restored(name, there)
        if len(there) == len(texts):
            return found
        values = iter(found.tolist())
        return object_array([None if text is None else next(values) for text in texts])

    def _restored(self, name: str, texts: Sequence[str]) -> Array:
        kind = self.schema.field(name).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if is_text(kind):
            return object_array(texts)
        if pa.types.is_temporal(kind):
            return times_read(texts, kind)
        if pa.types.is_boolean(kind):
            return np.array([bool(int(text)) for text in texts])
        if pa.types.is_integer(kind):
            wide = np.uint64 if pa.types.is_unsigned_integer(kind) else np.int64
            return np.array([int(text) for text in texts], dtype=wide)
        if pa.types.is_floating(kind):
            return np.array([float(text) for text in texts])
        return object_array([Fraction(text) for text in texts])

    @abstractmethod
    def open_writer(self, output: str) -> TableWriter:
        """Start writing a changed copy; see `StoredTable`."""

    def _rows_of(self, native: Any) -> Any:
        """A batch's rows, with all columns where it was read whole."""
        return native

    def _numeric(self, columns: Sequence[str]) -> list[str]:
        wanted = self._known(columns)
        for name in wanted:
            kind = self.schema.field(name).type
            if not is_numeric(kind):
                raise ColumnTypeError(
                    f"Column `{name}` of {self._title} must hold numbers, but its type is {kind}.",
                    hint="convert the column to a number first",
                )
        return wanted


def _table(rows: Any) -> pa.Table:
    return pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
