"""From a logical line to tokens, in one pass."""

import re
from collections.abc import Container
from dataclasses import dataclass

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.functions import SIGNATURES
from pishield_cli.language.hints import (
    character_hint,
    function_hint,
    notation_hint,
    operator_hint,
)
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.literals import (
    CURLED,
    DATE,
    SLASHED,
    TIME,
    curled_problem,
    date_problem,
    read_text_literal,
)
from pishield_cli.language.words import (
    DAYS,
    KEYWORDS,
    NUMBER,
    PLACED,
    PLAIN_NAME,
    QUOTED_NAME,
    QUOTED_TEXT,
    SIGNED_VALUES,
    WITH,
    unquoted,
)

NAME = "name"
NUMERAL = "number"
QUOTED = "text"
CALENDAR = "date"
CLOCK = "time"
CALL = "function"
LENGTH = "length of time"
MONTHS = "months"
SIGNED = "signed"
TODAY = "today"
FILE = "file"
COLUMN = "column"
NONZERO = "nonzero"
END = "end"

_OTHER_NUMBER = r"0[xXbBoO][0-9]\w*|[0-9]+(?:_[0-9]+)*_(?![0-9])\w*"
_PARTED = r"[<>=!]\s+=(?!=)|-\s+>(?!=)"
_WRONG = rf"{_PARTED}|&&?|\|\|?|<==?>|<>|===|==?>|=<|=(?!=)|!(?!=)|\*\*|\^|~=?|<<|>>"
_OPERATOR = r"<->|->|:-|>=|<=|==|!=|[-+*/()<>,:]"

_TOKEN = re.compile(
    rf"\s*(?:(?P<spaced>y_?\s+[0-9]+(?![\w.]))|(?P<name>{PLAIN_NAME})|(?P<date>{DATE})|(?P<time>{TIME})|(?P<slashed>{SLASHED})|(?P<notation>{_OTHER_NUMBER})|(?P<number>{NUMBER})"
    rf"|(?P<wrong>{_WRONG})|(?P<operator>{_OPERATOR})"
    rf"|(?P<quoted>{QUOTED_NAME})|(?P<text>{QUOTED_TEXT})|(?P<curled>{CURLED})|(?P<signed>{SIGNED_VALUES})|(?P<unknown>\S))"
)


