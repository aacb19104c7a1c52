"""Changed copies of Parquet tables: same schema, row groups, compression and metadata."""

import os
import shutil
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.errors import TableError
from pishield_cli.kernels.changes import Changes
from pishield_cli.tables.arrow_changes import with_changes
from pishield_cli.tables.aside import (
    Aside,
    aside_name,
    force_to_disk,
    local_target,
    writing,
)
from pishield_cli.tables.parquet_reader import ParquetReader, ParquetRows, Part, opened
from pishield_cli.tables.table import Batch

_LARGEST_GROUP = 1 << 26
_CODECS = {"UNCOMPRESSED": "none", "LZ4_RAW": "lz4"}
_VERSIONS = ("1.0", "2.4", "2.6")


class ParquetWriter:
    """A Parquet table being written aside, file by file and row group by row group.

    Args:
        reader: The table that is copied.
        output: Where to: a file for a file, a folder for a folder.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: ParquetReader, output: str) -> None:
        self._reader = reader
        self._output = output
        self._aside: Aside | AsideFolder = (
            AsideFolder(output, reader) if reader.is_folder else Aside(output)
        )
        self._open: pq.ParquetWriter | None = None
        self._next_part = 0
        self._group: list[pa.RecordBatch] = []
        self._committed = False

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        native: ParquetRows = batch.native
        self._open_part(native.part)
        rows = native.rows
        for name, change in changes.items():
            if len(change.rows):
                place = rows.schema.get_field_index(name)
                column = with_changes(rows.column(place), change, name)
                rows = rows.set_column(place, rows.schema.field(place), column)
        self._group.append(rows)
        if native.group_ends:
            self._write_group()

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._open_part(len(self._reader.parts))
        self._aside.publish()
        self._committed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""
        if self._committed:
            return
        if self._open is not None:
            with suppress(OSError, pa.ArrowException):
                self._open.close()
        self._aside.discard()

    def _open_part(self, number: int) -> None:
        """Finish the files before this one; files without rows are written too."""
        while self._next_part <= number:
            self._close_part()
            if self._next_part < len(self._reader.parts):
                part = self._reader.parts[self._next_part]
                path = os.path.join(self._aside.path, part.relative).rstrip("/")
                with writing(self._output):
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    self._open = writer_like(part, path)
            self._next_part += 1

    def _close_part(self) -> None:
        self._write_group()
        if self._open is not None:
            with writing(self._output):
                self._open.close()
            self._open = None

    def _write_group(self) -> None:
        if not self._group or self._open is None:
            return
        table = pa.Table.from_batches(self._group).unify_dictionaries()
        self._group = []
        with writing(self._output):
            self._open.write_table(table, _LARGEST_GROUP)


class AsideFolder:
    """A folder beside the one it will replace.

    Args:
        output: The final name: new, empty, or the folder of the table itself.
        reader: The table that is copied.

    Attributes:
        path: Where to write; an empty folder.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str, reader: ParquetReader) -> None:
        self._output = output
        self._files = [part.relative for part in reader.parts]
        self._target = local_target(output)
        self._in_place = self._target == os.path.realpath(reader.name)
        if os.path.exists(self._target) and not self._in_place:
            self._require_empty()
        folder, name = os.path.split(self._target)
        self.path = os.path.join(folder, aside_name(name))
        with writing(output):
            os.mkdir(self.path)

    def publish(self) -> None:
        """Force all files to disk and rename the folder, or file by file if it is in place."""
        with writing(self._output):
            for name in self._files:
                force_to_disk(os.path.join(self.path, name))
            if not self._in_place:
                os.replace(self.path, self._target)
            else:
                for name in self._files:
                    os.replace(os.path.join(self.path, name), os.path.join(self._target, name))
                self.discard()
            force_to_disk(os.path.dirname(self._target))

    def discard(self) -> None:
        """Remove the folder, unless published."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _require_empty(self) -> None:
        if not os.path.isdir(self._target):
            raise TableError(
                f"`{self._output}` cannot be written: the table is a folder, and this is a file.",
                hint="name a new folder",
            )
        if os.listdir(self._target):
            raise TableError(
                f"`{self._output}` cannot be written: the folder is not empty.",
                hint="name a new folder",
            )


def writer_like(part: Part, path: str) -> pq.ParquetWriter:
    """A writer of files like a given one: schema, metadata, compression, encodings, version."""
    with opened(part) as file:
        return pq.ParquetWriter(path, file.schema_arrow, **_layout(file))


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
