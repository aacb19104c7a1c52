"""Forms of inequalities, and bounds of their float sums that no exact sum leaves."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.sums import Buffers, Form, Spread, form_of, integer_bounds
from pishield_cli.logic.terms import Inequality, Term
from tests.laws import examples

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
