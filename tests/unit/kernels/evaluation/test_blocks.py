"""What literals share while a block is evaluated says no more than fractions do."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block, Stretch, alike
from pishield_cli.kernels.evaluation.sums import Buffers, Form
from pishield_cli.kernels.evaluation.tolerance import EXACT, FLOAT_ROUNDING, Tolerance
from tests.laws import examples
from tests.unit.kernels.evaluation.known_cells import (
    DIGITS,
    POOLS,
    SHORT,
    Known,
    columns,
    known,
    sign,
    summed,
)

tables = st.integers(1, 9).flatmap(columns)


def block_of(table: list[Known], start: int = 0, stop: int | None = None) -> Block:
    given_columns = {name: one.column for name, one in zip("abc", table, strict=False)}
    rows = len(table[0].cells)
    return Block(given_columns, start, rows if stop is None else stop, Buffers(rows))


# ------------------------------------------------------------------------------------- stretches


@examples(300)
@given(tables, st.data())
def test_every_cell_is_within_the_spread(one, data):
    start = data.draw(st.integers(0, len(one.cells) - 1))
    stretch = Stretch(one.column, start, len(one.cells) - start)
    spread = stretch.spread
    for cell, value in zip(one.cells[start:], stretch.values.tolist(), strict=True):
        assert spread.low <= value <= spread.high
        assert spread.least <= abs(value) <= spread.largest
        off = abs(cell - Fraction(float(value)))
        assert off <= Fraction(spread.relative) * abs(Fraction(value)) + Fraction(spread.absolute)
    assert spread.finite
    assert stretch.absent is None


@given(tables)
def test_a_spread_is_no_wider_than_a_rounding(one):
    """More would be right, and turn to exact arithmetic for no reason."""
    spread = Stretch(one.column, 0, len(one.cells)).spread
    values = one.column.values
    if values.dtype.kind != "f":
        beyond = (np.abs(values.astype(float)) > 2.0**53).any()
        assert (spread.relative == 0) == (not beyond)
        assert spread.absolute == 0
    else:
        few = 9 if one.column.exact is not None and not one.column.nearest else 1
        assert spread.relative <= few * np.finfo(values.dtype).eps
        assert spread.absolute <= np.finfo(values.dtype).smallest_subnormal


NUMBERS = st.sampled_from([1.5, -2.0, 0.0, np.nan, np.inf, -np.inf])


@examples(200)
@given(st.lists(st.tuples(NUMBERS, st.booleans()), min_size=1, max_size=6), st.booleans())
def test_what_is_absent_and_what_is_known_of_the_rest(cells, marked):
    values = np.array([cell for cell, _ in cells])
    marks = np.array([gone for _, gone in cells])
    stretch = Stretch(NumericColumn(values, marks if marked else None), 0, len(cells))
    absent = np.isnan(values) | (marks & marked)
    assert (stretch.absent is None) == (not absent.any())
    assert stretch.absent is None or stretch.absent.tolist() == absent.tolist()
    assert (stretch.missing is None) == (not (marks & marked).any())
    known_ones = values[np.isfinite(values)]
    spread = stretch.spread
    assert spread.finite == (len(known_ones) == len(values))
    expected = (known_ones.min(), known_ones.max()) if len(known_ones) else (0.0, 0.0)
    assert (spread.low, spread.high) == expected


def test_whole_numbers_miss_only_what_is_marked():
    for marks in (None, np.array([False, True]), np.array([False, False])):
        stretch = Stretch(NumericColumn(np.array([1, 2]), marks), 0, 2)
        assert (stretch.absent is None) == (marks is None or not marks.any())


@pytest.mark.parametrize(("first", "second"), [("f8", "f8"), ("f8", "f4"), ("i8", "i8")])
def test_columns_are_alike_if_they_are_of_one_type_and_finite(first, second):
    one = Stretch(NumericColumn(np.ones(2, first)), 0, 2)
    assert alike(one, Stretch(NumericColumn(np.ones(2, second)), 0, 2)) == (first == second)
    for end in (np.nan, np.inf):
        other = Stretch(NumericColumn(np.array([1.0, end])), 0, 2)
        whole = Stretch(NumericColumn(np.ones(2)), 0, 2)
        assert not alike(whole, other)
        assert not alike(other, whole)


# ---------------------------------------------------------------------------------------- blocks


@examples(300)
@given(summed(), st.data())
def test_a_sum_is_as_near_as_its_bounds_say_and_stays(case, data):
    """Other sums take other arrays, whatever was freed before."""
    form, table, exact = case
    start = data.draw(st.integers(0, len(exact) - 1))
    block = block_of(table, start)
    other = Form(form.names, tuple(w + 1 or 2 for w in form.coefficients), form.constant + 1)
    block.sum(other)
    block.forget(other)
    total = block.sum(form)
    kept = total.values.copy()
    block.sum(other)
    assert block.sum(form) is total
    assert (total.values == kept).all()
    assert total.unknown is None
    for row, one in enumerate(exact[start:]):
        off = abs(Fraction(total.values[row].item()) * form.divisor - one)
        assert off <= Fraction(total.bounds.error) * form.divisor
    block.close()
    again = block_of(table, start).sum(form)
    assert again.values.tolist() == kept.tolist()


def test_what_is_freed_is_used_again():
    """A sum takes an array and one for its products; `b` as floats takes another."""
    table = [known([1.5, 2.5], "f8"), known([1, 2], "u1")]
    buffers = Buffers(2)
    for start in (0, 1, 0):
        columns_given = {name: one.column for name, one in zip("ab", table, strict=True)}
        block = Block(columns_given, start, 2, buffers)
        for factor in (2, 3, 4):
            form = Form(("a", "b"), (1, factor), 0)
            block.sum(form)
            block.forget(form)
        block.sum(Form(("a",), (1,), 0))
        block.forget(Form(("b",), (1,), 0))
        block.close()
    taken = [buffers.take("d", 2) for _ in range(4)]
    assert len({id(one.base) for one in taken}) == 4
    assert sum(one.base is not None and one.base.any() for one in taken[:3]) == 3


@examples(300)
@given(summed(("short", "digits", "whole", "bytes", "single", "long")), st.data())
def test_a_form_is_a_multiple_of_its_quantum(case, data):
    form, table, exact = case
    start = data.draw(st.integers(0, len(exact) - 1))
    quantum = block_of(table, start).quantum(form)
    if quantum:
        assert all((one / Fraction(repr(quantum))).denominator == 1 for one in exact[start:])


@given(
    st.lists(st.tuples(*[st.integers(-(10**6), 10**6)] * 2), min_size=1, max_size=9),
    st.tuples(*[st.integers(0, 3)] * 2),
)
def test_the_quantum_of_short_decimals_is_that_of_the_longest(rows, places):
    table = [
        known([n / 10**by for n in column], "f8")
        for column, by in zip(zip(*rows, strict=True), places, strict=True)
    ]
    most = max(
        next(k for k in range(9) if (cell * 10**k).denominator == 1)
        for one in table
        for cell in one.cells
    )
    block = block_of([*table, known([0] * len(rows), "i8")])
    assert block.quantum(Form(("a", "b", "c"), (1, -2, 1), 5)) == 10.0**-most
    assert block.quantum(Form(("a", "b"), (1, 2**53 + 1), 0)) == 0
    third = block_of([*table, known([1 / 3] * len(rows), "f8")])
    assert third.quantum(Form(("a", "c"), (1, 1), 0)) == 0


@examples(300)
@given(
    st.lists(
        st.tuples(st.sampled_from([*DIGITS, *SHORT]), st.sampled_from([1.0, 1 + 2e-16, 1 + 1e-9])),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([(1, -1), (3, -3), (1, 1)]),
)
def test_what_is_surely_forgiven_is_forgiven(rows, weights):
    table = [known([x for x, _ in rows], "f8"), known([x * y for x, y in rows], "f8")]
    form = Form(("a", "b"), weights, 0)
    found = block_of(table).surely_forgiven(form)
    for row in np.flatnonzero(found):
        total = sum(w * one.cells[row] for w, one in zip(weights, table, strict=True))
        sizes = [
            abs(w * one.cells[row]) * one.shares[row] for w, one in zip(weights, table, strict=True)
        ]
        assert abs(total) <= max(sizes)


def test_most_roundings_are_surely_forgiven():
    random = np.random.default_rng(3)
    cells = random.random(2000) * 1000
    for table in (
        [known(cells, "f8"), known(cells * (1 + 1e-15), "f8")],
        [known(np.round(cells, 3), "f8"), known(np.round(cells, 3) * (1 + 1e-15), "f8")],
    ):
        found = block_of(table).surely_forgiven(Form(("a", "b"), (1, -1), 0))
        assert found.mean() > 0.85


@pytest.mark.parametrize("pool", ["single", "half", "whole", "bytes"])
def test_only_wide_floats_are_surely_forgiven(pool):
    dtype, cells = POOLS[pool]
    table = [known(cells, dtype), known(cells, dtype)]
    assert not block_of(table).surely_forgiven(Form(("a", "b"), (1, -1), 0)).any()


@examples(200)
@given(summed(), st.data())
def test_sides_are_asked_of_some_rows_and_known_of_these(case, data):
    form, table, exact = case
    block = block_of(table)
    some = partial(st.sets, st.integers(0, len(exact) - 1), min_size=1)
    for _ in range(3):
        rows = np.array(sorted(data.draw(some())))
        tolerance = data.draw(st.sampled_from([EXACT, FLOAT_ROUNDING, Tolerance(Fraction(1, 2))]))
        found = block.sides(form, rows, tolerance).tolist()
        for row, side in zip(rows.tolist(), found, strict=True):
            forgiven = sum(
                (one.shares[row] if tolerance.share is None else tolerance.share)
                * abs(weight * one.cells[row])
                for weight, one in zip(form.coefficients, table, strict=True)
            )
            assert side == (0 if abs(exact[row]) <= forgiven else sign(exact[row]))


@given(tables, st.data())
def test_floats_and_cells_of_rows_of_a_block(one, data):
    start = data.draw(st.integers(0, len(one.cells) - 1))
    block = block_of([one], start)
    floats = block.floats("a")
    assert floats.dtype == np.float64
    assert floats.tolist() == one.column.values[start:].astype(float).tolist()
    assert block.floats("a") is floats or one.column.values.dtype == np.float64
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, block.rows - 1), min_size=1))))
    (taken,) = block.taken(["a"], rows)
    assert [taken.cell(row) for row in range(len(rows))] == [one.cells[start + row] for row in rows]


def test_a_cell_is_absent_where_one_of_some_columns_lacks_it():
    given_columns = {
        "a": NumericColumn(np.array([1.0, np.nan, 1.0, 1.0])),
        "b": NumericColumn(np.arange(4), np.array([False, False, False, True])),
        "c": NumericColumn(np.arange(4)),
    }
    block = Block(given_columns, 1, 4, Buffers(4))
    found = block.absent(["a", "b", "c", "none such"])
    assert found is not None
    assert found.tolist() == [True, False, True]
    assert block.absent(["c", "none such"]) is None
    assert block.absent([]) is None
