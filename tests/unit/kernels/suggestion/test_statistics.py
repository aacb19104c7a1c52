"""Tails of small counts, held against exact sums."""

from fractions import Fraction
from math import comb, exp, factorial, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.suggestion.statistics import binomial_tail, poisson_tail, upper_share


@given(trials=st.integers(1, 300), share=st.floats(0, 1))
def test_the_binomial_tail_is_the_sum(trials, share):
    count = int(share * trials)
    exact = Fraction(sum(comb(trials, at) for at in range(count + 1)), 2**trials)
    wanted = log10(exact.numerator) - log10(exact.denominator)
    assert binomial_tail(count, trials) == pytest.approx(wanted, abs=1e-9)


@given(count=st.integers(0, 60), expected=st.floats(0.01, 120))
def test_the_poisson_tail_is_the_sum(count, expected):
    exact = sum(Fraction(expected) ** at / factorial(at) for at in range(count + 1))
    wanted = log10(exact.numerator) - log10(exact.denominator) + log10(exp(-expected))
    assert poisson_tail(count, expected) == pytest.approx(wanted, abs=1e-6)


def test_tails_far_below_the_smallest_float_are_told():
    assert poisson_tail(0, 10_000) == pytest.approx(-10_000 / 2.302585, rel=1e-6)
    assert binomial_tail(0, 5_000) == pytest.approx(-5_000 * log10(2), rel=1e-9)
    assert poisson_tail(3, 0.0) == 0.0
    assert binomial_tail(7, 7) == 0.0


@given(trials=st.integers(1, 5_000), share=st.floats(0, 1))
def test_the_upper_share_is_where_so_few_events_begin_to_surprise(trials, share):
    count = int(share * trials)
    limit = upper_share(count, trials)
    assert count / trials <= limit <= 1
    if count < trials:
        assert binomial_tail(count, trials, limit) == pytest.approx(log10(0.05), abs=1e-2)


def test_without_events_the_upper_share_is_three_of_the_trials():
    assert upper_share(0, 10_000) == pytest.approx(3 / 10_000, rel=0.01)
    assert upper_share(0, 0) == 1.0
