"""CSV text of other encodings, read as UTF-8 and written as it was."""

import codecs
import io
from dataclasses import replace
from typing import BinaryIO, cast

from pishield_cli.errors import TableError
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.sources import Source, reading

_BLOCK = 1 << 20


def likely_encoding(data: bytes) -> str:
    """The encoding that bytes which are not UTF-8 are most likely in, where Latin letters are used.

    That is Windows' own; only bytes that it does not have are taken for the older latin-1.
    """
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def decoded(stream: BinaryIO, encoding: str, title: str) -> BinaryIO:
    """A stream's text as UTF-8; closing it closes the stream.

    Args:
        stream: Bytes in the encoding.
        encoding: Its name, as Python knows it.
        title: What the error calls the table.

    Raises:
        TableError: When read, if a byte is not of the encoding, or would not be written alike.
    """
    return cast(BinaryIO, io.BufferedReader(_Transcoded(stream, encoding, title), _BLOCK))


def decoded_source(source: Source, dialect: Dialect) -> tuple[Source, str]:
    """A file's text as UTF-8, and the encoding that it has.

    Raises:
        TableError: If the file cannot be read.
    """
    if dialect.is_utf8:
        return source, "utf-8"
    with reading(source.title), source.open() as stream:
        encoding = _with_byte_order(dialect.encoding, stream.read(4))
    return replace(source, open=lambda: decoded(source.open(), encoding, source.title)), encoding


def _with_byte_order(encoding: str, start: bytes) -> str:
    """The encoding with its order of bytes, which the first of them tell."""
    wide = codecs.lookup(encoding).name
    if wide not in {"utf-16", "utf-32"}:
        return encoding
    return f"{wide}-be" if start.startswith((b"\xfe\xff", b"\0\0\xfe\xff")) else f"{wide}-le"


class _Transcoded(io.RawIOBase):
    """Decodes block by block, and makes sure that encoding gives the same bytes again."""

    def __init__(self, stream: BinaryIO, encoding: str, title: str) -> None:
        self._stream = stream
        self._title = title
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._offset = 0
        self._held = b""
        self._text = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with UTF-8 text."""
        ended = False
        while not self._text and not ended:
            block = self._stream.read(_BLOCK)
            ended = not block
            self._text = self._next(block, final=ended)
        count = min(len(buffer), len(self._text))
        buffer[:count], self._text = self._text[:count], self._text[count:]
        return count

    def close(self) -> None:
        """Close the stream too."""
        if not self.closed:
            self._stream.close()
        super().close()

    def _next(self, block: bytes, *, final: bool) -> bytes:
        data = self._held + block
        try:
            text = self._decoder.decode(block, final)
            self._held = self._decoder.getstate()[0]
            taken = data[: len(data) - len(self._held)]
            alike = text.encode(self._encoding) == taken
        except UnicodeError as error:
            raise self._unlike(getattr(error, "start", 0)) from error
        if not alike:
            raise self._unlike(0)
        self._offset += len(taken)
        return text.encode()

    def _unlike(self, start: int) -> TableError:
        return TableError(
            f"`{self._title}` is read as {self._encoding}, but from byte {self._offset + start:,} "
            "on it is in another encoding.",
            hint="give its own --encoding",
        )
