"""What Python's users hold in their hands: any table in, the same kind back, reports that tell."""

import datetime as dt
import json
import math
import re
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pishield_cli
from pishield_cli import (
    Dialect,
    RequirementsViolatedError,
    check_table,
    correct_table,
    load_requirements,
    parse_requirements,
    suggest_requirements,
)
from pishield_cli.cli.boundary import run
from pishield_cli.errors import (
    RequirementError,
    RequirementsFileError,
    ShapeError,
    TableError,
    UsageError,
)

RULES = "start <= end\n[late] end <= 10"
STAYS = {"start": [3.0, 9.0, 12.5], "end": [5.0, 4.0, 10.0], "name": ["a", "b", "c"]}
RIGHT = {**STAYS, "end": [5.0, 9.0, 10.0], "start": [3.0, 9.0, 10.0]}


class Streamed:
    """What is known of it is the Arrow stream protocol alone."""

    def __init__(self, columns):
        self._table = pa.table(columns)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def structured(columns):
    kinds = [("start", "f8"), ("end", "f8"), ("name", "U1")]
    return np.array(list(zip(*columns.values(), strict=True)), dtype=kinds)


KINDS = {
    "arrow": (pa.table, lambda table: table.to_pydict()),
    "record batch": (pa.RecordBatch.from_pydict, lambda table: table.to_pydict()),
    "pandas": (pd.DataFrame, lambda table: table.to_dict("list")),
    "polars": (pl.DataFrame, lambda table: table.to_dict(as_series=False)),
    "lazy polars": (pl.LazyFrame, lambda table: table.collect().to_dict(as_series=False)),
    "lists": (dict, dict),
    "structured array": (
        structured,
        lambda array: {n: array[n].tolist() for n in array.dtype.names},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_table_is_checked_and_given_back(kind):
    make, read = KINDS[kind]
    table = make(STAYS)
    report = check_table(table, RULES)
    assert not report
    assert report.mask.tolist() == [False, True, True]
    corrected, done = correct_table(table, RULES)
    assert type(corrected) is type(table)
    assert read(corrected) == RIGHT
    assert read(table) == STAYS
    assert done
    assert done.mask.tolist() == [False] * 3
    assert check_table(corrected, RULES, tolerance=0)


def test_what_streams_arrow_is_checked_and_comes_back_as_an_arrow_table():
    assert check_table(Streamed(STAYS), RULES).violating_rows == 2
    corrected, _ = correct_table(Streamed(STAYS), RULES)
    assert corrected.to_pydict() == RIGHT
    corrected, _ = correct_table(pa.table(STAYS).to_reader(), RULES)
    assert corrected.read_all().to_pydict() == RIGHT


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i2", "u1"])
def test_an_array_keeps_its_dtype_and_names_its_columns(dtype):
    array = np.array([[3, 5], [9, 4]], dtype=dtype)
    for rules, columns in (("start <= end", ["start", "end"]), ("y_0 <= y_1", None)):
        assert check_table(array, rules, columns=columns).mask.tolist() == [False, True]
        corrected, _ = correct_table(array, rules, columns=columns)
        assert corrected.dtype == array.dtype
        assert corrected.tolist() == [[3, 5], [9, 9]]
    assert array.tolist() == [[3, 5], [9, 4]]


def test_an_array_that_is_no_table_is_refused():
    with pytest.raises(ShapeError, match=r"\(3,\).*reshape"):
        check_table(np.zeros(3), "y_0 >= 0")
    with pytest.raises(ShapeError, match="2 columns and 1 names"):
        check_table(np.zeros((3, 2)), "a >= 0", columns=["a"])


@pytest.mark.parametrize(
    ("dtype", "cells", "expected"),
    [
        (pl.Int8, [0, 1], [1, 1]),
        (pl.UInt64, [0, 2**63 + 1], [1, 2**63 + 1]),
        (pl.Float32, [0.0, None], [1.0, None]),
        (pl.Boolean, [False, True], [True, True]),
        (pl.Decimal(10, 2), ["0.50", "7.25"], ["1.00", "7.25"]),
    ],
    ids=str,
)
def test_frames_of_polars_keep_their_types(dtype, cells, expected):
    frame = pl.DataFrame({"a": [1, 1], "b": pl.Series(cells).cast(dtype), "c": ["x", None]})
    corrected, _ = correct_table(frame, "a <= b", fixed=["a"])
    assert corrected.schema == frame.schema
    assert corrected["b"].to_list() == pl.Series(expected).cast(dtype).to_list()
    assert corrected["c"].to_list() == ["x", None]


def test_categories_texts_and_dates_of_polars_are_checked():
    frame = pl.DataFrame(
        {
            "kind": pl.Series(["a", "b", None], dtype=pl.Categorical),
            "day": [dt.date(2024, 1, 1), dt.date(2025, 1, 1), None],
        }
    )
    report = check_table(frame, 'kind == "a"\nday < 2025-01-01')
    assert [one.violations for one in report.results] == [1, 1]


@pytest.mark.parametrize(
    "rule",
    [
        's in ("a", "b")',
        'lower(s) == "a"',
        'length(s) <= 1 and s matches "[a-z]"',
        's like "a%" or s contains "b"',
        'substr(s, 1, 2) == "ab"',
        "number(s) > 1",
        "s > n",
        "s <= 2024-01-01",
        'concat(s, "b") == "ab"',
    ],
)
def test_a_column_that_holds_nothing_leaves_all_that_is_said_of_it_open(rule):
    for table in ({"s": [None, None], "n": [1, 2]}, pa.table({"s": pa.nulls(2), "n": [1, 2]})):
        (found,) = check_table(table, rule).results
        assert (found.violations, found.unknown) == (0, 2)
        assert correct_table(table, rule, fill=True).report.cells_changed == 0


def test_parsed_requirements_learn_from_the_table_that_columns_hold_texts():
    frame = pl.DataFrame({"billing": ["x", "y"], "shipping": ["x", "z"]})
    for rules in ("billing == shipping", parse_requirements("billing == shipping")):
        assert check_table(frame, rules).mask.tolist() == [False, True]


def test_columns_that_no_requirement_names_never_stand_in_the_way():
    odd = [1, "x", [2]]
    frame = pd.DataFrame({"a": [1, 2, 3], "odd": pd.Series(odd, dtype=object)})
    assert check_table(frame, "a >= 1")
    assert correct_table(frame, "a >= 2").table["odd"].tolist() == odd
    assert check_table({"a": [1, 2, 3], "odd": odd}, "a >= 1")
    long = np.array([0.1, 2], dtype=np.longdouble)
    held = {"a": [1, 2], "z": [1j, 2], "long": long, "big": [10**90, 1]}
    wide = pl.DataFrame({"a": [1, 2], "i": pl.Series([2**100, 1], dtype=pl.Int128)})
    for table in (held, pd.DataFrame(held), wide):
        assert list(correct_table(table, "a >= 2").table["a"]) == [2, 2]
    twice = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "b"])
    assert correct_table(twice, "a >= 2").table.to_numpy().tolist() == [[2, 2, 3]]
    with pytest.raises(TableError, match="`b`"):
        check_table(twice, "b >= 2")


