r"""CSV tables: read in pieces of whole records, several of them parsed by pyarrow at a time.

A cell is a number if it reads `3`, `-0.5`, `.5`, `3.`, `+3`, `1e3`, `inf` or `-Infinity`, with
or without quotes and with spaces or tabs around it: the very number that is written, however many
digits it has, and infinity beyond 1e308. `0x1f` is 31; `true`, `True`, `TRUE` are 1 and `false`,
`False`, `FALSE` are 0. What a cell is does not depend on the cells around it. Missing are the empty
cell, quoted or not, `NA`, `N/A`, `n/a`, `#N/A`, `#NA`, `#N/A N/A`, `NaN`, `nan`, `-NaN`, `-nan`,
`NULL`, `null`, `1.#IND`, `-1.#IND`, `1.#QNAN` and `-1.#QNAN`. Anything else (`1,5`, `1_000`, a lone
space, `?`, dates) is not a number.

Lines without a single character are not rows; in a table of one column, a missing cell is `""`.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial

import pyarrow as pa
from pyarrow import csv

from pishield_cli.errors import ColumnTypeError, MissingColumnError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.csv.domains import written_domain
from pishield_cli.tables.csv.faults import check_text, malformed
from pishield_cli.tables.csv.file import CsvFile
from pishield_cli.tables.csv.notation import canonical_cells, canonical_text
from pishield_cli.tables.csv.numbers import MISSING_TEXTS, is_number
from pishield_cli.tables.csv.piece import Piece
from pishield_cli.tables.csv.records import Records
from pishield_cli.tables.dialect import BadCells, Dialect
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.table import Batch, ColumnKind, refuse_repeated
from pishield_cli.tables.told_kinds import alike, cells_held, kind_told

_CHUNK = 8 << 20
_SAMPLE = 1 << 14
_WORKERS = 6
"""At most so many pieces are parsed at a time, each in memory for itself."""

_Parsed = tuple[dict[str, NumericColumn], dict[str, pa.Array], int, Piece]


class CsvReader(CsvFile):
    """A table in a CSV file, possibly compressed, or from standard input; see `CsvFile`."""

    def __init__(self, path: str, delimiter: str, dialect: Dialect | None = None) -> None:
        super().__init__(path, delimiter, dialect)
        self._kinds: dict[str, ColumnKind] = {}

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What columns hold: what they are taken for, or what the first of their cells look like.

        A text is taken for a number wherever that is possible.
        """
        used = [name for name in uses if name in self._places]
        open_ones = [name for name in used if Kind.TEXT not in uses[name]]
        first = self._first_cells(open_ones) if open_ones else {}
        form = self.dialect.date_format
        return {name: written_domain(first.get(name, ()), uses[name], form) for name in used}

    def _first_cells(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Some of the first cells of columns that are not missing."""
        records = next(self._pieces(_SAMPLE), None)
        if records is None:
            return {}
        if len(records.quotes()) % 2:
            return {}
        text = self._text(records)
        marks = MISSING_TEXTS.union(self.dialect.missing)
        columns = text.columns([self._places[name] for name in names])
        cells = {name: columns[self._places[name]] for name in names}
        present = {n: [one for one in some if one not in marks] for n, some in cells.items()}
        if self.dialect.plain_numbers:
            return present
        return {name: self._telling(some) for name, some in present.items()}

    def _telling(self, cells: Sequence[str]) -> list[str]:
        """Cells in the common notation: the numbers alone where most are, and bad ones may be."""
        found = [canonical_text(one.encode(), self.dialect).decode() for one in cells]
        numbers = [one for one in found if is_number(one)]
        few_bad = self.bad_cells is not BadCells.ERROR and 2 * len(numbers) > len(found)
        return numbers if few_bad else found

    def row_count(self) -> None:
        """Nothing tells before the file is read."""

    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,
        raw: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """Read the table from its start, the next batch while the caller works on this one.

        Args:
            columns: The columns to parse; each must be numeric.
            rows: About how many rows a batch holds; None for about 8 MiB of text.
            whole: Whether a last batch without rows is wanted for the sake of its blank lines;
                a batch always carries its text.
            raw: Columns to give as texts.

        Raises:
            ColumnTypeError: If a column asked for holds something other than numbers.
            TableError: If the table is malformed; the message names file and line.
        """
        wanted = self._known(columns)
        return self._numbered(wanted, self._known(raw), self._chunk_size(rows), whole)

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

    def _numbered(
        self, wanted: list[str], raw: list[str], size: int, whole: bool
    ) -> Generator[Batch, None, None]:
        start = 0
        for columns, texts, rows, piece in self._parsed(wanted, size, raw):
            if rows or whole:
                found = {n: alike(column, self._kinds.get(n)) for n, column in columns.items()}
                yield Batch(start, rows, found, piece.text.records, texts)
            start += rows

    def _parsed(self, wanted: list[str], size: int, raw: Sequence[str] = ()) -> Iterator[_Parsed]:
        """The file in pieces; columns taken away from `wanted` are left out from then on."""
        return prefetched(self._tasks(wanted, size, raw), min(pa.cpu_count(), _WORKERS))

    def _tasks(
        self, wanted: list[str], size: int, raw: Sequence[str]
    ) -> Generator[Callable[[], _Parsed], None, None]:
        for records in self._pieces(size):
            yield partial(self._parse, records, list(wanted), raw)
        self.source.require_unchanged()

    def _parse(self, records: Records, wanted: list[str], raw: Sequence[str] = ()) -> _Parsed:
        check_text(records, self.source)
        if len(records.quotes()) % 2:
            raise malformed(records, self.header.names, self.source, "a quote is left open")
        piece = Piece(self._text(records), self.dialect)
        try:
            columns, texts, rows = piece.columns(wanted, raw)
        except ColumnTypeError as error:
            raise (self._not_numeric(wanted) or error) from None
        return columns, texts, rows, piece

    def _not_numeric(self, wanted: Sequence[str]) -> Exception | None:
        """What is wrong with all columns that are wanted."""
        from pishield_cli.tables.csv.inventory import bad_cells

        lines_before = self.header.data.count(b"\n") + self.header.data.count(b"\r")
        first = 1 + lines_before - self.header.data.count(b"\r\n")
        return bad_cells(self._looked_through(wanted), wanted, self.source.title, first)

    def _looked_through(
        self, wanted: Sequence[str]
    ) -> Iterator[tuple[Records, pa.Table, Sequence[str]]]:
        """All pieces of the file, some columns as texts; cells that are not UTF-8 are empty."""
        places = [str(self._places[name]) for name in wanted]
        for records in self._pieces(_CHUNK):
            convert = csv.ConvertOptions(
                include_columns=places,
                column_types=dict.fromkeys(places, pa.string()),
                check_utf8=False,
                strings_can_be_null=False,
            )
            table = self._text(records).table(convert)
            if not self.dialect.plain_numbers:
                cells = [canonical_cells(column, self.dialect) for column in table.columns]
                table = pa.table(cells, names=places)
            yield records, table, [*csv.ConvertOptions().null_values, *self.dialect.missing]

    def _kinds_found(self, columns: list[str]) -> dict[str, ColumnKind]:
        seen: dict[str, set[str]] = {name: set() for name in columns}
        wanted = self._known(columns)
        # A column with a float is settled: once all are, the rest of the file is not read.
        for parsed, _, _, piece in self._parsed(wanted, _CHUNK):
            for name, column in parsed.items():
                held = cells_held(column)
                whole = held == "f" and piece.is_whole(name, column)
                seen[name].add("i" if whole else held)
            wanted[:] = [name for name in wanted if "f" not in seen[name]]
            if not wanted:
                break
        return {name: kind_told(held) for name, held in seen.items()}
