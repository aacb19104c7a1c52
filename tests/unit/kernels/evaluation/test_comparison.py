"""Truths of rows: Kleene's tables, and literals against fractions on columns of every type."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.comparison import (
    RowTruth,
    _clear,
    compare,
    conjunction,
    disjunction,
)
from pishield_cli.kernels.evaluation.compiled import Comparison, comparison_of
from pishield_cli.kernels.evaluation.sums import Buffers
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance
from pishield_cli.logic.terms import BooleanLiteral, Inequality, Term
from tests.laws import examples
from tests.unit.kernels.evaluation.known_cells import Known, columns, forms, summed, totals

FALSE, UNKNOWN, TRUE = 0, 1, 2
ROWS = 9

cells = {
    "float64": st.integers(-40, 40).map(lambda n: n / 10) | st.sampled_from([1 / 3, 1e17, -1e-9]),
    "float32": st.integers(-40, 40).map(lambda n: n / 10),
    "float16": st.integers(-40, 40).map(lambda n: n / 10),
    "int64": st.integers(-4, 4) | st.sampled_from([2**62, -(2**63), 2**53 + 1]),
    "uint8": st.integers(0, 255),
    "bool": st.booleans(),
}
weights = st.sampled_from([1, -1, 2, -3, 10, 2**60 + 1])


def truth_of(values):
    """A truth from FALSE, UNKNOWN and TRUE."""
    false, unknown = (np.array([one == kind for one in values]) for kind in (FALSE, UNKNOWN))
    return RowTruth(false if false.any() else None, unknown if unknown.any() else None)


def values_of(truth, rows):
    found = np.full(rows, TRUE)
    for kind, mask in ((UNKNOWN, truth.unknown), (FALSE, truth.false)):
        if mask is not None:
            found[mask] = kind
    return list(found)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_kleenes_tables(count):
    rows = list(product((FALSE, UNKNOWN, TRUE), repeat=count))
    parts = [truth_of(column) for column in zip(*rows, strict=True)]
    assert values_of(conjunction(parts), len(rows)) == [min(row) for row in rows]
    assert values_of(disjunction(parts), len(rows)) == [max(row) for row in rows]


@examples(100)
@given(st.lists(st.lists(st.sampled_from([FALSE, UNKNOWN, TRUE]), min_size=4, max_size=4),
                min_size=1, max_size=5))  # fmt: skip
def test_no_row_is_both_false_and_unknown(columns):
    for found in (conjunction, disjunction):
        truth = found([truth_of(column) for column in columns])
        if truth.false is not None and truth.unknown is not None:
            assert not (truth.false & truth.unknown).any()


@st.composite
def batches(draw):
    columns = {}
    for name in "abc"[: draw(st.integers(1, 3))]:
        dtype = draw(st.sampled_from(sorted(cells)))
        values = draw(st.lists(cells[dtype], min_size=ROWS, max_size=ROWS))
        missing = draw(st.none() | st.lists(st.booleans(), min_size=ROWS, max_size=ROWS))
        columns[name] = NumericColumn(
            np.array(values, dtype), None if missing is None else np.array(missing)
        )
    return columns


@examples(300)
@given(batches(), st.data())
def test_a_literal_is_what_fractions_say(batch, data):
    terms = tuple(Term(name, Fraction(data.draw(weights))) for name in batch)
    at = {name: column.cell(0) or Fraction(0) for name, column in batch.items()}
    # Half the constants put a row right at the boundary.
    constant = sum((weight * at[name] for name, weight in terms), Fraction(0))
    constant = data.draw(st.sampled_from([constant, Fraction(0), Fraction(7, 5)]))
    literal = Inequality(terms, constant, data.draw(st.booleans()))
    comparison = comparison_of(literal)
    assert isinstance(comparison, Comparison)
    found = []
    for start, stop in ((0, 4), (4, ROWS)):
        block = Block(batch, start, stop, Buffers(ROWS))
        found += values_of(compare(comparison, block, EXACT), stop - start)
        block.close()
    for row, truth in enumerate(found):
        values = {name: column.cell(row) for name, column in batch.items()}
        if None in values.values():
            assert truth == UNKNOWN
        else:
            assert truth == (TRUE if literal.holds(values) else FALSE)


@pytest.mark.parametrize("strict", [False, True])
def test_a_sum_at_its_bound_is_decided_alike_in_both_directions(strict):
    """Where a sum may be a tie, only what a tie satisfies is surely true."""
    up = comparison_of(Inequality((Term("x", Fraction(1)),), Fraction(0), strict=strict))
    sums, bound = np.array([-3.0, -1.0, 0.0, 1.0, 3.0]), 1.0
    decided, false = _clear(up, sums, bound, -bound)
    assert decided[3] == (not strict)
    assert false[1] == strict
    mirrored = _clear(replace(up, direction=-up.direction), -sums, bound, -bound)
    assert [one.tolist() for one in mirrored] == [decided.tolist(), false.tolist()]


# ------------------------------------------------------------------------ tolerances, long cells

SHARES = st.sampled_from([None, None, Fraction(0), Fraction(1, 10**9), Fraction(1, 2)])


def holding(form, table: list[Known], direction, strict, share) -> list[int]:
    """Where `direction * form >= 0` within a tolerance, or `> 0`, in fractions."""
    found = []
    for row, total in enumerate(totals(form, table)):
        forgiven = sum(
            (one.shares[row] if share is None else share) * abs(weight * one.cells[row])
            for weight, one in zip(form.coefficients, table, strict=True)
        )
        holds = direction * total > 0 if strict else direction * total >= -forgiven
        found.append(TRUE if holds else FALSE)
    return found


def found_by(form, table: list[Known], direction, strict, share, missing=None) -> list[int]:
    literal = Inequality(
        tuple(
            Term(name, Fraction(direction * weight))
            for name, weight in zip(form.names, form.coefficients, strict=True)
        ),
        Fraction(direction * form.constant),
        strict,
    )
    rows = len(table[0].cells)
    batch = {
        name: NumericColumn(one.column.values, missing, one.column.exact)
        for name, one in zip(form.names, table, strict=True)
    }
    block = Block(batch, 0, rows, Buffers(rows))
    comparison = comparison_of(literal)
    assert isinstance(comparison, Comparison)
    return values_of(compare(comparison, block, Tolerance(share)), rows)


@examples(500)
@given(summed(), st.sampled_from([1, -1]), st.booleans(), SHARES, st.data())
def test_a_literal_holds_within_a_tolerance_as_fractions_say(case, direction, strict, share, data):
    form, table, exact = case
    gone = data.draw(st.none() | st.lists(st.booleans(), min_size=5, max_size=5))
    missing = None if gone is None else np.array(gone[: len(exact)])
    expected = holding(form, table, direction, strict, share)
    if missing is not None:
        expected = [UNKNOWN if lost else one for lost, one in zip(missing, expected, strict=True)]
    assert found_by(form, table, direction, strict, share, missing) == expected


@st.composite
def near_ties(draw):
    """Two or three columns of one kind, on whose rows a form is zero, or as good as zero."""
    pool = draw(st.sampled_from(["short", "digits", "single", "half", "long", "far"]))
    first = draw(columns(6, [pool]))
    count = draw(st.integers(1, 3))
    table = [first] * count
    form = draw(forms(table))
    return form, table


@examples(300)
@given(near_ties(), st.sampled_from([1, -1]), st.booleans(), SHARES, st.sampled_from([1, 40]))
def test_ties_and_what_is_next_to_them(case, direction, strict, share, times):
    """Few rows among many, or all of them."""
    form, table = case
    expected = holding(form, table, direction, strict, share) * times
    assert found_by(form, [one.times(times) for one in table], direction, strict, share) == expected


@examples(200)
@given(
    columns(4, ["digits", "short", "single", "whole", "truth", "long"]),
    st.booleans(),
    SHARES,
)
def test_nothing_is_forgiven_a_truth(one, positive, share):
    literal = BooleanLiteral("a", positive)
    comparison = comparison_of(literal)
    assert isinstance(comparison, Comparison)
    block = Block({"a": one.column}, 0, 4, Buffers(4))
    truth = compare(comparison, block, Tolerance(share))
    expected = [TRUE if literal.holds({"a": cell}) else FALSE for cell in one.cells]
    assert values_of(truth, 4) == expected
