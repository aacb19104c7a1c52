"""The words of the requirement language, and how a name is written."""

import re
from collections.abc import Mapping
from fractions import Fraction

KEYWORDS: Mapping[str, str] = {
    spelling: word
    for word in ("or", "and", "not", "neg", "iff", "implies", "if", "then", "true", "false")
    for spelling in (word, word.upper())
}
"""Each spelling of a keyword, lower case and upper case, to the keyword itself."""

PLACED: Mapping[str, str] = {
    spelling: word
    for word in ("in", "between", "is", "like", "matches", "mod")
    for spelling in (word, word.upper())
}
"""Keywords where a column's name cannot stand; anywhere else they are names."""

DAYS: Mapping[str, Fraction] = {
    spelling: days
    for word, days in (
        ("week", Fraction(7)),
        ("day", Fraction(1)),
        ("hour", Fraction(1, 24)),
        ("minute", Fraction(1, 24 * 60)),
        ("second", Fraction(1, 24 * 60 * 60)),
    )
    for spelling in (word, f"{word}s", word.upper(), f"{word}s".upper())
}
"""Lengths of time in days, by the word after a number."""

HEADERS: Mapping[str, str] = {
    spelling: word
    for word in ("ordering", "integer", "boolean", "decimals", "text", "date")
    for spelling in (word, word.upper())
}
"""Words that open a header line when names follow; anywhere else they are names."""

PLAIN_NAME = r"[^\W\d]\w*"
QUOTED_NAME = r"`(?:[^`]|``)*+`"
QUOTED_TEXT = r"\"(?:[^\"]|\"\")*+\"|'(?:[^']|'')*+'"
"""A text; inside it a doubled quote stands for one, and nothing else is special."""

SIGNED_VALUES = r"\[\s*[0-9]+(?:\s*,\s*[0-9]+)*\s*\]\s*:"
"""The values before a variable in PiShield's signed clauses: `[1,2,9]:a_1`."""

_PLAIN = re.compile(PLAIN_NAME)
_SPECIAL = frozenset({*KEYWORDS, *HEADERS, "today", "TODAY"})
_POSITIONAL = re.compile(r"y_?([0-9]{1,9})")


def quoted(name: str) -> str:
    """A name in backticks, those inside it doubled."""
    return "`" + name.replace("`", "``") + "`"


def unquoted(text: str) -> str:
    """The name that a text in backticks stands for."""
    return text[1:-1].replace("``", "`")


def quoted_text(text: str) -> str:
    """A text in quotes, those inside it doubled."""
    return '"' + text.replace('"', '""') + '"'


NUMBERS, TRUTHS = "⟨⟩", "⟪⟫"
"""What the name of a derived number, or of a derived truth, begins and ends with."""


def spelt_out(name: str) -> str | None:
    """The expression that a derived column stands for, as written; None for any other name."""
    return name[1:-1] if name[:1] + name[-1:] in {NUMBERS, TRUTHS} else None


def written_name(name: str) -> str:
    """A name as a requirements file writes it: bare where it can be, else in backticks."""
    expression = spelt_out(name)
    if expression is not None:
        return expression
    if _PLAIN.fullmatch(name) and name not in _SPECIAL:
        return name
    return quoted(name)


def position_of(name: str) -> int | None:
    """The column number that `y_<i>` or `y<i>` stands for, from 0; None for any other name."""
    match = _POSITIONAL.fullmatch(name)
    return int(match[1]) if match else None
