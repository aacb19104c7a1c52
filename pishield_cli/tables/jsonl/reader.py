"""Tables in JSON lines: one object on each line, its keys the columns.

A missing cell is `null`, or a key that is not there. A text is a text, also `"5"`. Keys that come
up only after the first lines are columns if requirements name them; they stay in what is written.
"""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from pishield_cli.errors import ColumnTypeError, TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.domains import Domain, Number, Other, Schema, Text, Truth
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.schema import text_domain
from pishield_cli.tables.bad_columns import BadColumn, in_one
from pishield_cli.tables.dialect import BadCells, InputFormat
from pishield_cli.tables.endings import format_named, has_same_ending, other_kind
from pishield_cli.tables.jsonl.lines import JsonLines, Numeral, json_text, pieces, values_of
from pishield_cli.tables.jsonl.piece import JsonPiece, text_of
from pishield_cli.tables.jsonl.typed import typed_rows
from pishield_cli.tables.lined import KnownLines
from pishield_cli.tables.sources import STANDARD_STREAM, Source, open_source, reading
from pishield_cli.tables.table import Batch, TableWriter
from pishield_cli.tables.textual.meanings import COUNTED
from pishield_cli.tables.textual.text_table import Parsed, TextTable
from pishield_cli.tables.textual.told import written_domain

_FIRST = 1 << 20
_LOOKED_AT = 100
_HINT = f"write numbers without quotes, and null where one is missing; {COUNTED}"


