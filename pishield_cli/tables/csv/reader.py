r"""CSV tables: read in pieces of whole records, several of them parsed by pyarrow at a time.

A cell is a number if it reads `3`, `-0.5`, `.5`, `3.`, `+3`, `1e3`, `inf` or `-Infinity`, with
or without quotes and with spaces or tabs around it; the nearest float64 of any decimal, and
infinity beyond 1e308. A column of only whole numbers of up to 64 bits is read as such (also
`0x1f`, where no other kind of number stands beside it); larger ones are floats. `true`, `True`,
`TRUE` and `false`, `False`, `FALSE` are truth values, which may stand with `0` and `1` but with no
other number. Missing are the empty cell, quoted or not, `NA`, `N/A`, `n/a`, `#N/A`, `#NA`,
`#N/A N/A`, `NaN`, `nan`, `-NaN`, `-nan`, `NULL`, `null`, `1.#IND`, `-1.#IND`, `1.#QNAN` and
`-1.#QNAN`. Anything else (`1,5`, `1_000`, a lone space, `?`, dates) is no number.

Lines without a single character are not rows; in a table of one column, a missing cell is `""`.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from fractions import Fraction
from functools import partial

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pishield_cli.errors import ColumnTypeError, MissingColumnError
from pishield_cli.kernels.columns import Array, NumericColumn, as_floats
from pishield_cli.tables.arrow.columns import is_numeric, numeric_column
from pishield_cli.tables.csv.encodings import decoded_source
from pishield_cli.tables.csv.faults import (
    check_text,
    column_texts,
    malformed,
    not_numeric,
    refuse_endless,
)
from pishield_cli.tables.csv.header import Header, read_header
from pishield_cli.tables.csv.inventory import bad_cells
from pishield_cli.tables.csv.notation import canonical_cells
from pishield_cli.tables.csv.records import Records, record_chunks, significant_quotes
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import open_source, reading
from pishield_cli.tables.table import Batch, ColumnKind, refuse_repeated

_CHUNK = 8 << 20
_WORKERS = 6
"""At most so many pieces are parsed at a time, each in memory for itself."""

_Parsed = tuple[dict[str, NumericColumn], int, Records]


class CsvReader:
    """A table in a CSV file, possibly compressed, or from standard input.

    Args:
        path: The file, an address, or `-`.
        delimiter: What stands between two cells, where the dialect does not say.
        dialect: How the file is written.

    Raises:
        TableError: If the file is missing or has no usable header.
    """

    def __init__(self, path: str, delimiter: str, dialect: Dialect | None = None) -> None:
        self.dialect = dialect or Dialect()
        self.source, self.encoding = decoded_source(open_source(path), self.dialect)
        self.delimiter = (self.dialect.delimiter or delimiter).encode()
        with reading(self.source.title):
            self.header: Header = read_header(self.source, self.delimiter, self.dialect)
        self._places = {name: place for place, name in enumerate(self.header.names)}
        self._kinds: dict[str, ColumnKind] = {}

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self.source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order."""
        return self.header.names

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """What looks like a misunderstanding of the first line."""
        return self.header.remarks

    @property
    def unchangeable(self) -> frozenset[str]:
        """No column."""
        return frozenset()

    def row_count(self) -> None:
        """Nothing tells before the file is read."""

    def batches(
        self, columns: Sequence[str], *, rows: int | None = None, whole: bool = False
    ) -> Iterator[Batch]:
        """Read the table from its start, the next batch while the caller works on this one.

        Args:
            columns: The columns to parse; each must be numeric.
            rows: About how many rows a batch holds; None for about 8 MiB of text.
            whole: Whether a last batch without rows is wanted for the sake of its blank lines;
                a batch always carries its text.

        Raises:
            ColumnTypeError: If a column asked for holds something other than numbers.
            TableError: If the table is malformed; the message names file and line.
        """
        wanted = self._known(columns)
        return self._numbered(wanted, self._chunk_size(rows), whole)

    def kinds(self, columns: Sequence[str]) -> dict[str, ColumnKind]:
        """Read the file, through if need be, and say what its columns hold.

        Returns:
            BOOLEAN for a column of truth values (`0` and `1` among them), INTEGER for one of
            whole numbers, REAL for any other and for one without values.
        """
        unknown = [name for name in dict.fromkeys(columns) if name not in self._kinds]
        if unknown:
            self._kinds.update(self._kinds_found(unknown))
        return {name: self._kinds[name] for name in columns}

    def places(self, columns: Sequence[str]) -> dict[str, int]:
        """No column of a CSV file limits its decimal places."""
        del columns
        return {}

    def largest(self, columns: Sequence[str]) -> dict[str, Fraction]:
        """No column of a CSV file holds less than floats do."""
        del columns
        return {}

    def endless(self, columns: Sequence[str]) -> frozenset[str]:
        """All of them: a text is as long as it is."""
        return frozenset(columns)

    def native_cells(self, batch: Batch, row: int) -> list[str]:
        """A row's cells as text, quotes removed, in file order."""
        records: Records = batch.native
        return records.texts(row)

    def _known(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        for name in wanted:
            if name not in self._places:
                raise MissingColumnError(f"`{self.source.title}` has no column `{name}`.")
        refuse_repeated(wanted, self.header.names, self.source.title)
        return wanted

    def _chunk_size(self, rows: int | None) -> int:
        if rows is None:
            return _CHUNK
        return max(1, min(int(rows * self.header.row_length), 4 * _CHUNK))

    def _numbered(self, wanted: list[str], size: int, whole: bool) -> Generator[Batch, None, None]:
        start = 0
        for columns, rows, records in self._parsed(wanted, size):
            if rows or whole:
                real = {n for n in columns if self._kinds.get(n) is ColumnKind.REAL}
                alike = {n: as_floats(c) if n in real else c for n, c in columns.items()}
                yield Batch(start, rows, alike, records)
            start += rows

    def _parsed(self, wanted: list[str], size: int) -> Iterator[_Parsed]:
        """The file in pieces; columns taken away from `wanted` are left out from then on."""
        return prefetched(self._tasks(wanted, size), min(pa.cpu_count(), _WORKERS))

    def _tasks(self, wanted: list[str], size: int) -> Generator[Callable[[], _Parsed], None, None]:
        for records in self._pieces(size):
            yield partial(self._parse, records, list(wanted))
        self.source.require_unchanged()

    def _parse(self, records: Records, wanted: list[str]) -> _Parsed:
        check_text(records, self.source)
        quotes = significant_quotes(records.data, records.delimiter)
        if len(quotes) % 2:
            raise malformed(records, self.header.names, self.source, "a quote is left open")
        quoted_lines = _has_quoted_lines(records.data, quotes)
        columns, rows = self._columns(records, wanted, quoted_lines)
        for name, column in columns.items():
            if _has_infinity(column.values):
                refuse_endless(records, self._texts(records, name, quoted_lines), name, self.source)
        return columns, rows, records

    def _columns(
        self, records: Records, wanted: list[str], quoted_lines: bool
    ) -> tuple[dict[str, NumericColumn], int]:
        counting = wanted or self.header.names[:1]
        places = {name: str(self._places[name]) for name in counting}
        data = records.data
        if wanted and not self.dialect.plain_numbers:
            data = self._canonical(records, list(places.values()), quoted_lines)
        convert = csv.ConvertOptions(include_columns=list(places.values()), check_utf8=False)
        convert.null_values = self._missing_texts(data)
        if not wanted:
            convert.column_types = {places[counting[0]]: pa.binary()}
        table = self._table(records, data, convert, quoted_lines)
        for name in wanted:
            if not is_numeric(table.schema.field(places[name]).type):
                raise self._not_numeric(records, wanted, name, quoted_lines)
        return {name: numeric_column(table.column(places[name])) for name in wanted}, table.num_rows

    def _canonical(self, records: Records, places: list[str], quoted_lines: bool) -> bytes:
        """The text with all cells of some columns in the common notation, all others empty."""
        convert = csv.ConvertOptions(
            include_columns=places,
            column_types=dict.fromkeys(places, pa.string()),
            check_utf8=False,
            strings_can_be_null=False,
        )
        table = self._table(records, records.data, convert, quoted_lines)
        nothing = pa.repeat("", table.num_rows)
        cells = {
            place: canonical_cells(table.column(place), self.dialect)
            for place in table.schema.names
        }
        every = [cells.get(str(place), nothing) for place in range(len(self.header.names))]
        written = pa.BufferOutputStream()
        options = csv.WriteOptions(include_header=False, delimiter=self.delimiter.decode())
        csv.write_csv(pa.table(every, names=list(map(str, range(len(every))))), written, options)
        text: bytes = written.getvalue().to_pybytes()
        return text

    def _missing_texts(self, data: bytes) -> list[str]:
        # All but the empty cell have an n or #, and looking each cell up takes a tenth of the time.
        usual = csv.ConvertOptions().null_values if b"n" in data or b"N" in data else [""]
        return [*usual, *self.dialect.missing]

    def _table(
        self, records: Records, data: bytes, convert: csv.ConvertOptions, quoted_lines: bool
    ) -> pa.Table:
        try:
            return csv.read_csv(
                pa.BufferReader(data), self._options(data), self._parser(quoted_lines), convert
            )
        except pa.ArrowInvalid as error:
            raise malformed(records, self.header.names, self.source, str(error)) from error

    def _parser(self, quoted_lines: bool) -> csv.ParseOptions:
        delimiter = self.delimiter.decode()
        return csv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted_lines)

    def _options(self, data: bytes) -> csv.ReadOptions:
        # One block: each column then lies in one array, and a record may be as long as it likes.
        # Columns go by their places, since names may be repeated, or no UTF-8.
        names = list(map(str, range(len(self.header.names))))
        return csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False)

    def _not_numeric(
        self, records: Records, wanted: Sequence[str], name: str, quoted_lines: bool
    ) -> Exception:
        """What is wrong with all columns that are wanted; at least with one in this piece."""
        texts = self._texts(records, name, quoted_lines)
        here = not_numeric(records, texts, self._places[name], name, self.source)
        if not isinstance(here, ColumnTypeError):
            return here
        lines_before = self.header.data.count(b"\n") + self.header.data.count(b"\r")
        first = 1 + lines_before - self.header.data.count(b"\r\n")
        found = bad_cells(self._looked_through(wanted), wanted, self.source.title, first)
        return found or here

    def _looked_through(
        self, wanted: Sequence[str]
    ) -> Iterator[tuple[Records, pa.Table, Sequence[str]]]:
        """All pieces of the file, cells of some columns as texts, those that are no UTF-8 empty."""
        places = [str(self._places[name]) for name in wanted]
        for records in self._pieces(_CHUNK):
            quotes = significant_quotes(records.data, records.delimiter)
            convert = csv.ConvertOptions(
                include_columns=places,
                column_types=dict.fromkeys(places, pa.string()),
                check_utf8=False,
                strings_can_be_null=False,
            )
            table = self._table(
                records, records.data, convert, _has_quoted_lines(records.data, quotes)
            )
            if not self.dialect.plain_numbers:
                cells = [canonical_cells(column, self.dialect) for column in table.columns]
                table = pa.table(cells, names=places)
            yield records, table, [*csv.ConvertOptions().null_values, *self.dialect.missing]

    def _pieces(self, size: int) -> Iterator[Records]:
        title = self.source.title
        with reading(title), self.source.open() as stream:
            skip = len(self.header.data)
            yield from record_chunks(stream, self.delimiter, size=size, skip=skip, title=title)

    def _texts(self, records: Records, name: str, quoted_lines: bool) -> list[str | None]:
        data = records.data
        place = str(self._places[name])
        return column_texts(data, place, self._options(data), self._parser(quoted_lines))

    def _kinds_found(self, columns: list[str]) -> dict[str, ColumnKind]:
        seen: dict[str, set[str]] = {name: set() for name in columns}
        wanted = self._known(columns)
        # A column with a float is settled: once all are, the rest of the file is not read.
        for parsed, _, _ in self._parsed(wanted, _CHUNK):
            for name, column in parsed.items():
                seen[name].add(_cells_held(column))
            wanted[:] = [name for name in wanted if "f" not in seen[name]]
            if not wanted:
                break
        return {name: _kind(held) for name, held in seen.items()}


def _has_quoted_lines(data: bytes, quotes: Array) -> bool:
    """Whether a line ending stands inside quotes."""
    if not len(quotes):
        return False
    text = np.frombuffer(data, np.uint8)
    stops = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
    return bool((np.searchsorted(quotes, stops) % 2).any())


def _has_infinity(values: Array) -> bool:
    """Whether cells may be infinite, as far as their sum tells."""
    if values.dtype.kind != "f":
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite(np.add.reduce(values))


def _cells_held(column: NumericColumn) -> str:
    """`f` floats, `i` integers, `z` only zeros and ones, `b` truth values, empty for nothing."""
    values = column.values
    if column.missing is not None:
        values = values[~column.missing]
    if not len(values):
        return ""
    kind = values.dtype.kind
    if kind == "i" and bool(((values == 0) | (values == 1)).all()):
        return "z"
    return kind


def _kind(held: set[str]) -> ColumnKind:
    held = held - {""}
    if not held or "f" in held:
        return ColumnKind.REAL
    if "b" in held and "i" not in held:
        return ColumnKind.BOOLEAN
    return ColumnKind.INTEGER
