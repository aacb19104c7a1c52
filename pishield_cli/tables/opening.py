"""From a name to the reader or writer of its format, decided by the name's ending."""

import os
from typing import TYPE_CHECKING

from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import bare, has_wild_cards, is_address
from pishield_cli.tables.aside import STANDARD_STREAM
from pishield_cli.tables.compression import CODECS
from pishield_cli.tables.table import Listing, TableReader, TableWriter

if TYPE_CHECKING:
    from pishield_cli.tables.parquet.reader import ParquetReader

_DELIMITERS = {
    kind + ending: mark
    for kind, mark in ((".csv", ","), (".tsv", "\t"))
    for ending in ("", *CODECS)
}
_PARQUET = ".parquet"


def open_table(path: str) -> TableReader:
    """Open a table for reading.

    Args:
        path: A file ending in `.csv` or `.tsv`, also compressed (`.csv.gz`, `.zst`, `.bz2`,
            `.lz4`), or in `.parquet`; a folder of Parquet files, or a pattern that matches some
            (`data/*.parquet`); the address of one of these (`s3://bucket/table.parquet`); or `-`
            for CSV from standard input. Folders named `key=value` are columns.

    Raises:
        TableError: If there is no such table, or its header or footer cannot be read.
    """
    delimiter = csv_delimiter(path)
    if _is_parquet(path, delimiter):
        from pishield_cli.tables.parquet.reader import ParquetReader

        return ParquetReader(path)
    if delimiter is not None:
        from pishield_cli.tables.csv.reader import CsvReader

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
    from pishield_cli.tables.csv.reader import CsvReader

    if isinstance(reader, CsvReader):
        from pishield_cli.tables.csv.writer import CsvWriter

        if output != "-" and csv_delimiter(output) != reader.delimiter.decode():
            raise _other_kind(reader.name, output)
        return CsvWriter(reader, output)
    from pishield_cli.tables.overlapped import OverlappedWriter
    from pishield_cli.tables.parquet.reader import ParquetReader
    from pishield_cli.tables.parquet.writer import ParquetWriter

    if not isinstance(reader, ParquetReader):
        raise TypeError(f"not a table that this package opened: {type(reader).__name__}")
    require_parquet_output(reader, output)
    # Encoding and compressing take as long as all the rest, and leave Python alone.
    return OverlappedWriter(ParquetWriter(reader, output))


def require_parquet_output(reader: "ParquetReader", output: str) -> None:
    """Refuse names that a changed copy of a Parquet table cannot have.

    Raises:
        TableError: If it has one.
    """
    if not reader.is_folder and not bare(output).endswith(_PARQUET):
        raise _other_kind(reader.name, output)
    if reader.is_folder and csv_delimiter(output) is not None:
        raise _other_kind(reader.name, output)
    if has_wild_cards(output) and output == reader.name:
        raise TableError(
            f"Files that a pattern matches cannot be replaced by its name, `{output}`.",
            hint="name a folder to write to",
        )


def open_listing(reader: TableReader, output: str) -> Listing:
    """Start a list of some of a table's rows: `row`, `violated`, then the row's own cells.

    Args:
        reader: The table, as `open_table` gave it.
        output: Where to; CSV or Parquet by its ending, whatever the table is.

    Raises:
        TableError: If nothing can be written there.
    """
    if bare(output).endswith(_PARQUET):
        from pishield_cli.tables.parquet.listing import ParquetListing

        return ParquetListing(reader, output)
    delimiter = csv_delimiter(output)
    if delimiter is None:
        raise _unknown_ending(output)
    from pishield_cli.tables.csv.listing import CsvListing

    return CsvListing(reader, output, delimiter)


def csv_delimiter(path: str) -> str | None:
    """What separates the cells of a CSV file of this name; None if it is no CSV file's name."""
    if path == "-":
        return ","
    matches = [mark for ending, mark in _DELIMITERS.items() if bare(path).endswith(ending)]
    return matches[0] if matches else None


def _is_parquet(path: str, delimiter: str | None) -> bool:
    if path == STANDARD_STREAM:
        return False
    if bare(path).endswith(_PARQUET) or (is_address(path) and delimiter is None):
        return True
    if delimiter is not None and has_wild_cards(path):
        raise TableError(
            f"A pattern names Parquet files, but `{path}` names CSV files.",
            hint="check them one by one, or give them to standard input, as DATA -",
        )
    return os.path.isdir(path) or has_wild_cards(path)


def _unknown_ending(path: str) -> TableError:
    return TableError(
        f"A table's kind follows from its name's ending, and that of `{path}` is not known.",
        hint="use .csv, .tsv, .csv.gz, .csv.zst or .parquet",
    )


def _other_kind(name: str, output: str) -> TableError:
    return TableError(
        f"The output must be of the same kind as the table, but `{name}` and `{output}` are not.",
        hint="give the output the table's own ending",
    )
