"""What a user is told of rows whose missing cells no values can fill."""

import csv
import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli import check_table
from pishield_cli.cli.boundary import run

RULES = "[sum] x + y == z\nx >= 0\n[plus] y >= 0\ninteger n\n2*n <= 2*x + 1\n2*n >= 2*x + 1\n"
FORMATS = ("table", "json", "junit", "github", "markdown", "sarif", "html")


@pytest.fixture(params=["csv", "parquet"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Row 1 has no completion by its sum, row 3 since `n` is whole; row 4 violates a rule."""
    (tmp_path / "rules.txt").write_text(RULES)
    rows = {
        "x": [0.5, 9.5, 0.5, 10.0, -1.5, None],
        "y": [None, None, None, 1.0, 2.0, None],
        "z": [5.0, 5.0, None, 11.0, 0.5, None],
        "n": [None] * 6,
    }
    table = pa.table({name: pa.array(cells, pa.float64()) for name, cells in rows.items()})
    if request.param == "csv":
        text = "x,y,z,n\n0.5,,5,\n9.5,,5,\n0.5,,,\n10,1,11,\n-1.5,2,0.5,\n,,,\n"
        (tmp_path / "t.csv").write_text(text)
        return str(tmp_path / "t.csv")
    pq.write_table(table, tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def checked(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    arguments = ["check", data, str(tmp_path / "rules.txt"), *more]
    assert run(arguments) == 1
    return capsys.readouterr().out


@pytest.mark.parametrize("rows", ["1", "2", "3", "1000"])
def test_rows_without_completion_are_violating_rows_in_any_batches(
    data: str, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = json.loads(checked(data, tmp_path, capsys, "--format", "json", "--batch-rows", rows))
    assert (out["rows"], out["violating_rows"], out["unknown_rows"]) == (6, 3, 3)
    assert [one["violations"] for one in out["requirements"]] == [0, 1, 0, 0, 0, 0]
    assert [one["unknown"] for one in out["requirements"]] == [4, 1, 4, 6, 6, 6]
    found = out["no_completion"]
    assert (found["rows"], found["fails"]) == (2, True)
    assert [(one["row"], one["requirements"]) for one in found["examples"]] == [
        (1, [1, 3]),
        (3, [4, 5, 6]),
    ]
    assert found["examples"][0]["cells"] == {
        "x": "9.5",
        "y": "",
        "z": "5" if "csv" in data else "5.0",
    }


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_a_line_for_them(
    data: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = checked(data, tmp_path, capsys, "--format", form, "--show", "2")
    if form == "junit":
        suite = ElementTree.fromstring(out)[0]
        assert (suite.get("tests"), suite.get("failures")) == ("7", "2")
        assert suite[-2].get("name") == "no completion"
    elif form == "json":
        assert json.loads(out)["no_completion"]["rows"] == 2
    else:
        assert "no completion" in out.lower()
        assert "requirements 1 and 3 cannot both hold" in out
        assert "9.5" in out or form == "markdown"


def test_they_are_listed_and_allowed_like_violating_rows(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "listed.csv"
    checked(data, tmp_path, capsys, "--violations", str(listed), "--max-violations", "2")
    rows = list(csv.DictReader(listed.read_text().splitlines()))
    assert [(row["row"], row["violated"]) for row in rows] == [
        ("1", "no completion"),
        ("3", "no completion"),
        ("4", "2"),
    ]
    assert rows[0]["undecided"] == "sum;plus;4;5;6"
    assert run(["check", data, str(tmp_path / "rules.txt"), "--max-violations", "3"]) == 0


def test_python_says_the_same(data: str, tmp_path: Path) -> None:
    report = check_table(data, str(tmp_path / "rules.txt"))
    assert (report.violating_rows, report.no_completion.rows, report.holds) == (3, 2, False)


def test_they_alone_fail_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules.txt").write_text("x + y == z\nx >= 0\ny >= 0\n")
    (tmp_path / "t.csv").write_text("x,y,z\n10,,5\n1,,5\n")
    out = checked(str(tmp_path / "t.csv"), tmp_path, capsys)
    assert "no completion that satisfies 3 requirements; no row decides 2 of them" in out
    assert "0 (line 2), requirements 1 and 3 cannot both hold" in out


def test_warnings_and_allowances_of_their_own_do_not_fail_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.txt").write_text("x + y == z\n[low; warn] y >= 0\n")
    (tmp_path / "t.csv").write_text("x,y,z\n10,,5\n1,,5\n")
    assert (
        run(["check", str(tmp_path / "t.csv"), str(tmp_path / "rules.txt"), "--format", "json"])
        == 0
    )
    out = json.loads(capsys.readouterr().out)
    assert (out["violating_rows"], out["holds"]) == (1, True)
    assert (out["no_completion"]["rows"], out["no_completion"]["fails"]) == (1, False)


def test_null_tests_and_quotients_leave_rows_completions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.txt").write_text(
        "y is null or y > 5\ncoalesce(y, 0) + x <= 1\nx / y <= 2\nx / y >= 3\n"
    )
    (tmp_path / "t.csv").write_text("x,y\n1,\n")
    assert run(["check", str(tmp_path / "t.csv"), str(tmp_path / "rules.txt")]) == 0


def test_the_report_of_violations_counts_them(data: str, tmp_path: Path) -> None:
    rules, out = str(tmp_path / "rules.txt"), tmp_path / "out.json"
    arguments = ["report", "violations", data, rules, "--format", "json", "-o", str(out)]
    assert run(arguments) == 1
    found = json.loads(out.read_text())
    assert (found["violating_rows"], found["incomplete_rows"]) == (3, 2)


@pytest.mark.parametrize("rules", ["ordered <= shipped <= delivered\n", "ordered <= shipped\n"])
@pytest.mark.parametrize("delivered", ["2024-05-01", "2024-05-12"])
def test_a_wholly_empty_column_beside_dates_is_one_of_dates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, delivered: str
) -> None:
    (tmp_path / "rules.txt").write_text(rules)
    (tmp_path / "t.csv").write_text(f"ordered,shipped,delivered\n2024-05-10,,{delivered}\n")
    line = {"ordered": "2024-05-10", "shipped": None, "delivered": delivered}
    (tmp_path / "t.jsonl").write_text(json.dumps(line) + "\n")
    cells = {
        name: [None if cell is None else date.fromisoformat(cell)] for name, cell in line.items()
    }
    empty = {"null": pa.null(), "text": pa.string(), "date": pa.date32()}
    for kind, arrow in empty.items():
        shipped = pa.array([None], arrow)
        pq.write_table(pa.table({**cells, "shipped": shipped}), tmp_path / f"{kind}.parquet")
    lacking = "delivered" in rules and delivered < "2024-05-10"
    for name in ("t.csv", "t.jsonl", *(f"{kind}.parquet" for kind in empty)):
        table, file = str(tmp_path / name), str(tmp_path / "rules.txt")
        assert run(["check", table, file]) == lacking
        out = capsys.readouterr().out
        assert ("requirement 1 cannot hold" in out) == lacking
        assert run(["correct", table, file, "--dry-run"]) == 0
        out = capsys.readouterr().out
        assert ("1 cell changed" in out) == lacking


def test_missing_cells_of_texts_may_be_any_numbers_when_rows_are_corrected(tmp_path: Path) -> None:
    data, rules, out = (tmp_path / name for name in ("t.csv", "r.txt", "out.csv"))
    data.write_text("a,c\ntrue,12.3\n,-0.1\n")
    rules.write_text("-a == 17.5 or c > 5\n-3*c < -3 or -3*a < 0\n")
    assert run(["correct", str(data), str(rules), "-o", str(out)]) == 0
    assert out.read_text().startswith("a,c\ntrue,12.3\n,1.")
    assert run(["check", str(out), str(rules)]) == 0
