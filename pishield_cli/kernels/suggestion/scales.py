"""Find columns that stay below a multiple of others."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor, log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.profile import Column, related
from pishield_cli.kernels.suggestion.round_numbers import rounded_up, written
from pishield_cli.kernels.suggestion.rules import Evidence, Rule, RuleKind
from pishield_cli.kernels.suggestion.statistics import poisson_tail

SCREENED_ROWS = 1_500

MULTIPLES = ("1", "1.2", "1.25", "1.5", "2", "2.5", "3", "4", "5", "6", "7.5", "8")
"""The multiples that people write, times powers of ten."""

REACHED = 0.98
"""The greatest ratio of two columns, as a part of the multiple."""

NEAR = 0.9
LEAST_NEAR = 10
MOST_NEAR = 0.5
"""Rows with a ratio of at least nine tenths of the multiple: at least so many, and at most such a
share of all. With more, the columns are all but proportional."""

LEAST_EXPECTED = 10.0


def scales(columns: Sequence[Column], chance: float) -> Iterator[Rule]:
    """All `a <= k*b` with a round k that is reached: never more than candidates."""
    usable = [one for one in columns if not one.constant and one.least >= 0 and not one.boolean]
    usable = [one for one in usable if not one.codes]
    limit = log10(chance / max(1, len(usable) ** 2))
    if len(usable) < 2:
        return
    stacked = np.stack([one.values[:SCREENED_ROWS] for one in usable], axis=1)
    for at, small in enumerate(usable):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = stacked[:, [at]] / stacked
        ratios[:, at] = np.nan
        with np.errstate(invalid="ignore"):
            most = np.fmax.reduce(ratios, axis=0)
            near = (ratios >= NEAR * most).sum(axis=0)
        for place in np.flatnonzero(np.isfinite(most) & (near >= LEAST_NEAR / 4)).tolist():
            rule = _scale(small, usable[place], limit)
            if rule is not None:
                yield rule


def _scale(small: Column, large: Column, limit: float) -> Rule | None:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = small.values / large.values
    ratios = ratios[~np.isnan(ratios)]
    most = float(ratios.max()) if len(ratios) else 0.0
    multiple = round_multiple(most) if np.isfinite(most) and most > 0 else None
    if multiple is None or multiple == 1:
        return None
    near = int(np.count_nonzero(ratios >= NEAR * float(multiple)))
    nearest = int(np.count_nonzero(ratios >= (1 + NEAR) / 2 * float(multiple)))
    if not _needed(multiple) <= near <= MOST_NEAR * len(ratios) or 4 * nearest < near:
        return None
    scaled = float(multiple) * large.values
    both = ~np.isnan(small.values) & ~np.isnan(scaled)
    expected = _expected(small.values[both], scaled[both])
    tail = poisson_tail(0, expected)
    if expected < LEAST_EXPECTED or tail >= limit:
        return None
    pattern = f"{{0}} <= {written(multiple)}*{{1}}"
    if multiple < 1 and (1 / multiple).denominator == 1:
        pattern = f"{written(1 / multiple)}*{{0}} <= {{1}}"
    return Rule(
        RuleKind.SCALE,
        pattern,
        (small.name, large.name),
        Evidence(tail, expected, near, note=f"closest {most / float(multiple):.3g} of it"),
        candidate=True,
        related=related(small, large),
    )


def _expected(low: Array, high: Array) -> float:
    return float(np.searchsorted(np.sort(high), low, side="left").sum() / max(1, len(low)))


def round_multiple(ratio: float) -> Fraction | None:
    """The round number that a greatest ratio reaches to two parts in a hundred; None if none."""
    power = floor(log10(ratio))
    for shift in (power, power + 1):
        for text in MULTIPLES:
            multiple = Fraction(text) * Fraction(10) ** shift
            if ratio <= multiple and REACHED * float(multiple) <= ratio:
                return multiple
    multiple = rounded_up(ratio, 2)
    return multiple if REACHED * float(multiple) <= ratio else None


def _needed(multiple: Fraction) -> int:
    """How many rows must be near a multiple: three times as many where it is less round."""
    power = Fraction(10) ** floor(log10(float(multiple)))
    round_ones = {Fraction(text) for text in MULTIPLES}
    return LEAST_NEAR if multiple / power in round_ones else 3 * LEAST_NEAR
