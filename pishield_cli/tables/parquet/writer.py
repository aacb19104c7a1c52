"""Parquet files being written aside: changed copies, like what they copy, and new ones."""

import os
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.kernels.changes import Changes
from pishield_cli.tables.addresses import keeps_objects
from pishield_cli.tables.arrow.stream import changed_rows
from pishield_cli.tables.arrow.typed_aside import TypedAside, WritingPlace
from pishield_cli.tables.aside import aside_of, writing
from pishield_cli.tables.parquet.folder_aside import folder_aside
from pishield_cli.tables.parquet.parts import Part, opened
from pishield_cli.tables.parquet.reader import ParquetReader, ParquetRows
from pishield_cli.tables.table import Batch

_LARGEST_GROUP = 1 << 26
_CODECS = {"UNCOMPRESSED": "none", "LZ4_RAW": "lz4"}
_VERSIONS = ("1.0", "2.4", "2.6")


class NewParquet(TypedAside):
    """A Parquet file being written aside.

    Args:
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str) -> None:
        super().__init__(output, aside_of(output))

    def start(self, schema: pa.Schema) -> None:
        """Say which columns there are, once."""
        with writing(self._output):
            self._file = pq.ParquetWriter(self._aside.path, schema, filesystem=self._aside.system)

    def append(self, rows: pa.Table) -> None:
        """Append rows of the schema."""
        assert self._file is not None
        with writing(self._output):
            self._file.write_table(rows)


@dataclass(slots=True)
class _BorrowedPlace:
    """A place that another process made, and publishes or discards."""

    path: str
    system: Any

    def publish(self) -> None:
        """Left to the other process."""

    def discard(self) -> None:
        """Left to the other process."""


def _place_beside(reader: ParquetReader, output: str) -> WritingPlace:
    """A new place to write a copy of a table.

    Raises:
        TableError: If nothing can be written there.
    """
    return folder_aside(output, reader) if reader.is_folder else aside_of(output)


class ParquetWriter(TypedAside):
    """A Parquet table being written aside, file by file and row group by row group.

    Args:
        reader: The table that is copied.
        output: Where to: a file for a file, a folder for a folder or a pattern.
        aside: Where to write until then; None for a new place beside the output.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(
        self, reader: ParquetReader, output: str, aside: WritingPlace | None = None
    ) -> None:
        super().__init__(output, aside or _place_beside(reader, output))
        self._reader = reader
        self._next_part = 0
        self._group: list[pa.RecordBatch] = []

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        native: ParquetRows = batch.native
        self._open_part(native.part)
        self._group.append(changed_rows(native.rows, changes))
        if native.group_ends:
            self._write_group()

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._open_part(len(self._reader.parts))
        for part in self._reader.parts:
            part.require_unchanged()
        super().commit()

    def _open_part(self, number: int) -> None:
        """Finish the files before this one; files without rows are written too."""
        while self._next_part <= number:
            self._close_part()
            if self._next_part < len(self._reader.parts):
                part = self._reader.parts[self._next_part]
                with writing(self._output):
                    self._file = writer_like(part, self._place(part), self._aside.system)
            self._next_part += 1

    def _place(self, part: Part) -> str:
        """Where a file is written; its folder is there."""
        path = f"{self._aside.path}/{part.relative}".rstrip("/")
        system = self._aside.system
        if system is None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        elif part.relative and not keeps_objects(system):
            system.create_dir(os.path.dirname(path), recursive=True)
        return path

    def _close_part(self) -> None:
        self._write_group()
        with writing(self._output):
            self._finish()

    def _write_group(self) -> None:
        if not self._group or self._file is None:
            return
        table = pa.Table.from_batches(self._group).unify_dictionaries()
        self._group = []
        with writing(self._output):
            self._file.write_table(table, _LARGEST_GROUP)


class SharedCopy:
    """A changed copy that several processes write, each some of its files; see `SharedOutput`.

    Args:
        reader: The table that is copied.
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: ParquetReader, output: str) -> None:
        self._place = _place_beside(reader, output)
        borrowed = _BorrowedPlace(self._place.path, self._place.system)
        self.writers = partial(ParquetWriter, output=output, aside=borrowed)
        self.publish, self.discard = self._place.publish, self._place.discard


def writer_like(part: Part, path: str, system: Any = None) -> pq.ParquetWriter:
    """A writer of files like a given one: schema, metadata, compression, encodings, version.

    Args:
        part: The file.
        path: Where to write.
        system: The filesystem of the path; None for the local one.
    """
    with opened(part) as file:
        return pq.ParquetWriter(path, file.schema_arrow, filesystem=system, **_layout(file))


def _layout(file: pq.ParquetFile) -> dict[str, Any]:
    metadata = file.metadata
    version = metadata.format_version
    paths = [file.schema.column(place).path for place in range(len(file.schema))]
    layout: dict[str, Any] = {
        "version": version if version in _VERSIONS else _VERSIONS[-1],
        "use_deprecated_int96_timestamps": _has_int96(file),
        "use_compliant_nested_type": not any(".list.item" in path for path in paths),
        "store_schema": b"ARROW:schema" in (metadata.metadata or {}),
    }
    if metadata.num_row_groups and metadata.num_columns:
        group = metadata.row_group(0)
        columns = [group.column(place) for place in range(group.num_columns)]
        layout["compression"] = {
            column.path_in_schema: _CODECS.get(column.compression, column.compression.lower())
            for column in columns
        }
        layout["use_dictionary"] = [
            column.path_in_schema
            for column in columns
            if any("DICTIONARY" in encoding for encoding in column.encodings)
        ]
        layout["write_statistics"] = [
            column.path_in_schema for column in columns if column.is_stats_set
        ]
    return layout


def _has_int96(file: pq.ParquetFile) -> bool:
    schema = file.schema
    return any(schema.column(place).physical_type == "INT96" for place in range(len(schema)))
