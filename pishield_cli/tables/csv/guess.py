"""How a CSV file seems to be written, where its header was not found as it was read."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pishield_cli.tables.csv.encodings import likely_encoding
from pishield_cli.tables.csv.file import CsvFile
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.table import TableReader
from pishield_cli.tables.textual.meanings import date_hint, options_of
from pishield_cli.tables.textual.numbers import MISSING_TEXTS, is_number

_SAMPLE = 1 << 16
_ROWS = 200
_NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_WRITTEN = {",": ",", ";": '";"', "\t": r"'\t'", "|": '"|"'}
_UNREADABLE = "\ufffd"
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Dates that are read as they are."""
# What a wrong encoding leaves of letters and signs; latin-1 has a character for each byte.
_GARBLED = re.compile("[\ufffd\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a file's header seems to be.

    Attributes:
        delimiter: What stands between two cells.
        skipped: How many lines stand before the header.
        header: The names.
        rows: Some of the rows below, as many cells in each.
    """

    delimiter: str
    skipped: int
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def misread(reader: TableReader) -> tuple[str, str] | None:
    """What seems to be misunderstood of a CSV file whose columns are not those that were named.

    Returns:
        The fact, and a hint with all options that the file seems to need; None where its header
        looks as one does.
    """
    stored = reader.stored
    if not isinstance(stored, CsvFile) or not stored.dialect.header:
        return None
    own = stored.dialect
    with stored.source.open() as stream:
        data = stream.read(_SAMPLE)
    text, encoding = _legible(data, own)
    layout = _layout(text)
    if layout is None:
        return None
    between = stored.delimiter.decode()
    options = _options(layout, own, between)
    if encoding is not None:
        options.insert(0, f"--encoding {encoding}")
    moved = (layout.delimiter, layout.skipped) != (between, own.skip_rows)
    hint = f"add {' '.join(options)}{_given_instead(options, own)}"
    if moved:
        place = f"line {layout.skipped + 1}, with {_NAMED[layout.delimiter]} between the names"
        return f"The header of `{stored.source.title}` seems to be on {place}.", hint
    if encoding is not None and any(map(_GARBLED.search, stored.columns)):
        read = "UTF-8" if own.is_utf8 else own.encoding
        return f"The header of `{stored.source.title}` is read as {read}, but is not.", hint
    return None


def _legible(data: bytes, own: Dialect) -> tuple[str, str | None]:
    """The start of a file as it seems to be meant, and its encoding if it is not the given one.

    Args:
        data: In UTF-8 if another encoding was given, else as it stands in the file.
        own: How the file was read.
    """
    text = data.decode("utf-8-sig", "replace").rstrip(_UNREADABLE)
    if own.is_utf8 and _UNREADABLE in text:
        encoding = likely_encoding(data)
        return data.decode(encoding), encoding
    if own.is_latin_1 and _GARBLED.search(text):
        encoding = likely_encoding(raw := text.encode("latin-1"))
        return raw.decode(encoding), encoding if encoding != "latin-1" else None
    return text, None


def _layout(text: str) -> _Layout | None:
    """The way to cut lines into rows that gives most of them as many cells, and more than one."""
    lines = text.splitlines()[: _ROWS + 1]
    found = [one for mark in _NAMED if (one := _cut(lines, mark)) is not None]
    return max(found, key=lambda one: len(one.rows) * len(one.header), default=None)


def _cut(lines: Sequence[str], delimiter: str) -> _Layout | None:
    rows: list[list[str]] = []
    starts: list[int] = []
    records = csv.reader(lines, delimiter=delimiter)
    start = 0
    for row in records:
        rows.append([cell.strip() for cell in row])
        starts.append(start)
        start = records.line_num
    width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    if width < 2 or 2 * count < len(rows):
        return None
    for place, row in enumerate(rows):
        if len(row) == width and 2 * sum(map(_is_name, row)) > width:
            below = [one for one in rows[place + 1 :] if len(one) == width]
            return _Layout(delimiter, starts[place], row, below)
    return None


def _is_name(cell: str) -> bool:
    return bool(cell) and not is_number(cell)


def _options(layout: _Layout, own: Dialect, between: str) -> list[str]:
    options = []
    if layout.delimiter != between:
        options.append(f"--delimiter {_WRITTEN[layout.delimiter]}")
    if layout.skipped != own.skip_rows:
        options.append(f"--skip-rows {layout.skipped}")
    numbers: list[str] = []
    dates: list[str] = []
    for column in zip(*layout.rows, strict=True):
        texts = [one for one in column if one and one not in MISSING_TEXTS and not is_number(one)]
        if texts and options_of(texts):
            numbers += texts
        elif texts and date_hint(texts):
            dates += [one for one in texts if not _ISO.fullmatch(one)]
    if own.plain_numbers and numbers:
        options += options_of(numbers) or ()
    told = date_hint(dates) if dates and own.date_format is None else None
    if told is not None and told.startswith("add "):
        options.append(told.removeprefix("add ").partition(",")[0])
    return options


def _given_instead(options: Sequence[str], own: Dialect) -> str:
    """Which options were given that those that are needed take the place of."""
    given = {
        "--encoding": None if own.is_utf8 else own.encoding,
        "--delimiter": own.delimiter and _WRITTEN.get(own.delimiter, own.delimiter),
        "--skip-rows": own.skip_rows or None,
    }
    needed = {option.partition(" ")[0] for option in options}
    found = [f"{name} {value}" for name, value in given.items() if value and name in needed]
    return f" instead of {' '.join(found)}" if found else ""
