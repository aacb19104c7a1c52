"""Numbers that texts say and floats do not hold: refused, unless they are meant to be infinite."""

from pishield_cli.errors import ColumnTypeError
from pishield_cli.tables.textual.numbers import is_decimal_text

MOST_DIGITS = 308
"""Digits of the largest number that a float holds, written out."""

SHOWN = 40
"""Characters of a cell that a message shows."""


def is_endless(text: str) -> bool:
    """Whether a number has so many digits that nobody means it to be infinite, as `1e400` may be.

    Args:
        text: A number that is read as infinite.
    """
    return len(text) > MOST_DIGITS and is_decimal_text(text)


def endless_number(text: str, name: str, title: str, line: int) -> ColumnTypeError:
    """The error about a number of too many digits."""
    return ColumnTypeError(
        f"Numbers have at most {MOST_DIGITS} digits, but column `{name}` of `{title}` has one of "
        f"{len(text):,} characters on line {line}.",
        hint="leave missing cells empty; write large numbers like 1e300",
    )


def tiny_number(text: str, name: str, title: str, line: int) -> ColumnTypeError:
    """The error about a number that is smaller than floats hold."""
    return ColumnTypeError(
        f"Numbers other than 0 are at least 5e-324 in size, but column `{name}` of `{title}` holds "
        f"{shortened(text)} on line {line}.",
        hint="write 0 instead, or measure in a smaller unit",
    )


def shortened(text: str) -> str:
    """A cell as messages show it."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
