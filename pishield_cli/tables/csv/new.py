"""New CSV files of typed columns."""

from collections.abc import Iterable

import pyarrow as pa

from pishield_cli.tables.arrow.columns import cell_texts, in_one_array
from pishield_cli.tables.aside import AsideStream, WrittenAside
from pishield_cli.tables.csv.listing import quoted


class NewCsv(WrittenAside):
    """A table of typed columns being written aside as CSV, a missing cell as an empty one.

    Args:
        output: Where to; `-` is standard output.
        delimiter: What stands between two cells.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str, delimiter: str) -> None:
        self._stream = AsideStream(output)
        self._delimiter = delimiter.encode()

    def start(self, schema: pa.Schema) -> None:
        """Write the names of the columns."""
        self._stream.write(
            self._line(quoted(name.encode(), self._delimiter) for name in schema.names)
        )

    def append(self, rows: pa.Table) -> None:
        """Append rows of the schema."""
        columns = [
            [quoted(text.encode(), self._delimiter) for text in cell_texts(in_one_array(column))]
            for column in rows.columns
        ]
        self._stream.write(b"".join(map(self._line, zip(*columns, strict=True))))

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()

    def _line(self, cells: Iterable[bytes]) -> bytes:
        line = self._delimiter.join(cells)
        # A line with nothing in it would be no row.
        return (line or b'""') + b"\n"
