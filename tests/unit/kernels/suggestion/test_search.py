"""Searching tables of more columns than can all be compared."""

import numpy as np

from pishield_cli.kernels.suggestion.sampling import Sample
from pishield_cli.kernels.suggestion.search import MOST_TOGETHER, SearchSettings, search


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
