"""Forms of inequalities, and bounds of their float sums that no exact sum leaves."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.sums import (
    Buffers,
    Form,
    FormBounds,
    Spread,
    float_bounds,
    float_sum,
    form_of,
    infinite_part,
    integer_bounds,
    integer_sum,
    representation_error,
    rounded,
)
from pishield_cli.logic.terms import Inequality, Term
from tests.laws import examples
from tests.unit.kernels.evaluation.known_cells import summed

numbers = st.fractions(-50, 50, max_denominator=30) | st.sampled_from(
    [Fraction(10) ** 40, Fraction(1, 10**40), Fraction(2**53 + 1)]
)
inequalities = st.builds(
    lambda terms, constant: Inequality(
        tuple(Term(name, value) for name, value in zip("abc", terms, strict=False)), constant
    ),
    st.lists(numbers.filter(bool), min_size=1, max_size=3),
    numbers,
)


@given(inequalities)
def test_a_form_is_the_inequality_in_whole_numbers(inequality):
    form, direction, unit = form_of(inequality)
    assert unit > 0
    assert form.coefficients[0] > 0
    scale = direction * unit
    assert [scale * one for one in form.coefficients] == [one for _, one in inequality.terms]
    assert scale * form.constant == inequality.constant
    assert np.gcd.reduce(np.array([*form.coefficients, form.constant], dtype=object)) == 1


@given(inequalities, numbers.filter(bool))
def test_multiples_share_a_form(inequality, factor):
    scaled = Inequality(
        tuple(Term(name, value * factor) for name, value in inequality.terms),
        inequality.constant * factor,
    )
    form, direction, _ = form_of(inequality)
    assert form_of(scaled)[:2] == (form, direction if factor > 0 else -direction)


columns_of_floats = st.lists(
    st.tuples(*[st.floats(-(2**40), 2**40, width=32)] * 3), min_size=1, max_size=8
)


@examples(150)
@given(inequalities, columns_of_floats, st.sampled_from([np.float64, np.float32]))
def test_no_exact_sum_leaves_the_bounds(inequality, rows, dtype):
    form, _, _ = form_of(inequality)
    columns = {
        name: NumericColumn(np.array([row[place] for row in rows], dtype))
        for place, name in enumerate("abc")
    }
    block = Block(columns, 0, len(rows), Buffers(len(rows)))
    total = block.sum(form)
    for row, value in enumerate(total.values.tolist()):
        cells = [columns[name].cell(row) for name in form.names]
        exact = sum(w * x for w, x in zip(form.coefficients, cells, strict=True)) - form.constant
        size = sum(abs(w * x) for w, x in zip(form.coefficients, cells, strict=True))
        assert abs(Fraction(value) * form.divisor - exact) <= total.bounds.error * form.divisor
        assert total.bounds.least * form.divisor <= size
        assert size + abs(form.constant) <= total.bounds.largest * form.divisor


@given(st.lists(st.integers(-9, 9).filter(bool), min_size=1, max_size=3), st.integers(-99, 99))
def test_integers_are_summed_exactly_within_their_bounds(coefficients, constant):
    form = Form(tuple("abc"[: len(coefficients)]), tuple(coefficients), constant)
    largest = [5, 7, 11][: len(coefficients)]
    bounds = integer_bounds(form, [Spread(-one, 2, finite=True) for one in largest])
    assert bounds is not None
    most = sum(abs(w) * x for w, x in zip(coefficients, largest, strict=True)) + abs(constant)
    assert (bounds.error, bounds.least) == (0, 0)
    assert bounds.largest >= most


@given(st.lists(st.integers(-9, 9).filter(bool), min_size=1, max_size=4), st.integers(-99, 99))
def test_bounds_are_as_narrow_as_roundings_are(coefficients, constant):
    """Wider ones would be right, and turn to exact arithmetic for no reason."""
    form = Form(tuple("abcd"[: len(coefficients)]), tuple(coefficients), constant)
    exact = [Spread(2.0, 1024.0, finite=True)] * len(coefficients)
    for spreads, each in ((exact, 0.0), ([Spread(2.0, 1024.0, True, 2.0**-53)] * 4, 1.0)):
        bounds = float_bounds(form, spreads[: len(coefficients)])
        most = sum(abs(w) * 1024 for w in coefficients) + abs(constant)
        assert bounds.error <= (len(coefficients) + 2 + each) * 2.0**-53 * most * 1.001 + 1e-300
        assert bounds.largest <= most * (1 + 1e-11)
        assert bounds.least >= sum(abs(w) * 2 for w in coefficients) * (1 - 1e-11)


@given(st.lists(st.sampled_from([1, -3, 2**60 + 1, -(2**70) - 1]), min_size=1, max_size=4))
def test_bounds_are_as_narrow_where_integers_are_no_floats(coefficients):
    form = Form(tuple("abcd"[: len(coefficients)]), tuple(coefficients), 2**65 + 1)
    spreads = [Spread(0.5, 1024.0, finite=True)] * len(coefficients)
    bounds = float_bounds(form, spreads)
    most = Fraction(sum(abs(w) * 1024 for w in coefficients) + 2**65 + 1, form.divisor)
    assert bounds.error <= (len(coefficients) + 4) * 2.0**-53 * most * 1.001


@examples(200)
@given(
    st.lists(st.sampled_from([-(2**62), 2**40, -3, 1, 2**53 + 1]), min_size=1, max_size=3),
    st.sampled_from([0, 5, 2**61, -(2**62), 2**63]),
    st.sampled_from([1, 2, 2**10, 2**22]),
)
def test_no_sum_of_integers_overflows(coefficients, constant, largest):
    form = Form(tuple("abc"[: len(coefficients)]), tuple(coefficients), constant)
    spreads = [Spread(-largest, 0, finite=True)] * len(coefficients)
    bounds = integer_bounds(form, spreads)
    size = sum(abs(w) * largest for w in coefficients) + abs(constant)
    fits = size <= 2**62 and max(map(abs, (*coefficients, constant))) <= 2**53
    assert (bounds is not None) == fits


@examples(200)
@given(summed(("whole", "bytes", "truth", "short")))
def test_sums_of_integers_are_exact_and_others_are_left(case):
    form, table, exact = case
    block = Block(
        {name: one.column for name, one in zip("abc", table, strict=False)},
        0,
        len(exact),
        Buffers(len(exact)),
    )
    parts = block.stretches(form.names)
    values, spreads = [one.values for one in parts], [one.spread for one in parts]
    found = integer_sum(form, values, spreads, None, Buffers(len(exact)))
    whole = all(one.values.dtype.kind != "f" for one in parts)
    assert (found is None) == (not whole or integer_bounds(form, spreads) is None)
    assert found is None or found.values.tolist() == exact


CELLS = st.sampled_from([1.0, -2.5, 0.0, np.inf, -np.inf, np.nan, 1e308, -1e308])


@examples(300)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    st.tuples(*[st.sampled_from([1, -1, 3])] * 2),
    st.lists(st.booleans(), min_size=5, max_size=5) | st.none(),
)
def test_infinities_decide_a_sum_unless_they_cancel(rows, weights, marks):
    form = Form(("a", "b"), weights, 7)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    table = {name: NumericColumn(one) for name, one in zip("ab", columns, strict=True)}
    block = Block(table, 0, len(rows), Buffers(len(rows)))
    spreads = [one.spread for one in block.stretches("ab")]
    missing = None if marks is None else np.array(marks[: len(rows)])
    total = float_sum(form, columns, spreads, missing, Buffers(len(rows)))
    unknown = np.zeros(len(rows), bool) if total.unknown is None else total.unknown
    assert total.unknown is None or (marks is not None) or total.unknown.any()
    for row, cells in enumerate(rows):
        pulls = {w * cell for w, cell in zip(weights, cells, strict=True) if np.isinf(cell)}
        lost = any(np.isnan(cell) for cell in cells) or len(pulls) == 2
        part = infinite_part(form, columns)[row]
        assert np.isnan(part) == lost
        assert unknown[row] == (lost or (missing is not None and missing[row]))
        if not lost:
            assert part == (pulls.pop() if pulls else 0)
            exact = sum(
                (
                    w * Fraction(cell)
                    for w, cell in zip(weights, cells, strict=True)
                    if np.isfinite(cell)
                ),
                Fraction(-7),
            )
            value = total.values[row]
            if part:
                assert value == part
            elif np.isfinite(value):
                assert abs(Fraction(float(value)) - exact) <= total.bounds.error
            else:
                assert total.bounds.largest > 1e300


def test_forms_that_may_overflow_are_told_by_their_bounds():
    """They are all NaN, but for infinite cells: no row is decided by a sum that overflowed."""
    form = Form(("a", "b"), (1, 1), 0)
    columns = [np.array([1e308, 1.0]), np.array([1e308, 1.0])]
    total = float_sum(form, columns, [Spread(1.0, 1e308, True)] * 2, None, Buffers(2))
    assert np.isnan(total.values).all()
    assert np.isnan(total.low)
    assert np.isnan(total.high)
    assert total.unknown is None
    for least in (9e299, 4e299):
        spreads = [Spread(0.0, least, True)] * 2
        large = float_sum(form, [np.zeros(2)] * 2, spreads, None, Buffers(2))
        assert np.isnan(large.values).all() == (2 * least > 1e300)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_decimal_is_as_near_to_its_float_as_is_said(dtype):
    relative, absolute = representation_error(np.dtype(dtype))
    random = np.random.default_rng(5)
    kind = {8: np.uint64, 4: np.uint32, 2: np.uint16}[np.dtype(dtype).itemsize]
    values = random.integers(0, np.iinfo(kind).max, 2000, kind).view(dtype)
    values = [one for one in values[np.isfinite(values)] if one]
    shares = [
        abs(Fraction(str(one)) / Fraction(float(one)) - 1)
        for one in values
        if abs(one) > 100 * np.finfo(dtype).tiny
    ]
    assert max(shares) <= relative <= 4 * max(shares)
    assert all(
        abs(Fraction(str(one)) - Fraction(float(one)))
        <= Fraction(relative) * abs(Fraction(float(one))) + Fraction(absolute)
        for one in values
    )
    assert representation_error(np.dtype(np.int64)) == (0, 0)


def test_numbers_beyond_floats_are_infinite():
    assert rounded(Fraction(10) ** 400) == np.inf
    assert rounded(-(Fraction(10) ** 400)) == -np.inf
    assert rounded(Fraction(1, 3)) == 1 / 3


@pytest.mark.parametrize(
    ("largest", "overflows"), [(1e300, False), (1.1e300, True), (np.nan, True)]
)
def test_sums_may_overflow_beyond_a_limit_or_where_bounds_did(largest, overflows):
    assert FormBounds(0.0, 0.0, largest).overflows == overflows


@examples(200)
@given(
    st.lists(
        st.sampled_from([1, -3, 2**40, 10**15 + 1, 2**1000 + 1, 2**1073]), min_size=1, max_size=3
    ),
    st.lists(
        st.tuples(*[st.sampled_from([5e-324, -1.5e-323, 2e-308, -3e-310, 0.0, 1e-300, 1e22])] * 3),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([0, 1, 2**1072 + 1]),
)
def test_bounds_hold_where_floats_vanish(coefficients, rows, constant):
    form = Form(tuple("abc"[: len(coefficients)]), tuple(coefficients), constant)
    table = {
        name: NumericColumn(np.array(column))
        for name, column in zip("abc", zip(*rows, strict=True), strict=True)
    }
    total = Block(table, 0, len(rows), Buffers(len(rows))).sum(form)
    for row, value in zip(rows, total.values.tolist(), strict=True):
        cells = [Fraction(repr(cell)) for cell in row]
        products = [w * x for w, x in zip(coefficients, cells, strict=False)]
        off = abs(Fraction(value) * form.divisor - sum(products, Fraction(-constant)))
        assert off <= Fraction(total.bounds.error) * form.divisor
        assert Fraction(total.bounds.least) * form.divisor <= sum(map(abs, products))
