"""Forms on a few rows: signs, values and bounds against fractions, few rows or many."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.decimals import common_power, widest_powers
from pishield_cli.kernels.evaluation.exact import (
    cells_of,
    exact_total,
    exact_values,
    float_sums,
    scaled_total,
    settle_decimals,
    signs,
)
from pishield_cli.kernels.evaluation.sums import Form, rounded
from tests.laws import examples
from tests.unit.kernels.evaluation.known_cells import known, sign, summed, totals

UNITS = st.sampled_from([Fraction(1), Fraction(3, 7), Fraction(10**25), Fraction(1, 10**320)])
FEW_AND_MANY = st.sampled_from([1, 1, 40])


@examples(400)
@given(summed(), FEW_AND_MANY)
def test_signs_and_totals_are_those_of_fractions(case, times):
    form, table, exact = case
    columns = [one.times(times).column for one in table]
    assert signs(form, columns).tolist() == [sign(one) for one in exact] * times
    assert [Fraction(exact_total(form, columns, row)) for row in range(len(exact))] == exact


@examples(400)
@given(summed(), UNITS, FEW_AND_MANY)
def test_values_are_the_nearest_floats(case, unit, times):
    form, table, exact = case
    columns = [one.times(times).column for one in table]
    rows = np.arange(len(exact) * times)
    expected = [rounded(one * unit) for one in exact]
    assert exact_values(form, columns, rows, unit).tolist() == expected * times
    assert exact_values(form, columns, rows[::-1], unit).tolist() == (expected * times)[::-1]


@examples(200)
@given(summed(("short", "digits", "bytes")), st.data(), FEW_AND_MANY)
def test_values_of_rows_that_lack_a_number_are_nan_or_infinite(case, data, times):
    form, table, exact = case
    rows = len(exact)
    columns, holes = [], []
    for one in table:
        what = data.draw(
            st.lists(st.sampled_from(["", "", "", "gone", "+", "-"]), min_size=rows, max_size=rows)
        )
        values = one.column.values.copy()
        if values.dtype.kind == "f":
            values[[w == "+" for w in what]] = np.inf
            values[[w == "-" for w in what]] = -np.inf
        else:
            what = [w if w == "gone" else "" for w in what]
        holes.append(what)
        marks = np.array([w == "gone" for w in what])
        columns.append(NumericColumn(np.tile(values, times), np.tile(marks, times)))
    expected = []
    for row, total in enumerate(exact):
        here = [what[row] for what in holes]
        pulls = {
            w == "+" if c > 0 else w == "-"
            for w, c in zip(here, form.coefficients, strict=True)
            if w in ("+", "-")
        }
        if "gone" in here or len(pulls) == 2:
            expected.append("nan")
        elif pulls:
            expected.append(repr(np.inf if pulls.pop() else -np.inf))
        else:
            expected.append(repr(rounded(total)))
    found = exact_values(form, columns, np.arange(rows * times), Fraction(1)).tolist()
    assert [repr(one + 0.0) for one in found] == expected * times


@examples(400)
@given(summed(), st.data())
def test_no_exact_sum_is_farther_from_a_float_sum_than_its_error(case, data):
    form, table, exact = case
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(exact) - 1), min_size=1))))
    found, size, error = float_sums(form, cells_of([one.column for one in table]), rows)
    for total, most, off, row in zip(
        found.tolist(), size.tolist(), error.tolist(), rows, strict=True
    ):
        if off == np.inf:
            continue
        here = [abs(w * one.cells[row]) for w, one in zip(form.coefficients, table, strict=True)]
        parts = sum(here, Fraction(abs(form.constant)))
        assert abs(Fraction(total) * form.divisor - exact[row]) <= Fraction(off) * form.divisor
        assert abs(Fraction(most) * form.divisor - parts) <= Fraction(off) * form.divisor


@pytest.mark.parametrize("weights", [(1, 1), (1, -1), (2, -1)])
@pytest.mark.parametrize("constant", [2**60 + 1, 2**53 - 1, 2**61, 3])
def test_constants_that_are_no_floats_are_counted_whole(weights, constant):
    """Beside cells so large that they have no places."""
    cells = [float(2**60), 1e15, -1e15, 2.0**59 + 2.0**20, 0.0, 9e15, 2.0**60 * (1 + 2.0**-50)]
    table = [known(cells * 12, "f8"), known(cells[::-1] * 12, "f8")]
    form = Form(("a", "b"), weights, constant)
    exact, columns = totals(form, table), [one.column for one in table]
    assert signs(form, columns).tolist() == [sign(one) for one in exact]
    found = exact_values(form, columns, np.arange(len(exact)), Fraction(1, 3))
    assert found.tolist() == [rounded(one / 3) for one in exact]


@pytest.mark.parametrize("large", [1, 2**60, 2**1100])
@pytest.mark.parametrize("cell", [1e22, 1e285, 5e-324])
def test_weights_that_are_no_floats_any_more_are_in_the_error(large, cell):
    """Beside 2^1100 the weight 1 is 0 as a float, and its column is all that there is."""
    form = Form(("a", "b"), (1, large), 0)
    table = [known([cell, cell], "f8"), known([0.0, 1.0], "f8")]
    total, _, error = float_sums(form, cells_of([one.column for one in table]), np.arange(2))
    for found, off, exact in zip(total.tolist(), error.tolist(), totals(form, table), strict=True):
        assert off == np.inf or abs(Fraction(found) - exact / form.divisor) <= Fraction(off)


@pytest.mark.parametrize("constant", [0, 5, 2**70])
def test_the_error_of_a_float_sum_is_a_few_roundings_of_its_size(constant):
    """Farther would be right as well, and turn to exact arithmetic for no reason."""
    form = Form(("a", "b", "c"), (1, -2, 3), constant)
    table = [known([0.1, 1e6, 3.25, 0.0], "f8")] * 3
    _, size, error = float_sums(form, cells_of([one.column for one in table]), np.arange(4))
    assert (error <= 15 * 2.0**-53 * size + 1e-300).all()


@examples(300)
@given(summed(), st.booleans())
def test_a_scaled_total_is_exact_where_it_says_so(case, widest):
    form, table, exact = case
    cells = cells_of([one.column for one in table])
    if not form.exact or cells.near is not None:
        return
    power = widest_powers(cells.floats) if widest else common_power(cells.floats)
    total, found = scaled_total(form, cells.floats, power)
    powers = np.broadcast_to(power, len(exact)).tolist()
    for whole, sure, one, by in zip(total.tolist(), found.tolist(), exact, powers, strict=True):
        assert not sure or whole == one * int(by)


@given(
    st.lists(st.tuples(*[st.integers(-(10**7), 10**7)] * 2), min_size=1, max_size=99),
    st.sampled_from([(1, 1), (1, -1), (3, -1), (2, 5)]),
    st.sampled_from([0, -4]),
)
def test_short_decimals_need_no_other_arithmetic(rows, weights, constant):
    form = Form(("a", "b"), weights, constant)
    table = [known([n / 100 for n in column], "f8") for column in zip(*rows, strict=True)]
    found = np.zeros(len(rows), np.int8)
    assert not len(settle_decimals(found, form, cells_of([one.column for one in table])))
    assert found.tolist() == [sign(one) for one in totals(form, table)]


def test_whole_numbers_below_two_to_the_53_are_added_up_at_once():
    cells = np.array([1e15, 2.0**53 - 1, -(2.0**52) - 1])
    total, found = scaled_total(Form(("a",), (1,), 0), [cells], 1.0)
    assert found.all()
    assert total.tolist() == cells.tolist()


def test_many_ties_of_long_decimals_are_told():
    cells = [1 / 3, 0.1 + 0.2, 99.99999999999999, 2 / 7] * 30
    table = [known(cells, "f8"), known(cells, "f8")]
    form = Form(("a", "b"), (1, -1), 0)
    columns = [one.column for one in table]
    assert signs(form, columns).tolist() == [0] * 120
    assert exact_values(form, columns, np.arange(120), Fraction(1)).tolist() == [0.0] * 120


@examples(300)
@given(summed())
def test_decimals_are_settled_rightly_or_left(case):
    form, table, exact = case
    found = np.full(len(exact), 7, np.int8)
    left = settle_decimals(found, form, cells_of([one.column for one in table]))
    assert (np.diff(left) > 0).all()
    for row, one in enumerate(exact):
        assert row in left or found[row] == sign(one)


@examples(200)
@given(summed())
def test_cells_are_near_where_they_are_the_nearest_floats(case):
    _, table, exact = case
    cells = cells_of([one.column for one in table])
    near = np.ones(len(exact), bool) if cells.near is None else cells.near
    for row in np.flatnonzero(near):
        assert [one[row] for one in cells.floats] == [float(one.cells[row]) for one in table]


@pytest.mark.parametrize("kind", ["f8", "i8", "i1", "?"])
def test_all_cells_of_wide_types_are_near(kind):
    """Floats and small whole numbers are looked at by arrays alone."""
    assert cells_of([known([0, 1, 1, 0], kind).column]).near is None


def test_whole_numbers_that_are_no_floats_are_not_near():
    cells = cells_of([known([1, 2**53 - 1, 2**53 + 1, -(2**60) - 1], "i8").column])
    assert cells.near is not None
    assert cells.near.tolist() == [True, True, False, False]