@pytest.mark.parametrize(
    "make",
    [list, lambda c: np.array(c, dtype=object), pd.Series, partial(pl.Series, dtype=pl.Int128)],
)
def test_whole_numbers_of_any_size_are_numbers_and_come_back_as_such(make):
    cells = make([2**100, 7])
    assert check_table({"a": cells, "b": [2.0, 8.0]}, "a <= b").mask.tolist() == [True, False]
    corrected, done = correct_table({"a": cells, "b": [2.0, 8.0]}, "a <= b", fixed=["b"])
    assert done
    assert type(corrected["a"]) is type(cells)
    assert list(corrected["a"]) == [2, 7]
    assert all(type(one) is int for one in corrected["a"])


def test_categories_stay_categories_with_the_texts_that_they_lack():
    kind = pd.Categorical(["b", "c", None], categories=["c", "b"], ordered=True)
    corrected, _ = correct_table(pd.DataFrame({"kind": kind}), 'kind in ("a", "c")')
    assert corrected["kind"].tolist()[:2] == ["a", "c"]
    assert corrected["kind"].isna().tolist() == [False, False, True]
    assert corrected["kind"].cat.categories.tolist() == ["c", "b", "a"]
    assert corrected["kind"].cat.ordered
    closed = pl.DataFrame({"kind": pl.Series(["b"], dtype=pl.Enum(["b"]))})
    with pytest.raises(TableError, match="must fit the type of its column, Enum"):
        correct_table(closed, 'kind == "a"')


