"""Find columns that equal others, and sums of two others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, related
from pishield_cli.kernels.suggestion.round_numbers import written
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import poisson_tail

EXCEPTIONS = 5
"""Equations may be broken by so many times the share of rows that other rules may: that an
equation holds in nineteen rows of twenty is never due to chance."""

LEAST_BROKEN = 0.02
"""The share of rows that must break the equation once one column is shuffled."""

LEAST_BROKEN_ROUNDED = 0.5
"""The same where the equation holds within rounding: small numbers are always about right."""

LEAST_INFORMATIVE = 10
"""Rows with a value that is not zero, for each column of an equation."""

ROUNDING = 1e-9
"""What floats may differ by, relative to what is added up."""

SKETCH_ROWS = 24
SKETCHES = 6
MOST_MATCHES = 20_000


@dataclass(frozen=True, slots=True)
class IntegerRelation:
    """A sum of columns with whole coefficients that is zero.

    Attributes:
        columns: The columns; None is the constant 1.
        coefficients: One each.
        width: What the sum may differ from zero by, where parts of it were rounded.
    """

    columns: tuple[ProfiledColumn | None, ...]
    coefficients: tuple[int, ...]
    width: Fraction = Fraction(0)

    def residuals(self) -> tuple[Array, Array]:
        """The sum in every row, NaN where a cell is missing, and what was added up."""
        total, size = np.zeros(1), np.zeros(1)
        for column, coefficient in zip(self.columns, self.coefficients, strict=True):
            values = 1.0 if column is None else column.values
            total = total + coefficient * values
            size = size + np.abs(coefficient * values)
        return total, size

    def broken(self) -> Array:
        """The rows in which it is not zero, beyond the rounding of floats."""
        total, size = self.residuals()
        with np.errstate(invalid="ignore"):
            broken: Array = np.abs(total) > float(self.width) + ROUNDING * size
        return broken

    @property
    def named(self) -> tuple[ProfiledColumn, ...]:
        """Its columns without the constant."""
        return tuple(one for one in self.columns if one is not None)


def equalities(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `a == b` with evidence.

    Args:
        columns: A sample of the table, as many rows of each.
        share: The most exceptions a rule may have, as a share of its rows, in [0, 1).
        chance: How likely, at most, any rule is found in a table without one.
        clock: Ends the search when its time is up.
    """
    usable = [one for one in columns if not one.constant]
    limit = log10(chance / max(1, len(usable) ** 2))
    for one, other in _like(usable, EXCEPTIONS * share, clock):
        rule = equation_rule(IntegerRelation((one, other), (1, -1)), share, limit)
        if rule is not None:
            yield rule


def _like(
    columns: Sequence[ProfiledColumn], share: float, clock: Clock
) -> Iterator[tuple[ProfiledColumn, ProfiledColumn]]:
    """Pairs that are equal in all rows but a share, as the first rows tell."""
    if not columns:
        return
    stacked = np.stack([one.values[:1_500] for one in columns], axis=1)
    for at, one in enumerate(clock.over(columns)):
        rest = stacked[:, at + 1 :]
        differ = (np.abs(rest - stacked[:, [at]]) > ROUNDING * np.abs(rest)).sum(axis=0)
        for place in np.flatnonzero(differ <= 2 * share * len(stacked)).tolist():
            yield one, columns[at + 1 + place]


