"""A table's cells for learning: numbers, texts and times, whatever kind of file they come from."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError, TableError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import Date, Domain, Number, Other, Schema, Text, Times, Truth
from pishield_cli.tables.arrow.columns import in_one_array
from pishield_cli.tables.arrow.dates import date_domain, units_of
from pishield_cli.tables.arrow.schema import domain_of
from pishield_cli.tables.contents import contents
from pishield_cli.tables.table import (
    Batch,
    TableReader,
    refuse_repeated,
)

MISSING = -1
"""The code of a missing text."""

_UNNAMED: Schema = {}

_WORDS: Mapping[str, Domain] = {
    "real": Number(),
    "integer": Number(places=0),
    "boolean": Truth(),
    "text": Text(),
    "time": Date(),
    "other": Other(),
}
"""How records name what a column holds, as far as it matters to a network."""


def word_of(domain: Domain) -> str:
    """How records name what a column holds."""
    match domain:
        case Number():
            return "integer" if domain.whole else "real"
        case Truth():
            return "boolean"
        case Date(times=Times.DATE):
            return "time"
        case Other():
            return "other"
        case _:
            return "text"


def domain_named(word: str) -> Domain:
    """What a column holds, as records name it.

    Raises:
        ValueError: If no record does.
    """
    if word not in _WORDS:
        raise ValueError(f"{word!r} does not name what a column holds")
    return _WORDS[word]


def is_numeric(domain: Domain) -> bool:
    """Whether a column's cells are numbers or truth values as they stand."""
    return isinstance(domain, Number | Truth)


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
class EncodedCells:
    """Some rows of a table.

    Attributes:
        rows: How many.
        numbers: Numbers, truth values as 0 and 1, times as days; float64, NaN where missing.
        texts: Columns of texts.
    """

    rows: int
    numbers: Mapping[str, Array]
    texts: Mapping[str, Texts]

    def take(self, rows: Array) -> "EncodedCells":
        """Some of the rows, in the order given."""
        return EncodedCells(
            len(rows),
            {name: values[rows] for name, values in self.numbers.items()},
            {name: texts.take(rows) for name, texts in self.texts.items()},
        )


def learnable(reader: TableReader, domains: Schema = _UNNAMED) -> Schema:
    """What every column of a table holds, as far as it matters to a network.

    A text is read through. Times of day and lengths of time that requirements do not name are
    texts.

    Args:
        reader: The table.
        domains: What requirements take columns for.
    """
    refuse_repeated(reader.columns, reader.columns, f"`{reader.name}`")
    told = {name: one for name, one in domains.items() if not is_numeric(one)}
    found = contents(reader, [name for name in reader.columns if name not in told])
    taken = {name: Date() if isinstance(one, Date) else one for name, one in told.items()}
    return {name: domain_named(word_of({**found, **taken}[name])) for name in reader.columns}


def read_batches(
    reader: TableReader,
    wanted: Schema,
    given: Collection[str] = (),
    domains: Schema = _UNNAMED,
    *,
    rows: int | None = None,
) -> Iterator[tuple[Batch, EncodedCells]]:
    """Read some columns of a table batch by batch.

    Args:
        reader: The table.
        wanted: The columns to read, and what their cells have to be.
        given: Columns to read as numbers, whatever else they are; derived ones too.
        domains: What requirements take columns for.
        rows: About how many rows a batch holds.

    Raises:
        MissingColumnError: If the table lacks one of them.
        ColumnTypeError: If a column holds something else.
        TableError: If a number is infinite.
    """
    dates = {name: one.per_day for name, one in domains.items() if isinstance(one, Date)}
    timed = [name for name, one in wanted.items() if isinstance(one, Date)]
    told = [name for name in timed if name in dates]
    plain = [name for name, one in wanted.items() if is_numeric(one)]
    numeric = list(dict.fromkeys((*plain, *told, *given)))
    others = [name for name in wanted if name not in plain and name not in told]
    texts_wanted = [name for name in others if name not in timed]
    for batch in reader.batches(numeric, rows=rows, whole=True):
        if not batch.rows:
            continue
        numbers = {name: _numbers(batch.columns[name]) / dates.get(name, 1) for name in numeric}
        for name in plain:
            _refuse_infinite(numbers[name], name, reader, batch.start)
        texts: dict[str, Texts] = {}
        if others:
            table = reader.stored.arrow([batch], columns=others, texts=texts_wanted, times=True)
            for name in others:
                column = table.column(name)
                if name in timed:
                    numbers[name] = _days(column, name, reader)
                else:
                    texts[name] = _texts(column)
        yield batch, EncodedCells(batch.rows, numbers, texts)


def read_cells(
    reader: TableReader,
    wanted: Schema,
    given: Collection[str] = (),
    domains: Schema = _UNNAMED,
    *,
    rows: int | None = None,
) -> EncodedCells:
    """Read some columns of a whole table; see `read_batches`.

    Args:
        reader: The table.
        wanted: The columns and what they hold.
        given: Columns to read as numbers besides.
        domains: What the requirements take columns for.
        rows: About how many rows are read at once; None lets the format choose.
    """
    parts = [cells for _, cells in read_batches(reader, wanted, given, domains, rows=rows)]
    own = [name for name, one in wanted.items() if is_numeric(one) or isinstance(one, Date)]
    texts = [name for name in wanted if name not in own]
    numbers = dict.fromkeys((*own, *given))
    return EncodedCells(
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


def _refuse_infinite(values: Array, name: str, reader: TableReader, before: int) -> None:
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise TableError(
            f"A network takes finite numbers, but `{name}` of `{reader.name}` is infinite in row "
            f"{before + int(infinite[0]) + 1:,}.",
            hint="leave the cell empty if it is missing, or leave the column out",
        )


def _days(column: pa.ChunkedArray, name: str, reader: TableReader) -> Array:
    domain = date_domain(column.type)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if domain is None or domain.times is not Times.DATE:
        raise ColumnTypeError(
            f"Column `{name}` of `{reader.name}` must hold dates or times, as in training, but it "
            f"holds {'numbers' if is_numeric(domain_of(column.type, frozenset())) else 'text'}.",
            hint="write them like 2024-05-31 or 2024-05-31 12:00:00",
        )
    return _numbers(units_of(in_one_array(column))) / domain.per_day


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
