"""What exactly is wrong with a piece of CSV text, once reading it has failed."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from pishield_cli.errors import ColumnTypeError, TableError
from pishield_cli.tables.csv.encodings import likely_encoding
from pishield_cli.tables.csv.line_counter import LineCounter
from pishield_cli.tables.csv.records import (
    Records,
    split_cells,
    unquoted,
)
from pishield_cli.tables.sources import Source
from pishield_cli.tables.textual.extremes import (
    endless_number,
    is_endless,
    shortened,
    tiny_number,
)
from pishield_cli.tables.textual.numbers import is_number, says_more_than_zero


def check_text(records: Records, source: Source) -> None:
    """Require text without NUL bytes; that it is UTF-8 matters only in cells that are used.

    Raises:
        TableError: With the line of the first one.
    """
    data = records.data
    if b"\0" in data:
        line = line_at(source, records.offset + data.index(b"\0"))
        raise TableError(
            f"A CSV table is text, but line {line} of `{source.title}` holds a NUL byte.",
            hint="save it as CSV in UTF-8; a Parquet table's name ends in .parquet",
        )


def _not_utf8(
    records: Records, start: int, error: UnicodeDecodeError, source: Source
) -> TableError:
    """What is wrong with a cell that begins at a place of the text."""
    data, place = records.data, start + error.start
    line = line_at(source, records.offset + place)
    byte = place - max(data.rfind(end, 0, place) for end in (b"\n", b"\r"))
    return TableError(
        f"A CSV table is UTF-8 text, but line {line} of `{source.title}`, byte {byte} "
        f"(0x{data[place]:02x}), is not.",
        hint=f"save it as UTF-8, or add its --encoding, such as {likely_encoding(data)}",
    )


def malformed(records: Records, names: Sequence[str], source: Source, reason: str) -> TableError:
    """Why text could not be split into the cells of the table.

    Args:
        records: The text.
        names: The table's columns.
        source: The file.
        reason: What the reader said, where nothing better is found.
    """
    data = records.data
    quotes = records.quotes()
    if len(quotes) % 2:
        line = line_at(source, records.offset + int(quotes[-1]))
        return TableError(
            f"Every quote must be closed, but the one on line {line} of `{source.title}` is not.",
            hint="close it, or double a quote that belongs to the text",
        )
    spans = records.spans()
    for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True):
        found = len(split_cells(data[start:end], records.delimiter))
        if found != len(names):
            line = line_at(source, records.offset + start)
            return TableError(
                f"Every row of `{source.title}` must have {_cells(len(names))}, like its header, "
                f"but line {line} has {found}.",
                hint="quote cells that contain the separator, or fill up the row",
            )
    return TableError(f"`{source.title}` cannot be read: {reason.splitlines()[0]}")


def not_numeric(
    records: Records,
    cells: Sequence[str],
    marks: frozenset[str],
    column: int,
    name: str,
    source: Source,
) -> TableError:
    """Which cell keeps a column from being numbers.

    Args:
        records: The text.
        cells: The column's cells as read, one for each row.
        marks: The texts of missing cells.
        column: The column's position.
        name: The column's name.
        source: The file.
    """
    row = next((n for n, one in enumerate(cells) if one not in marks and not is_number(one)), None)
    rule = f"Column `{name}` of `{source.title}` must hold numbers"
    hint = "leave missing cells empty; numbers are written like 3, -0.5 or 1e3"
    if row is None:
        return ColumnTypeError(f"{rule}, but it holds dates, times or text.", hint=hint)
    written = split_cells(records.row(row), records.delimiter)
    before = len(records.delimiter.join(written[:column])) + (1 if column else 0)
    start = int(records.spans().starts[row]) + before
    line = line_at(source, records.offset + start)
    try:
        text = unquoted(written[column]).decode()
    except UnicodeDecodeError as error:
        return _not_utf8(records, start, error, source)
    return ColumnTypeError(f"{rule}, but line {line} holds {shortened(text)!r}.", hint=hint)


def refuse_endless(records: Records, cells: Sequence[str], name: str, source: Source) -> None:
    """Refuse digits without end, which nobody means to be infinite; `1e400` and `inf` may be.

    Args:
        records: The text.
        cells: A column's cells as read, one for each row.
        name: The column's name.
        source: The file.

    Raises:
        ColumnTypeError: With the first such cell's line.
    """
    for row, text in enumerate(cells):
        if is_endless(text):
            line = line_at(source, records.offset + int(records.spans().starts[row]))
            raise endless_number(text, name, source.title, line)


def line_at(source: Source, offset: int) -> int:
    """The number, from 1, of the line that a byte of the file is on."""
    return lines_at(source, [offset])[0]


def lines_at(source: Source, offsets: Sequence[int]) -> list[int]:
    """The numbers, from 1, of the lines that bytes of the file are on, in one pass.

    Args:
        source: The file.
        offsets: The bytes, ascending.
    """
    with closing(LineCounter(source)) as counter:
        return [counter.line(offset) for offset in offsets]


def refuse_tiny(records: Records, cells: Mapping[int, str], name: str, source: Source) -> None:
    """Refuse numbers that are read as 0 but are not 0, as `1e-400`.

    Args:
        records: The text.
        cells: Cells that are read as 0, by row.
        name: The column's name.
        source: The file.

    Raises:
        ColumnTypeError: With the first such cell's line.
    """
    for row, text in cells.items():
        if says_more_than_zero(text):
            line = line_at(source, records.offset + int(records.spans().starts[row]))
            raise tiny_number(text, name, source.title, line)


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
