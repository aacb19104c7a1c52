"""The list of changed cells, as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Self

from pishield_cli.errors import TableError
from pishield_cli.tables.aside import AsideStream

HEADER = ("row", "column", "old", "new", "violated")
_FLUSH_CHARACTERS = 1 << 20


class AuditFile:
    """Changed cells, written aside; the file appears at `commit`, whole or not at all.

    Args:
        output: A file ending in `.csv` or `.csv.gz`.

    Raises:
        TableError: If the ending is another, or nothing can be written there.
    """

    def __init__(self, output: str) -> None:
        if not output.lower().endswith((".csv", ".csv.gz")):
            raise TableError(
                f"The audit is a CSV file, but `{output}` has another ending.",
                hint="use .csv or .csv.gz",
            )
        self._stream = AsideStream(output)
        self._text = io.StringIO()
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow(HEADER)

    def append(self, row: int, column: str, old: str, new: str, violated: Sequence[str]) -> None:
        """Note one changed cell; the violated requirements are joined by `; `."""
        self._rows.writerow((row, column, old, new, "; ".join(violated)))
        if self._text.tell() > _FLUSH_CHARACTERS:
            self._flush()

    def commit(self) -> None:
        """Put the file in place."""
        self._flush()
        self._stream.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _flush(self) -> None:
        self._stream.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()
