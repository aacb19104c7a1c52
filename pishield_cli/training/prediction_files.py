"""Predictions as CSV or Parquet, alone or beside the columns that they were made from."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_text
from pishield_cli.tables.aside import AsideStream, WrittenAside, aside_of, writing
from pishield_cli.tables.csv.listing import quoted
from pishield_cli.tables.csv.reader import CsvReader
from pishield_cli.tables.csv.records import BOM, Records, split_cells
from pishield_cli.tables.opening import csv_delimiter
from pishield_cli.tables.parquet.aside import ParquetAside
from pishield_cli.tables.parquet.reader import ParquetReader
from pishield_cli.tables.table import Batch, TableReader
from pishield_cli.training.cells import CellKind

_PARQUET = ".parquet"
_TRUTHS = ("false", "true")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns the output has.

    Attributes:
        kept: The table's columns that are copied, by the name they get.
        predicted: Predictions by name, and what their cells are.
        order: All names of the output, in order.
        whole: Whether all of the table's columns are copied.
    """

    kept: Mapping[str, str]
    predicted: Mapping[str, CellKind]
    order: tuple[str, ...]
    whole: bool


def plan_layout(
    columns: Sequence[str],
    given: Sequence[str],
    targets: Mapping[str, CellKind],
    *,
    append: bool,
) -> Layout:
    """Decide on the output's columns.

    Args:
        columns: The table's columns.
        given: Columns that requirements name and that are not predicted.
        targets: The predicted columns.
        append: Whether all of the table's columns are copied. A prediction then stands in the
            place of the table's column of its name, and that one goes to the end as
            `<name>_actual`.
    """
    if not append:
        return Layout({name: name for name in given}, targets, (*given, *targets), whole=False)
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
    return Layout(kept, targets, tuple(order), whole=True)


class PredictionWriter(WrittenAside):
    """Predictions being written aside; they appear at `commit`, whole or not at all."""

    @abstractmethod
    def write(self, batch: Batch, predicted: Mapping[str, Array]) -> None:
        """Append a batch that was read whole, with its predictions."""


def open_predictions(reader: TableReader, output: str, layout: Layout) -> PredictionWriter:
    """Start writing predictions.

    Args:
        reader: The table that they are made from.
        output: A file, CSV or Parquet by its ending; `-` writes CSV to standard output.
        layout: The columns.

    Raises:
        TableError: If the ending is unknown, all columns are wanted in another kind of file than
            the table's, or nothing can be written there.
    """
    delimiter = csv_delimiter(output)
    parquet = output.lower().endswith(_PARQUET)
    if delimiter is None and not parquet:
        raise TableError(
            f"Predictions are CSV or Parquet, but `{output}` has another ending.",
            hint="use .csv, .tsv, .csv.gz or .parquet",
        )
    if layout.whole and parquet is isinstance(reader, CsvReader):
        raise TableError(
            f"With --append the output must be of the same kind as the table, but `{reader.name}` "
            f"and `{output}` are not.",
            hint="give the output the table's own ending",
        )
    if delimiter is None:
        return _ParquetPredictions(reader, output, layout)
    return _CsvPredictions(reader, output, layout, delimiter.encode())


