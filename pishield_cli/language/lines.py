"""The lines of a requirements file: comments off, continued lines joined, places kept."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pishield_cli.errors import RequirementSyntaxError, Span
from pishield_cli.language.words import QUOTED_NAME, QUOTED_TEXT

_LINE_END = re.compile(r"\r\n|\n|\r")
_LABEL = r"\s*\[[^\]#]*\]"
_BEFORE_COMMENT = re.compile(rf"(?:{_LABEL})?(?:[^#`\"']|{QUOTED_NAME}|{QUOTED_TEXT}|[`\"'])*+")


@dataclass(frozen=True, slots=True)
class LinePiece:
    """What a logical line takes from one line of the file.

    Attributes:
        start: Where it begins in the logical line's text, from 0.
        line: The file's line, from 1.
        column: Where it begins in that line, from 0.
    """

    start: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A line without its comment, joined with the lines it continues on.

    Attributes:
        text: Without white space at either end; never empty.
        pieces: Where its parts stand in the file, in order.
        written: All lines of the file, as written.
        source: The file's name.
    """

    text: str
    pieces: tuple[LinePiece, ...]
    written: Sequence[str]
    source: str | None

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]` in the file; it ends with the line it begins on."""
        index = bisect_right(self.pieces, start, key=lambda piece: piece.start) - 1
        piece = self.pieces[index]
        if index + 1 < len(self.pieces):
            end = min(end, self.pieces[index + 1].start - 1)
        column = piece.column + start - piece.start + 1
        return Span(piece.line, column, max(column + 1, piece.column + end - piece.start + 1))

    def problem(
        self,
        message: str,
        start: int,
        end: int,
        *,
        expected: str | None = None,
        hint: str | None = None,
    ) -> RequirementSyntaxError:
        """The error that points at `text[start:end]`.

        Args:
            message: The rule, then the fact.
            start: The first character that is wrong, counted in `text`.
            end: One past the last.
            expected: What could have stood there.
            hint: How to mend it.
        """
        span = self.span(start, end)
        return RequirementSyntaxError(
            message,
            span=span,
            text=self.written[span.line - 1],
            source=self.source,
            expected=expected,
            hint=hint,
        )


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text, without their ends; only line feeds and carriage returns end a line."""
    return tuple(_LINE_END.split(text.removeprefix("\ufeff")))


def logical_lines(written: Sequence[str], source: str | None = None) -> Iterator[LogicalLine]:
    r"""Join lines that end in `\` with the next, strip comments, and leave out blank lines."""
    parts: list[str] = []
    pieces: list[LinePiece] = []
    length = 0
    for number, line in enumerate(written, start=1):
        content = without_comment(line).rstrip() if "#" in line else line.rstrip()
        continued = content.endswith("\\")
        if continued:
            content = content[:-1].rstrip()
        stripped = content.lstrip()
        if stripped:
            pieces.append(LinePiece(length, number, len(content) - len(stripped)))
            parts.append(stripped)
            length += len(stripped) + 1
        if parts and not (continued and number < len(written)):
            yield LogicalLine(" ".join(parts), tuple(pieces), written, source)
            parts, pieces, length = [], [], 0


def without_comment(line: str) -> str:
    """A line up to the first `#` that stands outside backticks and quotes."""
    match = _BEFORE_COMMENT.match(line)
    return line[: match.end()] if match else line
