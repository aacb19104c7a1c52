"""Arrow files as they lie on the disk: of its file format, as Feather 2 is, or its stream."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import is_address, located
from pishield_cli.tables.sources import Source, reading

MAGIC = b"ARROW1"
_PADDED = 8
_OLD_MAGIC = b"FEA1"
_FOOTER_END = 10
"""Bytes behind the footer: its length, and the magic again."""
_TEXT_BLOCKS, _ROW_BLOCKS, _BLOCK = 8, 10, 24
_FRAMES = {b"\x04\x22\x4d\x18": "lz4", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed data begins."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    """What a copy has in common with a file, beside its columns.

    Attributes:
        is_stream: Whether it has the stream format.
        compression: How its batches are compressed; None if they are not.
    """

    is_stream: bool = False
    compression: str | None = None

    def writer(self, sink: Any, schema: pa.Schema) -> ipc.RecordBatchStreamWriter:
        """A writer of files of this layout."""
        # Texts that a later batch adds to a column of codes follow as a piece of their own.
        options = ipc.IpcWriteOptions(compression=self.compression, emit_dictionary_deltas=True)
        opened = ipc.new_stream if self.is_stream else ipc.new_file
        return opened(sink, schema, options=options)


@contextmanager
def damage(title: str) -> Iterator[None]:
    """Turn what Arrow says of a file into one clear line.

    Raises:
        TableError: In place of any error of reading.
    """
    try:
        with reading(title):
            yield
    except (pa.ArrowException, struct.error) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise TableError(
            f"`{title}` is not a valid Arrow file: {reason}.",
            hint="write it again; .arrow and .feather are the names of Arrow files",
        ) from error


def layout_of(source: Source) -> FileLayout:
    """How a file is laid out.

    Raises:
        TableError: If it has Feather's first format, or none.
    """
    with damage(source.title), _opened(source) as file:
        head = file.read(_PADDED)
        if head.startswith(_OLD_MAGIC):
            raise TableError(
                f"Arrow files are read from Feather's second version on, and `{source.title}` is "
                "of the first.",
                hint="write it again, for example with pandas' to_feather, or as Parquet",
            )
        if head.startswith(MAGIC):
            ipc.open_file(file)  # which sees to it that the file is whole
            return FileLayout(compression=_compression(_messages(file)))
        file.seek(0)
        return FileLayout(True, _compression(ipc.MessageReader.open_stream(file)))


def schema_of(source: Source, layout: FileLayout) -> pa.Schema:
    """The columns of a file."""
    with damage(source.title), _opened(source) as file:
        return (ipc.open_stream if layout.is_stream else ipc.open_file)(file).schema


def record_batches(
    source: Source, layout: FileLayout, places: Sequence[int] | None
) -> Iterator[pa.RecordBatch]:
    """A file's rows as they were written.

    Args:
        source: The file.
        layout: How it is laid out.
        places: The places of the columns to read; None for all.
    """
    options = ipc.IpcReadOptions(included_fields=None if places is None else list(places))
    with damage(source.title), _opened(source) as file:
        if layout.is_stream:
            yield from ipc.open_stream(file, options=options)
            return
        batches = ipc.open_file(file, options=options)
        for number in range(batches.num_record_batches):
            yield batches.get_batch(number)


def _opened(source: Source) -> Any:
    """A file that any place can be read of; what comes once only is held in memory."""
    if is_address(source.name):
        system, path = located(source.name)
        return system.open_input_file(path)
    if source.state is not None:
        # Not mapped into memory: that would end the program where the file is cut meanwhile.
        return pa.OSFile(source.name)
    with source.open() as stream:
        return pa.BufferReader(stream.read())


def _messages(file: Any) -> Iterator[ipc.Message]:
    """The messages of a file that hold texts, then those that hold rows, as its footer lists them.

    Between them may lie anything, so that they cannot be read one after the other. The footer is a
    table of flatbuffers, whose third and fourth fields are lists of blocks of 24 bytes, each of
    which begins with its place (Arrow's `format/File.fbs`).
    """
    size = file.size()
    file.seek(size - _FOOTER_END)
    (length,) = struct.unpack("<i", file.read(4))
    file.seek(size - _FOOTER_END - length)
    footer = file.read(length)
    (table,) = struct.unpack_from("<I", footer)
    fields = table - struct.unpack_from("<i", footer, table)[0]
    (known,) = struct.unpack_from("<H", footer, fields)
    for field in (_TEXT_BLOCKS, _ROW_BLOCKS):
        (place,) = struct.unpack_from("<H", footer, fields + field) if field < known else (0,)
        if not place:
            continue
        blocks = table + place + struct.unpack_from("<I", footer, table + place)[0]
        (count,) = struct.unpack_from("<I", footer, blocks)
        for block in range(count):
            file.seek(struct.unpack_from("<q", footer, blocks + 4 + _BLOCK * block)[0])
            yield ipc.read_message(file)


def _compression(messages: Iterable[ipc.Message]) -> str | None:
    """How the first message that holds rows or texts is compressed."""
    for message in messages:
        body = message.body
        if body is not None and body.size > _PADDED:
            # The length of the data comes first.
            return _FRAMES.get(body.to_pybytes()[_PADDED : _PADDED + 4])
    return None
