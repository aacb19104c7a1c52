"""Orders with rows near their boundary, and those without."""

import numpy as np
import pytest

from pishield_cli.kernels.suggestion.orders import orders
from pishield_cli.kernels.suggestion.profile import profiles
from pishield_cli.kernels.suggestion.sampling import Sample


@pytest.fixture
def draw():
    return np.random.default_rng(5)


def found(columns, share=0.0):
    values = np.stack([np.asarray(one, float) for one in columns.values()], axis=1)
    rows = len(values)
    columns = profiles(Sample(tuple(columns), values, np.arange(rows), rows))
    return {one.pattern.format(*one.columns): one for one in orders(columns, share, 0.01)}


def test_an_order_with_rows_near_is_a_rule(draw):
    low = draw.lognormal(3, 0.5, 1_000)
    rule = found({"low": low, "high": low + draw.exponential(2, 1_000)})["low <= high"]
    assert not rule.candidate


def test_an_order_that_rows_do_not_come_near_is_a_candidate(draw):
    word = draw.lognormal(3, 0.5, 1_000)
    rule = found({"word": word, "line": 3 * word + draw.exponential(2, 1_000)})["word <= line"]
    assert rule.candidate


def test_exceptions_as_near_as_others_inside_make_a_candidate_of_like_names(draw):
    price = draw.lognormal(12, 0.5, 400)
    low = price * draw.uniform(0.8, 0.96, 400)
    low[:8] = 1.03 * price[:8]
    assert found({"price_low": low, "price": price}, 0.03)["price_low <= price"].candidate
    assert "bottom <= price" not in found({"bottom": low, "price": price}, 0.03)
