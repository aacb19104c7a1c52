r"""CSV tables: read in pieces of whole records, each parsed by pyarrow on all cores.

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

from collections.abc import Generator, Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pishield_cli.errors import MissingColumnError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.tables.arrow_columns import is_numeric, numeric_column
from pishield_cli.tables.csv_faults import check_text, column_texts, malformed, not_numeric
from pishield_cli.tables.csv_header import Header, read_header
from pishield_cli.tables.csv_records import Records, record_chunks, significant_quotes
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import open_source, reading
from pishield_cli.tables.table import Batch, ColumnKind

_CHUNK = 8 << 20
_BLOCK = 1 << 20
_SMALL = 1 << 18


class CsvReader:
    """A table in a CSV file, possibly compressed, or from standard input.

    Args:
        path: The file, an address, or `-`.
        delimiter: What stands between two cells.

    Raises:
        TableError: If the file is missing or has no usable header.
    """

    def __init__(self, path: str, delimiter: str) -> None:
        self.source = open_source(path)
        self.delimiter = delimiter.encode()
        with reading(self.source.title):
            self.header: Header = read_header(self.source, self.delimiter)
        self._kinds: dict[str, ColumnKind] = {}

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self.source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order, distinct."""
        return self.header.names

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
        return prefetched(self._read(wanted, self._chunk_size(rows), whole))

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

    def native_cells(self, batch: Batch, row: int) -> list[str]:
        """A row's cells as text, quotes removed, in file order."""
        records: Records = batch.native
        return records.texts(row)

    def _known(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        for name in wanted:
            if name not in self.header.names:
                raise MissingColumnError(f"`{self.source.title}` has no column `{name}`.")
        return wanted

    def _chunk_size(self, rows: int | None) -> int:
        if rows is None:
            return _CHUNK
        return max(1, min(int(rows * self.header.row_length), 4 * _CHUNK))

    def _read(self, wanted: list[str], size: int, whole: bool) -> Generator[Batch, None, None]:
        title = self.source.title
        start = 0
        with reading(title), self.source.open() as stream:
            skip = len(self.header.data)
            for records in record_chunks(stream, self.delimiter, size=size, skip=skip, title=title):
                check_text(records, self.source)
                # `kinds` takes columns away while the next piece is being read.
                columns, rows = self._parse(records, list(wanted))
                if rows or whole:
                    yield Batch(start, rows, columns, records)
                start += rows

    def _parse(self, records: Records, wanted: list[str]) -> tuple[dict[str, NumericColumn], int]:
        quotes = significant_quotes(records.data, records.delimiter)
        if len(quotes) % 2:
            raise malformed(records, self.header.names, self.source, "a quote is left open")
        quoted_lines = _has_quoted_lines(records.data, quotes)
        counting = wanted or [self.header.names[0]]
        convert = csv.ConvertOptions(include_columns=counting, check_utf8=False)
        if b"n" not in records.data and b"N" not in records.data:
            # All others have one, and looking each cell up among them takes a tenth of the time.
            convert.null_values = [""]
        if not wanted:
            convert.column_types = {counting[0]: pa.binary()}
        table = self._table(records, convert, quoted_lines)
        for name in wanted:
            if not is_numeric(table.schema.field(name).type):
                raise self._not_numeric(records, name, quoted_lines)
        columns = {name: numeric_column(table.column(name)) for name in wanted}
        return columns, table.num_rows

    def _table(self, records: Records, convert: csv.ConvertOptions, quoted_lines: bool) -> pa.Table:
        data = records.data
        parser = self._parser(quoted_lines)
        try:
            return csv.read_csv(
                pa.BufferReader(data), self._options(len(data), _BLOCK), parser, convert
            )
        except pa.ArrowInvalid:
            # A record longer than a block fails too, and is fine in one block.
            try:
                whole = self._options(len(data), len(data) + 1)
                return csv.read_csv(pa.BufferReader(data), whole, parser, convert)
            except pa.ArrowInvalid as error:
                names = self.header.names
                raise malformed(records, names, self.source, str(error)) from error

    def _parser(self, quoted_lines: bool) -> csv.ParseOptions:
        delimiter = self.delimiter.decode()
        return csv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted_lines)

    def _options(self, length: int, block: int) -> csv.ReadOptions:
        return csv.ReadOptions(
            column_names=list(self.header.names), block_size=block, use_threads=length > _SMALL
        )

    def _not_numeric(self, records: Records, name: str, quoted_lines: bool) -> Exception:
        data = records.data
        options = self._options(len(data), len(data) + 1)
        texts = column_texts(data, name, options, self._parser(quoted_lines))
        column = self.header.names.index(name)
        return not_numeric(records, texts, column, name, self.source)

    def _kinds_found(self, columns: list[str]) -> dict[str, ColumnKind]:
        seen: dict[str, set[str]] = {name: set() for name in columns}
        wanted = self._known(columns)
        # A column with a float is settled: once all are, the rest of the file is not read.
        for batch in prefetched(self._read(wanted, _CHUNK, whole=False)):
            for name, column in batch.columns.items():
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
