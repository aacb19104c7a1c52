"""New Parquet files of typed columns."""

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.tables.arrow.typed_aside import TypedAside
from pishield_cli.tables.aside import aside_of, writing


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
