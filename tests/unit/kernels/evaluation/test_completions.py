"""Rows without completion are those for which trying all values of missing cells finds none."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation import completions
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.completions import Completions
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import EXACT, FLOAT_ROUNDING, Tolerance
from pishield_cli.language import parse_requirements
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import Clause, Conjunction
from tests.laws import examples
from tests.unit.kernels.evaluation.known_cells import Known, known

TYPES = {"a": "?", "b": "u1", "c": "i1", "d": "f8"}
WHOLE = {"a": range(2), "b": range(256), "c": range(-128, 128)}
STORED = {"a": Truth(), "b": Number(places=0), "c": Number(places=0), "d": Number()}
CELLS = {
    "a": [0, 1],
    "b": [0, 1, 2, 254, 255],
    "c": [-128, -3, 0, 1, 127],
    "d": [0.1 + 0.2, 1.1 * 1.1, 2.5, 0.0, -40.0],
}

sums = st.lists(
    st.tuples(st.sampled_from([1, 1, -1, 2, -3]), st.sampled_from("abcd")),
    min_size=1,
    max_size=3,
    unique_by=lambda t: t[1],
).map(lambda terms: " + ".join(f"{weight}*{name}" for weight, name in terms))
comparisons = st.builds(
    lambda total, sign, bound: f"{total} {sign} {bound}",
    sums,
    st.sampled_from(["<=", ">=", "<", ">", "==", "!="]),
    st.sampled_from(["0", "1", "0.3", "1.21", "2.5", "-1", "255", "128", "-200"]),
)
lines = st.lists(comparisons, min_size=1, max_size=2).map(" or ".join)
files = st.lists(lines, min_size=1, max_size=4).map("\n".join)


@st.composite
def tables(draw) -> dict[str, tuple[Known, list[bool]]]:
    """Columns with gaps, of which at most two are in a row; `d` has none."""
    rows = draw(st.integers(1, 6))
    gaps = [
        draw(st.sets(st.sampled_from("abc"), max_size=2, min_size=min(row, 1)))
        for row in range(rows)
    ]
    return {
        name: (
            known([draw(st.sampled_from(CELLS[name])) for _ in range(rows)], dtype),
            [name in gap for gap in gaps],
        )
        for name, dtype in TYPES.items()
    }


def columns_of(table, times=1):
    return {
        name: NumericColumn(one.times(times).column.values, np.array(gaps * times))
        for name, (one, gaps) in table.items()
    }


def truth(literal, table, row, values, *, forgive) -> np.ndarray:
    """Where a literal holds, over all values of the missing cells."""
    if isinstance(literal, Conjunction):
        parts = [truth(one, table, row, values, forgive=forgive) for one in literal.parts]
        return np.logical_and(*parts)
    bound = literal.as_inequality().constant
    total = np.zeros((), dtype=np.int64)
    scale = np.lcm.reduce([weight.denominator for _, weight in literal.as_inequality().terms])
    for name, weight in literal.as_inequality().terms:
        one, gaps = table[name]
        if gaps[row]:
            total = total + int(weight * scale) * values[name]
        else:
            bound -= weight * one.cells[row]
            if forgive and not literal.as_inequality().strict:
                bound -= one.shares[row] * abs(weight * one.cells[row])
    bound *= int(scale)
    return total > floor(bound) if literal.as_inequality().strict else total >= ceil(bound)


def completed(some: list[Requirement], table, row: int, *, forgive=False) -> bool:
    """Whether some values of the missing cells satisfy requirements."""
    missing = [name for name, (_, gaps) in table.items() if gaps[row]]
    grids = np.meshgrid(*[np.array(WHOLE[name]) for name in missing], indexing="ij")
    values = dict(zip(missing, grids, strict=True))
    left = np.ones((), bool)
    for one in some:
        for clause in one.clauses:
            found = [truth(literal, table, row, values, forgive=forgive) for literal in clause]
            either = np.zeros((), bool)
            for each in found:
                either = either | each
            left = left & either
    return bool(left.any())


def expected(requirements: Requirements, table, verdicts, *, forgive: bool) -> list[int]:
    violated = {
        row
        for verdict in verdicts
        if verdict.violated is not None
        for row in np.flatnonzero(verdict.violated).tolist()
    }
    return [
        row
        for row in range(len(table["a"][1]))
        if row not in violated
        and not completed(list(requirements.requirements), table, row, forgive=forgive)
    ]


@examples(400)
@given(files, tables(), st.sampled_from([EXACT, FLOAT_ROUNDING]), st.sampled_from([1, 1, 20]))
def test_rows_lack_a_completion_if_no_value_is_one(text, table, tolerance: Tolerance, times):
    requirements = replace(parse_requirements(text), stored=STORED)
    columns, rows = columns_of(table, times), len(table["a"][1])
    compiled = compile_requirements(requirements)
    verdicts = evaluate(compiled, columns, rows * times, tolerance=tolerance)
    found = Completions(requirements, tolerance).lacking(columns, verdicts).tolist()
    few = evaluate(compiled, columns_of(table), rows, tolerance=tolerance)
    lacking = expected(requirements, table, few, forgive=tolerance is FLOAT_ROUNDING)
    assert found == [row + rows * n for n in range(times) for row in lacking]


@examples(300)
@given(
    st.lists(st.tuples(sums, st.integers(-3, 3), st.integers(0, 2), sums), min_size=1, max_size=2),
    tables(),
)
def test_literals_that_are_conjunctions_are_filled_as_well(written, table):
    """`(low <= sum <= low + width) or other >= 1`, as large files have it."""
    clauses = []
    for total, low, width, other in written:
        text = f"{total} >= {low}.5\n{total} <= {low + width}.6\n{other} >= 1"
        ((first,), (second,), (third,)) = parse_requirements(text).clauses
        clauses.append(Clause((Conjunction((first, second)), third)))
    listed = tuple(Requirement(n, "", (one,)) for n, one in enumerate(clauses, 1))
    requirements = Requirements(listed, RequirementType.QFLRA, stored=STORED)
    columns, rows = columns_of(table), len(table["a"][1])
    verdicts = evaluate(compile_requirements(requirements), columns, rows)
    found = Completions(requirements).lacking(columns, verdicts).tolist()
    assert found == expected(requirements, table, verdicts, forgive=False)


@examples(150)
@given(files, tables())
def test_reasons_contradict_each_other_and_none_is_to_spare(text, table):
    requirements = replace(parse_requirements(text), stored=STORED)
    columns, rows = columns_of(table), len(table["a"][1])
    verdicts = evaluate(compile_requirements(requirements), columns, rows)
    finder = Completions(requirements)
    for row in finder.lacking(columns, verdicts).tolist():
        reasons = finder.reasons(columns, row)
        some = [one for one in requirements.requirements if one.number in reasons]
        assert [one.number for one in some] == list(reasons)
        assert not completed(some, table, row)
        for fewer in combinations(some, len(some) - 1):
            assert completed(list(fewer), table, row)


CLASH = """\
b + c >= 300
b + 2*a <= 100
b - 3*c >= 0 or d > 3
d <= 70
"""


@pytest.mark.parametrize("rows", [1, 40])
def test_without_time_to_reason_all_that_hangs_together_is_named(monkeypatch, rows):
    requirements = replace(parse_requirements(CLASH), stored=STORED)
    gone = np.ones(rows, bool)
    columns = {
        name: NumericColumn(np.zeros(rows, dtype), gone if name in "bc" else None)
        for name, dtype in TYPES.items()
    }
    verdicts = evaluate(compile_requirements(requirements), columns, rows)
    finder = Completions(requirements)
    assert finder.lacking(columns, verdicts).tolist() == list(range(rows))
    assert finder.reasons(columns, 0) == (1, 2)
    monkeypatch.setattr(completions, "ROW_WORK", 0)
    assert finder.reasons(columns, 0) == (1, 2, 3)


def test_without_time_for_either_no_row_is_said_to_lack_one(monkeypatch):
    monkeypatch.setattr(completions, "ROW_WORK", 0)
    monkeypatch.setattr(completions, "PROJECTION_WORK", 0)
    requirements = replace(parse_requirements(CLASH), stored=STORED)
    columns = {
        name: NumericColumn(np.zeros(2, dtype), np.ones(2, bool) if name in "bc" else None)
        for name, dtype in TYPES.items()
    }
    verdicts = evaluate(compile_requirements(requirements), columns, 2)
    assert Completions(requirements).lacking(columns, verdicts).tolist() == []


def test_an_infinite_cell_says_nothing_of_missing_ones():
    """What is compared with it is decided by it; the rest of its piece is left open."""
    requirements = parse_requirements("integer x\n2*x - y >= 0.5 or z > 1\n2*x + y <= 0.6")
    columns = {
        "x": NumericColumn(np.full(3, np.nan)),
        "y": NumericColumn(np.array([0.0, 0.0, 0.0])),
        "z": NumericColumn(np.array([0.0, 2.0, -np.inf])),
    }
    checked = requirements.checked
    verdicts = evaluate(compile_requirements(checked), columns, 3)
    assert Completions(checked).lacking(columns, verdicts).tolist() == [0]


@given(st.integers(0, 3), st.integers(-30, 30), st.integers(0, 30))
def test_places_are_named_where_only_they_leave_no_value(places, low, width):
    """`low/7 <= x <= (low + width)/700` has a decimal of few places, or one of more."""
    text = f"decimals {places} x\nx >= {low}/7 and x <= {low}/7 + {width}/700 or y >= 1"
    requirements = parse_requirements(text.replace("decimals 0", "integer")).checked
    columns = {"x": NumericColumn(np.array([np.nan])), "y": NumericColumn(np.zeros(1))}
    verdicts = evaluate(compile_requirements(requirements), columns, 1)
    least = ceil(Fraction(low, 7) * 10**places)
    fits = least <= (Fraction(low, 7) + Fraction(width, 700)) * 10**places
    finder = Completions(requirements)
    assert finder.lacking(columns, verdicts).tolist() == ([] if fits else [0])
    if not fits:
        assert finder.reasons(columns, 0) == (1, 2)
