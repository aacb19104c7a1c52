"""From a name to the reader or writer of its format, decided by the name's ending."""

import os
from typing import TYPE_CHECKING

from pishield_cli.errors import TableError, UsageError
from pishield_cli.tables.addresses import bare, has_wild_cards, is_address
from pishield_cli.tables.aside import STANDARD_STREAM
from pishield_cli.tables.compression import CODECS
from pishield_cli.tables.dialect import Dialect, InputFormat
from pishield_cli.tables.table import Listing, TableReader, TableWriter

if TYPE_CHECKING:
    from pishield_cli.tables.csv.reader import CsvReader
    from pishield_cli.tables.parquet.reader import ParquetReader

_DELIMITERS = {
    kind + ending: mark
    for kind, mark in ((".csv", ","), (".tsv", "\t"))
    for ending in ("", *CODECS)
}
_PARQUET = ".parquet"
_TEXT = ".txt"


def open_table(path: str, dialect: Dialect | None = None) -> TableReader:
    """Open a table for reading.

    Args:
        path: A file ending in `.csv` or `.tsv`, also compressed (`.csv.gz`, `.zst`, `.bz2`,
            `.lz4`), or in `.parquet`; a folder of Parquet files, or a pattern that matches some
            (`data/*.parquet`); the address of one of these (`s3://bucket/table.parquet`); or `-`
            for CSV from standard input. Folders named `key=value` are columns.
        dialect: How a CSV file is written, and what the file is if its name does not say.

    Raises:
        TableError: If there is no such table, or its header or footer cannot be read.
    """
    delimiter = _delimiter(path, dialect)
    if delimiter is None and _is_parquet(path, dialect):
        if dialect is not None and dialect != Dialect(format=dialect.format):
            raise UsageError(
                f"How cells are written is said of CSV files, but `{path}` is a Parquet table.",
                hint="leave out --delimiter, --na and the like",
            )
        from pishield_cli.tables.parquet.reader import ParquetReader

        return ParquetReader(path)
    if delimiter is not None:
        _refuse_pattern(path)
        from pishield_cli.tables.csv.reader import CsvReader

        return CsvReader(path, delimiter, dialect)
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
    if reader.stored is not reader:
        from pishield_cli.tables.as_stored import with_dates_as_stored

        return with_dates_as_stored(reader, open_writer(reader.stored, output))
    from pishield_cli.tables.csv.reader import CsvReader

    if isinstance(reader, CsvReader):
        from pishield_cli.tables.csv.writer import CsvWriter

        if not _can_hold(reader, output):
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


def open_listing(reader: TableReader, output: str, *, safe: bool = False) -> Listing:
    """Start a list of some of a table's rows: `row`, `violated`, then the row's own cells.

    Args:
        reader: The table, as `open_table` gave it.
        output: Where to; CSV or Parquet by its ending, whatever the table is.
        safe: Whether a CSV listing's cells are written so that nothing acts on them.

    Raises:
        TableError: If nothing can be written there.
    """
    reader = reader.stored
    if bare(output).endswith(_PARQUET):
        if safe:
            raise UsageError(
                f"--safe is for listings that spreadsheets open, but `{output}` is Parquet.",
                hint="leave out --safe, or use .csv",
            )
        from pishield_cli.tables.parquet.listing import ParquetListing

        return ParquetListing(reader, output)
    delimiter = _listing_delimiter(reader, output)
    if delimiter is None:
        raise _unknown_ending(output)
    from pishield_cli.tables.csv.listing import CsvListing

    return CsvListing(reader, output, delimiter, safe=safe)


def _listing_delimiter(reader: TableReader, output: str) -> str | None:
    """The table's own delimiter where the user gave it, else the one of the listing's name."""
    from pishield_cli.tables.csv.reader import CsvReader

    implied = csv_delimiter(output)
    own = reader.dialect.delimiter if isinstance(reader, CsvReader) else None
    return own or implied if implied is not None else None


def csv_delimiter(path: str) -> str | None:
    """What separates the cells of a CSV file of this name; None if it is no CSV file's name."""
    if path == "-":
        return ","
    matches = [mark for ending, mark in _DELIMITERS.items() if bare(path).endswith(ending)]
    return matches[0] if matches else None


def _delimiter(path: str, dialect: Dialect | None) -> str | None:
    """What separates a table's cells unless the user says so; None for no CSV file."""
    if dialect is not None and dialect.format is not None:
        return {InputFormat.CSV: ",", InputFormat.TSV: "\t"}.get(dialect.format)
    return "," if _is_plain_text(path) else csv_delimiter(path)


def _is_plain_text(path: str) -> bool:
    return any(bare(path).endswith(_TEXT + codec) for codec in ("", *CODECS))


def _can_hold(reader: "CsvReader", output: str) -> bool:
    """Whether an output's ending fits what separates the table's cells."""
    implied = _delimiter(output, None)
    return implied is not None and (
        output == STANDARD_STREAM
        or reader.dialect.delimiter is not None
        or implied == reader.delimiter.decode()
    )


def _is_parquet(path: str, dialect: Dialect | None) -> bool:
    if dialect is not None and dialect.format is not None:
        return True
    return (
        bare(path).endswith(_PARQUET)
        or is_address(path)
        or has_wild_cards(path)
        or os.path.isdir(path)
    )


def _refuse_pattern(path: str) -> None:
    if has_wild_cards(path):
        raise TableError(
            f"A pattern names Parquet files, but `{path}` names CSV files.",
            hint="check them one by one, or give them to standard input, as DATA -",
        )


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
