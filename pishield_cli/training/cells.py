"""A table's cells for learning: numbers, texts and times, whatever kind of file they come from."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
from pyarrow import compute

from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import Date, Domain, Mixed, Schema, Text, Truth
from pishield_cli.logic.rows.grids import grid_of
from pishield_cli.tables.arrow.columns import is_numeric
from pishield_cli.tables.table import (
    Batch,
    StoredTable,
    TableReader,
    refuse_repeated,
)

MISSING = -1
"""The code of a missing text."""

_MICROSECONDS_A_DAY = 86_400e6

_UNNAMED: Schema = {}


class CellKind(StrEnum):
    """What the cells of a column are, to a network."""

    REAL = "real"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    TIME = "time"
    OTHER = "other"

    @property
    def numeric(self) -> bool:
        """Whether requirements can name such a column."""
        return self in {CellKind.REAL, CellKind.INTEGER, CellKind.BOOLEAN}


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts.

    Attributes:
        codes: For each row the place of its text in `values`, `MISSING` where there is none;
            shape `(rows,)`.
        values: Distinct texts.
    """

    codes: Array
    values: tuple[str, ...]

    def take(self, rows: Array) -> "Texts":
        """The texts of some rows."""
        return Texts(self.codes[rows], self.values)


@dataclass(frozen=True, slots=True)
class Cells:
    """Some rows of a table.

    Attributes:
        rows: How many.
        numbers: Numbers, truth values as 0 and 1, times as days; float64, NaN where missing.
        texts: Columns of texts.
    """

    rows: int
    numbers: Mapping[str, Array]
    texts: Mapping[str, Texts]

    def take(self, rows: Array) -> "Cells":
        """Some of the rows, in the order given."""
        return Cells(
            len(rows),
            {name: values[rows] for name, values in self.numbers.items()},
            {name: texts.take(rows) for name, texts in self.texts.items()},
        )


def cell_kinds(reader: TableReader, domains: Schema = _UNNAMED) -> dict[str, CellKind]:
    """What every column of a table is; a CSV table is read through for this.

    Args:
        reader: The table.
        domains: What requirements take columns for.
    """
    refuse_repeated(reader.columns, reader.columns, f"`{reader.name}`")
    stored = reader.stored
    if stored.schema is not None:
        types = {field.name: _arrow_kind(field.type) for field in stored.schema}
    else:
        types = _kinds_read(stored)
    taken = {name: _taken_for(one) for name, one in domains.items()}
    types |= {name: kind for name, kind in taken.items() if kind is not None}
    numeric = [name for name, kind in types.items() if kind is CellKind.REAL]
    found = {name: _settled(one) for name, one in reader.settled(numeric).items()}
    return {name: found.get(name, types[name]) for name in reader.columns}


def read_batches(
    reader: TableReader,
    kinds: Mapping[str, CellKind],
    given: Collection[str] = (),
    domains: Schema = _UNNAMED,
    *,
    rows: int | None = None,
) -> Iterator[tuple[Batch, Cells]]:
    """Read some columns of a table batch by batch.

    Args:
        reader: The table.
        kinds: The columns to read, and what their cells have to be.
        given: Columns to read as numbers, whatever else they are; derived ones too.
        domains: What requirements take columns for.
        rows: About how many rows a batch holds.

    Raises:
        MissingColumnError: If the table lacks one of them.
        ColumnTypeError: If a column holds something else.
    """
    dates = {name: one.per_day for name, one in domains.items() if isinstance(one, Date)}
    timed = [name for name, kind in kinds.items() if kind is CellKind.TIME and name in dates]
    plain = [name for name, kind in kinds.items() if kind.numeric]
    numeric = list(dict.fromkeys((*plain, *timed, *given)))
    others = [name for name, kind in kinds.items() if not kind.numeric and name not in timed]
    texts_wanted = [name for name in others if kinds[name] is not CellKind.TIME]
    for batch in reader.batches(numeric, rows=rows, whole=True):
        if not batch.rows:
            continue
        numbers = {name: _numbers(batch.columns[name]) / dates.get(name, 1) for name in numeric}
        texts: dict[str, Texts] = {}
        if others:
            table = reader.stored.arrow([batch], columns=others, texts=texts_wanted, times=True)
            for name in others:
                column = table.column(name)
                if kinds[name] is CellKind.TIME:
                    numbers[name] = _days(column, name, reader)
                else:
                    texts[name] = _texts(column)
        yield batch, Cells(batch.rows, numbers, texts)