def test_sparse_columns_and_views_of_texts_keep_their_types():
    sparse = pd.DataFrame({"a": pd.arrays.SparseArray([0, 3]), "b": [1, 2]})
    corrected, _ = correct_table(sparse, "a <= b", fixed=["b"])
    assert corrected["a"].tolist() == [0, 2]
    assert corrected.dtypes.equals(sparse.dtypes)
    views = pa.table({"s": pa.array(["x", None, "y"], pa.string_view())})
    corrected, _ = correct_table(views, 's in ("y", "z")')
    assert corrected.schema == views.schema
    assert corrected["s"].to_pylist() == ["y", None, "y"]


# ---------------------------------------------------------------------------------- requirements


def test_requirements_are_a_path_an_object_or_a_text(tmp_path, monkeypatch):
    path = tmp_path / "rules.txt"
    path.write_text("a >= 2\n")
    for rules in (path, str(path), "a >= 2", "a >= 2\n", load_requirements(path)):
        assert check_table({"a": [1, 2]}, rules).violating_rows == 1
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a >= 2").write_text("a >= 0\n")
    assert check_table({"a": [1, 2]}, "a >= 2")  # a file of this name comes first
    assert check_table({"a": [1], "b": [0]}, "a or b")


@pytest.mark.parametrize(
    "rule",
    [
        "a between 0 and 0.5",
        "b starts with 'x.y/'",
        'b matches "[/].[a-z]"',
        "a / 2 between 3 and 4",
        "if a is null then b is not null and a is not null",
    ],
)
def test_a_rule_without_comparison_is_a_text_whatever_is_in_it(rule):
    assert check_table({"a": [None, 1], "b": [None, "x"]}, rule).results[0].requirement.text == rule


@pytest.mark.parametrize(
    "path",
    [
        "rules.txt",
        "rules/and more",
        "my tests.v2/not all",
        "no/such in here.txt",
        "rules and more.txt",
        "rules",
    ],
)
def test_what_looks_like_a_path_is_one(path):
    with pytest.raises(RequirementError, match="does not exist"):
        check_table({"a": [1]}, path)


def test_errors_print_what_the_command_prints(tmp_path, capsys):
    data, rules = tmp_path / "d.csv", tmp_path / "r.txt"
    data.write_text("price\n1\n")
    rules.write_text("prize >= 0\nprice >= \n")
    with pytest.raises(RequirementsFileError) as raised:
        check_table(data, rules)
    assert run(["check", str(data), str(rules)]) == 2
    assert capsys.readouterr().err.replace("error: ", "") == f"{raised.value}\n"
    assert str(raised.value).splitlines()[:3] == [
        f"{rules}:1:1: `prize` is not a column of the table.",
        "  1 | prize >= 0",
        "    | ^^^^^",
    ]


def test_text_rules_show_their_place_too():
    with pytest.raises(RequirementsFileError, match=re.escape("<text>:2:1: `b` is not a column")):
        check_table({"a": [1]}, "a >= 0\nb >= 0")


def test_one_column_may_be_named_by_a_text_alone():
    table = {"start": [3, 9], "end": [5, 4]}
    one = check_table(table, "start <= end", key="start")
    assert one.results[0].worst.key == {"start": "9"}
    for word in ("fixed", "only", "ordering"):
        alone = correct_table(table, "start <= end", **{word: "end"})
        assert alone.table == correct_table(table, "start <= end", **{word: ["end"]}).table
    array = np.array([[3.0], [9.0]])
    assert check_table(array, "start <= 9", columns="start")
    assert Dialect(units="kg").units == ("kg",)
    assert Dialect(missing="n.a.").missing == ("n.a.",)


@pytest.mark.parametrize("allowed", [1, 0.5, "50%", Fraction(1, 2), "1", 0.7, np.int64(1)])
def test_allowances_are_numbers_of_rows_or_shares(allowed):
    table = {"start": [3, 9], "end": [5, 4]}
    assert check_table(table, "start <= end", max_violations=allowed)
    assert not check_table({**table, "end": [1, 4]}, "start <= end", max_violations=allowed)


@pytest.mark.parametrize("allowed", [-1, 1.5, -0.1, "many", "101%", math.nan, math.inf])
def test_what_is_not_an_allowance_is_refused(allowed):
    with pytest.raises(UsageError, match="a whole number of rows, or a percentage"):
        check_table({"a": [1]}, "a >= 0", max_violations=allowed)


