"""The first record of a CSV file: its column names, and its bytes as they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pishield_cli.errors import TableError
from pishield_cli.tables.csv.faults import check_text
from pishield_cli.tables.csv.records import (
    BOM,
    LONGEST_RECORD,
    Records,
    split_cells,
    unquoted,
)
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.sources import Source

_SAMPLE = 1 << 16
_GZIP = b"\x1f\x8b"
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r)")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class CsvHeader:
    r"""How a CSV file begins.

    Attributes:
        data: All bytes before the first row: a byte order mark, lines left out, the names.
        names: The column names, as many as the first record has cells.
        line_ending: What ends the first record's line; `\n` if nothing does.
        row_length: The mean length of the first rows in bytes.
        remarks: What a user should know of it, each with a hint.
    """

    data: bytes
    names: tuple[str, ...]
    line_ending: bytes
    row_length: float
    remarks: tuple[tuple[str, str], ...] = ()


def read_header(source: Source, delimiter: bytes, dialect: Dialect) -> CsvHeader:
    """Read a CSV file's first record.

    Args:
        source: The file.
        delimiter: What stands between two cells.
        dialect: How the file is written.

    Raises:
        TableError: If there is none, or it is compressed or of another format.
    """
    with source.open() as stream:
        data = stream.read(_SAMPLE)
        _require_text(data, source)
        records, complete = _first_records(data, delimiter, dialect.skip_rows)
        while not complete and len(data) <= LONGEST_RECORD:
            more = stream.read(len(data))
            if not more:
                break
            data += more
            records, complete = _first_records(data, delimiter, dialect.skip_rows)
    spans = records.spans()
    if not len(spans.starts):
        raise TableError(
            f"A table has a header, but `{source.title}` is empty.",
            hint="write the column names on its first line",
        )
    start, end, after = (int(places[0]) for places in (spans.starts, spans.ends, spans.afters))
    row = records.data[start:end]
    check_text(Records(row, delimiter, records.offset + start), source)
    read = _names(row, delimiter, source)
    rows = max(1, len(spans.starts) - 1)
    length = max(1.0, (len(records.data) - after) / rows)
    ending = records.data[end:after] or b"\n"
    if dialect.header:
        remarks = tuple(_remarks(read, source))
        return CsvHeader(data[: records.offset + after], read, ending, length, remarks)
    return CsvHeader(data[: records.offset + start], _given(read, dialect, source), ending, length)


def _given(cells: Sequence[str], dialect: Dialect, source: Source) -> tuple[str, ...]:
    """The names of columns that no line of the file names."""
    if dialect.names is None:
        return tuple(f"y_{place}" for place in range(len(cells)))
    if len(dialect.names) != len(cells):
        raise TableError(
            f"Without a header, --columns names every column of `{source.title}`, which are "
            f"{len(cells)}, but {len(dialect.names)} were given."
        )
    return dialect.names


def _remarks(names: Sequence[str], source: Source) -> Iterator[tuple[str, str]]:
    if all(_NUMBER.fullmatch(name) for name in names):
        yield (
            f"The first line of `{source.title}` names its columns, but it holds only numbers.",
            "if it is a row, add --no-header",
        )


def _first_records(data: bytes, delimiter: bytes, skipped: int) -> tuple[Records, bool]:
    """The records after the byte order mark and some lines; whether the first one is whole."""
    offset = len(BOM) if data.startswith(BOM) else 0
    for _ in range(skipped):
        line = _LINE.match(data, offset)
        if line is None:
            return Records(b"", delimiter, len(data)), False
        offset = line.end()
    records = Records(data[offset:], delimiter, offset)
    afters = records.spans().afters
    return records, bool(len(afters)) and int(afters[0]) < len(records.data)


def _require_text(data: bytes, source: Source) -> None:
    if data.startswith(_GZIP):
        raise TableError(
            f"`{source.title}` is compressed, though its name does not say so.",
            hint="end its name in .csv.gz, or decompress it first",
        )
    if data.startswith(b"PAR1"):
        raise TableError(
            f"`{source.title}` is a Parquet table, though its name says CSV.",
            hint="end its name in .parquet",
        )
    if data.startswith(_UTF16):
        raise TableError(
            f"A CSV table is UTF-8 text, but `{source.title}` is UTF-16.",
            hint="add --encoding utf-16, or save it as UTF-8",
        )


def _names(row: bytes, delimiter: bytes, source: Source) -> tuple[str, ...]:
    cells = split_cells(row, delimiter)
    names = tuple(unquoted(cell).decode("utf-8", "replace") for cell in cells)
    if cells[-1].startswith(b'"') and row.count(b'"') % 2:
        raise TableError(
            f"Every quote must be closed, but the header of `{source.title}` leaves one open.",
            hint="close it, or double a quote that belongs to a name",
        )
    return names