_LONGEST_WORD = 40
_WORD_AFTER = re.compile(r"[^\s`+*/()<>=!\[\]]*")
_WORD_BEFORE = re.compile(r"[^\s`+*/()<>=!\[\]]*\Z")
_BEGINS_LIST = re.compile(r"\s*\(")
_BEGINS_OPERAND = re.compile(r"\s*[\w(.`\"']")
_BEGINS_TEXT = re.compile(r"\s*[\"']")
_BEGINS_FILE = re.compile(r"\s*file\s*[\"']")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a line, as columns; the last is `END`.

    Attributes:
        line: The line they are from.
        kinds: One of the constants above, or the keyword or operator itself.
        texts: As written; a name in backticks without them, a text without its quotes.
        starts: First character in the line's text.
        ends: One past the last character.
    """

    line: LogicalLine
    kinds: list[str]
    texts: list[str]
    starts: list[int]
    ends: list[int]


def tokenize(line: LogicalLine, start: int = 0, columns: Container[str] = ()) -> Tokens:
    """Split a line into tokens; `y_ 3`, which PiShield reads, is the name `y_3`.

    Args:
        line: The line.
        start: Where in its text to begin.
        columns: Names that are columns, where they could be `today` or a length of time as well.

    Raises:
        RequirementSyntaxError: At the first character that belongs to no token.
    """
    kinds: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    keyword, read_up_to = KEYWORDS.get, start
    for match in _TOKEN.finditer(line.text, start):
        group = match.lastgroup or ""
        begin, end = match.span(group)
        if begin < read_up_to:
            continue
        text = match[group]
        if group == "name":
            kind = keyword(text, NAME)
            if kind == NAME and text in _SPECIAL:
                kind, end = _word(text, line.text, end, kinds, columns)
            kinds.append(QUOTED if kinds[-1:] == [COLUMN] else kind)
        elif group in _KINDS:
            kinds.append(_KINDS[group])
            if group == "text":
                text = read_text_literal(text)
        elif group == "operator":
            kinds.append(text)
        elif group == "quoted":
            kinds.append(QUOTED if kinds[-1:] == [COLUMN] else NAME)
            text = quoted_name(line, *match.span("quoted"))
        elif group == "spaced":
            kinds.append(NAME)
            text = "".join(text.split())
        else:
            raise _stray(line, group, match)
        texts.append(text)
        starts.append(begin)
        ends.append(end)
        read_up_to = end
    kinds.append(END)
    texts.append("")
    starts.append(len(line.text))
    ends.append(len(line.text) + 1)
    return Tokens(line, kinds, texts, starts, ends)


_MONTHS = frozenset({"month", "months", "year", "years"})
_KINDS = {"number": NUMERAL, "text": QUOTED, "date": CALENDAR, "time": CLOCK, "signed": SIGNED}
_FUNCTIONS = {spelling: name for name in SIGNATURES for spelling in (name, name.upper())}
_SPECIAL = frozenset(
    {*PLACED, *WITH, *DAYS, *_MONTHS, *map(str.upper, _MONTHS), *_FUNCTIONS}
    | {TODAY, "TODAY", FILE, COLUMN, NONZERO}
)
_WITH = re.compile(r"\s+with\b", re.IGNORECASE)
_TEST = re.compile(r"\s+(?P<not>not\s+)?(?P<what>null|missing|present|number)\b", re.IGNORECASE)
_ENDS_OPERAND = frozenset({NAME, NUMERAL, ")", QUOTED, CALENDAR, CLOCK, LENGTH, TODAY})


def _word(
    word: str, text: str, end: int, before: list[str], columns: Container[str]
) -> tuple[str, int]:
    """The kind of a word that is not always a keyword, and where its token ends."""
    last = before[-1] if before else ""
    if _follows_operand(before):
        if word in PLACED:
            return _placed(PLACED[word], text, end, last)
        if word in WITH and (behind := _WITH.match(text, end)):
            return WITH[word], behind.end()
        if last == NUMERAL and word not in columns:
            if word in DAYS:
                return LENGTH, end
            if word.lower() in _MONTHS and not _BEGINS_LIST.match(text, end):
                return MONTHS, end
        return _list_word(word, text, end, before), end
    if word == FILE:
        return _list_word(word, text, end, before), end
    if (word in _FUNCTIONS or word == NONZERO) and _BEGINS_LIST.match(text, end):
        return CALL, end
    is_today = word.lower() == TODAY and word not in columns
    return (TODAY if is_today else NAME), end


def _list_word(word: str, text: str, end: int, before: list[str]) -> str:
    """The kind of a word where a list may be read from a file: `in file "list.csv" column a`."""
    if word == FILE and before[-1:] == ["in"] and _BEGINS_TEXT.match(text, end):
        return FILE
    return COLUMN if word == COLUMN and before[-2:] == [FILE, QUOTED] else NAME


def _follows_operand(kinds: list[str]) -> bool:
    """Whether an operand ends with the last token, or with the one before a `not`."""
    before = kinds[-2:-1] if kinds[-1:] == ["not"] else kinds[-1:]
    return not _ENDS_OPERAND.isdisjoint(before)


def _placed(word: str, text: str, end: int, before: str) -> tuple[str, int]:
    """The kind of a word after an operand, which may be a name that a number multiplies."""
    if word == "in":
        return (
            "in" if _BEGINS_LIST.match(text, end) or _BEGINS_FILE.match(text, end) else NAME
        ), end
    if word == "is":
        test = _TEST.match(text, end)
        if test is None:
            return NAME, end
        negative = (test["not"] is not None) != (test["what"].lower() == "present")
        what = "number" if test["what"].lower() == "number" else "null"
        return f"is not {what}" if negative else f"is {what}", test.end()
    if word in {"like", "matches"}:
        return (word if _BEGINS_TEXT.match(text, end) else NAME), end
    if before == NUMERAL and not _BEGINS_OPERAND.match(text, end):
        return NAME, end
    return word, end


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
    if group == "curled":
        return curled_problem(line, start, end)
    if group == "slashed":
        return date_problem(line, start, end)
    if group == "notation":
        message = "Numbers are decimal, with underscores between digits only."
        return line.problem(message, start, end, hint=notation_hint(text))
    if group == "wrong":
        message = f"`{text}` is not an operator of the language."
        return line.problem(message, start, end, hint=operator_hint(text))
    if text == "`":
        return _unclosed(line, start)
    if text in "\"'":
        message = "A quote opens a text, and no quote like it on this line closes it."
        hint = "the name of a column goes in `backticks`, not in quotes"
        return line.problem(message, start, len(line.text), expected=f"a closing {text}", hint=hint)
    shown = f"`{text}`" if text.isprintable() else f"U+{ord(text):04X}"
    message = f"{shown} is not a character of the language outside backticks."
    word = _around(line.text, start)
    return line.problem(message, start, end, hint=character_hint(text, word))


def call_problem(line: LogicalLine, start: int, end: int) -> RequirementSyntaxError:
    """The error for the name of a function before a list in parentheses."""
    name = line.text[start:end]
    message = f"There is no function `{name}`."
    return line.problem(message, start, end, hint=function_hint(name) or _nearest_function(name))


def _nearest_function(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), SIGNATURES, n=1, cutoff=0.7)
    if near:
        return f"did you mean {SIGNATURES[near[0]].usage}?"
    known = ", ".join(sorted(SIGNATURES))
    return f"a column with an odd name goes in `backticks`; the functions are {known}"


def _around(text: str, at: int) -> str:
    """The characters round a place up to white space, operators and backticks."""
    first = max(0, at - _LONGEST_WORD)
    before = _WORD_BEFORE.search(text, first, at)
    after = _WORD_AFTER.match(text, at, at + _LONGEST_WORD)
    return (before[0] if before else "") + (after[0] if after else "")
