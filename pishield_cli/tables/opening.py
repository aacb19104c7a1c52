"""From a name to the reader or writer of its format, decided by the name's ending."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pishield_cli.errors import TableError, UsageError
from pishield_cli.tables.addresses import has_wild_cards, is_address
from pishield_cli.tables.dialect import Dialect, InputFormat
from pishield_cli.tables.endings import (
    csv_delimiter,
    delimiter_of,
    format_named,
    is_plain_text,
    unknown_ending,
)
from pishield_cli.tables.table import (
    CellTexts,
    Listing,
    NewTable,
    StoredTable,
    TableReader,
    TableWriter,
)


def open_table(path: str, dialect: Dialect | None = None) -> StoredTable:
    """Open a table for reading.

    Args:
        path: A file whose ending says of its kind: `.csv`, `.tsv`, `.jsonl`, `.ndjson`, these also
            compressed (`.csv.gz`, `.zst`, `.bz2`, `.lz4`), `.parquet`, `.arrow`, `.feather`; a
            folder of Parquet files, or a pattern that matches some (`data/*.parquet`); the address
            of one of these (`s3://bucket/table.parquet`); or `-` for CSV from standard input.
            Folders named `key=value` are columns.
        dialect: How a CSV file is written, and what the file is if its name does not say.

    Raises:
        TableError: If there is no such table, or its header or footer cannot be read.
        UsageError: If the dialect says of another kind of table what is said of CSV files.
    """
    kind = _format(path, dialect)
    if kind is None:
        if not os.path.exists(path):
            raise TableError(
                f"There is no file `{path}`.", hint="check the path for a typing error"
            )
        raise unknown_ending(path)
    if delimiter_of(kind) is not None:
        _refuse_pattern(path)
    elif dialect is not None and dialect != dialect.of_values:
        title = _FORMATS[kind].title
        raise UsageError(
            f"Options such as --delimiter are for CSV files, but `{path}` is a {title}.",
            hint="leave out --delimiter, --na and the like",
        )
    return _FORMATS[kind].open(path, dialect)


def open_writer(reader: TableReader, output: str) -> TableWriter:
    """Start writing a changed copy of a table; nothing is visible before `commit`.

    Args:
        reader: The table, as `open_table` gave it, or derived from one.
        output: Where to; of the same kind as the table. `-` writes CSV to standard output.

    Raises:
        TableError: If the kinds differ, or nothing can be written there.
    """
    writer = reader.stored.open_writer(output)
    if reader.stored is reader:
        return writer
    from pishield_cli.tables.as_stored import with_dates_as_stored

    return with_dates_as_stored(reader, writer)


_AS_THEY_PRINT: CellTexts = {}


def open_new(output: str, texts: CellTexts = _AS_THEY_PRINT) -> NewTable:
    """Start a new table of typed columns.

    Args:
        output: Where to; its ending says of which kind. `-` writes CSV to standard output.
        texts: How CSV writes the cells of some columns, where not as they print.

    Raises:
        TableError: If the ending is unknown, or nothing can be written there.
    """
    kind = format_named(output)
    if kind is None:
        raise unknown_ending(output)
    return _FORMATS[kind].new(output, texts)


def open_listing(reader: TableReader, output: str, *, safe: bool = False) -> Listing:
    """Start a list of some of a table's rows: `row`, `line`, what was found, its own cells.

    `line` is that of a text, empty for other tables; `violated` and `undecided` name requirements.

    Args:
        reader: The table, as `open_table` gave it.
        output: Where to; its ending says of which kind, whatever the table is.
        safe: Whether a CSV listing's cells are written so that nothing acts on them.

    Raises:
        TableError: If nothing can be written there.
        UsageError: If a listing that is not CSV should be safe.
    """
    stored = reader.stored
    implied = delimiter_of(format_named(output))
    if implied is None:
        kind = format_named(output)
        if safe and kind is not None:
            raise UsageError(
                f"--safe is for listings as CSV, but `{output}` is a {_FORMATS[kind].title}.",
                hint="leave out --safe, or use .csv",
            )
        from pishield_cli.tables.typed_listing import TypedListing

        return TypedListing(stored, open_new(output))
    from pishield_cli.tables.csv.listing import CsvListing

    own = stored.style.delimiter.decode() if stored.style.chosen else implied
    return CsvListing(stored, output, own, safe=safe)


def _format(path: str, dialect: Dialect | None) -> InputFormat | None:
    """What a table is: what the user says, what its name says, or else a folder of files."""
    if dialect is not None and dialect.format is not None:
        return dialect.format
    if is_plain_text(path):
        return InputFormat.CSV
    named = format_named(path)
    if named is None and (is_address(path) or has_wild_cards(path) or os.path.isdir(path)):
        return InputFormat.PARQUET
    return named


def _refuse_pattern(path: str) -> None:
    if has_wild_cards(path):
        raise TableError(
            f"A pattern names Parquet files, but `{path}` names CSV files.",
            hint="check them one by one, or give them to standard input, as DATA -",
        )


@dataclass(frozen=True, slots=True)
class _Format:
    """What there is for a kind of table.

    Attributes:
        title: Its name, for messages.
        open: Opens a table of a name.
        new: Starts a new table of typed columns, some with texts of their own.
    """

    title: str
    open: Callable[[str, Dialect | None], StoredTable]
    new: Callable[[str, CellTexts], NewTable]


def _open_csv(path: str, dialect: Dialect | None) -> StoredTable:
    from pishield_cli.tables.csv.reader import CsvReader

    return CsvReader(path, delimiter_of(_format(path, dialect)) or ",", dialect)


def _new_csv(output: str, texts: CellTexts) -> NewTable:
    from pishield_cli.tables.csv.writer import NewCsv

    return NewCsv(output, csv_delimiter(output) or ",", texts)


def _open_parquet(path: str, dialect: Dialect | None) -> StoredTable:
    from pishield_cli.tables.parquet.reader import ParquetReader

    return ParquetReader(path).read_as(dialect or Dialect())


def _new_parquet(output: str, texts: CellTexts) -> NewTable:
    del texts  # Typed cells have no look.
    from pishield_cli.tables.parquet.writer import NewParquet

    return NewParquet(output)


def _open_arrow(path: str, dialect: Dialect | None) -> StoredTable:
    from pishield_cli.tables.ipc.reader import ArrowReader

    return ArrowReader(path).read_as(dialect or Dialect())


def _new_arrow(output: str, texts: CellTexts) -> NewTable:
    del texts  # Typed cells have no look.
    from pishield_cli.tables.ipc.writer import NewArrow

    return NewArrow(output)


def _open_json_lines(path: str, dialect: Dialect | None) -> StoredTable:
    from pishield_cli.tables.jsonl.reader import JsonLinesReader

    dialect = dialect or Dialect()
    return JsonLinesReader(path, dialect.date_format, dialect.bad_cells)


def _new_json_lines(output: str, texts: CellTexts) -> NewTable:
    del texts  # Typed cells have no look.
    from pishield_cli.tables.jsonl.writer import NewJsonLines

    return NewJsonLines(output)


_FORMATS: Mapping[InputFormat, _Format] = {
    InputFormat.CSV: _Format("CSV file", _open_csv, _new_csv),
    InputFormat.TSV: _Format("CSV file", _open_csv, _new_csv),
    InputFormat.PARQUET: _Format("Parquet table", _open_parquet, _new_parquet),
    InputFormat.ARROW: _Format("Arrow file", _open_arrow, _new_arrow),
    InputFormat.JSONL: _Format("file of JSON lines", _open_json_lines, _new_json_lines),
}
