"""Rows and clauses are told apart by which cells are missing."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.pieces import Pieces, by_missing, missing_among
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import examples

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


# ----------------------------------------------------------------------------- pieces of clauses

NAMES = "abcdef"
naming = st.lists(st.sets(st.sampled_from(NAMES), min_size=1, max_size=3), max_size=6)


def hanging(clauses, missing, derived):
    """The pieces of one row, by joining whatever shares a missing column until nothing does."""
    usable = {n: c & missing for n, c in enumerate(clauses) if not c & missing & derived}
    groups = [({n}, names) for n, names in usable.items() if names]
    while True:
        for one in groups:
            other = next((g for g in groups if g is not one and g[1] & one[1]), None)
            if other is not None:
                groups = [g for g in groups if g is not one and g is not other]
                groups.append((one[0] | other[0], one[1] | other[1]))
                break
        else:
            return {(frozenset(names), tuple(sorted(numbers))) for numbers, names in groups}


@examples(300)
@given(naming, st.sets(st.sampled_from(NAMES), max_size=2), st.data())
def test_clauses_hang_together_by_missing_cells_they_share(clauses, derived, data):
    gaps = data.draw(st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=5))
    columns = {
        name: NumericColumn(np.where([name in gap for gap in gaps], np.nan, 1.0)) for name in NAMES
    }
    written = [
        Clause((Inequality(tuple(Term(name, Fraction(1)) for name in sorted(one)), Fraction(0)),))
        for one in clauses
    ]
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(gaps) - 1)))), dtype=int)
    found = Pieces(written, derived).of(columns, rows)
    expected: dict = {}
    for row in rows.tolist():
        for piece in hanging(clauses, gaps[row], derived):
            expected.setdefault(piece, []).append(row)
    told = {(one.missing, one.clauses): sorted(some.tolist()) for one, some in found.items()}
    assert told == expected


def test_columns_that_a_batch_lacks_miss_no_cell():
    clause = Clause((Inequality((Term("a", Fraction(1)), Term("b", Fraction(1))), Fraction(0)),))
    columns = {"a": NumericColumn(np.array([np.nan]))}
    (piece,) = Pieces([clause]).of(columns, np.arange(1))
    assert piece.missing == {"a"}


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1), st.data())
def test_missing_cells_are_marked_or_nan(cells, data):
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1)))
    marks = np.array([mark for mark, _ in cells])
    floats = np.where([nan for _, nan in cells], np.nan, 2.5)
    for column, gone in (
        (NumericColumn(floats, marks), [any(one) for one in cells]),
        (NumericColumn(floats), [nan for _, nan in cells]),
        (NumericColumn(np.arange(len(cells)), marks), [mark for mark, _ in cells]),
    ):
        found = missing_among(column, np.array(rows, dtype=int))
        expected = [gone[row] for row in rows]
        assert (found is None) == (not any(expected))
        assert found is None or found.tolist() == expected
