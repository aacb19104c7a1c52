"""What is told of coefficients."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.terms import common_divisor

FRACTIONS = st.lists(st.fractions(-50, 50, max_denominator=30), min_size=1, max_size=6)


@given(FRACTIONS)
def test_all_are_whole_multiples_of_it_without_a_common_factor(values: list[Fraction]) -> None:
    divisor = common_divisor(values)
    if not any(values):
        assert divisor == 0
        return
    multiples = [value / divisor for value in values]
    assert divisor > 0
    assert all(one.denominator == 1 for one in multiples)
    assert common_divisor(multiples) == 1


def test_of_nothing_it_is_zero() -> None:
    assert common_divisor([]) == 0
