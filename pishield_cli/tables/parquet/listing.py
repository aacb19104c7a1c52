"""Some rows of a table as Parquet, each with its number and what was found of it."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv
from pyarrow import parquet as pq

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.arrays import plain_array, text_array
from pishield_cli.tables.aside import aside_of, writing
from pishield_cli.tables.csv.listing import listing_names
from pishield_cli.tables.csv.reader import CsvReader
from pishield_cli.tables.csv.records import Records
from pishield_cli.tables.parquet.aside import ParquetAside
from pishield_cli.tables.parquet.reader import ParquetReader
from pishield_cli.tables.table import Batch, TableReader


class ParquetListing(ParquetAside):
    """A listing being written aside as Parquet.

    Rows of a Parquet table keep their types and are written as they come; the types of a CSV
    table's columns are those that fit all rows listed, which are held until `commit`.

    Args:
        reader: The table.
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: TableReader, output: str) -> None:
        number, *found = listing_names(reader.columns)
        texts = [(name, pa.large_string()) for name in found]
        self._own = pa.schema([(number, pa.int64()), *texts])
        super().__init__(output, aside_of(output))
        self._reader = reader
        self._numbers: list[int] = []
        self._found: tuple[list[str], list[str]] = ([], [])
        self._lines: list[bytes] = []
        if isinstance(reader, ParquetReader):
            self._start(pa.schema([*self._own, *reader.schema]))

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        """Append rows of a batch that was read whole; see `Listing`."""
        if not len(rows):
            return
        native = batch.native
        numbers = (rows + batch.start).tolist()
        if isinstance(native, Records):
            self._numbers += numbers
            self._found[0].extend(violated)
            self._found[1].extend(undecided)
            self._lines += [native.row(row) for row in rows.tolist()]
            return
        if isinstance(self._reader, ParquetReader):
            whole = self._reader.completed(native)
            self._write(numbers, (violated, undecided), whole.take(plain_array(rows)))

    def commit(self) -> None:
        """Rename the finished listing into place."""
        if isinstance(self._reader, CsvReader):
            table = self._typed(self._reader)
            self._start(pa.schema([*self._own, *table.schema]))
            self._write(self._numbers, self._found, table)
        super().commit()

    def _start(self, schema: pa.Schema) -> None:
        with writing(self._output):
            self._file = pq.ParquetWriter(self._aside.path, schema, filesystem=self._aside.system)

    def _write(
        self,
        numbers: list[int],
        found: tuple[Sequence[str], Sequence[str]],
        rows: pa.RecordBatch | pa.Table,
    ) -> None:
        if self._file is None:
            return
        own = [plain_array(np.array(numbers, dtype=np.int64)), *map(text_array, found)]
        schema = pa.schema([*self._own, *rows.schema])
        table = pa.Table.from_arrays([*own, *rows.columns], schema=schema)
        with writing(self._output):
            self._file.write_table(table)

    def _typed(self, reader: CsvReader) -> pa.Table:
        text = b"".join(line + b"\n" for line in self._lines)
        if not text:
            return pa.schema([(name, pa.string()) for name in reader.columns]).empty_table()
        read = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(
                column_names=list(map(str, range(len(reader.columns)))), block_size=len(text) + 1
            ),
            csv.ParseOptions(delimiter=reader.delimiter.decode(), newlines_in_values=True),
        )
        return read.rename_columns(list(reader.columns))
