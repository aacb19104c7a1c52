"""A piece of a table of JSON lines: columns read by pyarrow, and any value as it is written."""

from collections.abc import Sequence
from functools import cached_property, partial
from math import inf
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import json

from pishield_cli.errors import ColumnTypeError, TableError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.tables.arrow.arrays import text_array
from pishield_cli.tables.arrow.columns import in_one_array, is_numeric, numeric_column
from pishield_cli.tables.bad_columns import BadColumn
from pishield_cli.tables.dialect import BadCells
from pishield_cli.tables.jsonl.lines import JsonLines, Numeral, json_text, object_of
from pishield_cli.tables.textual.digits import has_long_exponents, has_long_numbers
from pishield_cli.tables.textual.exact import are_whole, exact_cells
from pishield_cli.tables.textual.extremes import endless_number, is_endless, tiny_number
from pishield_cli.tables.textual.numbers import numbers_in, says_more_than_zero

_BRACES = ord("{"), ord("}")
_NEWLINE = ord("\n")
_NO_NUMBERS = frozenset({"", "NaN", "nan", "null"})
_COUNTED = "\0"
"""A column that no table has: it only counts rows."""


class JsonPiece:
    """Some lines of a table.

    Args:
        lines: The lines.
        title: The file, for messages.
        bad_cells: What is done with cells that are not numbers.
    """

    def __init__(self, lines: JsonLines, title: str, bad_cells: BadCells = BadCells.ERROR) -> None:
        self.lines = lines
        self._refuses = bad_cells is BadCells.ERROR
        self._title = title

    def columns(
        self, wanted: Sequence[str], raw: Sequence[str], types: dict[str, pa.DataType]
    ) -> tuple[dict[str, NumericColumn], dict[str, pa.Array], int]:
        """Read columns of numbers, and others as texts, and count the rows.

        Args:
            wanted: The columns of numbers.
            raw: The columns of texts.
            types: The types that columns of numbers had so far; grows.

        Raises:
            ColumnTypeError: If a cell is not a number.
            TableError: If a line is not one object.
        """
        table = self._read(wanted, raw, types)
        if table is None:
            return self._by_line(wanted, raw)
        columns = {name: self._column(name, table.column(name)) for name in wanted}
        texts = {name: in_one_array(table.column(name)).dictionary_encode() for name in raw}
        return columns, texts, table.num_rows

    @property
    def native(self) -> JsonLines:
        """The lines."""
        return self.lines

    def readable(self, name: str) -> pa.Array:
        """What cells are; see `TellsBadCells`."""
        cells = self._cells(name)
        told = ["0" if _is_number(one) else "-" for one in cells]
        absent = [one is None or (_is_number(one) and text_of(one) in _NO_NUMBERS) for one in cells]
        shown = [None if gone else one for one, gone in zip(told, absent, strict=True)]
        return text_array(shown).cast(pa.string())

    def look_through(self, column: BadColumn) -> None:
        """Note which cells of a column are not numbers, as they are written."""
        told, cells = self.readable(column.name), self._cells(column.name)
        bad = np.array([one == "-" for one in told.to_pylist()], dtype=bool)
        column.note(list(map(json_text, cells)), bad, lambda row: f"line {self._line(row)}")

    def is_whole(self, name: str, column: NumericColumn) -> bool:
        """Whether all cells of a column of floats are written as whole numbers."""
        return are_whole(partial(self._written, name), column)

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """Each row's values by key, numbers as they are written.

        Raises:
            TableError: If a line is not one object.
        """
        return [self._object(row) for row in range(len(self.lines.spans()))]

    def _object(self, row: int) -> dict[str, Any]:
        try:
            return object_of(self.lines.row(row))
        except (ValueError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            fact = "it is nested too deeply" if deep else str(error).split(":")[0]
            raise TableError(
                f"JSON lines hold one object on each line, but line {self._line(row)} of "
                f"`{self._title}` does not: {fact[0].lower()}{fact[1:]}.",
                hint="write each object on a line of its own, for example with jq -c '.[]'",
            ) from error

    def _line(self, row: int) -> int:
        return self.lines.spans()[row][2]

    def _read(
        self, wanted: Sequence[str], raw: Sequence[str], types: dict[str, pa.DataType]
    ) -> pa.Table | None:
        """Columns as pyarrow reads them; None where only a look at each line tells."""
        if not _is_utf8(self.lines.data) or not self._is_one_a_line:
            return None
        if not set(wanted).isdisjoint(raw):
            return None
        known = [name for name in wanted if name in types]
        fields = [(name, types[name]) for name in known] + [(name, pa.string()) for name in raw]
        if len(known) == len(wanted):
            table = self._parsed(fields or [(_COUNTED, pa.string())], "ignore")
            if table is not None:
                return table
        table = self._parsed([(name, pa.string()) for name in raw], "infer")
        if table is None:
            return None
        for name in wanted:
            if name not in table.schema.names:
                table = table.append_column(name, pa.nulls(table.num_rows))
            kind = table.schema.field(name).type
            if not is_numeric(kind):
                return None
            if not pa.types.is_null(kind):
                types[name] = kind
        return table

    def _parsed(self, fields: Sequence[tuple[str, pa.DataType]], others: str) -> pa.Table | None:
        data = self.lines.data
        parse = json.ParseOptions(
            explicit_schema=pa.schema(fields), unexpected_field_behavior=others
        )
        options = json.ReadOptions(use_threads=False, block_size=len(data) + 1)
        try:
            table = json.read_json(pa.BufferReader(data), options, parse)
        except pa.ArrowInvalid:
            return None
        return table if table.num_rows == self.lines.count() else None

    @cached_property
    def _is_one_a_line(self) -> bool:
        """Whether every line begins and ends with a brace, so that no object goes on beyond it."""
        text = np.frombuffer(self.lines.data.rstrip(), np.uint8)
        ends = np.flatnonzero(text == _NEWLINE)
        before = text[ends - 1]
        before = np.where(before == ord("\r"), text[ends - 2], before)
        return bool((before == _BRACES[1]).all() and (text[ends + 1] == _BRACES[0]).all())

    def _column(self, name: str, cells: pa.ChunkedArray) -> NumericColumn:
        column = numeric_column(cells)
        if column.values.dtype.kind != "f":
            return column
        if self._has_extremes(column.values):
            return self._numbers(name)
        return self._floats(name, column)

    def _has_extremes(self, values: Array) -> bool:
        """Whether numbers may be more or less than floats hold, so that their texts must tell."""
        if self._has_tiny_numbers and (values == 0).any():
            return True
        return self._has_long_numbers and bool(np.isinf(values).any())

    def _floats(self, name: str, column: NumericColumn) -> NumericColumn:
        if not self._has_long_numbers:
            return column
        written = partial(self._written, name)

        def stored(rows: Array) -> pa.Array:
            return text_array(written(rows))

        seek = partial(exact_cells, written, stored, column.values)
        return NumericColumn(column.values, column.missing, seek=seek)

    def _by_line(
        self, wanted: Sequence[str], raw: Sequence[str]
    ) -> tuple[dict[str, NumericColumn], dict[str, pa.Array], int]:
        columns = {name: self._numbers(name) for name in wanted}
        texts = {name: self._texts(name) for name in raw}
        return columns, texts, len(self.objects)

    def _numbers(self, name: str) -> NumericColumn:
        """A column each of whose numbers is read by itself."""
        texts = self._all(name)
        for row, (one, text) in enumerate(zip(self._cells(name), texts, strict=True)):
            if self._refuses and not _is_number(one):
                raise ColumnTypeError(f"Column `{name}` of `{self._title}` must hold numbers.")
            if isinstance(one, Numeral):
                self._refuse_extreme(text, float(one), name, row)
        column = numbers_in(texts, _NO_NUMBERS)
        assert column is not None
        return self._floats(name, column) if column.values.dtype.kind == "f" else column

    def _refuse_extreme(self, text: str, cell: float, name: str, row: int) -> None:
        """Refuse numbers of too many digits, or smaller than floats hold."""
        if cell == 0 and says_more_than_zero(text):
            raise tiny_number(text, name, self._title, self._line(row))
        if abs(cell) == inf and is_endless(text):
            raise endless_number(text, name, self._title, self._line(row))

    def _texts(self, name: str) -> pa.Array:
        texts = [None if one is None else text_of(one) for one in self._cells(name)]
        return text_array(texts).cast(pa.string()).dictionary_encode()

    def _cells(self, name: str) -> list[Any]:
        return [one.get(name) for one in self.objects]

    def _written(self, name: str, rows: Array | Sequence[int]) -> list[str]:
        texts = self._all(name)
        return [texts[row] for row in rows]

    def _all(self, name: str) -> list[str]:
        """A column's numbers as texts, empty where missing."""
        if name not in self._every:
            cells = self._cells(name)
            self._every[name] = [text_of(one) if _is_number(one) else "" for one in cells]
        return self._every[name]

    @cached_property
    def _every(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _has_long_numbers(self) -> bool:
        return has_long_numbers(self.lines.data)

    @cached_property
    def _has_tiny_numbers(self) -> bool:
        return has_long_exponents(self.lines.data) or b"0" * 300 in self.lines.data


def _is_number(value: Any) -> bool:
    """Whether a value is a number, a truth value or missing."""
    return isinstance(value, Numeral | bool | None)


def text_of(value: Any) -> str:
    """A value as the text of a cell; empty if it is missing."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else json_text(value)


def _is_utf8(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False
