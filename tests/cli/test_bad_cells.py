"""Cells that are not numbers, as violations of their own."""

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli import Dialect, check_table
from pishield_cli.cli import main
from pishield_cli.tables.dialect import BadCells

TABLE = "a,b,c\n1,2,x\n5,unknown,y\n7,3,z\n2024-01-01,,w\n,3,q\n1 kg,4,\nNAN,1,r\n"
VIOLATION = ("--bad-cells", "violation")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("r.txt").write_text("# limits\na <= b\ninteger a\n")
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    status = main(["check", *arguments, "--format", "json"])
    out, err = capsys.readouterr()
    assert status in (0, 1), err
    found: dict[str, Any] = json.loads(out)
    assert status == (0 if found["holds"] else 1)
    return found


def counted(found: dict[str, Any]) -> list[tuple[str, int, int, int]]:
    names = ("text", "line", "violations", "unknown")
    return [tuple(one[name] for name in names) for one in found["requirements"]]


def test_they_are_requirements_behind_those_of_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = checked(capsys, "t.csv", "r.txt", *VIOLATION)
    assert [one["number"] for one in found["requirements"]] == [1, 2, 3, 4]
    assert counted(found) == [
        ("a <= b", 2, 1, 5),
        ("integer a", 3, 0, 4),
        ("a is a number", 2, 2, 2),
        ("b is a number", 2, 1, 1),
    ]
    assert found["violating_rows"] == 4
    assert found["requirements"][2]["columns"] == ["a"]
    assert found["requirements"][2]["rows"] == [3, 5]


@pytest.mark.parametrize("kind", ["table", "github", "html", "junit", "markdown", "sarif"])
def test_every_format_names_them(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", "t.csv", "r.txt", *VIOLATION, "--format", kind])
    out, err = capsys.readouterr()
    assert status == 1, err
    assert "a is a number" in out
    assert "b is a number" in out


def test_the_violating_rows_name_them() -> None:
    assert main(["check", "t.csv", "r.txt", *VIOLATION, "--violations", "v.csv"]) == 1
    rows = list(csv.DictReader(Path("v.csv").read_text().splitlines()))
    assert [(one["row"], one["violated"]) for one in rows] == [
        ("1", "4"),
        ("2", "1"),
        ("3", "3"),
        ("5", "3"),
    ]


def test_a_table_whose_only_fault_is_one_of_them_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b\n1,2\n?,3\n,4\n")
    assert main(["check", "t.csv", "r.txt", "--bad-cells", "missing"]) == 0
    assert main(["check", "t.csv", "r.txt", *VIOLATION]) == 1
    assert main(["check", "t.csv", "r.txt", *VIOLATION, "--na", "?"]) == 0
    capsys.readouterr()


def test_rows_with_them_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["correct", "t.csv", "r.txt", *VIOLATION, "-o", "o.csv"]) == 1
    assert Path("o.csv").read_text() == TABLE.replace("7,3,z", "7,7,z")
    out = capsys.readouterr().out
    assert "row 1: requirement 4 and the fixed b exclude each other" in out
    assert "row 3: requirement 3 and the fixed a exclude each other" in out
    assert "3 rows could not be corrected" in out


def test_only_missing_cells_are_filled(capsys: pytest.CaptureFixture[str]) -> None:
    Path("f.txt").write_text("c == a + b\n")
    Path("f.csv").write_text("a,b,c\n,3,5\n4,x,6\n1,2,3\n9,9,9\n")
    assert main(["correct", "f.csv", "f.txt", *VIOLATION, "-o", "o.csv", "--fill"]) == 1
    assert Path("o.csv").read_text() == "a,b,c\n2,3,5\n4,x,6\n1,2,3\n9,9,18\n"
    assert "1 row could not be corrected" in capsys.readouterr().out


def test_a_files_own_notation_tells_which_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a;b\n1,5;1.000\n1.5;2,5\ntrue;0x1f\n-;\n")
    notation = ("--delimiter", ";", "--decimal", ",", "--thousands", ".", "--na", "-")
    Path("r.txt").write_text("a <= b\n")
    found = checked(capsys, "t.csv", "r.txt", *notation, *VIOLATION)
    assert counted(found)[1:] == [("a is a number", 1, 1, 1), ("b is a number", 1, 0, 1)]


def test_columns_of_texts_and_dates_need_no_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("n,s,d,m\n1,x,2024-01-01,none\nbad,y,2023-01-01,3\n")
    Path("r.txt").write_text('n > 0 or s == "y"\nd > 2020-01-01\nm > 2\nm != "some"\n')
    found = checked(capsys, "t.csv", "r.txt", *VIOLATION)
    assert counted(found)[4:] == [("n is a number", 1, 1, 0)]


