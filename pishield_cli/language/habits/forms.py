"""What habits of other languages are made of: names, arguments, texts, and how they are read."""

import re
from collections.abc import Callable

from pishield_cli.language.words import QUOTED_NAME, QUOTED_TEXT

INSIDE = rf"(?:{QUOTED_TEXT}|{QUOTED_NAME}|[^()\"'`]|\((?:{QUOTED_TEXT}|[^()\"'`])*\))"
ARGUMENT = rf"\s*((?:{QUOTED_TEXT}|{QUOTED_NAME}|[^(),\"'`]|\({INSIDE}*?\))+?)\s*"
TEXT = rf"\s*({QUOTED_TEXT})\s*"
CALLED = r"(?<![\w.])(?:\w+\.)?"
MISSING = r"(?:None|NULL|NA|NaN|nan|null|none|nil)\b"
WHOLE = rf"(?:{QUOTED_NAME}|(?<!\w)[^\W\d]\w*(?:\([^()]*\))?|\((?:{INSIDE})*?\))"
PART = rf"(?:{QUOTED_TEXT}|{WHOLE})"

Replacement = str | Callable[[re.Match[str]], str]

Habit = tuple[str, Replacement]
"""A pattern, and what is written in place of what it matches."""


def call(names: str, arguments: int = 1) -> str:
    """A call of one of some functions, its arguments as groups."""
    return rf"{CALLED}(?:{names})\({','.join([ARGUMENT] * arguments)}\)"


def method(names: str, argument: str = r"\s*") -> str:
    """A method of a column, its argument behind the column as a group."""
    return rf"({WHOLE})\.(?:str\.|dt\.)?(?:{names})\({argument}\)"


def parts_of(inside: str) -> list[str]:
    """What stands between the commas of a list, those within parentheses and quotes left alone."""
    found = [match[0].strip() for match in _PART_OF_LIST.finditer(inside)]
    return [part for part in found if part]


_PART_OF_LIST = re.compile(rf"(?:{QUOTED_TEXT}|{QUOTED_NAME}|[^(),\"'`]|\((?:{INSIDE})*?\))+")


def unquoted(text: str) -> str:
    """A text without its quotes."""
    return text[1:-1].replace(text[0] * 2, text[0])
