"""Laws of the digits that a moved cell gets: those of its row, and no other row's."""

from fractions import Fraction
from itertools import count

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pishield_cli.actions.method_name import MethodName
from pishield_cli.api import correct_table
from pishield_cli.kernels.changes import ColumnChange
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.short_rows import MOST, longer_cells
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirements
from tests.laws import examples

METHODS = st.sampled_from(MethodName)
CENTS = st.integers(-9999, 9999).map(lambda cents: cents / 100)
CELLS = (
    CENTS
    | st.integers(-50, 50).map(float)
    | st.floats(-100, 100).map(lambda value: round(value, 9))
)
NAMES = ("a", "b", "c", "total")
RULES = parse_requirements("a + b + c == total\n3*a <= total\nb > 0 or c > 1\n")


ORDER = parse_requirements("a <= b\nb <= c\nb >= 0.25\ntotal == -a\nc <= 80.5\n")


def corrected(
    rows: list[tuple[float, ...]], method: MethodName, rules: Requirements = RULES
) -> list[tuple[float, ...]]:
    columns = dict(zip(NAMES, map(np.array, zip(*rows, strict=True)), strict=True))
    fixed = ["total"] if rules is RULES else []
    found, report = correct_table(columns, rules, fixed=fixed, method=method.value)
    assert report.holds
    return list(zip(*(found[name].tolist() for name in NAMES), strict=True))


@examples(60)
@given(st.lists(st.tuples(CENTS, CENTS, CENTS, CENTS), min_size=1, max_size=5), METHODS)
def test_cents_in_cents_out(rows: list[tuple[float, ...]], method: MethodName) -> None:
    # Of whole numbers alone a row does not say how many decimals are usual.
    rows = [(*row[:3], row[3] + 0.5 if row[3] % 1 == 0 else row[3]) for row in rows]
    for row in corrected(rows, method):
        assert all((Fraction(str(cell)) * 100).denominator == 1 for cell in row)


@examples(60)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=5), METHODS)
def test_no_cell_gets_more_places_by_order(
    rows: list[tuple[float, ...]], method: MethodName
) -> None:
    assume(all(any(cell % 1 for cell in row) for row in rows))
    for before, after in zip(rows, corrected(rows, method, ORDER), strict=True):
        most = max(2, *map(places_of, before))
        assert most > MOST or max(map(places_of, after)) <= most


def places_of(cell: float) -> int:
    exact = Fraction(repr(cell))
    return next(places for places in count() if (exact * 10**places).denominator == 1)


@examples(100)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, st.booleans()), min_size=1, max_size=8), CELLS)
def test_cells_longer_than_their_rows_are_counted(
    rows: list[tuple[float, float, float, bool]], given_to_all: float
) -> None:
    first, second, new, gone = map(np.array, zip(*rows, strict=True))
    columns = {"a": NumericColumn(first, gone), "b": NumericColumn(second)}
    every = np.arange(len(rows))
    changes = {
        "a": ColumnChange(every[~gone], new[~gone]),
        "b": ColumnChange(every, np.full(len(rows), given_to_all)),
    }
    longer = 0
    for a, b, cell, missing in rows:
        held = max([places_of(b)] if missing else [places_of(a), places_of(b)])
        moved = [given_to_all] if missing else [cell, given_to_all]
        if 0 < held <= MOST:
            longer += sum(places_of(one) > max(held, 2) for one in moved)
    assert longer_cells(columns, changes) == longer


@examples(40)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=2, max_size=6), METHODS)
def test_a_row_is_corrected_as_it_is_alone(
    rows: list[tuple[float, ...]], method: MethodName
) -> None:
    assert corrected(rows, method) == [corrected([row], method)[0] for row in rows]


@pytest.mark.parametrize(
    ("method", "parts"),
    [("shield", [33.3, 33.3, 33.4]), ("nearest", [33.33, 33.33, 33.34])],
)
def test_thirds_of_a_fixed_total(method: str, parts: list[float]) -> None:
    ((*found, total),) = corrected([(33.3, 33.3, 33.3, 100.0)], MethodName(method))
    assert (found, total) == (parts, 100.0)


def test_more_digits_where_no_other_row_holds() -> None:
    columns = {"a": np.array([0.1]), "b": np.array([0.25])}
    found, _ = correct_table(columns, parse_requirements("1000*a == b\n"), fixed=["b"])
    assert found["a"].tolist() == [0.00025]
