"""The words of the requirement language, and how names and numbers are written and read.

A number is an exact fraction from decimal text, never a float.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from pishield_cli.logic.expressions import NUMBERS, TRUTHS

KEYWORDS: Mapping[str, str] = {
    spelling: word
    for word in ("or", "and", "not", "neg", "iff", "implies", "if", "then", "true", "false")
    for spelling in (word, word.upper())
}
"""Each spelling of a keyword, lower case and upper case, to the keyword itself."""

PLACED: Mapping[str, str] = {
    spelling: word
    for word in ("in", "between", "is", "like", "matches", "contains", "mod")
    for spelling in (word, word.upper())
}
"""Keywords where a column's name cannot stand; anywhere else they are names."""

WITH: Mapping[str, str] = {
    spelling: f"{word} with" for word in ("starts", "ends") for spelling in (word, word.upper())
}
"""Keywords likewise, where `with` stands behind them."""

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
CHARACTER_SET = re.compile(r"(?<!\\)\[(?:\^|[^\]]-)[^\]]+\]")
"""A set of characters in brackets, which SQL Server's `like` knows, and no other."""

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


NUMBER = (
    r"(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)"
    r"(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?"
)
"""A number without its sign: `3`, `0.5`, `.5`, `5.`, `1e-3`, `1_000`."""

MAX_DIGITS = 1_000
MAX_EXPONENT = 1_000
MAX_BITS = 3_300
LARGEST = Fraction(10) ** 300
SMALLEST = 1 / LARGEST

_DECIMALS_SHOWN = 17
_DIGITS_SHOWN = 21
_LONGEST_EXPONENT_TEXT = 6


class NumberTooLongError(ValueError):
    """A number with more digits, or a larger exponent, than requirements may have."""


@lru_cache(maxsize=65_536)
def read_number(text: str) -> Fraction:
    """Read a decimal number exactly, never through a float.

    Args:
        text: Matches `NUMBER`.

    Raises:
        NumberTooLongError: Above `MAX_DIGITS` digits, or an exponent beyond `MAX_EXPONENT`.
    """
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS:
        message = f"a number has at most {MAX_DIGITS:,} digits, this one has {len(mantissa):,}"
        raise NumberTooLongError(message)
    if len(exponent) > _LONGEST_EXPONENT_TEXT or abs(int(exponent or 0)) > MAX_EXPONENT:
        message = f"an exponent is at most {MAX_EXPONENT:,}"
        raise NumberTooLongError(message)
    whole, _, decimals = mantissa.replace("_", "").partition(".")
    power = int(exponent or 0) - len(decimals)
    value = int(whole + decimals)
    return Fraction(value * 10**power) if power >= 0 else Fraction(value, 10**-power)


def is_manageable(value: Fraction) -> bool:
    """Whether a number that arithmetic made is small enough in text to go on with."""
    return value.numerator.bit_length() <= MAX_BITS and value.denominator.bit_length() <= MAX_BITS


def is_in_range(value: Fraction) -> bool:
    """Whether a coefficient or constant is zero or has a magnitude that every float keeps."""
    if value.denominator == 1 and value.numerator.bit_length() < 64:
        return True
    return is_manageable(value) and (not value or SMALLEST <= abs(value) <= LARGEST)


def write_number(value: Fraction) -> str:
    """The shortest plain text that reads back as exactly this number.

    Returns:
        A decimal where one is exact and short (`-0.5`, `1000`, `1e-12`), else a quotient (`1/3`).
    """
    numerator, denominator = value.numerator, value.denominator
    if denominator == 1:
        return _whole_number(numerator)
    decimals = _decimals_needed(denominator)
    if decimals is None:
        return f"{_whole_number(numerator)}/{_whole_number(denominator)}"
    sign = "-" if numerator < 0 else ""
    digits = str(abs(numerator) * 10**decimals // denominator)
    if decimals <= _DECIMALS_SHOWN:
        padded = digits.rjust(decimals + 1, "0")
        return f"{sign}{padded[:-decimals]}.{padded[-decimals:]}"
    return f"{sign}{digits}e-{decimals}"


def _whole_number(value: int) -> str:
    text = str(value)
    digits = text.rstrip("0")
    zeros = len(text) - len(digits)
    return f"{digits}e{zeros}" if len(text) > _DIGITS_SHOWN and zeros else text


def _decimals_needed(denominator: int) -> int | None:
    """Digits after the point of an exact decimal; None where there is none that is short."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    needed = max(twos, fives)
    return needed if rest == 1 and needed <= MAX_EXPONENT // 2 else None
