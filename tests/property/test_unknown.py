"""Laws of missing cells: what a requirement as written leaves unknown, by Kleene's logic."""

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli import check_table
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.language import bind, format_requirements, parse_requirements
from tests.laws import examples

NAMES = ("a", "b", "c")
Tree = tuple[Any, ...]
Row = dict[str, int | None]

TRUE, UNKNOWN, FALSE = 2, 1, 0


def sums() -> st.SearchStrategy[Tree]:
    term = st.tuples(st.integers(-2, 2), st.sampled_from(NAMES))
    return st.tuples(st.lists(term, min_size=1, max_size=3), st.integers(-2, 2))


def comparisons() -> st.SearchStrategy[Tree]:
    relation = st.sampled_from(["<=", "<", ">=", ">", "==", "!="])
    return st.tuples(st.just("compare"), sums(), relation, sums())


def trees() -> st.SearchStrategy[Tree]:
    leaves = comparisons() | st.tuples(st.just("bare"), st.sampled_from(NAMES))

    def compound(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        words = st.sampled_from(["and", "or", "iff"])
        same = parts.map(lambda part: ("or", (part, ("not", part))))
        both = st.tuples(words, several)
        return both | st.tuples(st.just("not"), parts) | same

    return st.recursive(leaves, compound, max_leaves=6)


def text_of_sum(one: Tree) -> str:
    terms, constant = one
    return " + ".join([*(f"({weight})*{name}" for weight, name in terms), f"({constant})"])


def text_of(tree: Tree) -> str:
    if tree[0] == "bare":
        return str(tree[1])
    if tree[0] == "compare":
        return f"({text_of_sum(tree[1])} {tree[2]} {text_of_sum(tree[3])})"
    if tree[0] == "not":
        return f"not ({text_of(tree[1])})"
    return f" {tree[0]} ".join(f"({text_of(part)})" for part in tree[1])


def value_of_sum(one: Tree, row: Row) -> int | None:
    terms, total = one
    for weight, name in terms:
        cell = row[name]
        if cell is None:
            return None
        total += weight * cell
    return int(total)


def truth_of_comparison(tree: Tree, row: Row) -> int:
    left, right = value_of_sum(tree[1], row), value_of_sum(tree[3], row)
    if left is None or right is None:
        return UNKNOWN
    holds = {
        "<=": left <= right,
        "<": left < right,
        ">=": left >= right,
        ">": left > right,
        "==": left == right,
        "!=": left != right,
    }[tree[2]]
    return TRUE if holds else FALSE


def truth_of(tree: Tree, row: Row) -> int:
    if tree[0] == "bare":
        cell = row[tree[1]]
        return UNKNOWN if cell is None else TRUE if Fraction(cell) > Fraction(1, 2) else FALSE
    if tree[0] == "compare":
        return truth_of_comparison(tree, row)
    if tree[0] == "not":
        return 2 - truth_of(tree[1], row)
    parts = [truth_of(part, row) for part in tree[1]]
    if tree[0] == "and":
        return min(parts)
    if tree[0] == "or":
        return max(parts)
    found = parts[0]
    for part in parts[1:]:
        found = max(min(found, part), min(2 - found, 2 - part))
    return found


CELLS = st.none() | st.integers(-1, 2)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELLS)), min_size=1, max_size=12)


def columns_of(rows: list[Row], kind: str) -> dict[str, NumericColumn]:
    """Columns with missing cells as NaN, or marked."""
    columns = {}
    for name in NAMES:
        cells = [row[name] for row in rows]
        if kind == "nan":
            values = np.array([np.nan if cell is None else cell for cell in cells], dtype=float)
            columns[name] = NumericColumn(values)
        else:
            missing = np.array([cell is None for cell in cells])
            filled = np.array([cell or 0 for cell in cells])
            columns[name] = NumericColumn(filled, missing if missing.any() else None)
    return columns


def truths(
    text: str, columns: dict[str, NumericColumn], rows: int, floors: list[float] | None = None
) -> list[int]:
    bound = bind(parse_requirements(text), NAMES).requirements
    verdict = evaluate(compile_requirements(bound), columns, rows, floors=floors)[0]
    found = np.full(rows, TRUE)
    for mask, truth in ((verdict.violated, FALSE), (verdict.unknown, UNKNOWN)):
        if mask is not None:
            found[mask] = truth
    return [int(one) for one in found]


@examples(500)
@given(tree=trees(), rows=ROWS, kind=st.sampled_from(["nan", "marked"]))
def test_a_missing_cell_leaves_unknown_what_kleene_leaves_unknown(
    tree: Tree, rows: list[Row], kind: str
) -> None:
    expected = [truth_of(tree, row) for row in rows]
    text = text_of(tree)
    assert truths(text, columns_of(rows, kind), len(rows)) == expected
    alone = [truths(text, columns_of([row], kind), 1, floors=[0.0]) for row in rows]
    assert alone == [[one] for one in expected]


def values() -> st.SearchStrategy[Tree]:
    """Values that are one of several: the greatest, the least, the first that is there."""
    plain = st.sampled_from(NAMES).map(lambda name: ("cell", name))

    def chosen(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        words = st.sampled_from(["max", "min", "coalesce"])
        return st.tuples(st.just("abs"), parts) | st.tuples(words, parts, parts)

    return st.recursive(plain, chosen, max_leaves=4).filter(lambda one: one[0] != "cell")


def text_of_value(one: Tree) -> str:
    word, *parts = one
    return str(parts[0]) if word == "cell" else f"{word}({', '.join(map(text_of_value, parts))})"


def value_of(one: Tree, row: Row) -> int | None:
    word, *parts = one
    if word == "cell":
        return row[parts[0]]
    found = [value_of(part, row) for part in parts]
    if word == "coalesce":
        return next((value for value in found if value is not None), None)
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return None
    return abs(known[0]) if word == "abs" else (max if word == "max" else min)(known)


@examples(150)
@given(value=values(), rows=ROWS)
def test_a_value_that_cancels_out_leaves_unknown_the_rows_in_which_it_is_missing(
    value: Tree, rows: list[Row]
) -> None:
    told = text_of_value(value)
    missing = [value_of(value, row) is None for row in rows]
    table = {name: [row[name] for row in rows] for name in NAMES}
    for text, truth in {
        f"{told} == {told}": TRUE,
        f"{told} - {told} >= 1": FALSE,
        f"0*{told} < 1": TRUE,
        f"{told} != {told}": FALSE,
    }.items():
        (found,) = check_table(table, text).results
        assert found.unknown == sum(missing)
        assert found.violations == (0 if truth == TRUE else len(rows) - sum(missing))


@examples(200)
@given(tree=trees(), rows=ROWS)
def test_names_of_one_column_leave_unknown_what_the_column_does(
    tree: Tree, rows: list[Row]
) -> None:
    """`a == y_0` over a table whose first column is `a` is `a == a`."""
    expected = [truth_of(tree, row | {"b": row["a"]}) for row in rows]
    text = text_of(tree).replace("b", "y_0")
    assert truths(text, columns_of(rows, "nan"), len(rows)) == expected


@examples(200)
@given(tree=trees(), rows=ROWS)
def test_requirements_written_again_leave_unknown_the_same(tree: Tree, rows: list[Row]) -> None:
    columns, text = columns_of(rows, "nan"), text_of(tree)
    again = format_requirements(parse_requirements(text))
    assert truths(again, columns, len(rows)) == truths(text, columns, len(rows))
