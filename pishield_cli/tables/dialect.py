"""How a CSV file is written: what stands between cells, how numbers look, what means missing."""

import codecs
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from pishield_cli.errors import UsageError
from pishield_cli.listed import listed

_Choice = TypeVar("_Choice", bound=StrEnum)
_NEVER = '"\r\n'
_DIGITS = frozenset("0123456789+-")
_PART_OF_NUMBERS = frozenset({"e", "x", "inf", "infinity", "nan"})


class InputFormat(StrEnum):
    """What a table is, whatever its name says."""

    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    ARROW = "arrow"
    JSONL = "jsonl"


class BadCells(StrEnum):
    """What is done with cells that are not numbers or dates where these are needed."""

    ERROR = "error"
    VIOLATION = "violation"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table's file is to be read; what is written again is written alike.

    Attributes:
        delimiter: What stands between two cells, one character; None for what the name's ending
            says.
        decimal: What stands before the decimal places.
        thousands: What stands between groups of three digits; None for nothing.
        units: Signs such as `%` or `€` that may stand before or behind a number; the number is
            what stands beside them.
        missing: Texts that stand for a missing cell, besides the usual ones.
        encoding: The text's encoding, as Python names it.
        skip_rows: How many lines stand before the header.
        header: Whether the first line names the columns; otherwise they are `y_0`, `y_1`, ...
        names: The columns' names where no line gives them.
        format: What the file is; None for what the name's ending says.
        bad_cells: What is done with cells that are not numbers or dates where these are needed: an
            error, missing ones, or these and a violation for each row that holds one.
        date_format: How texts say dates, in the letters of `strftime`, besides ISO 8601; None for
            no other way.

    Raises:
        UsageError: If two of these cannot be told from each other, or one makes no sense.
    """

    delimiter: str | None = None
    decimal: str = "."
    thousands: str | None = None
    units: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    encoding: str = "utf-8"
    skip_rows: int = 0
    header: bool = True
    names: tuple[str, ...] | None = field(default=None)
    format: InputFormat | None = None
    bad_cells: BadCells = BadCells.ERROR
    date_format: str | None = None

    def __post_init__(self) -> None:
        for name in ("units", "missing"):
            object.__setattr__(self, name, listed(getattr(self, name)))
        if self.format is not None:
            object.__setattr__(self, "format", _choice("--input-format", InputFormat, self.format))
        object.__setattr__(self, "bad_cells", _choice("--bad-cells", BadCells, self.bad_cells))
        for option, mark in (
            ("--delimiter", self.delimiter),
            ("--decimal", self.decimal),
            ("--thousands", self.thousands),
        ):
            _require_mark(option, mark)
        if self.delimiter is not None and not self.delimiter.isascii():
            raise UsageError(f"--delimiter takes an ASCII character, not '{self.delimiter}'.")
        if self.date_format is not None and "%" not in self.date_format:
            raise UsageError(
                f"--date-format takes a format such as %d.%m.%Y, not '{self.date_format}'.",
                hint="%Y is the year, %m the month, %d the day, %H:%M:%S the time",
            )
        if self.skip_rows < 0:
            raise UsageError(f"--skip-rows takes a number of lines, not {self.skip_rows}.")
        if self.decimal == self.thousands:
            raise UsageError(f"--decimal and --thousands are both '{self.decimal}'.")
        for unit in self.units:
            _require_unit(unit, (self.decimal, self.thousands))
        try:
            codecs.lookup(self.encoding).incrementaldecoder  # noqa: B018 - whether it is of text
            "".encode(self.encoding)
        except LookupError as error:
            raise UsageError(
                f"--encoding takes the name of an encoding, but '{self.encoding}' is not one.",
                hint="such as utf-8, latin-1, cp1252 or utf-16",
            ) from error

    @property
    def plain_numbers(self) -> bool:
        """Whether numbers are written as programs write them."""
        usual = self.decimal == "." and self.thousands is None and not self.units
        return usual and self.bad_cells is BadCells.ERROR

    @property
    def of_values(self) -> "Dialect":
        """What of it is said of tables that hold values, too."""
        return Dialect(format=self.format, date_format=self.date_format, bad_cells=self.bad_cells)

    @property
    def without_violations(self) -> "Dialect":
        """The same where nothing is counted: what would be a violation is missing alone."""
        counts = self.bad_cells is BadCells.VIOLATION
        return replace(self, bad_cells=BadCells.MISSING) if counts else self

    @property
    def is_utf8(self) -> bool:
        """Whether the text needs no other decoding."""
        return codecs.lookup(self.encoding).name in {"utf-8", "utf-8-sig", "ascii"}

    @property
    def is_latin_1(self) -> bool:
        """Whether each byte of the text is a character, printable or not."""
        return codecs.lookup(self.encoding).name == "iso8859-1"


def _choice(option: str, choices: type[_Choice], given: str) -> _Choice:
    """One of some choices, which may be given by its name."""
    try:
        return choices(given)
    except ValueError as error:
        listed = ", ".join(choices)
        raise UsageError(f"{option} is one of {listed}, not {given!r}.") from error


def _require_mark(option: str, mark: str | None) -> None:
    if mark is None:
        return
    if len(mark) != 1 or mark in _NEVER or mark in _DIGITS or mark.isalnum():
        raise UsageError(
            f"{option} takes one character that is not a letter, digit, sign, quote or "
            "line ending, "
            f"but {mark!r} was given.",
            hint=r"a tab is written as \t",
        )


def _require_unit(unit: str, marks: tuple[str | None, ...]) -> None:
    """Refuse what cannot be told from a number, or from the end of a cell."""
    parts = frozenset(unit)
    odd = parts & (_DIGITS | frozenset(_NEVER)) or unit in marks
    if odd or not unit.strip() or unit.lower() in _PART_OF_NUMBERS:
        raise UsageError(
            f"--units takes signs that stand beside numbers, not {unit!r}.",
            hint='such as --units "%" or --units "€,kg"',
        )
