"""Files of typed columns being written aside."""

from contextlib import suppress
from typing import Any, Protocol

import pyarrow as pa

from pishield_cli.tables.aside import WrittenAside, writing


class WritingPlace(Protocol):
    """Where a table is written before it appears under its name."""

    path: str
    system: Any

    def publish(self) -> None:
        """Put the table in place."""

    def discard(self) -> None:
        """Remove what was written, unless published."""


class TypedAside(WrittenAside):
    """Files that are written aside one after the other, and appear together.

    Args:
        output: The final name, for messages.
        place: Where they are written.
    """

    def __init__(self, output: str, place: WritingPlace) -> None:
        self._output = output
        self._aside = place
        self._file: Any = None
        self._committed = False

    def commit(self) -> None:
        """Put the files in place."""
        with writing(self._output):
            self._finish()
        self._aside.publish()
        self._committed = True

    def close(self) -> None:
        """Remove what was written, unless committed."""
        if self._committed:
            return
        with suppress(OSError, pa.ArrowException):
            self._finish()
        self._aside.discard()

    def _finish(self) -> None:
        """Complete the file that is being written, if one is."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
