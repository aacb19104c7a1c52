"""Parquet tables: a file, or a folder of files taken in sorted order as one table."""

import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.errors import ColumnTypeError, MissingColumnError, TableError
from pishield_cli.tables.arrow_columns import cell_text, is_numeric, kind_of, numeric_column
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import reading
from pishield_cli.tables.table import Batch, ColumnKind

_ROWS = 1 << 19
_ENDING = ".parquet"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a table.

    Attributes:
        title: Its path, for messages.
        relative: Its path within the folder; empty for a table of one file.
        file: What pyarrow opens it by.
        system: The filesystem it is on; None if local.
    """

    title: str
    relative: str
    file: str
    system: Any = None

    def open(self) -> pq.ParquetFile:
        """The file, its footer read."""
        file = self.file if self.system is None else self.system.open_input_file(self.file)
        return pq.ParquetFile(file, page_checksum_verification=True)


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """A batch's rows, and where they belong.

    Attributes:
        rows: The rows, all columns where the table was read whole.
        part: Number of the file they are from.
        group_ends: Whether the last row ends a row group.
    """

    rows: pa.RecordBatch
    part: int
    group_ends: bool


class ParquetReader:
    """A table in Parquet files.

    Args:
        path: A file, a folder, or an address.

    Raises:
        TableError: If there is no Parquet file, one is damaged, or their columns differ.
    """

    def __init__(self, path: str) -> None:
        self._name = path
        with reading(path):
            self.parts, self.is_folder = _parts(path)
        self.schema = self._common_schema()
        self._columns = tuple(self.schema.names)
        repeated = [name for name, times in Counter(self._columns).items() if times > 1]
        if repeated:
            listed = ", ".join(f"`{name}`" for name in repeated)
            raise TableError(
                f"Column names must be distinct, but `{path}` repeats {listed}.",
                hint="rename the columns",
            )

    @property
    def name(self) -> str:
        """The table's name, as the user gave it."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in file order, distinct."""
        return self._columns

    def batches(
        self, columns: Sequence[str], *, rows: int | None = None, whole: bool = False
    ) -> Iterator[Batch]:
        """Read the table from its start, the next batch while the caller works on this one.

        Args:
            columns: The columns to parse; each must be numeric.
            rows: The most rows a batch holds; None for half a million. No batch goes beyond the
                end of a row group.
            whole: Whether `native` holds all columns, for a writer or listing.

        Raises:
            ColumnTypeError: If a column asked for holds something other than numbers.
            TableError: If a file is damaged.
        """
        wanted = self._numeric(columns)
        return prefetched(self._read(wanted, max(1, rows or _ROWS), whole))

    def kinds(self, columns: Sequence[str]) -> dict[str, ColumnKind]:
        """What the schema says: truth values, whole numbers, or any."""
        return {name: kind_of(self.schema.field(name).type) for name in self._numeric(columns)}

    def places(self, columns: Sequence[str]) -> dict[str, int]:
        """How many decimal places a column's type holds; only decimal columns limit them."""
        types = {name: self.schema.field(name).type for name in self._numeric(columns)}
        return {name: kind.scale for name, kind in types.items() if pa.types.is_decimal(kind)}

    def native_cells(self, batch: Batch, row: int) -> list[str]:
        """A row's cells as text, in file order; empty where missing or not read."""
        rows: pa.RecordBatch = batch.native.rows
        read = {name: place for place, name in enumerate(rows.schema.names)}
        return [
            cell_text(rows.column(read[name])[row]) if name in read else ""
            for name in self._columns
        ]

    def _numeric(self, columns: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(columns))
        for name in wanted:
            if name not in self._columns:
                raise MissingColumnError(f"`{self._name}` has no column `{name}`.")
            kind = self.schema.field(name).type
            if not is_numeric(kind):
                raise ColumnTypeError(
                    f"Column `{name}` of `{self._name}` must hold numbers, but its type is {kind}.",
                    hint="convert the column to a number first",
                )
        return wanted

    def _read(self, wanted: list[str], rows: int, whole: bool) -> Generator[Batch, None, None]:
        start = 0
        for number, part in enumerate(self.parts):
            with opened(part) as file, damage(part.title):
                for native in _part_rows(file, number, rows, None if whole else wanted):
                    columns = {name: numeric_column(native.rows.column(name)) for name in wanted}
                    yield Batch(start, native.rows.num_rows, columns, native)
                    start += native.rows.num_rows

    def _common_schema(self) -> pa.Schema:
        first: pa.Schema | None = None
        for part in self.parts:
            with opened(part) as file:
                schema = file.schema_arrow
            first = first or schema
            if not schema.equals(first):
                raise TableError(
                    f"All files of a table must have the same columns, but `{part.title}` has "
                    f"{_difference(schema, first)} unlike `{self.parts[0].title}`.",
                    hint="check them folder by folder",
                )
        assert first is not None
        return first


