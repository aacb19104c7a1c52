"""What is known of columns while a file is read, and what reading finds out about them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction

from pishield_cli.language.sums import Sum
from pishield_cli.logic.domains import Date, Domain, Mixed, Text, Times
from pishield_cli.logic.expressions import Expression, Kind

EPOCH = date(1970, 1, 1)


def local_today() -> date:
    """The day it is on this machine."""
    return datetime.now(UTC).astimezone().date()


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A value that is one of several sums.

    Attributes:
        parts: The sums.
        missing: None for the greatest of them; for the first that is not missing, how each of
            them is tested for being missing, the last one left out.
    """

    parts: tuple[Sum, ...]
    missing: tuple[Expression, ...] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What is known before a file is read.

    Attributes:
        domains: What columns hold, by their names in the file; a name that is not there may be
            anything.
        columns: Names that are columns, whatever else they could mean (`today`, `days`).
        today: The day that `today` stands for.
        read_list: Reads a file of values, or a named column of it.
    """

    domains: Mapping[str, Domain] = field(default_factory=dict)
    columns: Collection[str] = frozenset()
    today: date = field(default_factory=local_today)
    read_list: Callable[[str, str | None], Sequence[str]] | None = None


NOTHING = Told()


class Context:
    """What the lines of one file share while they are read.

    Attributes:
        told: What was known before.
        domains: What is known of columns by now.
        texts: Columns that are compared with texts.
        days: Columns that are compared with dates.
        numbers: Columns in sums and comparisons, other than of one bare column with another; they
            may turn out to hold dates.
        says_today: Whether a requirement names the day that it is.
        derived: The expression that each derived column stands for, by its name.
        pieces: What each name of a piecewise value stands for; no clause is left with one.
        quotients: What each derived quotient divides by what.
        counts: How many values PiShield's variables have, counted from 0.
    """

    def __init__(self, told: Told, domains: Mapping[str, Domain]) -> None:
        self.told = told
        self.domains: dict[str, Domain] = dict(domains)
        self.texts: set[str] = set()
        self.days: set[str] = set()
        self.numbers: set[str] = set()
        self.says_today = False
        self.derived: dict[str, Expression] = {}
        self.pieces: dict[str, Piecewise] = {}
        self.quotients: dict[str, tuple[Sum, Sum]] = {}
        self.counts: dict[str, int] = {}

    def domains_found(self) -> dict[str, Domain]:
        """What is known of columns, with what they were compared with since."""
        found = dict(self.domains)
        for name in self.days:
            found.setdefault(name, Date())
        for name in self.texts:
            found.setdefault(name, Mixed() if name in self.numbers else Text())
        return found

    @property
    def todays_number(self) -> Fraction:
        """Today, in days since 1970."""
        return Fraction((self.told.today - EPOCH).days)

    def use(self, name: str, kind: Kind | None) -> None:
        """Remember what a column is taken for."""
        if kind is Kind.TEXT:
            self.texts.add(name)
        elif kind is Kind.DATE:
            self.days.add(name)

    def use_as_numbers(self, names: Iterable[str]) -> None:
        """Remember that columns are taken for numbers, and so are those that values choose from."""
        for name in names:
            self.numbers.add(name)
            piece = self.pieces.get(name)
            for part in () if piece is None else piece.parts:
                self.use_as_numbers(part.terms)

    def choices(self, value: Sum) -> tuple[Sum, ...]:
        """What a value is the first of that is not missing; nothing for any other value."""
        names = () if value.constant else tuple(value.terms)
        piece = self.pieces.get(names[0]) if len(names) == 1 else None
        if piece is None or piece.missing is None or value.terms[names[0]] != 1:
            return ()
        return piece.parts

    def is_open(self, value: Sum) -> bool:
        """Whether a value may be of any kind: a bare column, or the first of some."""
        choices = self.choices(value)
        return value.name is not None or (bool(choices) and all(map(self.is_open, choices)))

    def uses(self, name: str) -> frozenset[Kind]:
        """What a column is taken for; nothing where it is only tested, or compared with another."""
        found = ((self.texts, Kind.TEXT), (self.days, Kind.DATE), (self.numbers, Kind.NUMBER))
        known = self.kind(name)
        kinds = frozenset(kind for names, kind in found if name in names)
        return kinds if known is None else kinds | {known}

    def kind(self, name: str) -> Kind | None:
        """What a column is known to hold; None where nothing is known."""
        domain = self.domains.get(name)
        return None if domain is None else domain.kind

    def is_text(self, name: str) -> bool:
        return isinstance(self.domains.get(name), Text)

    def is_mixed(self, name: str) -> bool:
        return isinstance(self.domains.get(name), Mixed)

    def is_date(self, name: str) -> bool:
        """Whether a column holds dates, and not times of day or lengths of time."""
        domain = self.domains.get(name)
        return isinstance(domain, Date) and domain.times is Times.DATE

    def mixes_zones(self, names: Iterable[str]) -> bool:
        """Whether some of columns hold instants, and others dates or times of no zone."""
        dates = [self.domains[name] for name in names if self.is_date(name)]
        return len({one.zoned for one in dates if isinstance(one, Date)}) > 1

    def per_day(self, name: str) -> int | None:
        """Units of a column of dates or times in a day; None for any other column."""
        domain = self.domains.get(name)
        return domain.per_day if isinstance(domain, Date) else None
