"""A requirements file in one canonical layout: the same words, spaced and spelled one way.

Lines, their order and their comments stay. A line's words stand one space apart; `*`, `/`,
parentheses and signs stand tight; keywords are in lower case; a continued line is indented; blank
lines stand single, and none at either end. What is laid out once is laid out for good.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from pishield_cli.errors import PishieldError
from pishield_cli.language.context import NOTHING
from pishield_cli.language.document import parse_requirements
from pishield_cli.language.files import told_beside
from pishield_cli.language.headers import read_header
from pishield_cli.language.labels import read_label
from pishield_cli.language.lexer import END, NUMERAL, tokenize
from pishield_cli.language.lines import (
    LogicalLine,
    logical_lines,
    split_lines,
    without_comment,
)
from pishield_cli.language.relations import TESTS
from pishield_cli.language.statements import read_rule
from pishield_cli.language.words import HEADERS, KEYWORDS, PLACED, QUOTED_NAME, WITH
from pishield_cli.logic.requirements import Requirements

_INDENT = "    "
_TIGHT = frozenset("*/")
_SIGNS = frozenset("+-")
_PLACED = frozenset({*PLACED.values(), *WITH.values()})
_WORDS = _PLACED.union(KEYWORDS.values())
_WORD = re.compile(rf"{QUOTED_NAME}|:-|(?:(?!:-)[^\s`])+|`")

_Word = tuple[int, str]
"""Where a word begins in its logical line, and the word as it is laid out."""


def lay_out(text: str, source: str | None = None) -> str:
    """Lay a requirements file out.

    Args:
        text: The file's text.
        source: Its name, for messages.

    Returns:
        Text of the same meaning, requirement by requirement. Its lines, also the last one, end as
        the first one did; laid out again it stays as it is.

    Raises:
        RequirementsFileError: With all that is wrong with the text.
    """
    told = NOTHING if source is None else told_beside(source)
    before = parse_requirements(text, source, told=told)
    end = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    found = end.join([*_collapsed(_lines(split_lines(text), source)), ""])
    after = parse_requirements(found, source, told=told)
    if _meaning(before) != _meaning(after):
        raise PishieldError(
            "A layout keeps the meaning of every line, but of this file it would not.",
            hint="please report the file; nothing was written",
        )
    return found


def _meaning(requirements: Requirements) -> Requirements:
    """The requirements without their texts, which a layout changes."""
    bare, declared = (
        tuple(replace(one, text="") for one in some)
        for some in (requirements.requirements, requirements.declared)
    )
    return replace(requirements, requirements=bare, declared=declared)


def _collapsed(lines: Iterator[str]) -> Iterator[str]:
    """The lines with runs of blank ones as one, and none at either end."""
    blank, begun = False, False
    for line in lines:
        if not line:
            blank = begun
            continue
        if blank:
            yield ""
        yield line
        blank, begun = False, True


def _lines(written: tuple[str, ...], source: str | None) -> Iterator[str]:
    codes: dict[int, str] = {}
    for logical in logical_lines(written, source):
        codes.update(_codes(logical))
    for number, line in enumerate(written, start=1):
        comment = line[len(without_comment(line)) :].rstrip()
        code = codes.get(number)
        if code is None:
            if comment or not line.strip().startswith("\\"):
                yield comment
        elif code or comment:
            yield "  ".join(part for part in (code.rstrip(" "), comment) if part)


def _codes(line: LogicalLine) -> dict[int, str]:
    """What stands on each of the file's lines from the first that a logical line takes to the last.

    A line between them that holds nothing but the sign that it continues is empty, and goes, but
    for a comment, beside which it must go on continuing.
    """
    numbers = [piece.line for piece in line.pieces]
    codes = dict.fromkeys(range(numbers[0], numbers[-1] + 1), "")
    ends = [piece.start for piece in line.pieces[1:]] + [len(line.text) + 1]
    words = _words(line)
    for piece, end in zip(line.pieces, ends, strict=True):
        own = [text for start, text in words if piece.start <= start < end]
        indent = _INDENT if piece is not line.pieces[0] else ""
        codes[piece.line] = indent + "".join(own).strip()
    for number in range(numbers[0], numbers[-1]):
        if codes[number] or _has_comment(line.written[number - 1]):
            codes[number] = f"{codes[number]} \\" if codes[number] else f"{_INDENT}\\"
    return codes


def _has_comment(written: str) -> bool:
    return len(without_comment(written)) < len(written.rstrip())


def _words(line: LogicalLine) -> list[_Word]:
    """The words of a line, each with the space before it."""
    if read_header(line) is not None:
        return _spread(line, 0)
    label, start = read_label(line)
    words: list[_Word] = [] if label is None else [(0, f"{label} ")]
    if read_rule(line, start) is not None:
        return words + _spread(line, start)
    return words + _tokens(line, start)


def _spread(line: LogicalLine, start: int) -> list[_Word]:
    """Words between white space, one space apart."""
    found = [(match.start(), match[0]) for match in _WORD.finditer(line.text, start)]
    spelled = [(at, HEADERS.get(word, word) if not at else word) for at, word in found]
    return [(at, f" {word}" if place else word) for place, (at, word) in enumerate(spelled)]


def _tokens(line: LogicalLine, start: int) -> list[_Word]:
    """The tokens of a requirement, with the space that stands before each."""
    tokens = tokenize(line, start)
    kinds = [kind for kind in tokens.kinds if kind != END]
    texts = [
        _spelled(kind, line.text[begin:end])
        for kind, begin, end in zip(kinds, tokens.starts, tokens.ends, strict=False)
    ]
    signs = [_is_sign(kinds, place) for place in range(len(kinds))]
    words = [(tokens.starts[0], texts[0])] if kinds else []
    for left, right in pairwise(range(len(kinds))):
        written = tokens.starts[right] > tokens.ends[left]
        space = "" if signs[left] else _space(kinds[left], kinds[right], written)
        words.append((tokens.starts[right], space + texts[right]))
    return words


def _spelled(kind: str, word: str) -> str:
    """A word in its one spelling: keywords in lower case, and `y_ 3`, which is one name, as one."""
    if word in KEYWORDS or kind in _PLACED:
        return kind
    if kind in TESTS:
        return " ".join(word.lower().split())
    return "".join(word.split()) if word.startswith("y") else word


def _is_sign(kinds: list[str], place: int) -> bool:
    """Whether a `+` or `-` is the sign of what follows, not an operator between two."""
    if kinds[place] not in _SIGNS:
        return False
    return place == 0 or not _ends_operand(kinds[place - 1])


def _ends_operand(kind: str) -> bool:
    return kind not in _WORDS and (kind == ")" or kind[:1].isalnum())


def _space(left: str, right: str, written: bool) -> str:
    """What stands between two tokens, by their kinds and whether a space is written there."""
    if left in _TIGHT or right in _TIGHT or left == "(" or right in {")", ","}:
        return ""
    if right == "(":
        operand = _ends_operand(left)
        return " " if not operand or (written and left != NUMERAL) else ""
    return " " if written or not (left == NUMERAL and _ends_operand(right)) else ""
