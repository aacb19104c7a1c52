"""Predictions as CSV or Parquet, alone or beside the columns that they were made from."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_text
from pishield_cli.logic.domains import Domain, Number, Schema, Text, Truth
from pishield_cli.logic.rows.grids import grid_of
from pishield_cli.tables.arrow.columns import numpy_dtype
from pishield_cli.tables.arrow.schema import type_of
from pishield_cli.tables.aside import AsideStream, WrittenAside
from pishield_cli.tables.csv.listing import quoted
from pishield_cli.tables.endings import delimiter_of, format_named
from pishield_cli.tables.opening import open_new
from pishield_cli.tables.table import Batch, NewTable, StoredTable, TableReader
from pishield_cli.training.dates import DateForm

_TRUTHS = ("false", "true")

NO_DATES: Mapping[str, DateForm] = {}


@dataclass(frozen=True, slots=True)
class OutputColumns:
    """Which columns the output has.

    Attributes:
        kept: The table's columns that are copied, by the name they get.
        predicted: Predictions by name, and what they hold.
        order: All names of the output, in order.
        whole: Whether all of the table's columns are copied.
        dates: How predicted dates are written.
    """

    kept: Mapping[str, str]
    predicted: Schema
    order: tuple[str, ...]
    whole: bool
    dates: Mapping[str, DateForm] = field(default_factory=dict)


def plan_layout(
    columns: Sequence[str],
    given: Sequence[str],
    targets: Schema,
    dates: Mapping[str, DateForm] = NO_DATES,
    *,
    append: bool,
) -> OutputColumns:
    """Decide on the output's columns.

    Args:
        columns: The table's columns.
        given: The table's columns that requirements name and that are not predicted.
        targets: The predicted columns.
        dates: How those of them are written that hold dates.
        append: Whether all of the table's columns are copied. A prediction then stands in the
            place of the table's column of its name, and that one goes to the end as
            `<name>_actual`.
    """
    if not append:
        return OutputColumns(
            {name: name for name in given}, targets, (*given, *targets), whole=False, dates=dates
        )
    kept: dict[str, str] = {}
    order = list(columns)
    order.extend(name for name in targets if name not in columns)
    for name in columns:
        title = name
        while title in targets or (title != name and title in order):
            title = f"{title}_actual" if title == name else f"_{title}"
        kept[title] = name
        if title != name:
            order.append(title)
    return OutputColumns(kept, targets, tuple(order), whole=True, dates=dates)


class PredictionWriter(WrittenAside):
    """Predictions being written aside; they appear at `commit`, whole or not at all."""

    @abstractmethod
    def write(self, batch: Batch, predicted: Mapping[str, Array]) -> None:
        """Append a batch that was read whole, with its predictions."""


def open_predictions(reader: TableReader, output: str, layout: OutputColumns) -> PredictionWriter:
    """Start writing predictions.

    Args:
        reader: The table that they are made from.
        output: A file, CSV or Parquet by its ending; `-` writes CSV to standard output.
        layout: The columns.

    Raises:
        TableError: If the ending is unknown, all columns are wanted in another kind of file than
            the table's, or nothing can be written there.
    """
    stored, kind = reader.stored, format_named(output)
    if kind is None:
        raise TableError(
            f"The ending of `{output}` is not that of a kind of table.",
            hint="use .csv, .tsv, .csv.gz, .parquet, .arrow or .jsonl",
        )
    delimiter = delimiter_of(kind)
    if layout.whole and kind is not stored.format and not (delimiter and stored.style.delimiter):
        raise TableError(
            f"With --append the output must be of the same kind as the table, but `{reader.name}` "
            f"and `{output}` are not.",
            hint="give the output the table's own ending",
        )
    if delimiter is not None:
        return _CsvPredictions(stored, output, layout, delimiter.encode())
    return TypedPredictions(stored, open_new(output), layout)


class _CsvPredictions(PredictionWriter):
    def __init__(
        self, reader: StoredTable, output: str, layout: OutputColumns, delimiter: bytes
    ) -> None:
        self._reader = reader
        self._layout = layout
        self._delimiter = delimiter
        self._places = {name: place for place, name in enumerate(reader.columns)}
        self._ending = reader.style.line_ending
        self._mark = reader.style.mark
        self._stream = AsideStream(output)
        self._begun = False

    def write(self, batch: Batch, predicted: Mapping[str, Array]) -> None:
        self._begin()
        new = {name: self._texts(name, values) for name, values in predicted.items()}
        kept = self._kept_cells(batch)
        columns = [new[name] if name in new else kept[name] for name in self._layout.order]
        join, ending = self._delimiter.join, self._ending
        alone = len(columns) == 1
        lines = [
            join(cells) + ending if not alone or cells[0] else b'""' + ending
            for cells in zip(*columns, strict=True)
        ]
        self._stream.write(b"".join(lines))

    def _texts(self, name: str, values: Array) -> list[bytes]:
        form = self._layout.dates.get(name)
        if form is None:
            return _texts(values, self._layout.predicted[name], self._delimiter)
        return [quoted(text.encode(), self._delimiter) for text in form.texts(values)]

    def commit(self) -> None:
        self._begin()
        self._stream.commit()

    def close(self) -> None:
        self._stream.close()

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        names = (quoted(name.encode(), self._delimiter) for name in self._layout.order)
        self._stream.write(self._mark + self._delimiter.join(names) + self._ending)

    def _kept_cells(self, batch: Batch) -> dict[str, Sequence[bytes]]:
        """The copied columns' cells, as written where the table is CSV with the same delimiter."""
        kept = self._layout.kept
        if not kept:
            return {}
        # Cells of a CSV file are kept as they are, whatever stands between them.
        written = self._reader.written(batch) if self._reader.style.delimiter else None
        if written is not None:
            cells = list(zip(*written, strict=True))
            return {title: cells[self._places[name]] for title, name in kept.items()}
        texts = self._reader.texts(batch)
        return {
            title: [quoted(row[self._places[name]].encode(), self._delimiter) for row in texts]
            for title, name in kept.items()
        }