@contextmanager
def opened(part: Part) -> Iterator[pq.ParquetFile]:
    """One file of a table, closed afterwards.

    Raises:
        TableError: If it cannot be read or is no Parquet file.
    """
    with damage(part.title):
        file = part.open()
    with file:
        yield file


@contextmanager
def damage(title: str) -> Iterator[None]:
    """Turn what pyarrow reports of a damaged file into one clear line.

    Raises:
        TableError: In its place.
    """
    try:
        with reading(title):
            yield
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise TableError(
            f"`{title}` is no sound Parquet file: {reason}.",
            hint="it may be cut off, or of another format; write it again",
        ) from error


def _part_rows(
    file: pq.ParquetFile, number: int, rows: int, columns: list[str] | None
) -> Iterator[ParquetRows]:
    for group in range(file.num_row_groups):
        left = file.metadata.row_group(group).num_rows
        for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=columns):
            left -= batch.num_rows
            if batch.num_rows:
                yield ParquetRows(batch, number, left == 0)


def _parts(path: str) -> tuple[list[Part], bool]:
    if "://" in path:
        return _remote_parts(path)
    if not os.path.isdir(path):
        return [Part(path, "", path)], False
    found = sorted(
        os.path.relpath(os.path.join(folder, name), path)
        for folder, _, names in os.walk(path)
        for name in names
    )
    return _folder_parts(path, found), True


def _remote_parts(address: str) -> tuple[list[Part], bool]:
    from pyarrow import fs

    try:
        system, path = fs.FileSystem.from_uri(address)
    except pa.ArrowInvalid as error:
        raise TableError(f"`{address}` is no address that can be read: {error}.") from error
    info = system.get_file_info(path)
    if info.type != fs.FileType.Directory:
        return [Part(address, "", path, system)], False
    inside = system.get_file_info(fs.FileSelector(path, recursive=True))
    prefix = path.rstrip("/") + "/"
    found = sorted(entry.path.removeprefix(prefix) for entry in inside if entry.is_file)
    return _folder_parts(path, found, system), True


def _folder_parts(folder: str, found: list[str], system: Any = None) -> list[Part]:
    files = [
        name
        for name in found
        if name.lower().endswith(_ENDING)
        and not any(step.startswith((".", "_")) for step in name.split(os.sep))
    ]
    if not files:
        raise TableError(
            f"A folder is a table if it holds Parquet files, but `{folder}` holds none.",
            hint="name a file, or a folder of .parquet files",
        )
    paths = [os.path.join(folder, name) for name in files]
    return [Part(path, name, path, system) for path, name in zip(paths, files, strict=True)]


def _difference(schema: pa.Schema, first: pa.Schema) -> str:
    for field in schema:
        if field.name not in first.names:
            return f"a column `{field.name}`,"
        if field.type != first.field(field.name).type:
            return f"column `{field.name}` as {field.type},"
    return "other columns or another order,"
