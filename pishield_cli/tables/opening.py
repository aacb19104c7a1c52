"""From a name to the reader or writer of its format, decided by the name's ending."""

import os

from pishield_cli.errors import TableError
from pishield_cli.tables.table import Listing, TableReader, TableWriter

_DELIMITERS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
_PARQUET = ".parquet"


def open_table(path: str) -> TableReader:
    """Open a table for reading.

    Args:
        path: A file ending in `.csv`, `.csv.gz`, `.tsv`, `.tsv.gz` or `.parquet`, a folder of
            Parquet files, an address that pyarrow's filesystems read, or `-` for CSV from
            standard input.

    Raises:
        TableError: If there is no such table, or its header or footer cannot be read.
    """
    delimiter = csv_delimiter(path)
    folder = os.path.isdir(path) or ("://" in path and delimiter is None)
    if folder or path.lower().endswith(_PARQUET):
        from pishield_cli.tables.parquet_reader import ParquetReader

        return ParquetReader(path)
    if delimiter is not None:
        from pishield_cli.tables.csv_reader import CsvReader

        return CsvReader(path, delimiter)
    if not os.path.exists(path):
        raise TableError(f"There is no file `{path}`.", hint="check the path for a typing error")
    raise _unknown_ending(path)


def open_writer(reader: TableReader, output: str) -> TableWriter:
    """Start writing a changed copy of a table; nothing is visible before `commit`.

    Args:
        reader: The table, as `open_table` gave it.
        output: Where to; of the same kind as the table. `-` writes CSV to standard output.

    Raises:
        TableError: If the kinds differ, or nothing can be written there.
    """
    from pishield_cli.tables.csv_reader import CsvReader

    if isinstance(reader, CsvReader):
        from pishield_cli.tables.csv_writer import CsvWriter

        if output != "-" and csv_delimiter(output) != reader.delimiter.decode():
            raise _other_kind(reader.name, output)
        return CsvWriter(reader, output)
    from pishield_cli.tables.parquet_reader import ParquetReader
    from pishield_cli.tables.parquet_writer import ParquetWriter

    if not isinstance(reader, ParquetReader):
        raise TypeError(f"not a table that this package opened: {type(reader).__name__}")
    if not reader.is_folder and not output.lower().endswith(_PARQUET):
        raise _other_kind(reader.name, output)
    if reader.is_folder and csv_delimiter(output) is not None:
        raise _other_kind(reader.name, output)
    return ParquetWriter(reader, output)


def open_listing(reader: TableReader, output: str) -> Listing:
    """Start a list of some of a table's rows: `row`, `violated`, then the row's own cells.

    Args:
        reader: The table, as `open_table` gave it.
        output: Where to; CSV or Parquet by its ending, whatever the table is.

    Raises:
        TableError: If nothing can be written there.
    """
    if output.lower().endswith(_PARQUET):
        from pishield_cli.tables.parquet_listing import ParquetListing

        return ParquetListing(reader, output)
    delimiter = csv_delimiter(output)
    if delimiter is None:
        raise _unknown_ending(output)
    from pishield_cli.tables.csv_listing import CsvListing

    return CsvListing(reader, output, delimiter)


def csv_delimiter(path: str) -> str | None:
    """What separates the cells of a CSV file of this name; None if it is no CSV file's name."""
    if path == "-":
        return ","
    matches = [mark for ending, mark in _DELIMITERS.items() if path.lower().endswith(ending)]
    return matches[0] if matches else None


def _unknown_ending(path: str) -> TableError:
    return TableError(
        f"A table's kind follows from its name's ending, and that of `{path}` is not known.",
        hint="use .csv, .tsv, .csv.gz or .parquet",
    )


def _other_kind(name: str, output: str) -> TableError:
    return TableError(
        f"The output must be of the same kind as the table, but `{name}` and `{output}` are not.",
        hint="give the output the table's own ending",
    )
