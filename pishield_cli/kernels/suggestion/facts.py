"""What is true or false of a row: that a value is above zero, is a text, is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.profile import ProfiledColumn
from pishield_cli.kernels.suggestion.ranges import LEVEL_ROWS, MOST_LEVELS
from pishield_cli.kernels.suggestion.rules import quoted_text
from pishield_cli.logic.expressions import Kind

LEAST_ROWS = 5
"""Rows that must say yes, and rows that must say no."""

HALF = 0.5
"""A label holds where its score is above this."""


class FactKind(Enum):
    """What a fact says of its column."""

    TRUE = auto()
    POSITIVE = auto()
    CODED = auto()
    TEXT = auto()
    MISSING = auto()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is true or false of a row.

    Attributes:
        column: The column it is about.
        kind: What it says of it.
        yes: Its pattern, `{}` for the column.
        no: The pattern of the contrary.
        values: float64, shape `(rows,)`: 1, 0, or NaN where not decided.
    """

    column: ProfiledColumn
    kind: FactKind
    yes: str
    no: str
    values: Array


def facts(columns: Sequence[ProfiledColumn]) -> list[Fact]:
    """What can imply or be implied, as far as it is true of some rows and false of others."""
    return [fact for one in columns for fact in _facts(one) if _varies(fact.values)]


def _facts(column: ProfiledColumn) -> Iterator[Fact]:
    if column.label:
        yield Fact(
            column, FactKind.TRUE, "{}", "not {}", _told(column.values, column.values > HALF)
        )
    elif column.kind is Kind.TEXT:
        yield from _levels(column)
    elif column.kind is Kind.NUMBER and column.least >= 0:
        held = _told(column.values, column.values > 0)
        if column.boolean and not column.codes and column.greatest <= 1:
            yield Fact(column, FactKind.TRUE, "{}", "not {}", held)
        else:
            yield Fact(column, FactKind.POSITIVE, "{} > 0", "{} == 0", held)
        if column.codes:
            coded = _told(column.raw, column.raw < 0)
            yield Fact(column, FactKind.CODED, "{} < 0", "{} >= 0", coded)
    missing = np.isnan(column.raw).astype(float)
    yield Fact(column, FactKind.MISSING, "{} is null", "{} is not null", missing)


def _levels(column: ProfiledColumn) -> Iterator[Fact]:
    """That a column is one of its texts; of two texts, the first tells of the other."""
    if not 2 <= len(column.levels) <= MOST_LEVELS:
        return
    told = column.levels[:1] if len(column.levels) == 2 else column.levels
    for place, text in enumerate(told):
        held = _told(column.values, column.values == place)
        if np.count_nonzero(held == 1) >= LEVEL_ROWS:
            written = quoted_text(text)
            yield Fact(column, FactKind.TEXT, f"{{}} == {written}", f"{{}} != {written}", held)


def _told(values: Array, held: Array) -> Array:
    return np.where(np.isnan(values), np.nan, held)


def _varies(values: Array) -> bool:
    true, false = int(np.count_nonzero(values == 1)), int(np.count_nonzero(values == 0))
    return min(true, false) >= LEAST_ROWS