class JsonLinesReader(TextTable):
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

    def __init__(
        self,
        path: str,
        date_format: str | None = None,
        bad_cells: BadCells = BadCells.ERROR,
    ) -> None:
        source = open_source(path)
        self.bad_cells = bad_cells
        self._few_bad = bad_cells is not BadCells.ERROR
        self._date_format = date_format
        first = next(_pieces(source, _FIRST), None)
        if first is None or not first.spans():
            raise TableError(
                f"A table has columns, but `{source.title}` is empty.",
                hint="write one object on each line, for example with jq -c '.[]'",
            )
        objects = JsonPiece(first, source.title).objects
        columns = tuple(dict.fromkeys(key for one in objects for key in one))
        super().__init__(source, columns, len(first.data) / len(objects))
        self._first = objects[:_LOOKED_AT]
        self._types: dict[str, pa.DataType] = {}

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What columns hold, by the first values and by what they are taken for."""
        return {name: self._domain(name, uses[name]) for name in uses if name in self._columns}

    def _domain(self, name: str, uses: frozenset[Kind]) -> Domain:
        present = [one[name] for one in self._first if one.get(name) is not None]
        numbers = sum(isinstance(one, Numeral | bool) for one in present)
        if self._few_bad and Kind.TEXT not in uses and len(present) > numbers > len(present) / 2:
            return Number()
        if not uses and any(isinstance(one, list | dict) for one in present):
            return Other()
        texts = [one for one in present if isinstance(one, str) and not isinstance(one, Numeral)]
        if Kind.TEXT in uses:
            return text_domain(uses)
        if texts:
            found = written_domain(texts, uses, self._date_format, few_bad=self._few_bad)
            return found if Kind.NUMBER in uses or not isinstance(found, Number) else Text()
        truths = bool(present) and all(isinstance(one, bool) for one in present)
        return Truth() if truths else written_domain(["0"] if present else [], uses)

    def readable(self, batch: Batch, name: str) -> pa.Array:
        """Which cells of a column are numbers; see `TellsBadCells`."""
        return JsonPiece(batch.native, self.source.title).readable(name)

    def picked(self, batch: Batch, rows: Sequence[int] | Array) -> Batch:
        """Some rows of a batch, byte for byte; see `StoredTable`."""
        lines: JsonLines = batch.native
        texts = [lines.row(int(row)) for row in rows]
        return Batch(
            batch.start, len(texts), {}, JsonLines("".join(f"{t}\n" for t in texts).encode())
        )

    def offset(self, batch: Batch, row: int) -> int:
        """The row's line, from 1: pieces count their lines; see `LinedTable`."""
        lines: JsonLines = batch.native
        return lines.line_of(row, batch.rows)

    def lines(self, offsets: Sequence[int]) -> list[int]:
        """The lines, from 1, on which rows begin; see `LinedTable`."""
        return list(offsets)

    def line_counter(self) -> KnownLines:
        """Tells the lines of rows; see `LinedTable`."""
        return KnownLines()

    def place(self, batch: Batch, row: int) -> str:
        """The row's line, from 1."""
        return f"line {self.offset(batch, row)}"

    def texts(self, batch: Batch) -> list[Sequence[str]]:
        """Each row's values as texts; empty where missing."""
        objects = JsonPiece(batch.native, self.source.title).objects
        return [[text_of(one.get(name)) for name in self._columns] for one in objects]

    def written(self, batch: Batch) -> list[Sequence[bytes]]:
        """Each row's values as they stand in the file; `null` where there is none."""
        lines: JsonLines = batch.native
        return [self._values(lines.row(row)) for row in range(batch.rows)]

    def written_like(self, old: Sequence[bytes], values: Array) -> list[bytes]:
        """New values as those that they replace are written; see `WritesAlike`."""
        from pishield_cli.tables.jsonl.replacing import value_like

        pairs = zip(old, values.tolist(), strict=True)
        return [value_like(cell.decode(), value).encode() for cell, value in pairs]

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
        lines = JsonLines(b"".join(batch.native.data for batch in batches))
        named = self._columns if columns is None else columns
        return typed_rows(JsonPiece(lines, self.source.title), named, texts, times=times)

    def open_writer(self, output: str) -> TableWriter:
        """Start writing a changed copy; `-` is standard output.

        Raises:
            TableError: If the output is of another kind, or nothing can be written there.
        """
        from pishield_cli.tables.jsonl.writer import JsonLinesWriter

        alike = format_named(output) is self.format or has_same_ending(self.name, output)
        if output != STANDARD_STREAM and not alike:
            raise other_kind(self.name, output)
        return JsonLinesWriter(self, output)

    def take_late_key(self, name: str) -> bool:
        """Take a key of later lines for a column; whether some line has it."""
        written = json_text(name).encode()
        for lines in self._pieces(_FIRST):
            if written in lines.data:
                objects = JsonPiece(lines, self.source.title).objects
                found = [one for one in objects if name in one][:_LOOKED_AT]
                if found:
                    self._columns = (*self._columns, name)
                    self._first = [*self._first, *found]
                    return True
        return False

    def _parse(
        self,
        lines: JsonLines,
        wanted: list[str],
        raw: Sequence[str],
        days: frozenset[str],  # noqa: ARG002 - texts are read as such
    ) -> Parsed:
        piece = JsonPiece(lines, self.source.title, self.bad_cells)
        try:
            columns, texts, rows = piece.columns(wanted, raw, self._types)
        except ColumnTypeError as error:
            raise self._not_numbers(wanted) or error from None
        return columns, texts, rows, piece

    def _not_numbers(self, wanted: Sequence[str]) -> ColumnTypeError | None:
        """What is wrong with all columns of numbers that are wanted."""
        found = [BadColumn(name, show=str) for name in wanted]
        for lines in self._pieces(_FIRST):
            piece = JsonPiece(lines, self.source.title)
            for one in found:
                piece.look_through(one)
        return in_one(one.error(self.title, lambda _: _HINT) for one in found)

    def _pieces(self, size: int) -> Iterator[JsonLines]:
        return _pieces(self.source, size)


def _pieces(source: Source, size: int) -> Iterator[JsonLines]:
    with reading(source.title), source.open() as stream:
        yield from pieces(stream, size, source.title)
