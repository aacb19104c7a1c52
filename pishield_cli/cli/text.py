"""User text made safe for a terminal, a log and one line."""

import re
from datetime import date

_CONTINUATION = re.compile(r"\s*\\?\s*\r?\n\s*")


def printable(text: str) -> str:
    """The text with every character that a terminal might act on written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def one_line(text: str) -> str:
    """The text on one line, continued lines joined by a space, safe to print."""
    return printable(_CONTINUATION.sub(" ", text.strip()).replace("\t", " "))


def shortened(text: str, length: int) -> str:
    """The text, cut with an ellipsis where it is longer than `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def counted(number: int, noun: str) -> str:
    """`1 row`, `21,613 rows`, `2 batches`."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def day(today: date | None) -> str:
    """The day that `today` stood for, as part of a line; nothing where none did."""
    return "" if today is None else f", today {today.isoformat()}"
