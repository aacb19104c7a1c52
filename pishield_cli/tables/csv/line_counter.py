"""Which lines places of a text are on."""

from typing import BinaryIO

import numpy as np

from pishield_cli.tables.sources import Source, reading

_NEWLINE = ord("\n")
_CHUNK_BYTES = 1 << 20
_FEW_BYTES = 1 << 10


class LineCounter:
    """Tells the lines of ascending places of a text, which is read once, and as far as needed.

    Lines end with a line feed, a carriage return, or both. `close` it at the end.

    Args:
        source: The text.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stream: BinaryIO | None = None
        self._seen = 0
        self._line = 1
        self._after_return = False

    def line(self, offset: int) -> int:
        """The line, from 1, that a byte is on.

        Args:
            offset: The byte, not before that of the last call.

        Raises:
            TableError: If the text cannot be read.
        """
        with reading(self._source.title):
            if self._stream is None:
                self._stream = self._source.open()
            while self._seen < offset:
                data = self._stream.read(min(_CHUNK_BYTES, offset - self._seen))
                if not data:
                    break
                self._count(data)
        return self._line

    def close(self) -> None:
        """Close the text."""
        if self._stream is not None:
            self._stream.close()

    def _count(self, data: bytes) -> None:
        self._seen += len(data)
        if len(data) < _FEW_BYTES:  # rows one after another: numpy takes longer to begin
            self._line += data.count(b"\n")
        else:
            self._line += int(np.count_nonzero(np.frombuffer(data, np.uint8) == _NEWLINE))
        if b"\r" in data:
            self._line += data.count(b"\r") - data.count(b"\r\n")
        self._line -= self._after_return and data.startswith(b"\n")
        self._after_return = data.endswith(b"\r")
