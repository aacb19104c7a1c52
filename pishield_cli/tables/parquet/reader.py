"""Parquet tables: a file, or the files of a folder or a pattern, in sorted order, as one table."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.addresses import has_wild_cards
from pishield_cli.tables.arrow.arrays import without_views
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.typed_table import TypedTable
from pishield_cli.tables.dialect import InputFormat
from pishield_cli.tables.endings import format_named, has_same_ending, other_kind
from pishield_cli.tables.parquet.dictionaries import dictionary_columns
from pishield_cli.tables.parquet.partitions import partitions_of
from pishield_cli.tables.parquet.parts import Part, damage, find_parts, opened
from pishield_cli.tables.parquet.ranges import ColumnRanges, Range, group_ranges, tells_ranges
from pishield_cli.tables.parquet.runs import ParquetReading, RowGroupRun, pieces, reading_of
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.shared import SharedOutput
from pishield_cli.tables.sources import reading
from pishield_cli.tables.table import Batch, TableWriter

_PLAIN_TEXTS = (pa.string(), pa.large_string())


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


@dataclass(frozen=True, slots=True)
class _PartSource:
    """A file to be read.

    Attributes:
        part: The file.
        footer: Its metadata.
        coded: The columns of texts that are read as dictionaries.
    """

    part: Part
    footer: pq.FileMetaData
    coded: Sequence[str]


class ParquetReader(TypedTable):
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

    format = InputFormat.PARQUET

    def __init__(self, path: str) -> None:
        with reading(path):
            found = find_parts(path)
        self.parts, self.folder, self.system = found.files, found.folder, found.system
        own, self._groups = self._footers()
        self._first_group, self._first_row = 0, 0
        self._left_out: frozenset[tuple[int, int]] = frozenset()
        self.partitions = partitions_of(self.parts, own.names, path)
        schema = pa.schema([*own, *self.partitions.schema], metadata=own.metadata)
        super().__init__(path, f"`{path}`", schema)

    @property
    def is_folder(self) -> bool:
        """Whether the table is a folder of files, not a single one."""
        return self.folder is not None

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What the types of columns say; those that stand in folders' names are fixed."""
        found = super().domains(uses)
        held = self.partitions.names
        return {n: replace(one, fixed=True) if n in held else one for n, one in found.items()}

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
        settled: Callable[[ColumnRanges], bool],
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
            name in self.partitions.names or tells_ranges(self.schema.field(name).type)
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

    def _read(
        self, wanted: list[str], raw: list[str], rows: int | None, *, whole: bool
    ) -> Iterator[Batch]:
        """The next batch is read while the caller works on this one; see `NamedTable`.

        Where nothing is asked for, a batch has at most half a million rows, or fewer of many
        columns. It does not go beyond the end of a row group.
        """
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
        return self._read_runs(reading, wanted, whole, raw)

    def open_writer(self, output: str) -> TableWriter:
        """Start writing a changed copy: a file of a file, a folder of anything else.

        Raises:
            TableError: If the kinds differ, or nothing can be written there.
        """
        from pishield_cli.tables.overlapped import OverlappedWriter
        from pishield_cli.tables.parquet.writer import ParquetWriter

        self._require_output(output)
        # Encoding and compressing take as long as all the rest, and leave Python alone.
        return OverlappedWriter(ParquetWriter(self, output))

    def shared_output(self, output: str) -> SharedOutput:
        """Start writing a changed copy, each share by a process of its own; see `SharedTable`."""
        from pishield_cli.tables.parquet.writer import SharedCopy

        self._require_output(output)
        return SharedCopy(self, output)

    def _require_output(self, output: str) -> None:
        kinds = (self.format, None) if self.is_folder else (self.format,)
        if format_named(output) not in kinds and not has_same_ending(self.name, output):
            raise other_kind(self.name, output)
        if has_wild_cards(output) and output == self.name:
            raise TableError(
                f"Files that a pattern matches cannot be replaced by its name, `{output}`.",
                hint="name a folder to write to",
            )

    def _rows_of(self, native: Any) -> Any:
        """A batch's rows with the columns that folders hold."""
        if isinstance(native, ParquetRows):
            return self.partitions.completed(native.part, native.rows)
        return super()._rows_of(native)

    def _read_runs(
        self, reading: ParquetReading, wanted: list[str], whole: bool, raw: list[str]
    ) -> Generator[Batch, None, None]:
        for some in prefetched(self._tasks(reading, wanted, whole, raw), reading.workers):
            yield from some
        for part in self.parts:
            part.require_unchanged()

    def _tasks(
        self, reading: ParquetReading, wanted: list[str], whole: bool, raw: list[str]
    ) -> Generator[Callable[[], Iterable[Batch]], None, None]:
        for number, runs in groupby(reading.runs, lambda run: run.part):
            # Codes of a dictionary are read for less than texts; a writer needs cells as they are.
            texts = [] if whole else [name for name in raw if self._kind(name) in _PLAIN_TEXTS]
            source = self._source(number, texts)
            for run in runs:
                batches = self._run(run, source, wanted, reading, whole, raw)
                if reading.workers == 1:
                    for batch in batches:
                        yield partial(iter, (batch,))
                else:
                    yield partial(list, batches)

    def _source(self, number: int, texts: Sequence[str]) -> _PartSource:
        part = self.parts[number]
        with opened(part) as file:
            return _PartSource(part, file.metadata, dictionary_columns(file.metadata, texts))

    def _kind(self, name: str) -> pa.DataType:
        held = name in self.partitions.names
        return pa.null() if held else self.schema.field(name).type

    def _run(
        self,
        run: RowGroupRun,
        source: _PartSource,
        wanted: list[str],
        reading: ParquetReading,
        whole: bool,
        raw: list[str],
    ) -> Iterator[Batch]:
        """A run's batches: by one thread where runs are read side by side, else by many."""
        part = source.part
        named = dict.fromkeys([*wanted, *raw])
        own = None if whole else [name for name in named if name not in self.partitions.names]
        with opened(part, source.footer, source.coded) as file, damage(part.title):
            for group, first in run.groups:
                start, left = first, file.metadata.row_group(group).num_rows
                for native in file.iter_batches(
                    batch_size=reading.rows,
                    row_groups=[group],
                    columns=own,
                    use_threads=reading.workers == 1,
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
            if name in self.partitions.names
            else numeric_column(rows.column(name))
            for name in wanted
        }

    def _stored(self, native: ParquetRows, raw: Sequence[str]) -> dict[str, pa.Array]:
        """Columns as they are stored; those of folders' names as texts."""
        rows, part = native.rows, native.part
        return {
            name: pa.repeat(self.partitions.text(part, name), len(rows))
            if name in self.partitions.names
            else without_views(rows.column(name))
            for name in raw
        }

    def _boxes(
        self, number: int, columns: Sequence[str]
    ) -> Iterator[tuple[int, ColumnRanges | None]]:
        """The row groups of a file, and the ranges of columns in each, where the footer tells."""
        own = [name for name in columns if name not in self.partitions.names]
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
