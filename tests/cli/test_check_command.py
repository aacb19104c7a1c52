"""`pishield check` on real files: what it prints, what it exits with, what every option does."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

TABLE = "start,end,name\n1,2,a\n5,3,b\n4,4,c\n,1,d\n2,9,e\n"
RULES = "# dates\n[dates-in-order] end - start >= 0\nstart <= 4\nend > -1\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text(TABLE)
    Path("rules.txt").write_text(RULES)
    return "table.csv"


def run(*arguments: str) -> int:
    return main(["check", *arguments])


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    code = run(*arguments, "--format", "json")
    return code, json.loads(capsys.readouterr().out)


def test_violations_exit_with_one(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(table, "rules.txt") == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[-1] == (
        "FAIL  1 of 5 rows violates 2 of 3 requirements; 1 undecided (missing cells)"
    )
    assert "[dates-in-order]" not in err
    assert "dates-in-order" in out
    assert err == ""


def test_a_table_that_holds_exits_with_zero(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("end > 0\n")
    assert run(table, "rules.txt") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "OK    5 rows satisfy 1 requirement"


def test_json_counts_by_requirement(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, content = report(capsys, table, "rules.txt")
    assert code == 1
    assert content["data"] == "table.csv"
    assert content["requirements_file"] == "rules.txt"
    assert content["type"] == "linear"
    assert (content["rows"], content["violating_rows"], content["unknown_rows"]) == (5, 1, 1)
    first, second, third = content["requirements"]
    assert (first["number"], first["line"], first["label"]) == (1, 2, "dates-in-order")
    assert first["text"] == "end - start >= 0"
    assert sorted(first["columns"]) == ["end", "start"]
    assert (first["violations"], first["unknown"], first["rate"]) == (1, 1, 0.2)
    assert first["worst"] == {"row": 1, "line": 3, "key": None, "by": 2.0}
    assert first["rows"] == [1]
    assert (second["violations"], second["unknown"]) == (1, 1)
    assert (third["violations"], third["unknown"], third["worst"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("allowed", "code"), [("0", 1), ("1", 0), ("19%", 1), ("20%", 0), ("100%", 0), ("19.99%", 1)]
)
def test_max_violations(table: str, allowed: str, code: int) -> None:
    assert run(table, "rules.txt", "--max-violations", allowed) == code


def test_missing_fail_counts_undecided_rows(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("start < 9\n")
    assert run(table, "rules.txt") == 0
    assert run(table, "rules.txt", "--missing", "ignore") == 0
    assert run(table, "rules.txt", "--missing", "fail") == 1
    assert "undecided (missing cells), none allowed" in capsys.readouterr().out


def test_type_columns_and_positions(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("y_0 - y_1 >= 0\n")
    _, content = report(capsys, table, "rules.txt")
    assert content["requirements"][0]["columns"] == ["start", "end"]
    _, content = report(capsys, table, "rules.txt", "--columns", "end,start", "--type", "qflra")
    assert content["requirements"][0]["columns"] == ["end", "start"]
    assert content["type"] == "qflra"


def test_tolerance_and_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, rules = tmp_path / "t.csv", tmp_path / "r.txt"
    data.write_text("a\n0.9999999999999999\n0.9999999999\n")
    rules.write_text("a >= 1\n")
    counts = {}
    for options in ((), ("--exact",), ("--tolerance", "0"), ("--tolerance", "0.4")):
        _, content = report(capsys, str(data), str(rules), *options)
        counts[options] = content["violating_rows"]
    assert counts == {
        (): 1,
        ("--exact",): 2,
        ("--tolerance", "0"): 2,
        ("--tolerance", "0.4"): 0,
    }


def test_show_lists_rows_with_their_cells(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(table, "rules.txt", "--show", "1") == 1
    out = capsys.readouterr().out
    assert "row 1 (line 3), by 2: " in out
    assert "end = 3" in out
    assert "start = 5" in out
    _, content = report(capsys, table, "rules.txt", "--show", "0")
    assert content["requirements"][0]["rows"] == []


def test_an_empty_table_passes_only_if_allowed(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(table).write_text("start,end\n")
    assert run(table, "rules.txt") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--allow-empty" in err
    assert run(table, "rules.txt", "--allow-empty") == 0


def test_violating_rows_are_written_to_csv(table: str) -> None:
    assert run(table, "rules.txt", "--violations", "bad.csv") == 1
    with Path("bad.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0][-3:] == ["start", "end", "name"]
    assert len(rows) == 2
    assert rows[0][:2] == ["row", "line"]
    assert rows[1][:2] == ["1", "3"]
    assert "dates-in-order" in rows[1][2]
    assert rows[1][-3:] == ["5", "3", "b"]


def test_violating_rows_are_written_to_parquet(tmp_path: Path) -> None:
    data, rules, bad = (str(tmp_path / name) for name in ("t.parquet", "r.txt", "bad.parquet"))
    parquet.write_table(pa.table({"a": [1, -2, 3, -4], "s": list("abcd")}), data)
    Path(rules).write_text("a >= 0\n")
    assert run(data, rules, "--violations", bad) == 1
    written = parquet.read_table(bad)
    assert written.num_rows == 2
    assert written.column("a").to_pylist() == [-2, -4]
    assert written.column("s").to_pylist() == ["b", "d"]


def test_the_report_can_go_to_a_file(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("report.json").write_text("old")
    assert run(table, "rules.txt", "--format", "json", "-o", "report.json") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("table.csv: FAIL  1 of 5 rows violates 2 of 3 requirements")
    assert json.loads(Path("report.json").read_text())["violating_rows"] == 1
    assert run(table, "rules.txt", "--output", "report.txt") == 1
    assert Path("report.txt").read_text().splitlines()[-1].startswith("FAIL  1 of 5 rows")
    assert sorted(os.listdir()) == ["report.json", "report.txt", "rules.txt", "table.csv"]


@pytest.mark.parametrize("form", ["table", "json", "junit", "github", "markdown", "sarif"])
def test_every_format_says_what_failed(
    table: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(table, "rules.txt", "--format", form) == 1
    out, err = capsys.readouterr()
    assert "dates-in-order" in out
    assert err == ""


@pytest.mark.parametrize(
    "options", [("--workers", "1"), ("--workers", "2"), ("--batch-rows", "2"), ("--quiet",)]
)
def test_how_the_work_is_done_does_not_change_the_result(
    table: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    plain = report(capsys, table, "rules.txt")
    assert report(capsys, table, "rules.txt", *options) == plain


def test_quiet_leaves_nothing_to_read_unless_something_fails(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(table, "rules.txt", "--quiet") == 1
    failing = capsys.readouterr().out
    assert "dates-in-order" in failing
    assert run(table, "rules.txt", "--quiet", "--max-violations", "100%") == 0
    assert capsys.readouterr() == ("", "")
    assert run(table, "rules.txt", "-q", "--max-violations", "100%", "-o", "report.txt") == 0
    assert capsys.readouterr() == ("", "")
    assert "dates-in-order" in Path("report.txt").read_text()


@pytest.mark.parametrize("form", ["json", "junit", "github", "markdown", "sarif"])
def test_quiet_leaves_every_format_for_machines_as_it_is(
    table: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (table, "rules.txt", "--max-violations", "100%", "--format", form)
    outputs = []
    for extra in ((), ("--quiet",)):
        assert run(*options, *extra) == 0
        outputs.append(re.sub(r'time="[^"]*"', "", capsys.readouterr().out))
    assert outputs[0] == outputs[1] != ""


def test_where_no_row_holds_the_rules_are_suspected(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rules.txt").write_text("start >= 10_000\nstart <= 9_999\n")
    assert run(table, "rules.txt") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("FAIL")
    assert lines[-2].endswith("pishield inspect rules.txt")


def test_thousands_of_requirements_are_cut_short_violated_ones_first(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rules.txt").write_text("".join(f"end >= {i - 1_500}\n" for i in range(1_503)))
    assert run(table, "rules.txt") == 1
    out = capsys.readouterr().out
    assert "and 503 more requirements, none of them violated" in out
    assert "end >= 2 " in out
    assert out.splitlines()[-1].startswith("FAIL")


def test_a_label_is_never_read_as_markup(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("[red] end > 5\n")
    run(table, "rules.txt")
    assert "red" in capsys.readouterr().out


@pytest.mark.parametrize("data", ["-", "table.csv"])
@pytest.mark.parametrize(
    "report", [[], ["--format", "json"], ["-o", "-"], ["--json", "-", "-o", "r.txt"]]
)
def test_rows_and_a_report_are_not_mixed_on_standard_output(
    table: str, data: str, report: list[str]
) -> None:
    command = [sys.executable, "-m", "pishield_cli", "check", data, "rules.txt"]
    refused = subprocess.run(
        [*command, "--violations", "-", *report],
        input=TABLE.encode(),
        capture_output=True,
        check=False,
    )
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert refused.stderr.count(b"\n") == 1
    assert b"goes to standard output, not both. Hint: " in refused.stderr
    assert not Path("r.txt").exists()


@pytest.mark.parametrize("data", ["-", "table.csv"])
def test_rows_alone_go_to_standard_output(table: str, data: str) -> None:
    command = [sys.executable, "-m", "pishield_cli", "check", data, "rules.txt"]
    done = subprocess.run(
        [*command, "--violations", "-", "-o", "r.txt"],
        input=TABLE.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    rows = list(csv.DictReader(done.stdout.decode().splitlines()))
    assert [row["name"] for row in rows] == ["b"]
    assert "1 violating" in Path("r.txt").read_text()


def test_standard_input_is_a_table(table: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pishield_cli", "check", "-", "rules.txt"],
        input=TABLE,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("FAIL  1 of 5 rows")
    assert done.stderr == ""


def test_a_requirement_that_never_holds_is_violated_everywhere(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rules.txt").write_text("start - start >= 1\n")
    code = run(table, "rules.txt", "--show", "1")
    out = capsys.readouterr().out
    assert code == 1
    assert "row 0 (line 2), infinitely far" in out
    assert out.splitlines()[-1].startswith("FAIL  ")


def test_undecided_rows_are_counted_apart(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("[low] start < 9\n[high] start >= 0 or end >= 0\n")
    code, content = report(capsys, table, "rules.txt")
    assert code == 0
    assert content["holds"] is True
    assert content["unknown_rows"] == 1
    assert [one["unknown"] for one in content["requirements"]] == [1, 0]


def test_a_folder_of_parquet_files_is_one_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, rules = tmp_path / "parts", tmp_path / "r.txt"
    folder.mkdir()
    parquet.write_table(pa.table({"a": [1, -1]}), folder / "1.parquet")
    parquet.write_table(pa.table({"a": [-7]}), folder / "2.parquet")
    rules.write_text("a >= 0\n")
    code, content = report(capsys, str(folder), str(rules))
    assert code == 1
    assert content["rows"] == 3
    assert content["requirements"][0]["worst"] == {"row": 2, "line": None, "key": None, "by": 7.0}
    assert content["requirements"][0]["rows"] == [1, 2]


def test_propositional_rules_read_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, rules = tmp_path / "t.csv", tmp_path / "r.txt"
    data.write_text("walker,car\n0.9,0.8\n0.9,0.1\n0.5,0.9\n")
    rules.write_text("walker -> not car\n")
    code, content = report(capsys, str(data), str(rules))
    assert code == 1
    assert content["type"] == "propositional"
    assert content["requirements"][0]["rows"] == [0]
