"""The first record of a CSV file: its column names, and its bytes as they are."""

from collections import Counter
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
from pishield_cli.tables.sources import Source

_SAMPLE = 1 << 16
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Header:
    r"""How a CSV file begins.

    Attributes:
        data: All bytes before the first row: a byte order mark, blank lines, the names.
        names: The column names, distinct.
        line_ending: What ends the header's line; `\n` if nothing does.
        row_length: The mean length of the first rows in bytes.
    """

    data: bytes
    names: tuple[str, ...]
    line_ending: bytes
    row_length: float


def read_header(source: Source, delimiter: bytes) -> Header:
    """Read a CSV file's first record.

    Raises:
        TableError: If there is none, it is not UTF-8 text, or a name occurs twice.
    """
    with source.open() as stream:
        data = stream.read(_SAMPLE)
        _require_text(data, source)
        records, complete = _first_records(data, delimiter)
        while not complete and len(data) <= LONGEST_RECORD:
            more = stream.read(len(data))
            if not more:
                break
            data += more
            records, complete = _first_records(data, delimiter)
    spans = records.spans()
    if not len(spans.starts):
        raise TableError(
            f"A table has a header, but `{source.title}` is empty.",
            hint="write the column names on its first line",
        )
    start, end, after = (int(places[0]) for places in (spans.starts, spans.ends, spans.afters))
    row = records.data[start:end]
    check_text(Records(row, delimiter, records.offset + start), source)
    names = _names(row, delimiter, source)
    rows = max(1, len(spans.starts) - 1)
    length = max(1.0, (len(records.data) - after) / rows)
    ending = records.data[end:after] or b"\n"
    return Header(data[: records.offset + after], names, ending, length)


def _first_records(data: bytes, delimiter: bytes) -> tuple[Records, bool]:
    offset = len(BOM) if data.startswith(BOM) else 0
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
            f"A CSV table is UTF-8 text, but `{source.title}` is UTF-16.", hint="save it as UTF-8"
        )


def _names(row: bytes, delimiter: bytes, source: Source) -> tuple[str, ...]:
    cells = split_cells(row, delimiter)
    names = tuple(unquoted(cell).decode() for cell in cells)
    if cells[-1].startswith(b'"') and row.count(b'"') % 2:
        raise TableError(
            f"Every quote must be closed, but the header of `{source.title}` leaves one open.",
            hint="close it, or double a quote that belongs to a name",
        )
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        listed = ", ".join(f"`{name}`" for name in repeated)
        raise TableError(
            f"Column names must be distinct, but `{source.title}` repeats {listed}.",
            hint="rename the columns",
        )
    return names
