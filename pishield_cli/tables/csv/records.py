r"""Where the records and cells of CSV text lie, by the rules that pyarrow reads by.

A record ends at `\n`, `\r\n` or a lone `\r` outside quotes; records without a single character
are not rows. A quote opens only as the first character of a cell; inside, a doubled quote is one
quote; after the closing quote the rest of the cell is taken as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

import numpy as np

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array

BOM = b"\xef\xbb\xbf"
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
LONGEST_RECORD = 64 << 20
_NONE = np.empty(0, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Spans:
    """Where the rows of a text lie; arrays of shape `(rows,)`, in bytes.

    Attributes:
        starts: First byte of each row.
        ends: One past its last byte, its line ending not counted.
        afters: The first byte after its line ending.
    """

    starts: Array
    ends: Array
    afters: Array


@dataclass(slots=True)
class Records:
    """CSV text that begins at a record's start, and its rows once they are asked for.

    Attributes:
        data: The text.
        delimiter: What stands between two cells.
        offset: Where the text begins in its file.
    """

    data: bytes
    delimiter: bytes
    offset: int = 0
    _spans: Spans | None = field(default=None, repr=False)
    _quotes: Array | None = field(default=None, repr=False)

    def quotes(self) -> Array:
        """Where the significant quotes are; see `significant_quotes`."""
        if self._quotes is None:
            self._quotes = significant_quotes(self.data, self.delimiter)
        return self._quotes

    def spans(self) -> Spans:
        """Where the rows lie."""
        if self._spans is None:
            self._spans = _row_spans(self.data, self.quotes())
        return self._spans

    def row(self, row: int) -> bytes:
        """A row as written, without its line ending."""
        spans = self.spans()
        return self.data[spans.starts[row] : spans.ends[row]]

    def texts(self, row: int) -> list[str]:
        """A row's cells as read, quotes removed."""
        cells = split_cells(self.row(row), self.delimiter)
        return [unquoted(cell).decode("utf-8", "replace") for cell in cells]


def split_cells(row: bytes, delimiter: bytes) -> list[bytes]:
    """A row's cells as written; joined by the delimiter they are the row again."""
    if b'"' not in row:
        return row.split(delimiter)
    pattern, cells, place = _cell_pattern(delimiter), [], 0
    while match := pattern.match(row, place):
        cells.append(match[1])
        place = match.end()
        if not match[2]:
            break
    return cells


def unquoted(cell: bytes) -> bytes:
    """A cell as read: its quotes removed and doubled quotes single."""
    if not cell.startswith(b'"'):
        return cell
    match = _QUOTED_CELL.fullmatch(cell)
    return match[1].replace(b'""', b'"') + match[2] if match else cell[1:].replace(b'""', b'"')


def significant_quotes(data: bytes, delimiter: bytes) -> Array:
    """Positions of the quotes that open or close a quoted stretch, in turn, ascending.

    A doubled quote inside quotes closes and opens at once, so that the count of significant
    quotes before a byte is odd exactly if the byte is inside quotes.
    """
    if b'"' not in data:
        return _NONE
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    opening = quotes[::2]
    before = text[opening - 1]
    starts_cell = (before == delimiter[0]) | (before == _NEWLINE) | (before == _RETURN)
    starts_cell |= opening == 0
    starts_cell[1:] |= quotes[1 : 2 * len(opening) - 1 : 2] == opening[1:] - 1
    if starts_cell.all():
        return quotes
    return _quotes_one_by_one(data, quotes.tolist(), delimiter)


def last_boundary(data: bytes, quotes: Array) -> int:
    r"""One past the last line ending that surely ends a record; 0 if there is none.

    A `\r` that is the last byte is not sure: a `\n` may follow it.

    Args:
        data: Text that begins at a record's start.
        quotes: Its significant quotes.
    """
    end = _last_line_ending(data, len(data))
    while end:
        inside = int(np.searchsorted(quotes, end - 1))
        if inside % 2 == 0:
            return end
        end = _last_line_ending(data, int(quotes[inside - 1]))
    return 0


