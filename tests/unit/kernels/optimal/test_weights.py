"""Weights of changes: by column, by cell, by size, and which rows share them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.optimal.weights import SMALLEST, Weights, alike, weights_of

CELLS = NumericColumn(np.array([4.0, 0.0, -16.0]))
OTHERS = NumericColumn(np.array([1.0, 0.0, 2.0]), np.array([False, False, True]))
ROWS = np.arange(3)


def test_a_column_weighs_what_is_said_and_others_one():
    found = Weights({"a": 3.0}).of({"a": CELLS, "b": OTHERS}, ROWS, ["a", "b"])
    assert found.tolist() == [[3.0, 1.0]] * 3


def test_a_cell_weighs_what_its_column_of_weights_says_and_one_where_that_is_missing():
    weights = Weights({"a": 3.0}, {"a": "w"})
    columns = {"a": CELLS, "w": NumericColumn(np.array([2.0, np.nan, 5.0]), OTHERS.missing)}
    assert weights.of(columns, ROWS, ["a"])[:, 0].tolist() == [6.0, 3.0, 3.0]
    assert not weights.same_in_all_rows


def test_a_sum_is_shared_out_in_proportion():
    """The least weighed squares under one equality move cells in proportion to their sizes."""
    weights = Weights(sized=["a", "b"])
    columns = {"a": NumericColumn(np.array([30.0])), "b": NumericColumn(np.array([-10.0]))}
    (row,) = weights.of(columns, np.arange(1), ["a", "b"])
    # Of a + b = 24 the moves are in proportion to 1 / weight^2.
    moves = 4 * row**-2.0 / (row**-2.0).sum()
    assert np.allclose(moves, [3.0, 1.0])


def test_zeros_have_a_small_size_and_a_row_of_zeros_the_same_one():
    columns = {"a": NumericColumn(np.array([9.0, 0.0])), "b": NumericColumn(np.array([0.0, 0.0]))}
    found = Weights(sized=["a", "b"]).of(columns, np.arange(2), ["a", "b"])
    assert np.allclose(found[0], [1 / 3, 1 / np.sqrt(9 * SMALLEST)])
    assert found[1].tolist() == [1.0, 1.0]


def test_what_changing_a_cell_costs_does_not_depend_on_its_size():
    weights = Weights({"a": 2.0}, {"b": "w"}, ["a"])
    assert weights.costs == Weights({"a": 2.0}, {"b": "w"})
    assert weights_of({"a": 2.0}) == Weights({"a": 2.0})
    assert weights_of(weights) is weights


@given(st.lists(st.tuples(*[st.sampled_from([1.0, 2.0, 0.5])] * 2), min_size=1, max_size=30))
def test_rows_that_weigh_alike_come_together_and_each_once(rows):
    weights = np.array(rows)
    found = list(alike(weights))
    assert sorted(row for _, taken in found for row in taken.tolist()) == list(range(len(rows)))
    assert len({tuple(one) for one, _ in found}) == len(found)
    for one, taken in found:
        assert (weights[taken] == one).all()
        assert taken.tolist() == sorted(taken.tolist())