def read_cells(
    reader: TableReader,
    kinds: Mapping[str, CellKind],
    given: Collection[str] = (),
    domains: Schema = _UNNAMED,
    *,
    rows: int | None = None,
) -> Cells:
    """Read some columns of a whole table; see `read_batches`."""
    parts = [cells for _, cells in read_batches(reader, kinds, given, domains, rows=rows)]
    own = [name for name, kind in kinds.items() if kind.numeric or kind is CellKind.TIME]
    texts = [name for name in kinds if name not in own]
    numbers = dict.fromkeys((*own, *given))
    return Cells(
        sum(part.rows for part in parts),
        {name: _joined([part.numbers[name] for part in parts]) for name in numbers},
        {name: _joined_texts([part.texts[name] for part in parts]) for name in texts},
    )


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0)


def _joined_texts(parts: Sequence[Texts]) -> Texts:
    places: dict[str, int] = {}
    codes = []
    for part in parts:
        own = [places.setdefault(value, len(places)) for value in part.values]
        codes.append(np.array([*own, MISSING], dtype=np.int64)[part.codes])
    return Texts(np.concatenate(codes) if codes else np.zeros(0, np.int64), tuple(places))


def _numbers(column: NumericColumn) -> Array:
    values = column.values.astype(np.float64)
    if column.missing is not None:
        values[column.missing] = np.nan
    return values


def _settled(domain: Domain) -> CellKind:
    if isinstance(domain, Truth):
        return CellKind.BOOLEAN
    return CellKind.INTEGER if grid_of(domain).integer else CellKind.REAL


def _taken_for(domain: Domain) -> CellKind | None:
    """What requirements make of a column's cells; None where the table alone tells."""
    if isinstance(domain, Date):
        return CellKind.TIME
    return CellKind.TEXT if isinstance(domain, Text | Mixed) else None


def _kinds_read(reader: StoredTable) -> dict[str, CellKind]:
    """What columns are whose types are told by their cells alone."""
    seen: dict[str, set[CellKind]] = {name: set() for name in reader.columns}
    for batch in reader.batches([], whole=True):
        if batch.rows:
            for field in reader.arrow([batch], times=True).schema:
                if not pa.types.is_null(field.type):
                    seen[field.name].add(_arrow_kind(field.type))
    return {name: _common(kinds) for name, kinds in seen.items()}


def _common(kinds: set[CellKind]) -> CellKind:
    if not kinds:
        return CellKind.REAL
    return kinds.pop() if len(kinds) == 1 else CellKind.TEXT


def _arrow_kind(kind: pa.DataType) -> CellKind:
    """TEXT, TIME, OTHER, or REAL for all that is numeric."""
    if is_numeric(kind):
        return CellKind.REAL
    if pa.types.is_dictionary(kind):
        return _arrow_kind(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return CellKind.TEXT
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return CellKind.TIME
    if isinstance(kind, pa.DataType) and pa.types.is_temporal(kind):
        return CellKind.TEXT
    return CellKind.OTHER


def _days(column: pa.ChunkedArray, name: str, reader: TableReader) -> Array:
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if _arrow_kind(column.type) is not CellKind.TIME:
        raise ColumnTypeError(
            f"Column `{name}` of `{reader.name}` must hold dates or times, as in training, but it "
            f"holds {_found(column.type)}.",
            hint="write them like 2024-05-31 or 2024-05-31 12:00:00",
        )
    stamps = column.cast(pa.timestamp("us")) if not _zoned(column.type) else column
    whole = compute.cast(stamps.cast(pa.timestamp("us"), safe=False), pa.int64())
    return _floats(whole) / _MICROSECONDS_A_DAY


def _zoned(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)


def _found(kind: pa.DataType) -> str:
    return "numbers" if is_numeric(kind) else "text"


def _floats(column: pa.ChunkedArray) -> Array:
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    present: Array = values.is_valid().to_numpy(zero_copy_only=False)
    whole: Array = values.fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(present, whole.astype(np.float64), np.nan)


def _texts(column: pa.ChunkedArray) -> Texts:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    codes: Array = encoded.indices.fill_null(MISSING).to_numpy(zero_copy_only=False)
    return Texts(codes.astype(np.int64), tuple(encoded.dictionary.to_pylist()))