class _CsvPredictions(PredictionWriter):
    def __init__(self, reader: TableReader, output: str, layout: Layout, delimiter: bytes) -> None:
        self._reader = reader
        self._layout = layout
        self._delimiter = delimiter
        self._places = {name: place for place, name in enumerate(reader.columns)}
        header = reader.header if isinstance(reader, CsvReader) else None
        self._ending = header.line_ending if header is not None else b"\n"
        self._marked = header is not None and header.data.startswith(BOM)
        self._stream = AsideStream(output)
        self._begun = False

    def write(self, batch: Batch, predicted: Mapping[str, Array]) -> None:
        self._begin()
        new = {
            name: _texts(values, self._layout.predicted[name]) for name, values in predicted.items()
        }
        kept = self._kept_cells(batch)
        columns = [new[name] if name in new else kept[name] for name in self._layout.order]
        join, ending = self._delimiter.join, self._ending
        alone = len(columns) == 1
        lines = [
            join(cells) + ending if not alone or cells[0] else b'""' + ending
            for cells in zip(*columns, strict=True)
        ]
        self._stream.write(b"".join(lines))

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
        mark = BOM if self._marked else b""
        self._stream.write(mark + self._delimiter.join(names) + self._ending)

    def _kept_cells(self, batch: Batch) -> dict[str, Sequence[bytes]]:
        """The copied columns' cells, as written where the table is CSV with the same delimiter."""
        kept = self._layout.kept
        if not kept:
            return {}
        native = batch.native
        if isinstance(native, Records):
            spans = native.spans()
            rows = zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
            split = [split_cells(native.data[a:b], native.delimiter) for a, b in rows]
            cells = list(zip(*split, strict=True))
            return {title: cells[self._places[name]] for title, name in kept.items()}
        texts = [self._reader.native_cells(batch, row) for row in range(batch.rows)]
        return {
            title: [quoted(row[self._places[name]].encode(), self._delimiter) for row in texts]
            for title, name in kept.items()
        }


class _ParquetPredictions(ParquetAside, PredictionWriter):
    def __init__(self, reader: TableReader, output: str, layout: Layout) -> None:
        super().__init__(output, aside_of(output))
        self._reader = reader
        self._layout = layout
        self._schema: pa.Schema | None = None

    def write(self, batch: Batch, predicted: Mapping[str, Array]) -> None:
        columns = {
            name: _arrow(values, self._layout.predicted[name]) for name, values in predicted.items()
        }
        for title, name in self._layout.kept.items():
            columns[title] = self._kept(batch, name)
        arrays = [columns[name] for name in self._layout.order]
        table = pa.table(dict(zip(self._layout.order, arrays, strict=True)))
        file = self._file or self._start(table.schema)
        with writing(self._output):
            file.write_table(table.cast(self._schema))

    def commit(self) -> None:
        if self._file is None:
            self._start(self._empty())
        super().commit()

    def _start(self, schema: pa.Schema) -> pq.ParquetWriter:
        self._schema = schema
        with writing(self._output):
            self._file = pq.ParquetWriter(self._aside.path, schema, filesystem=self._aside.system)
        return self._file

    def _kept(self, batch: Batch, name: str) -> Any:
        if isinstance(self._reader, ParquetReader):
            return batch.native.rows.column(name)
        column = batch.columns[name]
        # Whole in one part of a file, not in another: numbers are numbers everywhere.
        return _nullable(column, whole=self._reader.kinds([name])[name].value != "real")

    def _empty(self) -> pa.Schema:
        types = {name: _arrow_type(kind) for name, kind in self._layout.predicted.items()}
        fields = []
        for name in self._layout.order:
            if name in types:
                fields.append(pa.field(name, types[name]))
            elif isinstance(self._reader, ParquetReader):
                kept = self._reader.schema.field(self._layout.kept[name])
                fields.append(kept.with_name(name))
            else:
                fields.append(pa.field(name, pa.float64()))
        return pa.schema(fields)


def _texts(values: Array, kind: CellKind) -> list[bytes]:
    if kind is CellKind.BOOLEAN:
        return [_TRUTHS[int(value)].encode() for value in values.tolist()]
    if kind is CellKind.INTEGER:
        return [b"%d" % value for value in values.tolist()]
    return [_decimal(value) for value in values.tolist()]


def _decimal(value: float) -> bytes:
    text = decimal_text(value + 0.0)  # minus zero is zero
    return text.removesuffix(".0").encode()


def _arrow_type(kind: CellKind) -> pa.DataType:
    if kind is CellKind.BOOLEAN:
        return pa.bool_()
    return pa.int64() if kind is CellKind.INTEGER else pa.float64()


def _arrow(values: Array, kind: CellKind) -> pa.Array:
    types = {CellKind.BOOLEAN: np.bool_, CellKind.INTEGER: np.int64}
    return pa.array(values.astype(types.get(kind, np.float64)))


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
