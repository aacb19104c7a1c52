"""What a user is told of rows that missing cells leave undecided."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli.cli.boundary import run

FORMATS = ("table", "json", "junit", "github", "markdown", "sarif")


@pytest.fixture(params=["csv", "parquet"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Row 1 misses `b`; every row satisfies the rules as far as they can be told."""
    (tmp_path / "rules.txt").write_text("[kept] b == b\n0*b <= 1\na > 0 or b <= 0 or b > 0\n")
    if request.param == "csv":
        (tmp_path / "t.csv").write_text("a,b\n1,2\n-1,\n1,\n")
        return str(tmp_path / "t.csv")
    pq.write_table(pa.table({"a": [1, -1, 1], "b": [2, None, None]}), tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


@pytest.mark.parametrize("form", FORMATS)
def test_the_first_undecided_row_is_named_in_every_format(
    data: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = str(tmp_path / "rules.txt")
    assert run(["check", data, rules, "--missing", "fail", "--format", form]) == 1
    out = capsys.readouterr().out
    if form == "json":
        content = json.loads(out)
        assert [one["unknown"] for one in content["requirements"]] == [2, 2, 1]
        assert [one["rows"] for one in content["requirements"]] == [[1, 2], [1, 2], [1]]
        assert [one["columns"] for one in content["requirements"]] == [["b"], ["b"], ["a", "b"]]
    else:
        assert "1, undecided" in out or "first in row 1" in out


def test_undecided_rows_are_counted_and_pass_unless_they_fail(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = str(tmp_path / "rules.txt")
    assert run(["check", data, rules]) == 0
    assert "2 undecided (missing cells)" in capsys.readouterr().out


def test_undecided_rows_are_written_where_they_fail(data: str, tmp_path: Path) -> None:
    rules, listed = str(tmp_path / "rules.txt"), tmp_path / "listed.csv"
    arguments = ["check", data, rules, "--violations", str(listed), "--quiet"]
    run(arguments)
    assert len(listed.read_text().splitlines()) == 1
    run([*arguments, "--missing", "fail"])
    rows = list(csv.DictReader(listed.read_text().splitlines()))
    assert [(row["row"], row["violated"], row["undecided"]) for row in rows] == [
        ("1", "", "kept;2;3"),
        ("2", "", "kept;2"),
    ]


@pytest.mark.parametrize("form", ["table", "markdown", "junit", "github", "sarif", "json"])
def test_a_requirement_that_no_row_decides_is_told(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("joined.csv").write_text("a,b,c\n,1,2\n,2,3\n,3,4\n")
    Path("rules.txt").write_text("a <= b\nb <= c\n")
    assert run(["check", "joined.csv", "rules.txt", "--format", form]) == 0
    out = capsys.readouterr().out
    if form == "json":
        assert [one["warns"] for one in json.loads(out)["requirements"]] == [True, False]
    elif form == "sarif":
        assert "decided in no row, for cells are missing everywhere" in out
    else:
        assert "no row decides 1 of them" in out
        assert "satisfy" not in out
