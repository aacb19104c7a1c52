from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.kernels.columns import ExactCells, NumericColumn
from pishield_cli.kernels.scores.coherence import MARGIN
from pishield_cli.kernels.scores.coherent_rows import ScoreCorrector
from pishield_cli.logic.plans.coherence import coherence_plan
from pishield_cli.logic.terms import BooleanLiteral, Clause


def clause(text):
    return Clause(
        tuple(BooleanLiteral(o.removeprefix("-"), not o.startswith("-")) for o in text.split())
    )


def corrected(clauses, ordering, columns, *, places=None, **options):
    plan = coherence_plan(map(clause, clauses), ordering, **options)
    arrays = {name: np.array(values) for name, values in columns.items()}
    numeric = {name: NumericColumn(values) for name, values in arrays.items()}
    rows = len(next(iter(arrays.values()), ()))
    found = ScoreCorrector(plan, places).correct(numeric, rows)
    for name, change in found.changes.items():
        arrays[name][change.rows] = change.values
    return {name: values.tolist() for name, values in arrays.items()}, found.uncorrected.tolist()


def test_rows_that_hold_are_not_touched_though_their_scores_are_incoherent():
    columns = {"a": [0.375, 0.75], "x": [0.25, 0.25]}
    assert corrected(["x -a"], "ax", columns)[0] == {"a": [0.375, 0.75], "x": [0.25, 0.75]}


def test_whole_numbers_and_booleans_stay_0_and_1():
    columns = {"a": [1, 0, 1], "x": [False, False, True]}
    found, uncorrected = corrected(["x -a"], "ax", columns)
    assert found == {"a": [1, 0, 1], "x": [True, False, True]}
    assert uncorrected == []
    found, _ = corrected(["x -a"], "xa", columns)
    assert found["a"] == [0, 0, 1]


def test_a_hard_column_moves_only_if_its_truth_has_to():
    columns = {"a": [0.9, 0.3], "b": [0.8, 0.9], "x": [0, 1], "y": [0.1, 0.1]}
    found, _ = corrected(["x -a", "y -b"], "abxy", columns)
    assert found == {"a": [0.9, 0.3], "b": [0.8, 0.9], "x": [1, 1], "y": [0.8, 0.9]}


def test_floats_declared_boolean_stay_0_and_1():
    columns = {"a": [0.9], "x": [0.0]}
    assert corrected(["x -a"], "ax", columns, places={"x": 0})[0]["x"] == [1.0]


def test_decimal_places_are_kept():
    columns = {"a": [0.123], "x": [0.01], "y": [0.2], "b": [0.5]}
    found, _ = corrected(["x a", "y b"], "abxy", columns, places={"x": 2, "y": 2})
    assert (found["x"], found["y"]) == ([0.88], [0.51])


def test_short_decimals_stay_short():
    assert corrected(["-x -a"], "ax", {"a": [0.7], "x": [0.6]})[0]["x"] == [0.3]


def test_a_missing_cell_leaves_its_clauses_alone():
    nan = float("nan")
    columns = {"a": [0.9, 0.9, nan], "b": [0.1, nan, 0.1], "c": [0.2, 0.2, 0.2]}
    found, uncorrected = corrected(["b -a", "c -b", "c -a"], "abc", columns)
    assert found["c"] == [0.9, 0.9, 0.2]
    assert found["b"][0] == 0.9
    assert np.isnan(found["b"][1])
    assert found["b"][2] == 0.1
    assert uncorrected == []


def test_a_cell_may_be_marked_missing():
    plan = coherence_plan([clause("x -a")], "ax")
    columns = {
        "a": NumericColumn(np.array([1, 1]), missing=np.array([True, False])),
        "x": NumericColumn(np.array([0, 0])),
    }
    found = ScoreCorrector(plan).correct(columns, 2)
    assert found.violating.tolist() == [1]
    assert found.changes["x"].rows.tolist() == [1]
    assert found.changes["x"].values.tolist() == [1]


def test_a_cell_that_its_float_only_approximates_is_compared_exactly():
    just_above = Fraction(1, 2) + Fraction(1, 10**30)
    plan = coherence_plan([clause("x -a")], "ax")
    columns = {
        "a": NumericColumn(
            np.array([0.5, 0.5]), exact=ExactCells([just_above, Fraction(1, 2)].__getitem__)
        ),
        "x": NumericColumn(np.array([0.0, 0.0])),
    }
    found = ScoreCorrector(plan).correct(columns, 2)
    assert found.violating.tolist() == [0]
    assert found.changes["x"].values.tolist() == [pytest.approx(0.5, abs=2 * MARGIN)]
    assert found.changes["x"].values[0] > 0.5


def test_a_row_that_fixed_columns_forbid_is_reported_and_unchanged():
    columns = {"a": [0.9, 0.9], "b": [0.1, 0.1], "c": [0.2, 0.9]}
    found, uncorrected = corrected(["b -a", "c -b"], "abc", columns, fixed={"a", "c"})
    assert uncorrected == [0]
    assert found == {"a": [0.9, 0.9], "b": [0.1, 0.9], "c": [0.2, 0.9]}


def test_scores_outside_their_range_count_as_0_and_1():
    columns = {"a": [1.5, -2.0], "x": [0.25, 3.0], "z": [9.0, 9.0]}
    found, _ = corrected(["x -a", "-x a", "-z"], "axz", columns)
    assert found == {"a": [1.5, -2.0], "x": [1.0, 0.0], "z": [0.0, 0.0]}


def test_infinities_are_values():
    assert corrected(["x -a"], "ax", {"a": [float("inf")], "x": [0.0]})[0]["x"] == [1.0]


def test_past_the_limit_rows_are_corrected_one_by_one():
    columns = {"a": [0.9, 0.9, 0.1], "b": [0.1, 0.1, 0.1], "c": [0.2, 0.8, 0.2]}
    clauses = ["b c -a", "c -b"]
    found, uncorrected = corrected(clauses, "abc", columns, limit=0)
    assert uncorrected == []
    assert found["a"] == [0.9, 0.9, 0.1]
    assert found["b"] == [0.1, 0.1, 0.1]
    assert found["c"][0] > 0.5
    assert found["c"][1:] == [0.8, 0.2]
    found, uncorrected = corrected(clauses, "abc", columns, limit=0, fixed={"a", "c"})
    assert uncorrected == [0]
    assert found == columns


def test_no_columns_and_no_rows():
    assert corrected([], "", {}) == ({}, [])
    assert corrected(["x"], "x", {"x": []}) == ({"x": []}, [])


def test_single_precision_is_worked_on_as_it_is():
    scores = np.random.default_rng(0).random((500, 3), dtype=np.float32)
    columns = dict(zip("abx", scores.T, strict=True))
    found, _ = corrected(["x -a", "-x -b", "x b"], "abx", columns)
    doubles = {name: values.astype(float) for name, values in columns.items()}
    expected, _ = corrected(["x -a", "-x -b", "x b"], "abx", doubles)
    assert np.allclose(found["x"], expected["x"], rtol=0, atol=2.0**-24)
    assert found["x"] != columns["x"].tolist()
