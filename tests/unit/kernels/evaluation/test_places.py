"""How many decimal places cells have."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import ExactCells, NumericColumn
from pishield_cli.kernels.evaluation.places import least_places
from tests.laws import examples

MOST = 6


def places_of(cell: Fraction) -> int:
    """By trying one after the other."""
    return next((k for k in range(MOST + 1) if (cell * 10**k).denominator == 1), MOST + 1)


@examples(300)
@given(
    st.lists(
        st.one_of(
            st.floats(-1e6, 1e6).map(repr),
            st.floats(allow_nan=False, allow_infinity=False).map(repr),
            st.decimals(-(10**15), 10**15, places=4).map(str),
            st.decimals(-(10**20), 10**20, places=7).map(str),
            st.integers(-(10**18), 10**18).map(str),
        ),
        min_size=1,
    ),
    st.booleans(),
)
def test_the_places_of_cells_are_those_of_their_decimals(texts: list[str], kept: bool) -> None:
    """Cells are the shortest decimals of floats, or longer ones that stand beside them."""
    values = np.array(list(map(float, texts)))
    floats = map(repr, values.tolist())
    cells = list(map(Fraction, texts if kept else floats))
    exact = ExactCells(lambda row: cells[row]) if kept else None
    found = least_places(NumericColumn(values, exact=exact), MOST)
    assert found.tolist() == [places_of(cell) for cell in cells]
