"""Find the bounds and the sets of values of single columns."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.profile import ProfiledColumn
from pishield_cli.kernels.suggestion.round_numbers import rounded_down, shown, written
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind, quoted_text
from pishield_cli.kernels.suggestion.statistics import binomial_tail

PILE_TAIL = -6.0
"""Rows pile up at a bound if so many there, beside the next value, have a probability below this
power of ten: far beyond what the number of columns can bring about by chance."""

NEAR_ZERO = 0.1
"""Zero is a natural lower bound if the least value is at most this part of the greatest."""

MOST_LEVELS = 20
LEVEL_ROWS = 5
"""Texts that a set may hold, and how often each must stand in the rows searched."""

EDGE_SHARE = 0.05

SET_SIZES = 2, 6
SET_ROWS = 20
"""How often each value of a set must stand in the rows searched."""


def ranges(columns: Sequence[ProfiledColumn], share: float) -> Iterator[FoundRule]:
    """Bounds at which rows pile up, zero where it is natural, and codes beside it."""
    for one in columns:
        if np.isnan(one.least) or one.constant:
            continue
        if one.codes:
            yield _coded(one)
        elif not one.boolean:
            yield from _bounds(one, share)


def _coded(column: ProfiledColumn) -> FoundRule:
    codes = " or ".join(f"{{0}} == {code}" for code in sorted(column.codes, reverse=True))
    among = "0 <= {0} <= 1" if column.boolean else "{0} >= 0"
    note = f"{', '.join(map(str, column.codes))} read as missing"
    return FoundRule(RuleKind.RANGE, f"{among} or {codes}", (column.name,), Evidence(note=note))


def _bounds(column: ProfiledColumn, share: float) -> Iterator[FoundRule]:
    values, counts = np.unique(column.values[~np.isnan(column.values)], return_counts=True)
    lower, upper = _lower(column, values, counts), _pile(values[::-1], counts[::-1])
    if lower is not None and upper is not None:
        pattern = f"{written(lower)} <= {{0}} <= {written(upper)}"
        yield FoundRule(
            RuleKind.RANGE, pattern, (column.name,), _piled(values, counts, lower, upper)
        )
    elif lower is not None:
        yield FoundRule(
            RuleKind.RANGE,
            f"{{0}} >= {written(lower)}",
            (column.name,),
            _piled(values, counts, lower),
        )
    elif upper is not None:
        yield FoundRule(
            RuleKind.RANGE,
            f"{{0}} <= {written(upper)}",
            (column.name,),
            _piled(values, counts, upper),
        )
    edge = _edge(column, values, counts) if lower is None or lower == 0 else None
    if edge is not None:
        note = _rows_at(int(counts[0]), edge)
        pattern = f"{{0}} >= {edge}"
        yield FoundRule(
            RuleKind.RANGE, pattern, (column.name,), Evidence(note=note), candidate=True
        )
    if upper is None and _looks_like_share(column):
        yield FoundRule(RuleKind.RANGE, "{0} <= 1", (column.name,), candidate=True)
    yield from _almost(column, values, counts, share) if share > 0 else ()


def _piled(values: Array, counts: Array, *bounds: float) -> Evidence:
    told = [_told(values, counts, one) for one in bounds]
    return Evidence(note=", ".join(dict.fromkeys(told)))


def _told(values: Array, counts: Array, bound: float) -> str:
    """How many rows attain a bound; how near they come where none does."""
    attained = int(counts[values == bound].sum())
    least = f"the least is {shown(values[0])}"
    return _rows_at(attained, written(float(bound))) if attained else least


def _rows_at(count: int, value: object) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'} at {value}"


def _lower(column: ProfiledColumn, values: Array, counts: Array) -> float | None:
    piled = _pile(values, counts)
    if piled is not None:
        return piled
    return 0.0 if 0 <= column.least <= NEAR_ZERO * column.greatest else None


def _pile(values: Array, counts: Array) -> float | None:
    """The first value, if rows pile up at it and it is round."""
    if len(values) < 3 or not _is_round(float(values[0]), int(counts[0])):
        return None
    here, beside = int(counts[0]), int(counts[1])
    return float(values[0]) if binomial_tail(beside, here + beside) < PILE_TAIL else None


def _edge(column: ProfiledColumn, values: Array, counts: Array) -> int | None:
    """The least of whole numbers above zero, if a twentieth of the rows attain it."""
    attained = column.integer and values[0] > 0 and counts[0] >= EDGE_SHARE * counts.sum()
    return int(values[0]) if attained and values[0] == np.floor(values[0]) else None


def _is_round(value: float, count: int) -> bool:
    return value in {0, 1, 100} or (value == np.floor(value) and count >= 10)


def _looks_like_share(column: ProfiledColumn) -> bool:
    return not column.integer and column.least >= 0 and 0.5 < column.greatest <= 1


def _almost(
    column: ProfiledColumn, values: Array, counts: Array, share: float
) -> Iterator[FoundRule]:
    """Zero as a lower bound that a few negative values break."""
    total = int(counts.sum())
    negative = int(counts[values < 0].sum())
    if not 0 < negative <= share * total:
        return
    held = values[values >= 0]
    if len(held) and held[0] <= NEAR_ZERO * held[-1]:
        yield FoundRule(RuleKind.RANGE, "{0} >= 0", (column.name,), exceptions=negative)


def sets(columns: Sequence[ProfiledColumn]) -> Iterator[FoundRule]:
    """Columns of few whole numbers with gaps, and gaps after zero."""
    for one in columns:
        if one.constant or not one.integer or one.boolean:
            continue
        present = one.values[~np.isnan(one.values)]
        if not (present == np.floor(present)).all():
            continue
        values, counts = np.unique(present, return_counts=True)
        if len(values) <= SET_SIZES[1]:
            yield from _levels(one, values, counts)
        else:
            yield from _gap(one, values, counts)


def _levels(column: ProfiledColumn, values: Array, counts: Array) -> Iterator[FoundRule]:
    """A set of values with gaps, or a range without, if each value stands there often enough."""
    if len(values) < SET_SIZES[0] or (counts < SET_ROWS).any():
        return
    note = f"{', '.join(map(str, counts.tolist()))} rows each"
    known = [*column.codes, *(int(value) for value in values)]
    if all(after - before == 1 for before, after in pairwise(known)):
        pattern = f"{known[0]} <= {{0}} <= {known[-1]}"
    else:
        listed = ", ".join(map(str, known))
        pattern = f"{{0}} in ({listed})" if len(known) > 2 else _either(known)
    yield FoundRule(RuleKind.SET, pattern, (column.name,), Evidence(note=note))


def _either(values: Sequence[int]) -> str:
    return " or ".join(f"{{0}} == {value}" for value in values)


def _gap(column: ProfiledColumn, values: Array, counts: Array) -> Iterator[FoundRule]:
    """Zero, or at least some number that is far from it."""
    if values[0] != 0 or counts[0] < SET_ROWS or counts[1:].sum() < SET_ROWS or column.codes:
        return
    known = [one for one in (column.above_zero, float(values[1])) if one >= 2 * (values[-1] - one)]
    if known:
        bound = written(rounded_down(known[0]))
        note = f"{_rows_at(int(counts[0]), '0')}, the next value is {int(known[0])}"
        yield FoundRule(
            RuleKind.SET, f"{{0}} == 0 or {{0}} >= {bound}", (column.name,), Evidence(note=note)
        )


def text_sets(columns: Sequence[ProfiledColumn]) -> Iterator[FoundRule]:
    """Columns of few texts, each of which stands there often enough."""
    for one in columns:
        counts = np.bincount(one.values[~np.isnan(one.values)].astype(int))
        if not 2 <= len(one.levels) <= MOST_LEVELS or (counts < LEVEL_ROWS).any():
            continue
        order = sorted(range(len(counts)), key=lambda place: (-counts[place], one.levels[place]))
        listed = ", ".join(quoted_text(one.levels[place]) for place in order)
        note = f"{', '.join(str(counts[place]) for place in order)} rows each"
        yield FoundRule(RuleKind.SET, f"{{0}} in ({listed})", (one.name,), Evidence(note=note))
