"""Draw where a requirements file is wrong: the line, and a caret under the place."""

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pishield_cli.errors import RequirementSyntaxError

WIDTH = 100
"""Characters of a line that are shown; a longer one is cut to a window round the caret."""

_BEFORE = 40
_CUT = "..."


def draw(problem: "RequirementSyntaxError") -> str:
    """Draw a problem over several lines, without a line end after the last.

    Returns:
        `FILE:LINE:COLUMN: message`, the line with a caret below it, and what was expected and the
        hint where there are any. Control characters are shown as `?`, tabs as blanks.
    """
    span = problem.span
    place = f"{problem.source or '<text>'}:{span.line}:{span.column}"
    lines = [f"{place}: {problem.message}"]
    if problem.text:
        shown, pad, carets = _window(problem.text, span.column - 1, span.end_column - 1)
        gutter = str(span.line)
        lines.append(f"  {gutter} | {shown}")
        lines.append(f"  {' ' * len(gutter)} | {' ' * pad}{'^' * carets}")
    if problem.expected:
        lines.append(f"  Expected: {problem.expected}")
    if problem.hint:
        lines.append(f"  Hint: {problem.hint}")
    return "\n".join(lines)


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a line to show, the blanks before the caret, and how many carets."""
    first = max(0, start - _BEFORE) if len(text) > WIDTH else 0
    last = min(len(text), first + WIDTH)
    before, under = _shown(text[first:start]), _shown(text[start : min(end, last)])
    after = _shown(text[max(start, min(end, last)) : last])
    opening, closing = _CUT if first else "", _CUT if last < len(text) else ""
    pad = _columns(opening) + _columns(before)
    return opening + before + under + after + closing, pad, max(_columns(under), 1)


def _shown(text: str) -> str:
    """A text in which every character can be seen and stays on its line."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "?"
        for character in text
    )


def _columns(text: str) -> int:
    """Terminal columns that a text takes: two for a wide character, none for a combining one."""
    return sum(
        0
        if unicodedata.combining(character)
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )
