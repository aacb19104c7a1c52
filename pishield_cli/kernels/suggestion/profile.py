"""What the cells of each column are: whole numbers, truth values, codes for missing ones."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.sampling import Sample
from pishield_cli.logic.expressions import Kind

CODES = frozenset([-1, -2, -3, -4, -5, -6, -7, -8, -9, -77, -88, -98, -99, -777, -888, -998, -999])
"""Negative numbers that stand for a missing cell in a column that is else not negative."""

MOST_CODES = 3
TYPE_EXCEPTIONS = 0.01
"""The share of a column's cells that may be of another type: dirt does not change types."""

LEAST_LABELS = 3
"""Columns that must all be scores in [0, 1] to be read as labels, where nobody says."""

MOST_DIRT = 19
"""Cells that may be neither 0 nor 1 in a column of truth values: with more, that is a level."""

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class ProfiledColumn:
    """A column of the sample.

    Attributes:
        name: Its name.
        values: float64, shape `(rows,)`; NaN where the cell is missing, or a code for that.
        raw: The same with codes as they are.
        codes: Negative numbers that stand for missing cells, ascending.
        integer: Whether its values are whole numbers, but for dirt.
        boolean: Whether its values are 0 and 1, but for dirt.
        least: The least value.
        greatest: The greatest value.
        tokens: The words of its name, in lower case.
        label: Whether it is a score, which says true above one half.
        kind: What its values are: numbers, dates as days since 1970, or places in `levels`.
        levels: The texts that it holds, none where it holds something else, or too many.
        above_zero: The least value above zero in all rows of the table; NaN if that is not known.
    """

    name: str
    values: Array
    raw: Array
    codes: tuple[int, ...]
    integer: bool
    boolean: bool
    least: float
    greatest: float
    tokens: tuple[str, ...]
    label: bool = False
    kind: Kind = Kind.NUMBER
    levels: tuple[str, ...] = ()
    above_zero: float = np.nan

    @property
    def constant(self) -> bool:
        """Whether it says nothing: one value, or none."""
        return not self.least < self.greatest

    @property
    def complete(self) -> bool:
        """Whether no cell is missing, codes aside."""
        return not bool(np.isnan(self.raw).any())


def tokens_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `NumTrades60Ever` has num, trades, 60, ever."""
    return tuple(word.lower() for word in _TOKEN.findall(name)) or (name,)


def related(one: ProfiledColumn, other: ProfiledColumn) -> bool:
    """Whether two columns' names share a word; single letters and numbers do not count."""
    return not _words(one).isdisjoint(_words(other))


def _words(column: ProfiledColumn) -> frozenset[str]:
    return frozenset(one for one in column.tokens if len(one) > 1 and not one.isdigit())


def columns_by_word(columns: Sequence[ProfiledColumn]) -> dict[str, list[ProfiledColumn]]:
    """The columns that have each word in their names."""
    by_word: dict[str, list[ProfiledColumn]] = {}
    for one in columns:
        for word in dict.fromkeys(one.tokens):
            by_word.setdefault(word, []).append(one)
    return by_word


def profiles(sample: Sample, labels: Collection[str] | None = None) -> list[ProfiledColumn]:
    """What each column of a sample is.

    Args:
        sample: The rows.
        labels: Columns that are scores in [0, 1]; None to find out: all are, or none.
    """
    found = [_profile(sample, place) for place in range(len(sample.names))]
    if labels is None:
        numbers = [one for one in found if one.kind is Kind.NUMBER]
        scores = len(numbers) >= LEAST_LABELS and all(_is_score(one) for one in numbers)
        labels = [one.name for one in numbers] if scores else ()
    return [replace(one, label=True) if one.name in labels else one for one in found]


def _is_score(column: ProfiledColumn) -> bool:
    """Whether a column holds fractions on both sides of one half."""
    return not column.integer and 0 <= column.least < 0.5 < column.greatest <= 1


def _profile(sample: Sample, place: int) -> ProfiledColumn:
    name, kind = sample.names[place], sample.kinds.get(sample.names[place], Kind.NUMBER)
    raw = np.where(np.isinf(sample.values[:, place]), np.nan, sample.values[:, place])
    if kind is not Kind.NUMBER:
        return _other(name, kind, raw, sample.levels.get(name, ()))
    codes = _codes(raw)
    values = np.where(np.isin(raw, codes), np.nan, raw) if codes else raw
    present = values[~np.isnan(values)]
    if not len(present):
        return ProfiledColumn(
            name, values, raw, codes, False, False, np.nan, np.nan, tokens_of(name)
        )
    whole = present == np.floor(present)
    return ProfiledColumn(
        name,
        values,
        raw,
        codes,
        integer=_nearly_all(whole),
        boolean=_is_binary(present),
        least=float(present.min()),
        greatest=float(present.max()),
        tokens=tokens_of(name),
        above_zero=sample.above_zero.get(name, np.nan),
    )


def _other(name: str, kind: Kind, raw: Array, levels: tuple[str, ...]) -> ProfiledColumn:
    """A column of dates or texts."""
    present = raw[~np.isnan(raw)]
    least, greatest = (present.min(), present.max()) if len(present) else (np.nan, np.nan)
    whole = bool((present == np.floor(present)).all())
    return ProfiledColumn(
        name,
        raw,
        raw,
        (),
        integer=whole and kind is Kind.DATE,
        boolean=False,
        least=float(least),
        greatest=float(greatest),
        tokens=tokens_of(name),
        kind=kind,
        levels=levels,
    )


def _is_binary(present: Array) -> bool:
    """Whether both 0 and 1 are there, and others are so few that they are dirt, not a level."""
    others = np.count_nonzero((present != 0) & (present != 1))
    both = bool((present == 0).any()) and bool((present == 1).any())
    return both and bool(others <= min(TYPE_EXCEPTIONS * len(present), MOST_DIRT))


def _nearly_all(mask: Array) -> bool:
    return bool(np.count_nonzero(~mask) <= TYPE_EXCEPTIONS * len(mask))


def _codes(raw: Array) -> tuple[int, ...]:
    """At most three negative codes of a column that has more values that are not negative."""
    negative = raw[raw < 0]
    if not len(negative):
        return ()
    distinct = np.unique(negative)
    known = len(distinct) <= MOST_CODES and all(float(one) in CODES for one in distinct)
    others = raw[raw >= 0]
    # Of -1 and 1 alone, neither is missing; of -1 and 0, or -1, 0 and 1, -1 is.
    if not known or (not (others == 0).any() and len(np.unique(others)) < 2):
        return ()
    return tuple(int(one) for one in distinct)
