import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pishield_cli.training.ttest import incomplete_beta, paired_test, two_sided
from tests.laws import examples


# Tables of Student's distribution: t that is exceeded in size with probability p.
@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [
        (12.7062047364, 1, 0.05),
        (4.30265272975, 2, 0.05),
        (2.26215716274, 9, 0.05),
        (3.24983554402, 9, 0.01),
        (1.97201747784, 198, 0.05),
        (0.0, 7, 1.0),
    ],
)
def test_two_sided_probabilities(t, freedom, p):
    assert two_sided(t, freedom) == pytest.approx(p, rel=1e-6)
    assert two_sided(-t, freedom) == pytest.approx(p, rel=1e-6)


@given(st.floats(0.5, 60), st.floats(0.5, 60), st.floats(0, 1))
def test_law_of_reflection(a, b, x):
    assert incomplete_beta(a, b, x) + incomplete_beta(b, a, 1 - x) == pytest.approx(1, abs=1e-9)


@given(st.floats(0, 1))
def test_law_of_the_uniform_case(x):
    assert incomplete_beta(1, 1, x) == pytest.approx(x, abs=1e-12)
    assert incomplete_beta(2, 1, x) == pytest.approx(x * x, abs=1e-12)


def test_a_paired_test():
    test = paired_test([3.0, 4, 5, 4], [1.0, 3, 2, 4])
    assert test.difference == 1.5
    # sd of (2, 1, 3, 0) is sqrt(5/3)
    assert test.t == pytest.approx(1.5 / ((5 / 3) ** 0.5 / 2))
    assert test.p == pytest.approx(0.1026, abs=1e-3)


def test_nothing_can_be_said_of_one_pair_or_equal_differences():
    assert paired_test([1.0], [2.0]).p is None
    assert paired_test([1.0, 2, 3], [1.0, 2, 3]).t is None


@given(st.lists(st.floats(-100, 100).map(lambda one: round(one, 3)), min_size=2, max_size=12))
@examples(60)
def test_intervals_are_those_of_scipy(differences):
    found = paired_test(differences, [0.0] * len(differences))
    error = stats.sem(differences)
    if error < 1e-9:
        return
    low, high = stats.t.interval(0.95, len(differences) - 1, np.mean(differences), error)
    assert found.low == pytest.approx(low, rel=1e-6, abs=1e-9)
    assert found.high == pytest.approx(high, rel=1e-6, abs=1e-9)
    assert found.told == (found.p < 0.05) or found.p == pytest.approx(0.05, abs=1e-6)