def record_chunks(
    stream: BinaryIO, delimiter: bytes, *, size: int, skip: int, title: str
) -> Iterator[Records]:
    """Cut a stream at record boundaries.

    Args:
        stream: At the file's first byte.
        delimiter: What stands between two cells.
        size: About how many bytes a chunk has.
        skip: Bytes of the header, left out.
        title: The file, for messages.

    Yields:
        All bytes after the header, in order. Each chunk but the only one has rows: lines without
        a character go with the rows before them.

    Raises:
        TableError: If a record is longer than can be held.
    """
    held: Records | None = None
    for some in _cut(stream, delimiter, size=size, skip=skip, title=title):
        if held is not None and (_has_no_row(some.data) or _has_no_row(held.data)):
            held = Records(held.data + some.data, delimiter, held.offset)
            continue
        if held is not None:
            yield held
        held = some
    if held is not None:
        yield held


def _cut(
    stream: BinaryIO, delimiter: bytes, *, size: int, skip: int, title: str
) -> Iterator[Records]:
    offset = skip
    rest = stream.read(skip)[skip:]
    wanted = size
    while block := stream.read(wanted):
        end = _plain_boundary(rest, block)
        if end:
            text = b"".join((rest, memoryview(block)[:end]))
            yield Records(text, delimiter, offset, _quotes=_NONE)
            offset, rest, wanted = offset + len(rest) + end, block[end:], size
            continue
        data = rest + block if rest else block
        quotes = significant_quotes(data, delimiter)
        end = last_boundary(data, quotes)
        if end:
            whole = quotes[: np.searchsorted(quotes, end)]
            yield Records(data[:end], delimiter, offset, _quotes=whole)
            offset, rest, wanted = offset + end, data[end:], size
            continue
        rest, wanted = data, max(size, len(data))
        if len(rest) > LONGEST_RECORD:
            raise TableError(
                f"A row of `{title}` is longer than {LONGEST_RECORD >> 20} MiB.",
                hint="a quote that is never closed makes the rest of the file one cell",
            )
    if rest:
        yield Records(rest, delimiter, offset)


def _plain_boundary(rest: bytes, block: bytes) -> int:
    """Where text without quotes, `rest` and then `block`, surely ends a record within `block`.

    Returns:
        One past the last line ending, or 0; told without copying what is large.
    """
    if b'"' in block or b'"' in rest:
        return 0
    return _last_line_ending(block, len(block))


def _has_no_row(data: bytes) -> bool:
    return data[0] in b"\r\n" and not data.strip(b"\r\n")


def _last_line_ending(data: bytes, end: int) -> int:
    newline = data.rfind(b"\n", 0, end)
    lone = data.rfind(b"\r", newline + 1, min(end, len(data) - 1))
    return max(newline, lone) + 1


def _quotes_one_by_one(data: bytes, quotes: list[int], delimiter: bytes) -> Array:
    starts_after = delimiter + b"\r\n"
    significant: list[int] = []
    inside = False
    reopens = -1
    for position in quotes:
        if inside:
            significant.append(position)
            inside = False
            reopens = position + 1
        elif position in (0, reopens) or data[position - 1] in starts_after:
            significant.append(position)
            inside = True
    return np.asarray(significant, dtype=np.intp)


def _row_spans(data: bytes, quotes: Array) -> Spans:
    text = np.frombuffer(data, np.uint8)
    stops = np.flatnonzero(text == _NEWLINE)
    returns = b"\r" in data
    if returns:
        stops = np.union1d(stops, _lone_returns(text))
    if len(quotes):
        stops = stops[np.searchsorted(quotes, stops) % 2 == 0]
    ends = stops
    if returns and len(stops):
        after_return = (text[stops] == _NEWLINE) & (stops > 0) & (text[stops - 1] == _RETURN)
        ends = stops - after_return
    afters = stops + 1
    starts = np.concatenate([[0], afters])
    if len(afters) == 0 or afters[-1] < len(data):
        ends, afters = np.append(ends, len(data)), np.append(afters, len(data))
    else:
        starts = starts[:-1]
    filled = ends > starts
    return Spans(starts[filled], ends[filled], afters[filled])


def _lone_returns(text: Array) -> Array:
    returns = np.flatnonzero(text == _RETURN)
    following = np.append(text, 0)[returns + 1]
    lone: Array = returns[following != _NEWLINE]
    return lone


_QUOTED_CELL = re.compile(rb'"((?:[^"]++|"")*+)"(.*)', re.DOTALL)


@lru_cache
def _cell_pattern(delimiter: bytes) -> re.Pattern[bytes]:
    stop = re.escape(delimiter)
    bare = b"[^%s]*+" % stop
    quoted = b'"(?:[^"]++|"")*+(?:"%s)?' % bare
    return re.compile(rb"(%s|%s)(%s|\Z)" % (quoted, bare, stop))
