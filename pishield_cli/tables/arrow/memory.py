"""Tables in memory: Arrow tables, read and changed in batches like files."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Self

import pyarrow as pa

from pishield_cli.errors import ColumnTypeError, MissingColumnError
from pishield_cli.kernels.changes import Changes
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.changes import with_changes
from pishield_cli.tables.arrow.columns import (
    cell_text,
    decimal_places,
    is_numeric,
    kind_of,
    largest_decimals,
    numeric_column,
)
from pishield_cli.tables.arrow.schema import domains_of
from pishield_cli.tables.table import Batch, ColumnKind

_ROWS = 1 << 20


class MemoryReader:
    """An Arrow table.

    Args:
        table: Its column names are distinct.
        name: What messages call it.
    """

    def __init__(self, table: pa.Table, name: str = "the table") -> None:
        self.table = table
        self._name = name

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in order."""
        return tuple(self.table.schema.names)

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """None: nothing had to be read."""
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
        """What the types of columns say."""
        return domains_of(self.table.schema, uses)

    def row_count(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,  # noqa: ARG002 - the rows are there anyway
        raw: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """The table's rows from its start; `native` is there whether `whole` or not.

        Args:
            columns: The columns to parse; each must be numeric.
            rows: The most rows a batch holds; None for a million.
            whole: Whether a writer will need the rows themselves.
            raw: Columns to give as they are stored.

        Raises:
            ColumnTypeError: If a column asked for holds something other than numbers.
        """
        wanted = self._numeric(columns)
        size = max(1, rows or _ROWS)
        for start in range(0, self.table.num_rows, size):
            part = self.table.slice(start, size)
            parsed = {name: numeric_column(part.column(name)) for name in wanted}
            stored = {name: part.column(name).combine_chunks() for name in raw}
            yield Batch(start, part.num_rows, parsed, part, stored)

    def kinds(self, columns: Sequence[str]) -> dict[str, ColumnKind]:
        """What the schema says: truth values, whole numbers, or any."""
        return {name: kind_of(kind) for name, kind in self._types(columns).items()}

    def places(self, columns: Sequence[str]) -> dict[str, int]:
        """How many decimal places a column's type holds; only decimal columns limit them."""
        return decimal_places(self._types(columns))

    def largest(self, columns: Sequence[str]) -> dict[str, Fraction]:
        """The largest number of the type of each column of decimals."""
        return largest_decimals(self._types(columns))

    def endless(self, columns: Sequence[str]) -> frozenset[str]:
        """The columns of decimals."""
        return frozenset(largest_decimals(self._types(columns)))

    def native_cells(self, batch: Batch, row: int) -> list[str]:
        """A row's cells as text, in order; empty where missing."""
        return [cell_text(column[row]) for column in batch.native.columns]

    def _types(self, columns: Sequence[str]) -> dict[str, pa.DataType]:
        return {name: self.table.schema.field(name).type for name in self._numeric(columns)}

    def _numeric(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        for name in wanted:
            if name not in self.columns:
                raise MissingColumnError(f"{self._name} has no column `{name}`.")
            kind = self.table.schema.field(name).type
            if not is_numeric(kind):
                raise ColumnTypeError(
                    f"Column `{name}` of {self._name} must hold numbers, but its type is {kind}.",
                    hint="convert the column to a number first",
                )
        return wanted


class MemoryWriter:
    """A changed copy of an Arrow table, put together batch by batch.

    Attributes:
        table: The copy, once committed; of the reader's schema.
    """

    def __init__(self, reader: MemoryReader) -> None:
        self._schema = reader.table.schema
        self._parts: list[pa.Table] = []
        self.table: pa.Table | None = None

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed."""
        part: pa.Table = batch.native
        for name, change in changes.items():
            place = part.schema.get_field_index(name)
            cells = part.column(place).combine_chunks()
            field = part.schema.field(place)
            part = part.set_column(place, field, with_changes(cells, change, name))
        self._parts.append(part)

    def commit(self) -> None:
        """Make the copy available."""
        self.table = pa.concat_tables(self._parts) if self._parts else self._schema.empty_table()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is left behind anyway."""