def test_what_day_it_is_can_be_said():
    frame = pl.DataFrame({"day": [dt.date(2024, 5, 1)]})
    assert check_table(frame, "day <= today", today=dt.date(2024, 5, 1))
    assert not check_table(frame, "day <= today", today=dt.date(2024, 4, 30))


# ---------------------------------------------------------------------------------------- reports


def test_a_report_tells_what_the_command_tells(tmp_path, capsys):
    data, rules = tmp_path / "d.csv", tmp_path / "r.txt"
    data.write_text("start,end\n3,5\n9,4\n")
    rules.write_text(RULES)
    report = check_table(data, rules)
    run(["check", str(data), str(rules), "--format", "json", "--show", "10"])
    assert report.to_dict() == json.loads(capsys.readouterr().out)
    run(["check", str(data), str(rules), "--show", "10"])
    table = capsys.readouterr().out
    clock = re.compile(r"[\d.e-]+ s ")
    assert clock.sub("", str(report)) == clock.sub("", table.rstrip("\n"))
    assert report.mask.tolist() == [False, True]
    assert repr(report).startswith("<TableReport: FAIL")


def test_a_report_raises_when_it_is_asked_to():
    check_table(STAYS, "start >= 0").raise_if_failing()
    report = check_table(STAYS, RULES)
    with pytest.raises(RequirementsViolatedError, match="start <= end") as raised:
        report.raise_if_failing()
    assert raised.value.report is report
    correct_table(STAYS, RULES).report.raise_if_failing()
    stuck = correct_table(STAYS, RULES, fixed=["start", "end"]).report
    assert not stuck
    assert stuck.mask.tolist() == [False, True, True]
    with pytest.raises(RequirementsViolatedError, match="could not be corrected"):
        stuck.raise_if_failing()


@pytest.mark.parametrize(
    ("make", "kind"), [(pl.DataFrame, pl.DataFrame), (dict, pd.DataFrame), (pa.table, pa.Table)]
)
def test_figures_are_a_frame_of_the_users_own_library(make, kind):
    frame = check_table(make(STAYS), RULES).to_frame()
    assert isinstance(frame, kind)
    assert list(frame["violations"].to_pylist() if kind is pa.Table else frame["violations"]) == [
        2,
        0,
    ]
    moved = correct_table(make(STAYS), RULES).report.to_frame()
    assert sorted(moved["column"].to_pylist() if kind is pa.Table else moved["column"]) == [
        "end",
        "start",
    ]


def test_notebooks_show_reports_with_all_content_escaped():
    hostile = {"<script>a": [3.0], "<end>": [1.0]}
    rules = "[<b>x</b>] `<script>a` <= `<end>`"
    for report in (check_table(hostile, rules), correct_table(hostile, rules).report):
        html = report._repr_html_()
        assert "<table>" in html
        assert "<script" not in html
        assert "<b>x" not in html
        assert "&lt;end&gt;" in html


def test_suggestions_hold_for_the_table_that_they_come_from():
    table = pl.DataFrame({"low": list(range(80)), "high": [i + i % 5 for i in range(80)]})
    text = suggest_requirements(table)
    assert "low" in text
    assert check_table(table, text)


@given(
    st.lists(st.tuples(st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3)), min_size=1)
)
def test_the_mask_says_which_rows_fractions_say(rows):
    table = {"a": [row[0] for row in rows], "b": [row[1] for row in rows]}
    expected = [None not in row and Fraction(row[0]) > row[1] for row in rows]
    for made in (table, pa.table(table, schema=pa.schema([("a", pa.int64()), ("b", pa.int64())]))):
        report = check_table(made, "a <= b")
        assert report.mask.tolist() == expected
        assert report.mask.sum() == report.violating_rows


def test_the_mask_of_a_file_of_many_row_groups_is_in_place(tmp_path):
    from pyarrow import parquet

    cells = [float(place % 7 == 3 and place >= 500) for place in range(1000)]
    parquet.write_table(pa.table({"a": cells}), tmp_path / "t.parquet", row_group_size=100)
    report = check_table(tmp_path / "t.parquet", "a <= 0")
    assert report.mask.tolist() == [cell > 0 for cell in cells]


def test_all_public_names_are_there():
    for name in pishield_cli.__all__:
        assert getattr(pishield_cli, name) is not None
    with pytest.raises(UsageError, match="an int was given"):
        check_table(3, "a >= 0")
