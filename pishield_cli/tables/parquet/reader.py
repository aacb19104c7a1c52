"""Parquet tables: a file, or the files of a folder or a pattern, in sorted order, as one table."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Self

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.errors import ColumnTypeError, MissingColumnError, TableError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.columns import (
    cell_text,
    decimal_places,
    is_numeric,
    kind_of,
    largest_decimals,
    numeric_column,
)
from pishield_cli.tables.arrow.schema import domains_of
from pishield_cli.tables.parquet.partitions import partitions_of
from pishield_cli.tables.parquet.parts import damage, find_parts, opened
from pishield_cli.tables.parquet.ranges import Box, Range, group_ranges, tells_ranges
from pishield_cli.tables.parquet.runs import Reading, Run, pieces, reading_of
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import reading
from pishield_cli.tables.table import Batch, ColumnKind, refuse_repeated


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """A batch's rows, and where they belong.

    Attributes:
        rows: The rows, all of the file's columns where the table was read whole.
        part: Number of the file they are from.
        group_ends: Whether the last row ends a row group.
    """

    rows: pa.RecordBatch
    part: int
    group_ends: bool


class ParquetReader:
    """A table in Parquet files.

    Args:
        path: A file, a folder, a pattern, or the address of one.

    Attributes:
        parts: The files, in the order of their rows.
        folder: Where the files' relative paths begin; None for a single file.
        partitions: The columns that folders named `key=value` hold; they come last.
        schema: All columns.

    Raises:
        TableError: If there is no Parquet file, one is damaged, or their columns differ.
    """

    def __init__(self, path: str) -> None:
        self._name = path
        with reading(path):
            found = find_parts(path)
        self.parts, self.folder, self.system = found.files, found.folder, found.system
        own, self._groups = self._footers()
        self._first_group, self._first_row = 0, 0
        self._left_out: frozenset[tuple[int, int]] = frozenset()
        self.partitions = partitions_of(self.parts, own.names, path)
        self.schema = pa.schema([*own, *self.partitions.schema], metadata=own.metadata)
        self._columns = tuple(self.schema.names)

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order."""
        return self._columns

    @property
    def is_folder(self) -> bool:
        """Whether the table is a folder of files, not a single one."""
        return self.folder is not None

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """None: the file says itself how it is written."""
        return ()

    @property
    def unchangeable(self) -> frozenset[str]:
        """Columns whose cells stand in folders' names."""
        return frozenset(self.partitions.names)

    @property
    def stored(self) -> Self:
        """The table itself."""
        return self

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What the types of columns say."""
        return domains_of(self.schema, uses)

    def row_count(self) -> int:
        """How many rows the files' footers tell of."""
        return sum(map(sum, self._groups))

    def shares(self, *, rows: int | None = None) -> "list[ParquetReader]":
        """The table in consecutive pieces, each of which numbers its rows as the whole does.

        Args:
            rows: About how many rows a piece has, in whole row groups of one file; None for a
                piece a file.

        Returns:
            Readers that can be sent to other processes; together they have all rows and files.
        """
        start, found = 0, []
        for number, groups in enumerate(self._groups):
            for first, some in pieces(groups, rows):
                share = copy(self)
                share.parts = (self.parts[number],)
                share.partitions = self.partitions.of(number)
                share._take(some, first, start)  # noqa: SLF001 - its own copy
                found.append(share)
                start += sum(some)
        return found

    def passing_over(
        self,
        columns: Sequence[str],
        settled: Callable[[Box], bool],
    ) -> "tuple[ParquetReader, int]":
        """The table without the row groups that need not be read, by what the footers tell.

        Args:
            columns: The columns that matter, at least one.
            settled: Whether a row group need not be read, by the range of each of the columns.

        Returns:
            A reader that leaves those out, its rows numbered as ever; and how many rows those have.
        """
        wanted = self._numeric(columns)
        if not all(
            name in self.unchangeable or tells_ranges(self.schema.field(name).type)
            for name in wanted
        ):
            return self, 0
        found = {
            (number, group)
            for number in range(len(self.parts))
            for group, box in self._boxes(number, wanted)
            if box is not None and settled(box)
        }
        share = copy(self)
        share._left_out = frozenset(found)  # noqa: SLF001 - its own copy
        return share, sum(
            self._groups[number][group - self._first_group] for number, group in found
        )

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
            rows: The most rows a batch holds; None for half a million, or fewer of many columns.
                No batch goes beyond the end of a row group.
            whole: Whether `native` holds all columns, for a writer or listing.
            raw: Columns to give as they are stored.

        Raises:
            ColumnTypeError: If a column asked for holds something other than numbers.
            TableError: If a file is damaged.
        """
        wanted = self._numeric(columns)
        reading = reading_of(
            self._groups,
            self._left_out,
            first_group=self._first_group,
            first_row=self._first_row,
            columns=len(self._columns) if whole else len(wanted) + len(raw),
            rows=rows,
            whole=whole,
            cores=pa.cpu_count(),
        )
        return self._read(reading, wanted, whole, self._known(raw))

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
        """A row's cells as text, in file order; empty where missing or not read."""
        rows: pa.RecordBatch = batch.native.rows
        read = {name: place for place, name in enumerate(rows.schema.names)}
        own = [
            cell_text(rows.column(read[name])[row]) if name in read else ""
            for name in self._columns[: len(self._columns) - len(self.partitions.names)]
        ]
        part = batch.native.part
        return own + [self.partitions.text(part, name) for name in self.partitions.names]

    def completed(self, native: ParquetRows) -> pa.RecordBatch:
        """A batch's rows with the columns that folders hold."""
        return self.partitions.completed(native.part, native.rows)

    def _types(self, columns: Sequence[str]) -> dict[str, pa.DataType]:
        return {name: self.schema.field(name).type for name in self._numeric(columns)}

    def _known(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        refuse_repeated(wanted, self._columns, self._name)
        known = frozenset(self._columns)
        for name in wanted:
            if name not in known:
                raise MissingColumnError(f"`{self._name}` has no column `{name}`.")
        return wanted

    def _numeric(self, columns: Sequence[str]) -> list[str]:
        wanted = self._known(columns)
        for name in wanted:
            kind = self.schema.field(name).type
            if not is_numeric(kind):
                raise ColumnTypeError(
                    f"Column `{name}` of `{self._name}` must hold numbers, but its type is {kind}.",
                    hint="convert the column to a number first",
                )
        return wanted

    def _read(
        self, reading: Reading, wanted: list[str], whole: bool, raw: list[str]
    ) -> Generator[Batch, None, None]:
        for some in prefetched(self._tasks(reading, wanted, whole, raw), reading.workers):
            yield from some
        for part in self.parts:
            part.require_unchanged()

    def _tasks(
        self, reading: Reading, wanted: list[str], whole: bool, raw: list[str]
    ) -> Generator[Callable[[], Iterable[Batch]], None, None]:
        footer: tuple[int, pq.FileMetaData] | None = None
        for run in reading.runs:
            if reading.workers == 1:
                for batch in self._run(run, wanted, reading.rows, whole, raw, None):
                    yield partial(iter, (batch,))
                continue
            if footer is None or footer[0] != run.part:
                with opened(self.parts[run.part]) as file:
                    footer = run.part, file.metadata
            yield partial(list, self._run(run, wanted, reading.rows, whole, raw, footer[1]))

    def _run(
        self,
        run: Run,
        wanted: list[str],
        rows: int,
        whole: bool,
        raw: list[str],
        footer: pq.FileMetaData | None,
    ) -> Iterator[Batch]:
        """A run's batches: by one thread where the footer is given, else by as many as columns."""
        part = self.parts[run.part]
        named = dict.fromkeys([*wanted, *raw])
        own = None if whole else [name for name in named if name not in self.unchangeable]
        with opened(part, footer) as file, damage(part.title):
            for group, first in run.groups:
                start, left = first, file.metadata.row_group(group).num_rows
                for native in file.iter_batches(
                    batch_size=rows, row_groups=[group], columns=own, use_threads=footer is None
                ):
                    count = native.num_rows
                    left -= count
                    if count:
                        held = ParquetRows(native, run.part, left == 0)
                        columns = self._columns_of(held, wanted)
                        yield Batch(start, count, columns, held, self._stored(held, raw))
                    start += count

    def _columns_of(self, native: ParquetRows, wanted: list[str]) -> dict[str, NumericColumn]:
        rows, part = native.rows, native.part
        return {
            name: self.partitions.column(part, name, len(rows))
            if name in self.unchangeable
            else numeric_column(rows.column(name))
            for name in wanted
        }

    def _stored(self, native: ParquetRows, raw: Sequence[str]) -> dict[str, pa.Array]:
        """Columns as they are stored; those of folders' names as texts."""
        rows, part = native.rows, native.part
        return {
            name: pa.repeat(self.partitions.text(part, name), len(rows))
            if name in self.unchangeable
            else rows.column(name)
            for name in raw
        }

    def _boxes(self, number: int, columns: Sequence[str]) -> Iterator[tuple[int, Box | None]]:
        """The row groups of a file, and the ranges of columns in each, where the footer tells."""
        own = [name for name in columns if name not in self.unchangeable]
        fixed: dict[str, Range] = {}
        for name in set(columns) - set(own):
            cell = self.partitions.column(number, name, 1).cell(0)
            if cell is not None:
                fixed[name] = (cell, cell)
        with opened(self.parts[number]) as file:
            for group in range(self._first_group, self._first_group + len(self._groups[number])):
                box = group_ranges(file.metadata.row_group(group), own)
                known = box is not None and len(fixed) + len(own) == len(columns)
                yield group, fixed | (box or {}) if known else None

    def _take(self, groups: tuple[int, ...], first: int, row: int) -> None:
        """Keep to some row groups of the only file."""
        self._groups, self._first_group, self._first_row = (groups,), first, row

    def _footers(self) -> tuple[pa.Schema, tuple[tuple[int, ...], ...]]:
        """The files' common columns, and how many rows each group of each file has."""
        first: pa.Schema | None = None
        groups = []
        for part in self.parts:
            with opened(part) as file:
                schema = file.schema_arrow
                groups.append(_group_rows(file.metadata))
            first = first or schema
            if not schema.equals(first):
                raise TableError(
                    f"All files of a table must have the same columns, but `{part.title}` has "
                    f"{_difference(schema, first)} unlike `{self.parts[0].title}`.",
                    hint="check them folder by folder",
                )
        assert first is not None
        return first, tuple(groups)


def _group_rows(metadata: pq.FileMetaData) -> tuple[int, ...]:
    return tuple(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))


def _difference(schema: pa.Schema, first: pa.Schema) -> str:
    for field in schema:
        if field.name not in first.names:
            return f"a column `{field.name}`,"
        if field.type != first.field(field.name).type:
            return f"column `{field.name}` as {field.type},"
    return "other columns or another order,"