class TypedPredictions(PredictionWriter):
    """Predictions as typed columns.

    Args:
        reader: The table that they are made from.
        table: Where they go.
        layout: The columns.
    """

    def __init__(self, reader: StoredTable, table: NewTable, layout: OutputColumns) -> None:
        self._reader = reader
        self._table = table
        self._layout = layout
        self._schema: pa.Schema | None = None

    def write(self, batch: Batch, predicted: Mapping[str, Array]) -> None:
        columns = {name: self._array(name, values) for name, values in predicted.items()}
        for title, name in self._layout.kept.items():
            columns[title] = self._kept(batch, name)
        arrays = [columns[name] for name in self._layout.order]
        rows = pa.table(dict(zip(self._layout.order, arrays, strict=True)))
        if self._schema is None:
            self._start(rows.schema)
        self._table.append(rows.cast(self._schema))

    def commit(self) -> None:
        if self._schema is None:
            self._start(self._empty())
        self._table.commit()

    def close(self) -> None:
        self._table.close()

    def _array(self, name: str, values: Array) -> pa.Array:
        form = self._layout.dates.get(name)
        return _arrow(values, self._layout.predicted[name]) if form is None else form.array(values)

    def _start(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._table.start(schema)

    def _kept(self, batch: Batch, name: str) -> Any:
        if self._reader.schema is not None or name not in batch.columns:
            return self._reader.arrow([batch], columns=[name]).column(0)
        column = batch.columns[name]
        # Whole in one part of a file, not in another: numbers are numbers everywhere.
        return _nullable(column, whole=grid_of(self._reader.settled([name])[name]).integer)

    def _empty(self) -> pa.Schema:
        kept = self._layout.kept
        own = self._reader.arrow([], columns=list(kept.values())).schema
        fields = {title: own.field(name).with_name(title) for title, name in kept.items()}
        for name, kind in self._layout.predicted.items():
            form = self._layout.dates.get(name)
            fields[name] = pa.field(name, type_of(kind) if form is None else form.type)
        return pa.schema([fields[name] for name in self._layout.order])


def _texts(values: Array, domain: Domain, delimiter: bytes) -> list[bytes]:
    if isinstance(domain, Text):
        return [quoted(value.encode(), delimiter) for value in values.tolist()]
    if isinstance(domain, Truth):
        return [_TRUTHS[int(value)].encode() for value in values.tolist()]
    if domain == Number(places=0):
        return [b"%d" % value for value in values.tolist()]
    return [_decimal(value) for value in values.tolist()]


def _decimal(value: float) -> bytes:
    text = decimal_text(value + 0.0)  # minus zero is zero
    return text.removesuffix(".0").encode()


def _arrow(values: Array, domain: Domain) -> pa.Array:
    if isinstance(domain, Text):
        return pa.array(values, pa.string())
    return pa.array(values.astype(numpy_dtype(type_of(domain))))


def _nullable(column: NumericColumn, *, whole: bool) -> pa.Array:
    values = column.values
    missing = np.zeros(len(values), dtype=bool) if column.missing is None else column.missing
    if values.dtype.kind == "f":
        missing = missing | np.isnan(values)
    if not whole:
        return pa.array(values.astype(np.float64), mask=missing)
    return pa.array(values.astype(np.int64), mask=missing)


def listed(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(f"`{name}`" for name in names)
