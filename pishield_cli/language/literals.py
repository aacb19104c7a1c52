"""Texts and dates, which other languages compare and requirements do not."""

import re

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.words import PLAIN_NAME, written_name

_QUOTES = (
    '""',
    "''",
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}",
)

TEXT = "|".join(f"{pair[0]}[^{pair[1]}]*{pair[1]}" for pair in _QUOTES)
"""A text in quotes."""

DATE = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-3][0-9](?![\w.])"
    r"|[0-9]{4}/(?:0[1-9]/[0-3][0-9]|1[0-2]/0[1-9])(?![\w.])"
)
"""What hardly anybody means as a subtraction or a division: `2024-01-31`, `2024/01/31`."""

_RULE = "Requirements compare numbers (true is 1, false is 0)"
_EQUALS = r"(?:(?<![<>=!])==?+|!=|<>)"
_COMPARED = re.compile(rf"(?:{_EQUALS}|\bin|\bIN|\bis|[(,])\s*\Z")
_COMPARES = re.compile(rf"\s*{_EQUALS}\s*+(?![0-9.+-])(?P<column>{PLAIN_NAME})?")
_COLUMN = re.compile(rf"({PLAIN_NAME})\s*(?:{_EQUALS}|\bin\b|\bIN\b|\bis\b)[^=!<>]*\Z")
_DATED = re.compile(
    r"\s*[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}\b|\s*[0-9]{1,2}[-/.][0-9]{1,2}[-/.]"
)
_DATE_HINT = "add a column that holds the date as a number, such as days since 1970, or 20240131"
_LONGEST = 30
_NEAR = 100


def date_problem(line: LogicalLine, start: int, end: int) -> RequirementSyntaxError:
    """The error for a date without quotes."""
    written = line.text[start:end]
    sign = "-" if "-" in written else "/"
    spaced = f" {sign} ".join(str(int(part)) for part in written.split(sign))
    message = f"{_RULE}, but `{written}` is a date."
    hint = f"{_DATE_HINT}; if it is arithmetic, write {spaced}"
    return line.problem(message, start, end, expected="a number", hint=hint)


def text_problem(line: LogicalLine, start: int, end: int) -> RequirementSyntaxError:
    """The error for something in quotes: a text or a date to compare with, or a column's name."""
    content = line.text[start + 1 : end - 1]
    shown = (
        line.text[start:end] if end - start <= _LONGEST else f"{line.text[start : start + 20]}..."
    )
    kind = "date" if _DATED.match(content) else "text"
    message = f"{_RULE}, but `{shown}` is a {kind}."
    if kind == "date":
        return line.problem(message, start, end, expected="a number", hint=_DATE_HINT)
    if not content or _is_compared(line.text, start, end):
        flag = _flag(line.text, start, end)
        hint = f"add a column of 0 and 1 to the table, such as {flag}, and write its name here"
        return line.problem(message, start, end, expected="a number", hint=hint)
    message = f"A column's name does not stand in quotes, and `{shown}` does."
    hint = f"if it is a column, write {written_name(content)}; texts cannot be compared"
    return line.problem(message, start, end, expected="a name or a number", hint=hint)


def _is_compared(text: str, start: int, end: int) -> bool:
    """Whether a text stands where the value of a column would."""
    before = text[:start]
    return bool(_COMPARED.search(before[-_LONGEST:])) or bool(_COMPARES.match(text, end))


def _flag(text: str, start: int, end: int) -> str:
    """A name for the column that says whether another one holds the text in quotes."""
    before = _COLUMN.search(text[max(0, start - _NEAR) : start])
    after = _COMPARES.match(text, end)
    column = before[1] if before else after["column"] if after else None
    value = re.sub(r"\W+", "_", text[start + 1 : end - 1]).strip("_")[:_LONGEST] or "empty"
    return f"{column or 'it'}_is_{value}"
