"""What is known of columns while a file is read, and what reading finds out about them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction

from pishield_cli.language.sums import Sum
from pishield_cli.logic.domains import Date, Domain, Mixed, Text
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


@dataclass(slots=True)
class Context:
    """What the lines of one file share while they are read.

    Attributes:
        domains: What is known of columns, by their names in the file; a name that is not there
            may be anything.
        columns: Names that are columns, whatever else they could mean (`today`, `days`).
        today: The day that `today` stands for.
        read_list: Reads a file of values, and of a named column of it.
        texts: Columns that are compared with texts.
        days: Columns that are compared with dates.
        numbers: Columns in sums and comparisons, other than of one bare column with another; they
            may turn out to hold dates.
        derived: The expression that each derived column stands for, by its name.
        says_today: Whether a requirement names the day that it is.
        pieces: What each name of a piecewise value stands for; no clause is left with one.
    """

    domains: Mapping[str, Domain] = field(default_factory=dict)
    columns: Collection[str] = frozenset()
    today: date = field(default_factory=local_today)
    read_list: Callable[[str, str | None], Sequence[str]] | None = None
    texts: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    says_today: bool = False
    derived: dict[str, Expression] = field(default_factory=dict)
    pieces: dict[str, Piecewise] = field(default_factory=dict)

    @property
    def todays_number(self) -> Fraction:
        """Today, in days since 1970."""
        return Fraction((self.today - EPOCH).days)

    def use(self, name: str, kind: Kind | None) -> None:
        """Remember what a column is taken for."""
        if kind is Kind.TEXT:
            self.texts.add(name)
        elif kind is Kind.DATE:
            self.days.add(name)

    def uses(self, name: str) -> frozenset[Kind]:
        """What a column is taken for; nothing where it is only tested, or compared with another."""
        found = ((self.texts, Kind.TEXT), (self.days, Kind.DATE), (self.numbers, Kind.NUMBER))
        return frozenset(kind for names, kind in found if name in names)

    def kind(self, name: str) -> Kind | None:
        """What a column is known to hold; None where nothing is known."""
        domain = self.domains.get(name)
        return None if domain is None else domain.kind

    def is_text(self, name: str) -> bool:
        return isinstance(self.domains.get(name), Text)

    def is_mixed(self, name: str) -> bool:
        return isinstance(self.domains.get(name), Mixed)

    def per_day(self, name: str) -> int | None:
        """Units of a column of dates in a day; None for any other column."""
        domain = self.domains.get(name)
        return domain.per_day if isinstance(domain, Date) else None
