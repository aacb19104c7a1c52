"""Figures as the tables show them."""

import math
import statistics
from collections.abc import Sequence

from pishield_cli.training.ttest import PairedTest, paired_test


def percent(share: float, digits: int = 2) -> str:
    """A share in percent; a bare 0 where there is none at all."""
    if not share:
        return "0"
    # Two digits of nearly all would be 1e+02.
    digits = max(digits, 3) if share > 0.99 else digits
    return f"{100 * share:.{digits}g} %"


def standard_error(values: Sequence[float]) -> float:
    """Of the mean."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def spread(values: Sequence[float], digits: int = 4) -> str:
    """Mean and standard error."""
    return f"{statistics.fmean(values):.{digits}g} ± {standard_error(values):.2g}"


def difference(ones: Sequence[float], others: Sequence[float]) -> str:
    """The mean paired difference of some from others, and its 95 % interval."""
    return interval(paired_test(ones, others))


def interval(test: PairedTest) -> str:
    """A difference and its interval; bold where it leaves out zero."""
    if test.low is None or test.high is None:
        return f"{test.difference:+.3g}"
    text = f"{test.difference:+.3g} [{test.low:+.2g}, {test.high:+.2g}]"
    return f"**{text}**" if test.told else text
