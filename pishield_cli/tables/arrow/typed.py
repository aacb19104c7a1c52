"""Tables whose columns have Arrow's types: what their schema tells, and their rows."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError, MissingColumnError
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.arrays import object_array, plain_array
from pishield_cli.tables.arrow.columns import (
    cell_texts,
    decimal_places,
    in_one_array,
    is_numeric,
    kind_of,
    largest_decimals,
)
from pishield_cli.tables.arrow.dates import units_of
from pishield_cli.tables.arrow.schema import domains_of, is_text
from pishield_cli.tables.dialect import InputFormat
from pishield_cli.tables.table import Batch, ColumnKind, Style, TableWriter, refuse_repeated

_LOOKED_AT = 100
"""Cells of a column of texts by which it is told whether they say dates."""


class TypedTable(ABC):
    """A table whose columns have Arrow's types.

    Args:
        name: As the user gave it.
        title: As messages call it.
        schema: The types of all columns.
    """

    format: ClassVar[InputFormat | None] = None
    style: ClassVar[Style] = Style()
    date_format: str | None = None
    """How texts say dates, besides ISO 8601; None for no other way."""

    def __init__(self, name: str, title: str, schema: pa.Schema) -> None:
        self._name = name
        self._title = title
        self.schema = schema
        self._columns = tuple(schema.names)

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order."""
        return self._columns

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """None: the table says itself what its cells are."""
        return ()

    @property
    def unchangeable(self) -> frozenset[str]:
        """No column."""
        return frozenset()

    @property
    def stored(self) -> Self:
        """The table itself."""
        return self

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What the types of columns say, and of texts the first cells, which may be dates."""
        return domains_of(self.schema, uses, self._first_cells, self.date_format)

    @abstractmethod
    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,
        raw: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """Read the table from its start; see `TableReader`."""

    def _first_cells(self, names: Sequence[str]) -> dict[str, list[str | None]]:
        first = next(iter(self.batches((), rows=_LOOKED_AT, raw=names)), None)
        cells = {} if first is None else first.raw
        return {name: one[:_LOOKED_AT].to_pylist() for name, one in cells.items()}

    def kinds(self, columns: Sequence[str]) -> dict[str, ColumnKind]:
        """What the schema says: truth values, whole numbers, or any."""
        return {name: kind_of(kind) for name, kind in self._types(columns).items()}

    def places(self, columns: Sequence[str]) -> dict[str, int]:
        """How many decimal places a column's type holds; only decimal columns limit them."""
        return decimal_places(self._types(columns))

    def largest(self, columns: Sequence[str]) -> dict[str, Fraction]:
        """The largest number of the type of each column of decimals."""
        return largest_decimals(self._types(columns))

    def endless(self, columns: Sequence[str]) -> frozenset[str]:
        """The columns of decimals."""
        return frozenset(largest_decimals(self._types(columns)))

    def picked(self, batch: Batch, rows: Sequence[int] | Array) -> Batch:
        """Some rows of a batch as a batch without numeric columns; see `StoredTable`."""
        places = np.asarray(rows, dtype=np.int64)
        every, count = self._rows_of(batch.native), len(places)
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
        parts = [self._rows_of(batch.native) for batch in batches]
        # `pyarrow.table` would load pandas.
        tables = [_table(part) for part in parts]
        table = pa.concat_tables(tables) if tables else self.schema.empty_table()
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
            return units_of(pa.array(texts, pa.string()).cast(kind)).values
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

    def _types(self, columns: Sequence[str]) -> dict[str, pa.DataType]:
        return {name: self.schema.field(name).type for name in self._numeric(columns)}

    def _known(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        refuse_repeated(wanted, self._columns, self._name)
        known = frozenset(self._columns)
        for name in wanted:
            if name not in known:
                raise MissingColumnError(f"{self._title} has no column `{name}`.")
        return wanted

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
