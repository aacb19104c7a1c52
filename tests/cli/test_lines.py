"""A row of a CSV file that is listed is told with its line, whatever stands between the lines."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli import check_table
from pishield_cli.cli import main


def listed(capsys, *words):
    main(["check", *map(str, words), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["requirements"]
    return [(one["row"], one["line"]) for one in found["examples"]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_count_headers_blank_lines_and_line_endings_in_cells(tmp_path, capsys, ending):
    data, rules = tmp_path / "d.csv", tmp_path / "r.txt"
    lines = ["# made by hand", "a,note", "1,x", "", '-1,"two', 'lines"', "-2,y", "3,z", "-4,w"]
    data.write_bytes(ending.join(lines).encode())
    rules.write_text("a >= 0")
    found = listed(capsys, data, rules, "--skip-rows", "1")
    assert found == [(1, 5), (2, 7), (4, 9)]
    main(["check", str(data), str(rules), "--skip-rows", "1"])
    assert "4 (line 9), by 4" in capsys.readouterr().out


def test_other_tables_have_no_lines():
    (found,) = check_table({"a": [-1]}, "a >= 0").results
    assert found.worst.line is None


CELLS = st.lists(
    st.tuples(st.integers(-2, 2), st.text(alphabet='ab\n\r", ', max_size=4)),
    min_size=1,
    max_size=30,
)


@given(CELLS, st.integers(1, 3))
def test_the_line_is_where_the_row_begins(tmp_path_factory, rows, batch_rows):
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["a", "note"])
    expected = []
    for number, row in enumerate(rows):
        before = text.getvalue()
        line = 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
        expected += [(number, line)] if row[0] < 0 else []
        writer.writerow(row)
    data = tmp_path_factory.mktemp("lines") / "d.csv"
    Path(data).write_bytes(text.getvalue().encode())
    (found,) = check_table(data, "a >= 0", show=100).results
    assert [(one.row, one.line) for one in found.examples] == expected
