"""Where the objects of JSON lines lie, and the values in one of them, as they are written."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from json.decoder import JSONDecoder
from typing import Any, BinaryIO

from pishield_cli.errors import TableError

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 64 << 20
_BLANK = re.compile(r"[ \t\r]*")
_DECODER = JSONDecoder()


class Numeral(str):
    """A number as it is written."""

    __slots__ = ()


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it has a key twice")
    return found


_CELLS = JSONDecoder(
    parse_int=Numeral, parse_float=Numeral, parse_constant=Numeral, object_pairs_hook=_distinct
)
"""Reads values with numbers as they are written."""


@dataclass(frozen=True, slots=True)
class ValueSpan:
    """Where a value of an object lies, in characters: it begins and ends there."""

    start: int
    end: int


@dataclass(slots=True)
class JsonLines:
    """Whole lines of a file.

    Attributes:
        data: Their bytes, with all line endings.
        line: The number of the first, from 1.
    """

    data: bytes
    line: int = 1
    _spans: list[tuple[int, int, int]] | None = field(default=None, repr=False)
    _count: int | None = field(default=None, repr=False)

    def spans(self) -> list[tuple[int, int, int]]:
        """Start and end of each line that is not blank, in bytes, and its number in the file."""
        if self._spans is None:
            found, start = [], 0
            for number, line in enumerate(self.data.split(b"\n"), self.line):
                if line.strip():
                    found.append((start, start + len(line), number))
                start += len(line) + 1
            self._spans = found
        return self._spans

    def line_of(self, row: int, rows: int) -> int:
        """The number of a row's line in the file.

        Args:
            row: The row, from 0.
            rows: How many rows there are: where no line is blank, they need not be looked for.
        """
        return self.line + row if rows == self.count() else self.spans()[row][2]

    def count(self) -> int:
        """How many lines there are, blank ones among them."""
        if self._count is None:
            self._count = self.data.count(b"\n") + (not self.data.endswith(b"\n"))
        return self._count

    def row(self, row: int) -> str:
        """The text of a row, without its line feed."""
        start, end, _ = self.spans()[row]
        return self.data[start:end].decode()


def pieces(stream: BinaryIO, size: int, title: str) -> Iterator[JsonLines]:
    """A file in pieces of whole lines, of about so many bytes.

    Args:
        stream: The file.
        size: About how many bytes a piece has.
        title: What the error calls the table.

    Raises:
        TableError: If a line is longer than any table's.
    """
    left, line = b"", 1
    while chunk := stream.read(size):
        data = left + chunk
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > LONGEST_LINE:
            raise TableError(
                f"JSON lines hold one object on each line, but line {line} of `{title}` "
                "has no end.",
                hint="write each object on a line of its own, for example with jq -c '.[]'",
            )
        if cut:
            yield JsonLines(data[:cut], line)
            line += data.count(b"\n", 0, cut)
        left = data[cut:]
    if left:
        yield JsonLines(left, line)


def object_of(text: str) -> dict[str, Any]:
    """A line's object, numbers as they are written.

    Raises:
        ValueError: If it is not one object, or names a value twice.
    """
    found: Any = _CELLS.decode(text)
    if not isinstance(found, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - of the text
    return found


def values_of(text: str) -> dict[str, ValueSpan]:
    """Where the values of a line's object lie, by their keys.

    Args:
        text: One object, as `object_of` takes it.
    """
    found: dict[str, ValueSpan] = {}
    at = text.index("{") + 1
    while True:
        at = _skip(text, at)
        if text[at] == "}":
            return found
        if text[at] == ",":
            at = _skip(text, at + 1)
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        found[key] = ValueSpan(start, at)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def json_text(value: Any) -> str:
    """A value in one line of JSON; numbers as `Numeral` stay as they are written."""
    if isinstance(value, dict):
        pairs = [f"{json_text(key)}: {json_text(one)}" for key, one in value.items()]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(json_text, value))}]"
    return str(value) if isinstance(value, Numeral) else json.dumps(value, ensure_ascii=False)
