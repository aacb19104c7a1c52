"""Texts, dates and times as a requirements file writes them."""

import re
from datetime import date, timedelta
from fractions import Fraction

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.context import EPOCH
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.words import read_number

_CLOCK = r"[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE = r"Z|[+-][0-2][0-9]:?[0-5][0-9]"

TIME = rf"{_CLOCK}(?![\w:.])"
"""A time of day."""

DATE = rf"[0-9]{{4}}-(?:0[1-9]|1[0-2])-[0-3][0-9](?:[T ]{_CLOCK}(?:{_ZONE})?)?(?![\w.-])"
"""A date, or a date and a time: ISO 8601."""

SLASHED = (
    r"(?:[0-9]{4}/(?:0[1-9]/[0-3][0-9]|1[0-2]/0[1-9])|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
    r"|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})(?![\w.-])"
)
"""What hardly anybody means as two divisions."""

_DATE = re.compile(
    rf"(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[T ](?P<clock>{_CLOCK})(?P<zone>{_ZONE})?)?"
)
_QUOTES = "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
_SINGLE = "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"

CURLED = rf"{_QUOTES[0]}[^{_QUOTES[1]}]*{_QUOTES[1]}|{_SINGLE[0]}[^{_SINGLE[1]}]*{_SINGLE[1]}"
"""A text in typographic quotes, which word processors write."""


def read_text_literal(written: str) -> str:
    """The text between quotes."""
    quote = written[0]
    return written[1:-1].replace(quote * 2, quote)


def read_date(written: str) -> Fraction | None:
    """The days since 1970 of a date, or of a date and a time; None if it is not one."""
    match = _DATE.fullmatch(written)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    days = Fraction((day - EPOCH).days)
    if match["clock"] is None:
        return days
    clock = read_time(match["clock"])
    return None if clock is None else days + clock - _offset(match["zone"])


def read_time(written: str) -> Fraction | None:
    """A time of day, as a share of the day; None if there is no such hour."""
    hours, minutes, *seconds = written.split(":")
    if int(hours) >= 24:
        return None
    total = int(hours) * 3600 + int(minutes) * 60
    return (total + (read_number(seconds[0]) if seconds else 0)) / Fraction(24 * 3600)


def _offset(zone: str | None) -> Fraction:
    if zone is None or zone == "Z":
        return Fraction(0)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return Fraction(minutes if zone[0] == "+" else -minutes, 24 * 60)


def write_date(days: Fraction) -> str | None:
    """A date as a requirements file writes it; None beyond the years 1 to 9999."""
    whole, rest = divmod(days, 1)
    try:
        day = (EPOCH + timedelta(days=int(whole))).isoformat()
    except OverflowError:
        return None
    if not rest:
        return day
    seconds = rest * 24 * 3600
    whole_seconds, part = divmod(seconds, 1)
    if (part * 10**9).denominator != 1:
        return None
    minutes, second = divmod(int(whole_seconds), 60)
    hour, minute = divmod(minutes, 60)
    digits = f"{int(part * 10**9):09d}".rstrip("0")
    return f"{day}T{hour:02d}:{minute:02d}:{second:02d}" + (f".{digits}" if digits else "")


def date_problem(line: LogicalLine, start: int, end: int) -> RequirementSyntaxError:
    """The error for a date that no calendar has."""
    message = f"`{line.text[start:end]}` is not how a date is written."
    hint = "dates are written 2024-01-31, times 09:30"
    return line.problem(message, start, end, expected="a date", hint=hint)


def curled_problem(line: LogicalLine, start: int, end: int) -> RequirementSyntaxError:
    """The error for a text in typographic quotes."""
    message = "A text stands in straight quotes."
    return line.problem(message, start, end, hint=f'write "{line.text[start + 1 : end - 1]}"')
