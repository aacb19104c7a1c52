"""Rows are told apart by which of their cells are missing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.evaluation.pieces import by_missing

GAPS = st.integers(1, 11).flatmap(
    lambda columns: st.lists(
        st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=20
    )
)


@given(GAPS)
def test_each_row_comes_once_with_what_it_lacks(rows: list[list[bool]]) -> None:
    masks = {f"c{index}": np.array(mask) for index, mask in enumerate(zip(*rows, strict=True))}
    found = list(by_missing(masks))
    told = {row: names for names, places in found for row in places.tolist()}
    assert sum(len(places) for _, places in found) == len(rows)
    assert len({names for names, _ in found}) == len(found)
    for row, gaps in enumerate(rows):
        assert told[row] == {f"c{index}" for index, gone in enumerate(gaps) if gone}
    assert all((np.diff(places) > 0).all() for _, places in found)


def test_without_columns_there_are_none() -> None:
    assert list(by_missing({})) == []
