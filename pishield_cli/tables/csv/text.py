"""The text of some records of a CSV table, read into Arrow columns, and each cell as it stands."""

from collections.abc import Sequence

import pyarrow as pa
from pyarrow import csv

from pishield_cli.tables.arrow.arrays import as_rows, one_text
from pishield_cli.tables.csv.faults import malformed
from pishield_cli.tables.csv.records import Records, split_cells, unquoted
from pishield_cli.tables.sources import Source


class CsvText:
    """Some whole records of a CSV table.

    Args:
        records: The text.
        names: The table's columns; they may be repeated.
        source: The file.
    """

    def __init__(self, records: Records, names: Sequence[str], source: Source) -> None:
        self.records = records
        self.names = names
        self.source = source

    def table(self, convert: csv.ConvertOptions) -> pa.Table:
        """Read columns, which go by their places: names may be repeated, or not be UTF-8.

        Raises:
            TableError: If the text cannot be split into the cells of the table.
        """
        data, records = self.records.data, self.records
        # One block: each column then lies in one array, and a record may be as long as it likes.
        options = csv.ReadOptions(
            column_names=list(map(str, range(len(self.names)))),
            block_size=len(data) + 1,
            use_threads=False,
        )
        parser = csv.ParseOptions(
            delimiter=records.delimiter.decode(),
            newlines_in_values=len(records.quotes()) > 0,
        )
        try:
            return csv.read_csv(pa.BufferReader(data), options, parser, convert)
        except pa.ArrowInvalid as error:
            raise malformed(records, self.names, self.source, str(error)) from error

    def column(self, place: int) -> list[str]:
        """All cells of a column, quotes removed."""
        return self.columns([place])[place]

    def columns(self, places: Sequence[int]) -> dict[int, list[str]]:
        """All cells of some columns by their places, quotes removed; the text is split once."""
        found = self._bytes(places)
        return {
            place: [
                cell.decode("utf-8", "replace") for cell in found.column(str(place)).to_pylist()
            ]
            for place in dict.fromkeys(places)
        }

    def cells(self, places: Sequence[int]) -> list[pa.Array]:
        """All cells of some columns as bytes, quotes removed; the text is split once."""
        return [column.combine_chunks() for column in self._bytes(places).columns]

    def _bytes(self, places: Sequence[int]) -> pa.Table:
        names = [str(place) for place in dict.fromkeys(places)]
        types = dict.fromkeys(names, pa.binary())
        return self.table(
            csv.ConvertOptions(include_columns=names, column_types=types, check_utf8=False)
        )

    def cell(self, place: int, row: int) -> str:
        """One cell, quotes removed."""
        cell = split_cells(self.records.row(row), self.records.delimiter)[place]
        return unquoted(cell).decode("utf-8", "replace")

    def replaced(self, columns: dict[int, pa.Array], rows: int) -> "CsvText":
        """A text of as many records, with other cells in some columns, and none in all others."""
        nothing = pa.repeat(one_text("", pa.string()), rows)
        every = [columns.get(place, nothing) for place in range(len(self.names))]
        written = pa.BufferOutputStream()
        options = csv.WriteOptions(include_header=False, delimiter=self.records.delimiter.decode())
        csv.write_csv(as_rows(every, list(map(str, range(len(every))))), written, options)
        records = Records(written.getvalue().to_pybytes(), self.records.delimiter)
        return CsvText(records, self.names, self.source)
