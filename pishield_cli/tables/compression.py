"""Compressed files, by the last ending of their names."""

import gzip
from typing import BinaryIO, cast

from pishield_cli.tables.addresses import bare

CODECS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".lz4": "lz4"}
"""pyarrow's names of the compressions, by ending."""


def codec_of(name: str) -> str | None:
    """How a file of this name is compressed; None if it is not."""
    return next((codec for ending, codec in CODECS.items() if bare(name).endswith(ending)), None)


def decompressed(stream: BinaryIO, name: str) -> BinaryIO:
    """A stream's bytes as they were before compression; closing it closes the stream."""
    codec = codec_of(name)
    if codec is None:
        return stream
    if codec == "gzip":
        # Says more clearly than pyarrow what is wrong with a file.
        return cast(BinaryIO, _Gzip(stream, "rb"))
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedInputStream(stream, codec))


def compressed(stream: BinaryIO, name: str) -> BinaryIO:
    """A stream that compresses what is written into another; closing it closes that one."""
    codec = codec_of(name)
    if codec is None:
        return stream
    if codec == "gzip":
        return cast(BinaryIO, _Gzip(stream, "wb"))
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedOutputStream(stream, codec))


class _Gzip(gzip.GzipFile):
    """A gzip stream that closes the stream that it is made of."""

    def __init__(self, stream: BinaryIO, mode: str) -> None:
        super().__init__(filename="", mode=mode, compresslevel=6, fileobj=stream)
        self._stream = stream

    def close(self) -> None:
        """Finish, and close the other stream."""
        try:
            super().close()
        finally:
            self._stream.close()