def sums(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All `t == a + b` with evidence, and `a + b == 1`, by sketches of the columns.

    A sketch is the product of a column and random weights of some rows. Sums of columns have sums
    of sketches, and sketches are single numbers that can be sorted and looked up.

    Args:
        columns: A sample of the table, as many rows of each.
        share: The most exceptions a rule may have, as a share of its rows, in [0, 1).
        chance: How likely, at most, any rule is found in a table without one.
        clock: Ends the search when its time is up.
    """
    seen: set[frozenset[str]] = set()
    limit = log10(chance / max(1, sum(not one.constant for one in columns) ** 3))
    for group in groups(columns):
        for triple in _matches(group, clock):
            names = frozenset("" if one is None else one.name for one in triple)
            if names in seen:
                continue
            seen.add(names)
            rule = equation_rule(IntegerRelation(triple, (1, -1, -1)), share, limit)
            if rule is not None:
                yield rule


def groups(columns: Sequence[ProfiledColumn]) -> Iterator[list[ProfiledColumn]]:
    """Columns whose cells are there in the same rows, each with those that are complete."""
    usable = [one for one in columns if not one.constant]
    by_mask: dict[bytes, list[ProfiledColumn]] = {}
    for one in usable:
        by_mask.setdefault(np.packbits(np.isnan(one.values)).tobytes(), []).append(one)
    complete = next((some for some in by_mask.values() if _complete(some[0])), [])
    if len(complete) > 1:
        yield complete
    for some in by_mask.values():
        if not _complete(some[0]) and len(some) > 1:
            yield [*some, *complete]


def _complete(column: ProfiledColumn) -> bool:
    return not bool(np.isnan(column.values).any())


def _matches(
    group: Sequence[ProfiledColumn], clock: Clock
) -> Iterator[tuple[ProfiledColumn | None, ...]]:
    """Triples of which the first is the sum of the others in some rows; None is the constant."""
    draw = np.random.default_rng(0)
    rows = np.flatnonzero(~np.isnan(group[0].values))
    if len(rows) < SKETCH_ROWS:
        return
    members: list[ProfiledColumn | None] = [*group, None]
    for _ in clock.over(range(SKETCHES)):
        some = np.sort(draw.choice(rows, SKETCH_ROWS, replace=False))
        weights = draw.normal(size=SKETCH_ROWS)
        cells = np.stack([_cells(one, some) for one in members], axis=1)
        sketches, sizes = weights @ cells, np.abs(weights) @ np.abs(cells)
        for total, first, second in clock.over(_sums_of_two(sketches, sizes)):
            yield members[total], members[first], members[second]


def _cells(column: ProfiledColumn | None, rows: Array) -> Array:
    return np.ones(len(rows)) if column is None else column.values[rows]


def _sums_of_two(sketches: Array, sizes: Array) -> Iterator[tuple[int, int, int]]:
    """Numbers of sketches of which the first is the sum of the others, which are not zero."""
    telling = np.flatnonzero(sizes > 0)
    first, second = (telling[part] for part in np.triu_indices(len(telling), 1))
    totals = sketches[first] + sketches[second]
    order = np.argsort(totals)
    ordered = totals[order]
    count = 0
    for total in telling.tolist():
        width = ROUNDING * sizes[total]
        low, high = np.searchsorted(ordered, [sketches[total] - width, sketches[total] + width])
        for place in order[low:high].tolist():
            if total not in (first[place], second[place]):
                yield total, int(first[place]), int(second[place])
                count += 1
        if count > MOST_MATCHES:
            return


def equation_rule(equation: IntegerRelation, share: float, limit: float) -> FoundRule | None:
    """The rule that an equation is written as; None if the evidence is too weak.

    Args:
        equation: The equation.
        share: The share of rows that may violate a rule.
        limit: The decimal logarithm of the probability that it must stay below.
    """
    broken, decided = equation.broken(), ~np.isnan(equation.residuals()[0])
    rows, exceptions = int(decided.sum()), int(np.count_nonzero(broken & decided))
    if not rows or exceptions > EXCEPTIONS * share * rows:
        return None
    if any(np.count_nonzero(one.values[decided]) < LEAST_INFORMATIVE for one in equation.named):
        return None
    shuffled = min(_broken_once_shuffled(equation, at, decided) for at in _places(equation))
    tail = poisson_tail(exceptions, shuffled)
    least = LEAST_BROKEN_ROUNDED if equation.width else LEAST_BROKEN
    if shuffled < least * rows or tail >= limit or exceptions > 0.07 * shuffled:
        return None
    pattern = equation_pattern(equation)
    guards = _guards(equation)
    if guards:
        pattern = f"if {' and '.join(f'{{{place}}} >= 0' for place in guards)} then {pattern}"
    return FoundRule(
        RuleKind.EQUAL if _is_plain(equation) else RuleKind.SUM,
        pattern,
        tuple(one.name for one in equation.named),
        Evidence(tail, shuffled),
        related=all(related(one, other) for one, other in combinations(equation.named, 2)),
        exceptions=exceptions,
        allowed=EXCEPTIONS,
    )


def _places(equation: IntegerRelation) -> list[int]:
    return [place for place, one in enumerate(equation.columns) if one is not None]


def _is_plain(equation: IntegerRelation) -> bool:
    return len(equation.columns) == 2 and None not in equation.columns


def _broken_once_shuffled(equation: IntegerRelation, place: int, decided: Array) -> float:
    """How many rows break the equation once the cells of one column are shuffled."""
    column = equation.columns[place]
    assert column is not None
    total, size = equation.residuals()
    own = equation.coefficients[place] * column.values[decided]
    shuffled = np.random.default_rng(place).permutation(own)
    residual = total[decided] - own + shuffled
    width = ROUNDING * (size[decided] - np.abs(own) + np.abs(shuffled)) + float(equation.width)
    return float(np.count_nonzero(np.abs(residual) > width))


def equation_pattern(equation: IntegerRelation) -> str:
    """`t == a + b`: the only term of its sign alone on the left, else the constant on the right.

    Within rounding `-0.01 <= t - a - b <= 0.01`.
    """
    named = [
        (place, coefficient)
        for place, coefficient in enumerate(
            coefficient
            for one, coefficient in zip(equation.columns, equation.coefficients, strict=True)
            if one is not None
        )
    ]
    constant = sum(
        coefficient
        for one, coefficient in zip(equation.columns, equation.coefficients, strict=True)
        if one is None
    )
    if equation.width:
        return _rounded_pattern(named, constant, equation.width)
    positive = [(place, one) for place, one in named if one > 0]
    negative = [(place, -one) for place, one in named if one < 0]
    if len(positive) > len(negative) or not positive:
        positive, negative, constant = negative, positive, -constant
    if not positive:
        return f"{_sum(negative, 0)} == {constant}"
    return f"{_sum(positive, max(constant, 0))} == {_sum(negative, max(-constant, 0))}"


def _rounded_pattern(named: Sequence[tuple[int, int]], constant: int, width: Fraction) -> str:
    signs = {1: "+", -1: "-"}
    total = " ".join(f"{signs[times]} {{{at}}}" for at, times in named).removeprefix("+ ")
    return f"{written(-constant - width)} <= {total} <= {written(-constant + width)}"


def _sum(terms: Sequence[tuple[int, int]], constant: int) -> str:
    parts = [f"{{{at}}}" if times == 1 else f"{times}*{{{at}}}" for at, times in terms]
    return " + ".join([*parts, *([str(constant)] if constant or not parts else [])])


def _guards(equation: IntegerRelation) -> tuple[int, ...]:
    """The columns whose codes must be set aside for the equation to be true of the rest."""
    coded = [place for place, one in enumerate(equation.named) if one.codes]
    return tuple(coded)
