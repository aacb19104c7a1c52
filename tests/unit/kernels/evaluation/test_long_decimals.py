"""Many shortest decimals at once: each the one that Python writes, each sum and quotient exact."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.exact import exact_values, signs
from pishield_cli.kernels.evaluation.long_decimals import (
    exact_product,
    long_totals,
    long_values,
    quotients,
    shortest_integers,
)
from pishield_cli.kernels.evaluation.sums import Form, rounded
from tests.laws import examples

FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e4, 1e4),
    st.integers(-(10**6), 10**6).map(lambda n: n / 1000 - 0.1),
    st.integers(-60, 60).map(lambda n: 2.0**n),
    st.integers(-12, 20).map(lambda n: float(np.nextafter(10.0**n, 0))),
    st.integers(-12, 20).map(lambda n: float(np.nextafter(10.0**n, 1e30))),
)
MODERATE = st.floats(-1e100, 1e100).filter(lambda x: x == 0 or abs(x) > 1e-100)

FORMS = [
    Form(("a", "b"), (1, -1), 0),
    Form(("a", "b"), (1, 2), -3),
    Form(("a",), (7,), 11),
    Form(("a", "b"), (1, -(2**50)), 1),
]


def decimal(value: float) -> Fraction:
    return Fraction(repr(value))


@given(st.lists(FLOATS, min_size=1, max_size=50))
def test_integers_over_powers_are_what_python_writes(cells):
    integers, places, found = shortest_integers(np.array(cells))
    for cell, whole, place, sure in zip(
        cells, integers.tolist(), places.tolist(), found.tolist(), strict=True
    ):
        assert not sure or Fraction(whole, 10**place) == decimal(cell)


def test_nearly_all_cells_of_ordinary_size_are_found():
    random = np.random.default_rng(0)
    cells = np.concatenate([random.random(10_000) * 10**k for k in range(-3, 6)])
    assert shortest_integers(cells)[2].mean() > 0.999


@given(MODERATE, MODERATE)
def test_a_product_and_what_it_lacks_are_exact(first, second):
    product, lack = exact_product(np.array([first]), np.array([second]))
    if first * second == 0 or abs(first * second) > 1e-250:
        assert Fraction(float(product[0])) + Fraction(float(lack[0])) == Fraction(first) * Fraction(
            second
        )


@given(st.integers(-(2**62) + 1, 2**62 - 1), st.integers(0, 19), st.integers(1, 9))
def test_quotients_are_rounded_once(total, power, factor):
    divisor = factor * 10**power
    (quotient,), (sure,) = quotients(np.array([total]), np.array([float(divisor)]))
    assert not sure or quotient == float(Fraction(total, divisor))


@pytest.mark.parametrize("divisor", [7.0, 3e5, 7e17])
def test_nearly_all_quotients_are_told(divisor):
    random = np.random.default_rng(2)
    totals = random.integers(-(2**62), 2**62, 20_000) >> random.integers(0, 30, 20_000)
    _, sure = quotients(totals, np.full(len(totals), divisor))
    assert sure.mean() > 0.99
    nothing, sure = quotients(np.zeros(2, np.int64), np.full(2, divisor))
    assert nothing.tolist() == [0.0, 0.0]
    assert sure.all()


UNITS = st.sampled_from(
    [
        Fraction(1),
        Fraction(1, 7),
        Fraction(3, 1000),
        Fraction(2**40),
        Fraction(1, 10**85),
        Fraction(2**63, 3),
        Fraction(1, 3**60),
    ]
)


@examples(300)
@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=9), UNITS, st.integers(0, 3))
def test_values_that_are_told_are_rounded_once(rows, unit, which):
    form = FORMS[which]
    cells = [np.array(column) for column in zip(*rows, strict=True)][: len(form.names)]
    values, sure = long_values(form, cells, unit)
    for row, value, told in zip(rows, values.tolist(), sure.tolist(), strict=True):
        exact = sum(
            (w * decimal(cell) for w, cell in zip(form.coefficients, row, strict=False)),
            -Fraction(form.constant),
        )
        assert not told or value == rounded(exact * unit)


def test_most_values_of_ordinary_cells_are_told():
    random = np.random.default_rng(4)
    cells = [random.random(5000) * 10, random.random(5000) * 1000]
    for unit in (Fraction(1), Fraction(1, 7), Fraction(3, 1000)):
        assert long_values(FORMS[0], cells, unit)[1].mean() > 0.7


@pytest.mark.parametrize("form", FORMS)
@examples(40)
@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=9))
def test_sums_of_many_rows_are_exact(form, some):
    rows = some * 70  # arrays are used for many rows only
    cells = np.array(rows)
    columns = [NumericColumn(cells[:, k].copy()) for k in range(len(form.names))]
    expected = [
        sum(
            (w * decimal(row[k]) for k, w in enumerate(form.coefficients)),
            -Fraction(form.constant),
        )
        for row in some
    ] * 70
    assert signs(form, columns).tolist() == [(one > 0) - (one < 0) for one in expected]
    for unit in (Fraction(1), Fraction(3, 7), Fraction(1, 1000)):
        found = exact_values(form, columns, np.arange(len(cells)), unit)
        assert found.tolist() == [rounded(one * unit) for one in expected]
    total, places, exact = long_totals(form, [column.values for column in columns])
    for whole, place, sure, one in zip(
        total.tolist(), places.tolist(), exact.tolist(), expected, strict=True
    ):
        assert not sure or Fraction(whole, 10**place) == one


def test_rows_that_all_lack_the_same_are_told_apart():
    random = np.random.default_rng(1)
    a = random.random(5000) * 10
    b = a - 0.1
    form = FORMS[0]
    found = exact_values(form, [NumericColumn(a), NumericColumn(b)], np.arange(5000), Fraction(1))
    expected = [
        rounded(decimal(x) - decimal(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ]
    assert found.tolist() == expected
