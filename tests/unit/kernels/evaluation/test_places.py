"""How many decimal places cells have, and how far they are from fewer."""

from fractions import Fraction
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import ExactCells, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.places import (
    beyond_places,
    farthest_beyond,
    keep_places,
    least_places,
    within_places,
)
from pishield_cli.kernels.evaluation.sums import Buffers
from tests.laws import examples

MOST = 6

CELLS = st.one_of(
    st.floats(-1e6, 1e6).map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-(10**15), 10**15, places=4).map(str),
    st.decimals(-(10**20), 10**20, places=7).map(str),
    st.integers(-(10**18), 10**18).map(str),
    st.tuples(st.integers(-999, 999), st.integers(0, 25)).map(lambda n: f"{n[0]}e-{n[1]}"),
)


def places_of(cell: Fraction) -> int:
    """By trying one after the other."""
    return next((k for k in range(MOST + 1) if (cell * 10**k).denominator == 1), MOST + 1)


def column_of(texts: list[str], kept: bool) -> tuple[NumericColumn, list[Fraction]]:
    """Cells that are the shortest decimals of floats, or longer ones that stand beside them."""
    values = np.array(list(map(float, texts)))
    cells = list(map(Fraction, texts if kept else map(repr, values.tolist())))
    return NumericColumn(values, exact=ExactCells(lambda row: cells[row]) if kept else None), cells


@examples(300)
@given(st.lists(CELLS, min_size=1), st.booleans())
def test_the_places_of_cells_are_those_of_their_decimals(texts: list[str], kept: bool) -> None:
    column, cells = column_of(texts, kept)
    assert least_places(column, MOST).tolist() == [places_of(cell) for cell in cells]


@examples(300)
@given(st.lists(CELLS, min_size=1), st.booleans(), st.integers(0, 25))
def test_cells_are_within_places_or_beyond_them(texts: list[str], kept: bool, places: int) -> None:
    column, cells = column_of(texts, kept)
    lacking = [abs(one - Fraction(round(one * 10**places), 10**places)) for one in cells]
    assert within_places(column, places).tolist() == [one == 0 for one in lacking]
    assert beyond_places([column], places).tolist() == [float(one) for one in lacking]
    assert beyond_places([column, column_of(["0.5"] * len(cells), False)[0]], places).tolist() == [
        max(float(one), 0.0 if places else 0.5) for one in lacking
    ]


@pytest.mark.parametrize("kind", ["f4", "f2"])
@pytest.mark.parametrize("places", range(9))
def test_narrow_floats_have_decimals_of_their_own(kind: str, places: int) -> None:
    random = np.random.default_rng(places)
    usual = np.round(random.random(300) * 10.0 ** random.integers(-4, 4, 300), 3)
    values = np.concatenate([usual, random.random(100), [0.1, 1 / 3, 2048.0]]).astype(kind)
    expected = [(Fraction(str(one)) * 10**places).denominator == 1 for one in values]
    assert within_places(NumericColumn(values), places).tolist() == expected


def test_whole_numbers_have_no_places_and_infinite_cells_no_number_of_them() -> None:
    assert within_places(NumericColumn(np.array([2**62, -1])), 0).tolist() == [True, True]
    for places in (0, 2, 30):
        ends = NumericColumn(np.array([inf, -inf, 1.5, 2.0]))
        assert within_places(ends, places).tolist() == [False, False, places > 0, True]
        assert beyond_places([ends], places).tolist() == [inf, inf, 0.0 if places else 0.5, 0.0]


NUMBERS = st.sampled_from([0.0, 1.0, 2.5, -0.125, 1e-9, 0.1 + 0.2, np.nan, inf, 7.4])


@examples(300)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, st.booleans()), min_size=1, max_size=6),
    st.integers(0, 3),
    st.data(),
)
def test_rows_keep_places_if_all_their_cells_do(rows, places, data) -> None:  # type: ignore[no-untyped-def]
    first, second, marks = (np.array(one) for one in zip(*rows, strict=True))
    columns = {
        "a": NumericColumn(first),
        "b": NumericColumn(second, marks),
        "c": NumericColumn(np.arange(len(rows))),
    }
    start = data.draw(st.integers(0, len(rows) - 1))
    block = Block(columns, start, len(rows), Buffers(len(rows)))
    found = keep_places(block, ["a", "b", "c"], places)
    false = np.zeros(block.rows, bool) if found.false is None else found.false
    unknown = np.zeros(block.rows, bool) if found.unknown is None else found.unknown
    away = []
    for row, (a, b, marked) in enumerate(rows[start:]):
        known = [x for x in ([a] if marked else [a, b]) if not np.isnan(x)]
        lacking = [
            abs(Fraction(repr(x)) - round(Fraction(repr(x)), places)) if np.isfinite(x) else inf
            for x in known
        ]
        away.append(float(max(lacking, default=0.0)))
        assert false[row] == (away[-1] > 0)
        assert unknown[row] == (not false[row] and len(known) < 2)
    assert found.false is None or found.false.any()
    if false.any():
        worst, by = farthest_beyond(block, ["a", "b", "c"], places, false)
        assert false[worst]
        most = max(by_row for by_row, gone in zip(away, false, strict=True) if gone)
        assert by == pytest.approx(away[worst], abs=1e-12)
        assert by == pytest.approx(most, abs=1e-12)
