"""Checking and correcting from Python, in every kind of table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pishield_cli import check_table, correct_table, load_requirements
from pishield_cli.errors import (
    ContradictionError,
    MissingColumnError,
    RequirementsFileError,
    TableError,
    UsageError,
)
from pishield_cli.language import parse_requirements

RULES = parse_requirements("start <= end\nend <= 10")
STAYS = {"start": [3.0, 9.0, 12.5], "end": [5.0, 4.0, 10.0], "name": ["a", "b", "c"]}


@pytest.fixture(params=["arrow", "pandas", "mapping"])
def table(request):
    if request.param == "arrow":
        return pa.table(STAYS)
    if request.param == "pandas":
        return pd.DataFrame(STAYS, index=[7, 8, 9])
    return {name: np.array(values) for name, values in STAYS.items()}


def listed(table):
    return {name: np.asarray(table[name]).tolist() for name in STAYS}


def test_every_kind_of_table_is_checked(table):
    report = check_table(table, RULES)
    assert (report.rows, report.violating_rows, report.holds) == (3, 2, False)
    assert [one.violations for one in report.results] == [2, 0]
    assert check_table(table, RULES, max_violations=2).holds


def test_every_kind_of_table_is_corrected_and_returned_as_that_kind(table):
    before = listed(table)
    corrected, report = correct_table(table, RULES)
    assert type(corrected) is type(table)
    assert listed(table) == before
    assert listed(corrected) == {**STAYS, "end": [5.0, 9.0, 10.0], "start": [3.0, 9.0, 10.0]}
    assert (report.corrected_rows, report.uncorrected_rows) == (2, ())
    assert check_table(corrected, RULES, tolerance=0).holds


def test_a_frame_keeps_its_index_its_types_and_its_order():
    frame = pd.DataFrame({"b": [2, 7], "t": ["x", "y"], "a": [5, 1]}, index=["p", "q"])
    corrected, _ = correct_table(frame, parse_requirements("a <= b"))
    assert corrected.index.tolist() == ["p", "q"]
    assert corrected.dtypes.tolist() == frame.dtypes.tolist()
    assert corrected.to_dict("list") == {"b": [2, 7], "t": ["x", "y"], "a": [2, 1]}


LARGE = 2**60 + 1


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]"])
def test_whole_numbers_beside_missing_ones_stay_as_they_are(dtype):
    columns = {"start": [1, 9, 1], "end": [LARGE, 4, None]}
    mapping, _ = correct_table(columns, parse_requirements("end >= start"))
    assert mapping == {"start": [1, 9, 1], "end": [LARGE, 9, None]}
    frame = pd.DataFrame({name: pd.array(cells, dtype=dtype) for name, cells in columns.items()})
    corrected, _ = correct_table(frame, parse_requirements("end >= start"))
    assert corrected.dtypes.tolist() == frame.dtypes.tolist()
    assert corrected["end"].tolist()[:2] == [LARGE, 9]
    assert corrected["end"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "boolean", "category", "int8"])
def test_frames_of_all_types_are_corrected(dtype):
    frame = pd.DataFrame({"a": pd.array([1, 1, 0]), "b": pd.Series([0, 1, 1]).astype(dtype)})
    corrected, _ = correct_table(frame, parse_requirements("a <= b"))
    assert corrected["b"].astype(float).tolist() == [1, 1, 1]
    assert dtype == "category" or corrected.dtypes.tolist() == frame.dtypes.tolist()


def test_frames_with_numbered_columns_are_corrected():
    corrected, _ = correct_table(
        pd.DataFrame({0: [3.0], 1: [1.0]}), parse_requirements("y_0 <= y_1")
    )
    assert corrected.to_dict("list") == {0: [3.0], 1: [3.0]}


@pytest.mark.parametrize(
    "table",
    [
        {"start": [1.0, 2.0], "end": [1.0]},
        {"start": np.zeros((2, 2)), "end": np.zeros(2)},
        {"start": [1, "x"], "end": [1, 2]},
        {"start": np.zeros(2, ">f8"), "end": np.zeros(2)},
        pd.DataFrame([[1.0, 2.0, 3.0]], columns=["start", "end", "end"]),
    ],
    ids=["ragged", "two dimensions", "mixed", "big-endian", "twice"],
)
def test_what_arrow_cannot_hold_is_no_table(table):
    for action in (check_table, correct_table):
        with pytest.raises(TableError):
            action(table, RULES)


def test_a_file_is_corrected_into_a_file(tmp_path: Path):
    data, out, rules = (tmp_path / name for name in ("d.csv", "o.csv", "r.txt"))
    data.write_text("start,end\n9,4\n")
    rules.write_text("start <= end\n")
    corrected, report = correct_table(data, rules, output=out)
    assert corrected == str(out)
    assert out.read_text() == "start,end\n9,9\n"
    assert report.cells_changed == 1
    assert load_requirements(rules).requirements[0].text == "start <= end"


def test_methods_and_weights_decide_what_moves():
    row = {"a": np.array([3.0]), "b": np.array([1.0]), "c": np.array([1.0])}
    rules = parse_requirements("a <= b\na <= c")

    def corrected(**options):
        table, _ = correct_table(row, rules, **options)
        return [table[name].item() for name in row]

    assert corrected() == [3.0, 3.0, 3.0]
    assert corrected(method="fewest") == [1.0, 1.0, 1.0]
    assert corrected(method="nearest") == pytest.approx([5 / 3] * 3, abs=1e-9)
    assert corrected(method="fewest", weights={"a": 3.0}) == [3.0, 3.0, 3.0]
    assert corrected(only=["a"]) == [1.0, 1.0, 1.0]
    assert corrected(fixed=["b", "c"]) == [1.0, 1.0, 1.0]
    assert corrected(ordering=["b", "c", "a"]) == [1.0, 1.0, 1.0]


def test_what_cannot_be_is_an_error_that_says_so():
    row = {"start": [3.0], "end": [1.0]}
    with pytest.raises(UsageError, match="no method 'best'"):
        correct_table(row, RULES, method="best")
    with pytest.raises(MissingColumnError, match="`ends`"):
        correct_table(row, RULES, method="nearest", weights={"ends": 2.0})
    with pytest.raises(UsageError, match="output"):
        correct_table(row, RULES, output="out.csv")
    with pytest.raises(UsageError, match="output"):
        correct_table("in.csv", RULES)
    with pytest.raises(UsageError, match="int was given"):
        check_table(3, RULES)
    with pytest.raises(RequirementsFileError, match="finish"):
        check_table(row, parse_requirements("start <= finish"))
    with pytest.raises(ContradictionError):
        correct_table(row, parse_requirements("start < end\nend < start"))
