"""Multiples that are round and reached, and those that are not."""

import numpy as np
import pytest

from pishield_cli.kernels.suggestion.profile import profiles
from pishield_cli.kernels.suggestion.sampling import Sample
from pishield_cli.kernels.suggestion.scales import scales


@pytest.fixture
def draw():
    return np.random.default_rng(3)


def found(columns, share=0.0):
    values = np.stack([np.asarray(one, float) for one in columns.values()], axis=1)
    rows = len(values)
    columns = profiles(Sample(tuple(columns), values, np.arange(rows), rows))
    return {one.pattern.format(*one.columns): one for one in scales(columns, share, 0.01)}


def test_a_round_multiple_that_rows_come_near(draw):
    income = draw.lognormal(8, 0.5, 2_000).round()
    rate = (income * draw.uniform(0.05, 0.4, 2_000)).round(2)
    assert "rate <= 0.4*income" in found({"rate": rate, "income": income})


def test_a_ratio_of_small_whole_numbers_that_rows_attain(draw):
    letters = draw.integers(0, 9, 2_000)
    length = np.maximum(3 * letters, draw.integers(1, 40, 2_000))
    rule = found({"letters": letters, "length": length})["3*letters <= length"]
    assert (
        rule.evidence.note
        == f"{np.count_nonzero((length == 3 * letters) & (letters > 0))} rows at it"
    )


def test_a_multiple_above_one_is_told_from_one_on(draw):
    price = draw.lognormal(12, 0.5, 1_000).round()
    high = (price * draw.uniform(1.02, 1.2, 1_000)).round(2)
    assert "price_high <= 1.2*price" in found({"price": price, "price_high": high})


def test_a_few_exceptions_where_names_share_a_word_and_an_edge_lies_between(draw):
    price = draw.lognormal(12, 0.5, 1_000).round()
    high = (price * draw.uniform(1.02, 1.2, 1_000)).round(2)
    high[:4] = 2.2 * price[:4]
    (rule,) = (
        one
        for text, one in found({"price": price, "price_high": high}, 0.01).items()
        if text == "price_high <= 1.2*price"
    )
    assert rule.exceptions == 4
    assert "top <= 1.2*price" not in found({"price": price, "top": high}, 0.01)


def test_a_greatest_ratio_by_chance_is_none(draw):
    base = draw.lognormal(3, 1, 2_000)
    assert found({"a": base * draw.lognormal(0, 0.3, 2_000), "b": base}) == {}