def test_what_functions_are_of_must_be_numbers_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_text("abs(a) >= 2\n")
    found = checked(capsys, "t.csv", "r.txt", *VIOLATION)
    assert counted(found) == [("abs(a) >= 2", 1, 1, 4), ("a is a number", 1, 2, 2)]


def test_truths_must_be_numbers_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.csv").write_text("a,b\n1,0\nyes,0\n0,0\n,1\n0,x\n")
    Path("p.txt").write_text("a or b\n")
    found = checked(capsys, "p.csv", "p.txt", *VIOLATION)
    assert found["type"] == "propositional"
    assert counted(found) == [
        ("a or b", 1, 1, 2),
        ("a is a number", 1, 1, 1),
        ("b is a number", 1, 1, 0),
    ]
    assert main(["correct", "p.csv", "p.txt", *VIOLATION, "-o", "o.csv"]) == 1
    rows = Path("o.csv").read_text().splitlines()
    assert (rows[2], rows[5]) == ("yes,0", "0,x")
    assert "2 rows could not be corrected" in capsys.readouterr().out


def test_values_in_json_lines_that_are_not_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ['{"a":1,"b":2}', '{"a":"5","b":3}', '{"a":[1],"b":3}', '{"a":7,"b":3}', '{"b":true}']
    Path("t.jsonl").write_text("\n".join([*rows, '{"a":NaN,"b":1}', ""]))
    assert main(["check", "t.jsonl", "r.txt"]) == 2
    assert counted(checked(capsys, "t.jsonl", "r.txt", "--bad-cells", "missing"))[0][2:] == (1, 4)
    assert counted(checked(capsys, "t.jsonl", "r.txt", *VIOLATION)) == [
        ("a <= b", 2, 1, 4),
        ("integer a", 3, 0, 4),
        ("a is a number", 2, 2, 2),
        ("b is a number", 2, 0, 0),
    ]
    assert main(["correct", "t.jsonl", "r.txt", *VIOLATION, "-o", "o.jsonl"]) == 1
    assert Path("o.jsonl").read_text().splitlines()[1:4] == [rows[1], rows[2], '{"a":7,"b":7}']


def test_a_project_file_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pishield.toml").write_text(
        '[tables.t]\ndata = "t.csv"\nrequirements = "r.txt"\nbad-cells = "violation"\n'
    )
    assert main(["check"]) == 1
    assert "4 of 7 rows" in capsys.readouterr().out


def test_from_python() -> None:
    dialect = Dialect(bad_cells=BadCells.VIOLATION)
    report = check_table("t.csv", "a <= b", dialect=dialect)
    assert [one.violations for one in report.results] == [1, 2, 1]


def test_the_report_on_violations_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "violations", "t.csv", "r.txt", *VIOLATION]) == 1
    assert "a is a number" in capsys.readouterr().out


def test_a_training_takes_them_for_missing(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{n % 9},{n % 9 + n % 4}" for n in range(60)]
    Path("n.csv").write_text("\n".join(["a,b", *rows, "x,3", ""]))
    Path("n.txt").write_text("a <= b\n")
    training = ("train", "n.csv", "n.txt", "--targets", "b", "-o", "run", "--epochs", "1")
    assert main([*training, *VIOLATION]) == 0, capsys.readouterr().err


CELLS = st.sampled_from(
    [
        *("1", "2", "-3.5", "4e0", "0x1f", "true", "", "NA", "nan", "NAN", "null", "+NaN", " 2 "),
        *("x", " ", "1,5", "1_0", "5\n", "+inf x", "1 2", "TRUE ", "?", "2024-01", "\u0663", "-"),
    ]
)
NUMBERS = frozenset({"1", "2", "-3.5", "4e0", "0x1f", "true", " 2 "})
ABSENT = frozenset({"", "NA", "nan", "NAN", "null", "+NaN"})


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12))
def test_they_are_beside_what_holds_where_they_are_missing(rows: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "t.csv"
        with path.open("w", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
        text = "a <= b + 1\na >= 0 or 2*b >= 3\ninteger a"
        missing, violation = (
            check_table(path, text, dialect=Dialect(bad_cells=one))
            for one in (BadCells.MISSING, BadCells.VIOLATION)
        )
    own, added = violation.results[:3], violation.results[3:]
    told = [(one.violations, one.unknown) for one in missing.results]
    assert [(one.violations, one.unknown) for one in own] == told
    bad = [sum(row[at] not in NUMBERS | ABSENT for row in rows) for at in (0, 1)]
    absent = [sum(row[at] in ABSENT for row in rows) for at in (0, 1)]
    assert [(one.violations, one.unknown) for one in added] == list(zip(bad, absent, strict=True))
