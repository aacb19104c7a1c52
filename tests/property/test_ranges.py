"""Laws of sets of numbers: a Boolean lattice, each set with one value."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.ranges import Ranges

NUMBERS = [Fraction(value, 2) for value in range(-3, 10)]
HALF_LINES = st.builds(
    lambda value, strict, negated: (
        ~Ranges.above(value, strict=strict) if negated else Ranges.above(value, strict=strict)
    ),
    st.sampled_from(NUMBERS[2:-2:2]),
    st.booleans(),
    st.booleans(),
)
SETS = st.recursive(
    HALF_LINES,
    lambda inner: st.one_of(
        st.builds(lambda one, other: one | other, inner, inner),
        st.builds(lambda one, other: one & other, inner, inner),
        st.builds(lambda one: ~one, inner),
    ),
    max_leaves=6,
)


@given(SETS, SETS)
def test_membership_is_a_homomorphism(one, other):
    for value in NUMBERS:
        assert (value in one | other) == (value in one or value in other)
        assert (value in one & other) == (value in one and value in other)
        assert (value in ~one) != (value in one)


@given(SETS, SETS)
def test_equal_sets_are_equal_values(one, other):
    same = all((value in one) == (value in other) for value in NUMBERS)
    assert (one == other) == same


@given(SETS, SETS, SETS)
def test_sets_form_a_boolean_lattice(one, other, third):
    assert one & (other | third) == (one & other) | (one & third)
    assert one | (one & other) == one
    assert ~(one | other) == ~one & ~other
    assert ~~one == one
    assert Ranges.union([one, other, third]) == one | other | third


@given(SETS)
def test_intervals_and_gaps_part_the_line(one):
    ends = [*one.intervals(), *one.gaps()]
    assert sum(low is None for low, _ in ends) == sum(high is None for _, high in ends) == 1
    for value in NUMBERS:
        holding = [
            interval
            for interval in ends
            if (interval[0] is None or interval[0] <= (value, False))
            and (interval[1] is None or (value, False) < interval[1])
        ]
        assert len(holding) == 1
        assert (holding[0] in list(one.intervals())) == (value in one)
