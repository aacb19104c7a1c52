"""The paired t-test, without a library of statistics."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

COVERED = 0.95
"""How often an interval holds the true difference."""

_HALVINGS = 60
_STEPS = 500
_PRECISION = 1e-15
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A paired t-test.

    Attributes:
        pairs: How many pairs.
        difference: The mean of first minus second.
        t: The statistic; None if it is not defined, as with one pair or equal differences.
        p: The two-sided probability of a statistic as far from zero; None likewise.
        low: The lower end of the 95 % interval of the difference; None with one pair.
        high: The upper end.
    """

    pairs: int
    difference: float
    t: float | None
    p: float | None
    low: float | None = None
    high: float | None = None

    @property
    def told(self) -> bool:
        """Whether the interval leaves out zero: the difference has a sign."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def paired_test(first: Sequence[float], second: Sequence[float]) -> PairedTest:
    """Whether two series of paired figures have the same mean.

    Args:
        first: At least one.
        second: As many, in the same order.
    """
    differences = [a - b for a, b in zip(first, second, strict=True)]
    mean, pairs = statistics.fmean(differences), len(differences)
    if pairs < 2:
        return PairedTest(pairs, mean, None, None)
    spread = statistics.stdev(differences)
    if not spread:
        return PairedTest(pairs, mean, None, None, mean, mean)
    error = spread / math.sqrt(pairs)
    t, reach = mean / error, error * quantile(COVERED, pairs - 1)
    return PairedTest(pairs, mean, t, two_sided(t, pairs - 1), mean - reach, mean + reach)


def quantile(covered: float, freedom: float) -> float:
    """How far from zero Student's t lies with this probability at most.

    Args:
        covered: Between 0 and 1.
        freedom: Degrees of freedom, above 0.
    """
    low, high = 0.0, 1.0
    while two_sided(high, freedom) > 1 - covered:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) > 1 - covered else (low, middle)
    return (low + high) / 2


def two_sided(t: float, freedom: float) -> float:
    """The probability that Student's t is as far from zero.

    Args:
        t: The statistic.
        freedom: Degrees of freedom, above 0.
    """
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function.

    Args:
        a: Above 0.
        b: Above 0.
        x: From 0 to 1.

    References:
        NIST Digital Library of Mathematical Functions, 8.17.22, by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = d
    for step in range(1, _STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        for term in (even, odd):
            d = 1 / _nonzero(1 + term * d)
            c = _nonzero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def deviation(values: Sequence[float]) -> float:
    """The sample standard deviation; 0 for a single value, NaN where one is."""
    if any(map(math.isnan, values)):
        return math.nan
    return statistics.stdev(values) if len(values) > 1 else 0.0
