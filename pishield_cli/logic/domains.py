"""What the cells of a column may be, as its table says or as a requirements file declares."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from pishield_cli.logic.expressions import Kind

MICROSECONDS = 86_400_000_000
"""Microseconds in a day."""

CALENDAR = -719_162, 2_932_896
"""The first day of the year 1 and the last of the year 9999, in days since 1970-01-01."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What all domains tell.

    Attributes:
        fixed: Whether no writer can change a cell, as where folders' names hold it.
        unseen: Whether no cell was there to tell, so that what it is compared with may.
    """

    fixed: bool = False
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Number(_Column):
    """Numbers.

    Attributes:
        places: Decimal places that a cell holds, 0 for whole numbers; None for as many as its
            digits allow, or where that is not known.
        largest: The largest number that fits, where a cell as read could be larger; None elsewhere.
        endless: Whether a cell holds decimals of any number of digits, as texts and decimals do,
            within what `places` and `largest` allow.
    """

    places: int | None = None
    largest: Fraction | None = None
    endless: bool = False
    kind: Kind = Kind.NUMBER

    @property
    def whole(self) -> bool:
        """Whether cells are whole numbers."""
        return self.places == 0


@dataclass(frozen=True, slots=True)
class Truth(_Column):
    """Truth values; 1 and 0 wherever a number is needed."""

    kind: Kind = Kind.TRUTH


class Times(StrEnum):
    """What the cells of a column of dates or times say."""

    DATE = "date"
    CLOCK = "time of day"
    LENGTH = "length of time"


_CLOCK_LETTERS = ("%H", "%I", "%M", "%S", "%T", "%R", "%X", "%c", "%f")
_ZONE_LETTERS = ("%z", "%Z")


@dataclass(frozen=True, slots=True)
class Date(_Column):
    """Dates or times. Requirements speak of days; the cells are whole numbers of a unit.

    Attributes:
        per_day: Units in a day, counted from 1970-01-01: 1, or 86,400 times a power of 1,000.
        zoned: Whether the cells are instants, whatever zone they are shown in.
        written: Whether the cells are texts that say dates.
        format: How they say them, in the letters of `strftime`; None for ISO 8601.
        times: What they say. Times of day and lengths are numbers of days, and no dates.
    """

    per_day: int = 1
    zoned: bool = False
    written: bool = False
    format: str | None = None
    times: Times = Times.DATE
    kind: Kind = Kind.DATE

    @classmethod
    def written_as(cls, pattern: str) -> "Date":
        """What texts say that are written in a format: days, or times where it has a clock."""
        zoned = any(letters in pattern for letters in _ZONE_LETTERS)
        timed = zoned or any(letters in pattern for letters in _CLOCK_LETTERS)
        return cls(MICROSECONDS if timed else 1, zoned=zoned, written=True, format=pattern)

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """The least and the greatest number that a cell can be."""
        if self.times is Times.CLOCK:
            return 0, None if self.written else self.per_day - 1  # 25:10 is a time of timetables
        if self.times is Times.LENGTH:
            return None, None
        first, last = CALENDAR
        return first * self.per_day, last * self.per_day


@dataclass(frozen=True, slots=True)
class Text(_Column):
    """Texts.

    Attributes:
        values: All that a cell may be; None where any text may stand.
        classes: Where cells are counted by what requirements tell apart, the texts of each class
            that they name, the first standing for all; see `logic.classes`.
    """

    values: tuple[str, ...] | None = None
    classes: tuple[tuple[str, ...], ...] | None = None
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Mixed(_Column):
    """Numbers and texts beside each other: a comparison with numbers is false of a text."""

    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Other(_Column):
    """Lists, records, bytes: requirements can only say whether a cell is missing."""

    kind: Kind = Kind.NUMBER


Domain = Number | Truth | Date | Text | Mixed | Other
Schema = Mapping[str, Domain]
"""The domain of each column that is asked for, by its name."""
