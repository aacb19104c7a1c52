"""A matrix of inequalities says what they say."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.changes import moved
from pishield_cli.kernels.matrices import matrix_of
from pishield_cli.logic.terms import Inequality, Term

NAMES = ("a", "b", "c")
WHOLE = st.integers(-50, 50)
INEQUALITIES = st.builds(
    lambda weights, constant: Inequality(
        tuple(Term(name, Fraction(weight)) for name, weight in weights.items()), Fraction(constant)
    ),
    st.dictionaries(st.sampled_from(NAMES), WHOLE.filter(bool), min_size=1),
    WHOLE,
)


@given(st.lists(INEQUALITIES, max_size=6), st.lists(WHOLE, min_size=3, max_size=3))
def test_it_holds_where_they_hold(inequalities: list[Inequality], row: list[int]) -> None:
    matrix, bounds = matrix_of(inequalities, NAMES)
    assert matrix.shape == (len(inequalities), len(NAMES))
    values = {name: Fraction(value) for name, value in zip(NAMES, row, strict=True)}
    assert (matrix @ np.array(row) >= bounds).tolist() == [
        one.holds(values) for one in inequalities
    ]


def test_rounding_is_not_a_move() -> None:
    before = np.array([0.0, 1.0, 1e12, -5.0])
    after = before + np.array([1e-10, 1e-8, 1.0, 0.0])
    assert moved(before, after).tolist() == [False, True, False, False]
    assert moved(before, after, np.array([1e-3, 1, 1, 1])).tolist() == [True, True, False, False]
