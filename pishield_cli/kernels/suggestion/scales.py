"""Find columns that stay below a multiple of others, and bounds that a truth value brings."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor, log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.orders import EDGE_OUTSIDE, EDGE_ROWS
from pishield_cli.kernels.suggestion.profile import Column, related
from pishield_cli.kernels.suggestion.round_numbers import rounded_up, roundest_between, written
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
MOST_EXCEPTIONS = 0.07
"""Exceptions, as a part of the violations expected by chance."""


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


def bounds(columns: Sequence[Column], share: float, chance: float) -> Iterator[Rule]:
    """All `if a then b >= c` with a sharp edge: never more than candidates."""
    flags = [one for one in columns if one.boolean and not one.codes and one.greatest <= 1]
    numbers = [one for one in columns if not one.constant and not one.boolean and not one.codes]
    limit = log10(chance / max(1, 4 * len(flags) * len(numbers)))
    for flag in flags:
        for number in numbers:
            for premise in (1, 0):
                for sign in (1, -1):
                    rule = _bound(flag, number, premise, sign, share, limit)
                    if rule is not None:
                        yield rule


def _bound(
    flag: Column, number: Column, premise: int, sign: int, share: float, limit: float
) -> Rule | None:
    decided = ~np.isnan(flag.values) & ~np.isnan(number.values)
    values = sign * number.values[decided]
    chosen = flag.values[decided] == premise
    inside = np.sort(values[chosen])
    if len(inside) < 2 * EDGE_ROWS:
        return None
    cut = _cut(inside, int(share * len(values)))
    if len(inside) < cut + 2 * EDGE_ROWS:
        return None
    lowest = values.min() if cut == 0 else inside[cut - 1]
    if inside[cut] <= values.min() or _fades(inside[cut:]):
        return None
    bound = _round_bound(float(max(lowest, inside[cut] - _width(inside[cut:]))), float(inside[cut]))
    if bound is None:
        return None
    below = values < float(bound)
    expected = float(np.count_nonzero(below) * chosen.mean())
    # As far outside as the nearest rows inside: hardly any should be chosen, exceptions or not.
    width = inside[cut + EDGE_ROWS - 1] - float(bound)
    edge = int(np.count_nonzero(below & (values >= float(bound) - width) & chosen))
    tail = poisson_tail(cut, expected)
    if cut > MOST_EXCEPTIONS * expected or (sign < 0 and bound == 0 and number.least == 0):
        return None
    if edge > EDGE_OUTSIDE or expected < LEAST_EXPECTED or tail >= limit:
        return None
    return Rule(
        RuleKind.BOUND,
        f"if {'{0}' if premise else 'not {0}'} then {{1}} {'>=' if sign > 0 else '<='} "
        f"{written(sign * bound)}",
        (flag.name, number.name),
        Evidence(tail, expected, EDGE_ROWS),
        at_risk="{0}" if premise else "not {0}",
        candidate=True,
        related=related(flag, number),
        exceptions=cut,
    )


def _cut(inside: Array, most: int) -> int:
    """How many of the least values to leave out as exceptions: up to the largest gap."""
    if most < 1:
        return 0
    gaps = np.diff(inside[: most + 2])
    at = int(np.argmax(gaps))
    usual = float(np.median(np.diff(inside[: 4 * EDGE_ROWS])))
    return at + 1 if gaps[at] > 5 * max(usual, 1e-300) else 0


def _fades(inside: Array) -> bool:
    """Whether values thin out towards the bound, rather than end there."""
    first, second = inside[EDGE_ROWS - 1] - inside[0], inside[2 * EDGE_ROWS - 1] - inside[0]
    return bool(first > 0.75 * second)


def _width(inside: Array) -> float:
    return float(inside[min(len(inside), EDGE_ROWS) - 1] - inside[0])


def _round_bound(lower: float, upper: float) -> Fraction | None:
    return roundest_between(lower, upper) if lower < upper else Fraction(repr(upper))
