"""Tables in JSON lines: one object on each line, its keys the columns.

A missing cell is `null`, or a key that is not there. A text is a text, also `"5"`. Keys that come
up only after the first lines are not columns; they stay in what is written.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Self

import pyarrow as pa

from pishield_cli.errors import MissingColumnError, TableError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import Domain, Number, Schema, Text, Truth
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.arrays import object_array
from pishield_cli.tables.arrow.schema import text_domain
from pishield_cli.tables.csv.domains import written_domain
from pishield_cli.tables.dialect import BadCells, InputFormat
from pishield_cli.tables.endings import format_named, other_kind
from pishield_cli.tables.jsonl.lines import Lines, Numeral, pieces, values_of
from pishield_cli.tables.jsonl.piece import Piece, text_of
from pishield_cli.tables.jsonl.typed import typed_rows
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import STANDARD_STREAM, open_source, reading
from pishield_cli.tables.table import Batch, ColumnKind, Style, TableWriter, refuse_repeated
from pishield_cli.tables.told_kinds import alike, cells_held, kind_told

_CHUNK = 8 << 20
_FIRST = 1 << 20
_LOOKED_AT = 100
_WORKERS = 6

_Parsed = tuple[dict[str, NumericColumn], dict[str, pa.Array], int, Piece]


class JsonLinesReader:
    """A table in JSON lines, possibly compressed, or from standard input.

    Args:
        path: The file, an address, or `-`.
        date_format: How texts say dates, besides ISO 8601.
        bad_cells: What is done with cells that are not numbers.

    Attributes:
        source: The file.

    Raises:
        TableError: If the file is missing, empty, or its first lines are not objects.
    """

    format = InputFormat.JSONL
    style = Style()
    schema: pa.Schema | None = None

    def __init__(
        self,
        path: str,
        date_format: str | None = None,
        bad_cells: BadCells = BadCells.ERROR,
    ) -> None:
        self.source = open_source(path)
        self.bad_cells = bad_cells
        self._date_format = date_format
        first = next(self._pieces(_FIRST), None)
        if first is None or not first.spans():
            raise TableError(
                f"A table has columns, but `{self.source.title}` is empty.",
                hint="write one object a line, such as by jq -c '.[]'",
            )
        objects = Piece(first, self.source.title).objects
        self._columns = tuple(dict.fromkeys(key for one in objects for key in one))
        self._row_length = len(first.data) / len(objects)
        self._first = objects[:_LOOKED_AT]
        self._types: dict[str, pa.DataType] = {}
        self._kinds: dict[str, ColumnKind] = {}

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self.source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All keys of the first lines, in the order in which they come up."""
        return self._columns

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """None: JSON says itself what its values are."""
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
        """What columns hold, by the first values and by what they are taken for."""
        return {name: self._domain(name, uses[name]) for name in uses if name in self._columns}

    def _domain(self, name: str, uses: frozenset[Kind]) -> Domain:
        present = [one[name] for one in self._first if one.get(name) is not None]
        texts = [one for one in present if isinstance(one, str) and not isinstance(one, Numeral)]
        if Kind.TEXT in uses:
            return text_domain(uses)
        if texts:
            found = written_domain(texts, uses, self._date_format)
            return found if Kind.NUMBER in uses or not isinstance(found, Number) else Text()
        truths = bool(present) and all(isinstance(one, bool) for one in present)
        return Truth() if truths else written_domain(["0"], uses)

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
        wanted, texts = self._known(columns), self._known(raw)
        size = _CHUNK if rows is None else max(1, min(int(rows * self._row_length), 4 * _CHUNK))
        return self._numbered(wanted, texts, size, whole)

    def kinds(self, columns: Sequence[str]) -> dict[str, ColumnKind]:
        """Read the file, through if need be, and say what its columns hold; see `CsvReader`."""
        unknown = [name for name in dict.fromkeys(columns) if name not in self._kinds]
        if unknown:
            self._kinds.update(self._kinds_found(self._known(unknown)))
        return {name: self._kinds[name] for name in columns}

    def places(self, columns: Sequence[str]) -> dict[str, int]:
        """No column limits its decimal places."""
        del columns
        return {}

    def largest(self, columns: Sequence[str]) -> dict[str, Fraction]:
        """No column holds less than floats do."""
        del columns
        return {}

    def endless(self, columns: Sequence[str]) -> frozenset[str]:
        """All of them: a number is as long as it is written."""
        return frozenset(columns)

    def readable(self, batch: Batch, name: str) -> pa.Array:
        """Which cells of a column are numbers; see `TellsBadCells`."""
        return Piece(batch.native, self.source.title).readable(name)

    def picked(self, batch: Batch, rows: Sequence[int] | Array) -> Batch:
        """Some rows of a batch, byte for byte; see `StoredTable`."""
        lines: Lines = batch.native
        texts = [lines.row(int(row)) for row in rows]
        return Batch(batch.start, len(texts), {}, Lines("".join(f"{t}\n" for t in texts).encode()))

    def place(self, batch: Batch, row: int) -> str:
        """The row's line, from 1."""
        lines: Lines = batch.native
        return f"line {lines.spans()[row][2]}"

    def texts(self, batch: Batch) -> list[Sequence[str]]:
        """Each row's values as texts; empty where missing."""
        objects = Piece(batch.native, self.source.title).objects
        return [[text_of(one.get(name)) for name in self._columns] for one in objects]

    def written(self, batch: Batch) -> list[Sequence[bytes]]:
        """Each row's values as they stand in the file; `null` where there is none."""
        lines: Lines = batch.native
        return [self._values(lines.row(row)) for row in range(batch.rows)]

    def _values(self, text: str) -> list[bytes]:
        found = {key: text[one.start : one.end].encode() for key, one in values_of(text).items()}
        return [found.get(name, b"null") for name in self._columns]

    def arrow(
        self,
        batches: Sequence[Batch],
        *,
        columns: Sequence[str] | None = None,
        texts: Sequence[str] = (),
        times: bool = False,
    ) -> pa.Table:
        """The rows of batches as columns of types that fit all of them; see `StoredTable`."""
        lines = Lines(b"".join(batch.native.data for batch in batches))
        named = self._columns if columns is None else columns
        return typed_rows(Piece(lines, self.source.title), named, texts, times=times)

    def restored(self, name: str, texts: Sequence[str | None]) -> Array:
        """The values themselves, as bytes."""
        del name
        return object_array([(text or "").encode() for text in texts])

    def open_writer(self, output: str) -> TableWriter:
        """Start writing a changed copy; `-` is standard output.

        Raises:
            TableError: If the output is of another kind, or nothing can be written there.
        """
        from pishield_cli.tables.jsonl.writer import JsonLinesWriter

        if output != STANDARD_STREAM and format_named(output) is not self.format:
            raise other_kind(self.name, output)
        return JsonLinesWriter(self, output)

    def _known(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        for name in wanted:
            if name not in self._columns:
                raise MissingColumnError(f"`{self.source.title}` has no column `{name}`.")
        refuse_repeated(wanted, self._columns, self.source.title)
        return wanted

    def _numbered(
        self, wanted: list[str], raw: list[str], size: int, whole: bool
    ) -> Generator[Batch, None, None]:
        start = 0
        for columns, texts, rows, piece in self._parsed(wanted, raw, size):
            if rows or whole:
                found = {n: alike(column, self._kinds.get(n)) for n, column in columns.items()}
                yield Batch(start, rows, found, piece.lines, texts)
            start += rows

    def _parsed(self, wanted: list[str], raw: list[str], size: int) -> Iterator[_Parsed]:
        """The file in pieces; columns taken away from `wanted` are left out from then on."""
        return prefetched(self._tasks(wanted, raw, size), min(pa.cpu_count(), _WORKERS))

    def _tasks(
        self, wanted: list[str], raw: list[str], size: int
    ) -> Generator[Callable[[], _Parsed], None, None]:
        for lines in self._pieces(size):
            yield partial(self._parse, lines, list(wanted), raw)
        self.source.require_unchanged()

    def _parse(self, lines: Lines, wanted: list[str], raw: list[str]) -> _Parsed:
        piece = Piece(lines, self.source.title, self.bad_cells)
        columns, texts, rows = piece.columns(wanted, raw, self._types)
        return columns, texts, rows, piece

    def _pieces(self, size: int) -> Iterator[Lines]:
        title = self.source.title
        with reading(title), self.source.open() as stream:
            yield from pieces(stream, size, title)

    def _kinds_found(self, wanted: list[str]) -> dict[str, ColumnKind]:
        seen: dict[str, set[str]] = {name: set() for name in wanted}
        # A column with a float is settled: once all are, the rest of the file is not read.
        for parsed, _, _, piece in self._parsed(wanted, [], _CHUNK):
            for name, column in parsed.items():
                held = cells_held(column)
                seen[name].add("i" if held == "f" and piece.is_whole(name, column) else held)
            wanted[:] = [name for name in wanted if "f" not in seen[name]]
            if not wanted:
                break
        return {name: kind_told(held) for name, held in seen.items()}
