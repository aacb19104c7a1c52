"""Searching tables of more columns than can all be compared."""

import numpy as np
import pytest

from pishield_cli.kernels.suggestion.bounds import bounds
from pishield_cli.kernels.suggestion.clock import Clock, OutOfTimeError
from pishield_cli.kernels.suggestion.days import days_between
from pishield_cli.kernels.suggestion.implications import implications
from pishield_cli.kernels.suggestion.profile import profiles
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.kernels.suggestion.sampling import Sample
from pishield_cli.kernels.suggestion.scales import scales
from pishield_cli.kernels.suggestion.search import (
    MOST_TOGETHER,
    SINGLE_COLUMN,
    SearchSettings,
    all_orders,
    equations,
    search,
)


def test_many_columns_are_compared_where_names_share_a_word_and_the_rest_is_told():
    draw = np.random.default_rng(0)
    low = draw.lognormal(3, 0.5, 400).round(2)
    noise = {f"{_word(place)}": draw.normal(size=400).round(2) for place in range(MOST_TOGETHER)}
    cells = {"load_low": low, "load_high": low + draw.exponential(2, 400).round(2), **noise}
    sample = Sample(tuple(cells), np.stack(list(cells.values()), axis=1), np.arange(400), 400)
    findings = search(sample, SearchSettings(seconds=60))
    orders = [one.columns for one in findings.rules if one.crosses]
    assert orders == [("load_low", "load_high")]
    assert findings.not_tried == ["pairs of the 1,002 columns whose names share no word"]


def _word(place):
    return "".join("abcdefghij"[int(digit)] for digit in f"{place:04d}")


class Countdown(Clock):
    """A clock that is looked at so many times before the end."""

    def __init__(self, looks):
        super().__init__()
        object.__setattr__(self, "looks", looks)

    def check(self):
        object.__setattr__(self, "looks", self.looks - 1)
        if self.looks < 0:
            raise OutOfTimeError


def independent(rows=400):
    draw = np.random.default_rng(1)
    flags = {f"flag_{place}": draw.integers(0, 2, rows) for place in range(6)}
    amounts = {f"{word}": draw.normal(size=rows).round(2) for word in ("height", "width")}
    counts = {f"{word}": draw.poisson(4, rows) for word in ("visits", "clicks", "rooms")}
    cells = {**flags, **amounts, **counts}
    values = np.stack([one.astype(float) for one in cells.values()], axis=1)
    return Sample(tuple(cells), values, np.arange(rows), rows)


SEARCHES = (
    lambda columns, clock: equations(columns, 0.01, 0.01, clock),
    lambda columns, clock: all_orders(columns, 0.01, 0.01, clock),
    lambda columns, clock: days_between(columns, 0.01, clock),
    lambda columns, clock: implications(columns, 0.01, 0.01, clock),
    lambda columns, clock: bounds(columns, 0.01, 0.01, clock),
    lambda columns, clock: scales(columns, 0.01, 0.01, clock),
)


@pytest.mark.parametrize("find", SEARCHES)
def test_a_search_that_finds_nothing_ends_by_the_clock(find):
    columns = profiles(independent())
    assert list(find(columns, Countdown(10_000))) == []
    with pytest.raises(OutOfTimeError):
        list(find(columns, Countdown(0)))


def test_a_clock_without_time_left_has_every_kind_told_once():
    findings = search(independent(), SearchSettings(seconds=0.0))
    assert findings.rules == []
    told = {kind for kind in RuleKind if f"{kind} (for lack of time)" in findings.not_tried}
    assert told >= frozenset(RuleKind) - SINGLE_COLUMN
    assert len(findings.not_tried) == len(set(findings.not_tried))
