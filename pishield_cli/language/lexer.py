"""From a logical line to tokens, in one pass."""

import re
from dataclasses import dataclass

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.hints import (
    character_hint,
    function_hint,
    notation_hint,
    operator_hint,
)
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.literals import DATE, TEXT, date_problem, text_problem
from pishield_cli.language.numbers import NUMBER
from pishield_cli.language.words import KEYWORDS, PLACED, PLAIN_NAME, QUOTED_NAME, unquoted

NAME = "name"
NUMERAL = "number"
END = "end"

_OTHER_NUMBER = r"0[xXbBoO][0-9]\w*|[0-9]+(?:_[0-9]+)*_(?![0-9])\w*"
_PARTED = r"[<>=!]\s+=(?!=)|-\s+>(?!=)"
_WRONG = rf"{_PARTED}|&&?|\|\|?|<==?>|<>|===|==?>|=<|=(?!=)|!(?!=)|\*\*|\^|~=?|<<|>>"
_OPERATOR = r"<->|->|:-|>=|<=|==|!=|[-+*/()<>,]"

_TOKEN = re.compile(
    rf"\s*(?:(?P<spaced>y_?\s+[0-9]+(?![\w.]))|(?P<name>{PLAIN_NAME})|(?P<date>{DATE})|(?P<notation>{_OTHER_NUMBER})|(?P<number>{NUMBER})"
    rf"|(?P<wrong>{_WRONG})|(?P<operator>{_OPERATOR})"
    rf"|(?P<quoted>{QUOTED_NAME})|(?P<text>{TEXT})|(?P<unknown>\S))"
)


_LONGEST_WORD = 40
_WORD_AFTER = re.compile(r"[^\s`+*/()<>=!\[\]]*")
_WORD_BEFORE = re.compile(r"[^\s`+*/()<>=!\[\]]*\Z")
_BEGINS_LIST = re.compile(r"\s*\(")
_BEGINS_OPERAND = re.compile(r"\s*[\w(.`]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a line, as columns; the last is `END`.

    Attributes:
        line: The line they are from.
        kinds: `NAME`, `NUMERAL`, `END`, or the keyword or operator itself.
        texts: As written; a name in backticks without them.
        starts: First character in the line's text.
        ends: One past the last character.
    """

    line: LogicalLine
    kinds: list[str]
    texts: list[str]
    starts: list[int]
    ends: list[int]


def tokenize(line: LogicalLine, start: int = 0) -> Tokens:
    """Split a line into tokens; `y_ 3`, which PiShield reads, is the name `y_3`.

    Args:
        line: The line.
        start: Where in its text to begin.

    Raises:
        RequirementSyntaxError: At the first character that belongs to no token.
    """
    kinds: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    keyword = KEYWORDS.get
    for match in _TOKEN.finditer(line.text, start):
        group = match.lastgroup or ""
        text = match[group]
        if group == "name":
            kind = keyword(text, NAME)
            if text in PLACED and _follows_operand(kinds):
                kind = _placed(text, line.text, match.end(), kinds[-1])
            kinds.append(kind)
        elif group == "number":
            kinds.append(NUMERAL)
        elif group == "operator":
            kinds.append(text)
        elif group == "quoted":
            kinds.append(NAME)
            text = quoted_name(line, *match.span("quoted"))
        elif group == "spaced":
            kinds.append(NAME)
            text = "".join(text.split())
        else:
            raise _stray(line, group, match)
        texts.append(text)
        starts.append(match.start(group))
        ends.append(match.end())
    kinds.append(END)
    texts.append("")
    starts.append(len(line.text))
    ends.append(len(line.text) + 1)
    return Tokens(line, kinds, texts, starts, ends)


def _follows_operand(kinds: list[str]) -> bool:
    """Whether an operand ends with the last token, or with the one before a `not`."""
    before = kinds[-2:-1] if kinds[-1:] == ["not"] else kinds[-1:]
    return not {NAME, NUMERAL, ")"}.isdisjoint(before)


def _placed(word: str, text: str, end: int, before: str) -> str:
    """The kind of a word after an operand, which may be a name that a number multiplies."""
    if PLACED[word] == "in":
        return "in" if _BEGINS_LIST.match(text, end) else NAME
    if before == NUMERAL and not _BEGINS_OPERAND.match(text, end):
        return NAME
    return PLACED[word]


def quoted_name(line: LogicalLine, start: int, end: int) -> str:
    """The name that stands in backticks from `start` to `end`.

    Raises:
        RequirementSyntaxError: If it is empty, or runs on to another line of the file.
    """
    name = unquoted(line.text[start:end])
    if not name:
        message = "A name in backticks has at least one character, these hold none."
        raise line.problem(message, start, end, hint="such a column can be named y_<i>")
    if any(start < piece.start < end for piece in line.pieces):
        raise _unclosed(line, start)
    return name


def _unclosed(line: LogicalLine, start: int) -> RequirementSyntaxError:
    return line.problem(
        "A backtick opens a name, and no backtick on this line closes it.",
        start,
        len(line.text),
        expected="a closing backtick",
        hint="a backtick inside a name is written twice",
    )


def _stray(line: LogicalLine, group: str, match: re.Match[str]) -> RequirementSyntaxError:
    """The error for text that is no token."""
    text = match[group]
    start, end = match.span(group)
    if group == "date":
        return date_problem(line, start, end)
    if group == "text":
        return text_problem(line, start, end)
    if group == "notation":
        message = "Numbers are decimal, with underscores between digits only."
        return line.problem(message, start, end, hint=notation_hint(text))
    if group == "wrong":
        message = f"`{text}` is no operator of the language."
        return line.problem(message, start, end, hint=operator_hint(text))
    if text == "`":
        return _unclosed(line, start)
    shown = f"`{text}`" if text.isprintable() else f"U+{ord(text):04X}"
    message = f"{shown} is no character of the language outside backticks."
    word = _around(line.text, start)
    return line.problem(message, start, end, hint=character_hint(text, word))


def call_problem(line: LogicalLine, start: int, end: int) -> RequirementSyntaxError:
    """The error for the name of a function before a list in parentheses."""
    name = line.text[start:end]
    message = f"There are no functions, and `{name}` is written as one."
    return line.problem(message, start, end, hint=function_hint(name))


def _around(text: str, at: int) -> str:
    """The characters round a place up to white space, operators and backticks."""
    first = max(0, at - _LONGEST_WORD)
    before = _WORD_BEFORE.search(text, first, at)
    after = _WORD_AFTER.match(text, at, at + _LONGEST_WORD)
    return (before[0] if before else "") + (after[0] if after else "")
