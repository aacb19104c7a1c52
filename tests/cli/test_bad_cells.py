"""Cells that are not numbers, as violations of their own."""

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli import Dialect, check_table
from pishield_cli.cli import main
from pishield_cli.errors import ColumnTypeError, UsageError
from pishield_cli.tables.dialect import BadCells
from tests.laws import examples

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
    assert "row 1 (line 3): the cell of b is not a number\n" in out
    assert "row 3 (line 5): the cell of a is not a number\n" in out
    assert "3 rows could not be corrected" in out


@pytest.mark.parametrize("fill", [(), ("--fill",)])
def test_what_stands_against_correcting_a_row_is_that_its_cells_are_bad(
    fill: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("d.csv").write_text("a,b,d\n1,2,2024-01-01\n-1,9,2024-13-45\nx,,2024-01-02\ny,-2,soon\n")
    Path("r.txt").write_text("a >= 0\na <= b\nd > 2020-01-01\n")
    arguments = ("d.csv", "r.txt", *VIOLATION, *fill, "-o", "o.csv", "--json", "o.json")
    assert main(["correct", *arguments]) == 1
    told = {
        1: "the cell of d is not a date",
        2: "the cell of a is not a number",
        3: "the cell of a is not a number, the cell of d is not a date",
    }
    out = capsys.readouterr().out
    assert all(f"row {row} (line {row + 2}): {reason}\n" in out for row, reason in told.items())
    found = json.loads(Path("o.json").read_text())["obstacles"]
    assert {one["row"]: one["reason"] for one in found} == told
    assert [(one["requirements"], one["fixed"]) for one in found] == [
        ([6], ["d"]),
        ([4], ["a"]),
        ([4], ["a"]),
    ]


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
    assert counted(found)[4:] == [("n is a number", 1, 1, 0), ("d is a date", 2, 0, 0)]


def test_a_column_of_which_only_missing_cells_matter_need_not_be_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("t.csv").write_text('a\n1\nx\n""\n2\n3\n')
    Path("r.txt").write_text("a is not null\n")
    for asked in BadCells:
        found = checked(capsys, "t.csv", "r.txt", "--bad-cells", asked)
        assert counted(found) == [("a is not null", 1, 1, 0)]


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


def test_all_of_them_are_counted_in_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f'{{"a": "{n}", "b": {n}, "d": "x"}}\n' for n in range(5)]
    Path("t.jsonl").write_text("".join(rows) + '{"a": 1, "b": [2], "d": "2024-01-01"}\n')
    Path("r.txt").write_text("a <= b\nd >= 2024-01-01\n")
    assert main(["check", "t.jsonl", "r.txt"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert 'must hold numbers, but line 1 holds "0", line 2 holds "1" and line 3' in errors[0]
    assert "(5 cells in all)" in errors[0]
    assert "column `b`" in errors[1].lower()
    assert "line 6 holds [2]" in errors[1]
    assert "`d` of `t.jsonl` must hold dates, but line 1 holds 'x'" in errors[2]


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
    out = capsys.readouterr().out
    assert "a is a number" in out
    assert "\u27ea" not in out


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


BAD_DAYS = ["x", "?", "2024-02-30", "31.12.2023", "20240101", "tomorrow", "2024-01-01T"]
ROWS = st.lists(
    st.tuples(*[st.integers(0, 9) | st.none() | st.just("bad")] * 2), min_size=3, max_size=12
)
RULES = "a <= b\na >= 3 or b <= 5\na is null or b is not null\n"


def as_numbers(cell: int | str | None) -> str:
    return "" if cell is None else str(cell)


def as_days(cell: int | str | None, at: int) -> str | None:
    if cell is None:
        return None
    return BAD_DAYS[at % len(BAD_DAYS)] if cell == "bad" else f"2024-01-{int(cell) + 1:02}"


def by_days(rules: str) -> str:
    return rules.replace("3 ", "2024-01-04 ").replace("5\n", "2024-01-06\n")


def told(table: Any, rules: str, how: BadCells) -> list[tuple[int, int]] | None:
    """How many rows violate each requirement, and leave it unknown; None where it is refused."""
    try:
        report = check_table(table, rules, dialect=Dialect(bad_cells=how))
    except ColumnTypeError:
        return None
    return [(one.violations, one.unknown) for one in report.results]


@examples(40)
@given(rows=ROWS)
def test_bad_dates_are_counted_as_bad_numbers_are(rows: list[tuple[Any, Any]]) -> None:
    days = [tuple(as_days(one, at) for one in row) for at, row in enumerate(rows)]
    with TemporaryDirectory() as name:
        numbers, dates, lines = (Path(name) / one for one in ("n.csv", "d.csv", "d.jsonl"))
        for path, table in ((numbers, [map(as_numbers, row) for row in rows]), (dates, days)):
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([("a", "b"), *table])
        lines.write_text("".join(json.dumps({"a": a, "b": b}) + "\n" for a, b in days))
        frame = {one: [row[at] for row in days] for at, one in enumerate("ab")}
        stored = pa.table({one: pa.array(cells, pa.string()) for one, cells in frame.items()})
        declared = "date a b\n" + by_days(RULES)
        for how in BadCells:
            wanted = told(numbers, "integer a b\n" + RULES, how)
            kept = wanted and [*wanted[:3], *wanted[4:]]
            for table in (dates, lines, stored):
                assert told(table, declared, how) == kept, (how, table)


def test_all_bad_cells_are_told_whatever_their_column_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = ["2024-01-31,1,09:30"] * 120 + ["soon,x,09:75", "2023-02-29,2,9:00", "-,?,"]
    Path("t.csv").write_text("\n".join(["d,n,c", *rows, "31.12.2023,4,10:00", ""]))
    Path("r.txt").write_text("d >= 2024-01-01\nn >= 0\nc >= 08:00\n")
    assert main(["check", "t.csv", "r.txt"]) == 2
    numbers, days, clocks = capsys.readouterr().err.splitlines()
    assert "`n` of `t.csv` must hold numbers, but line 122 holds 'x' and line 124" in numbers
    assert numbers.endswith('Hint: if ? stands for missing cells, add --na "?"')
    found = (
        "line 122 holds 'soon', line 123 holds '2023-02-29' and line 124 holds '-' (4 cells in all)"
    )
    assert f"`d` of `t.csv` must hold dates, but {found}" in days
    assert days.endswith('Hint: if - stands for missing cells, add --na "-"')
    assert "`c` of `t.csv` must hold times of day, but line 122 holds '09:75'" in clocks
    assert "times of day are written 14:30, 14:30:59 or 14:30:59.5" in clocks


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("2023-02-29", "no calendar has this day: correct the cell"),
        ("31.12.2023", "if all are written so, add --date-format %d.%m.%Y"),
        ("unbekannt", 'if these stand for missing cells, add --na "unbekannt"'),
        ("soon", "dates are written 2024-01-31; another form is given by --date-format"),
    ],
)
def test_hints_fit_the_bad_dates(cell: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(f"d\n2024-01-01\n2024-01-02\n{cell}\n")
    Path("r.txt").write_text("d >= 2024-01-01\n")
    assert main(["check", "t.csv", "r.txt"]) == 2
    assert hint in capsys.readouterr().err


def test_a_hint_on_dates_is_fitted_to_most_cells(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b\n31.01.2024,1\n31.02.2024,1\n01.02.2024,1\nsoon,1\nk.A.,1\n")
    Path("r.txt").write_text("a <= b\n")
    assert main(["check", "t.csv", "r.txt"]) == 2
    error = capsys.readouterr().err
    assert "Hint: most of these are dates: add --date-format %d.%m.%Y; if k.A. stands" in error


def test_bad_dates_are_written_back_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    table = 'a;b;c\r\n01.02.2024;31.01.2024;x\r\n30.02.2024;"05.01.2024";y\r\n?;1.1.2024;z\r\n'
    Path("t.csv").write_bytes(table.encode())
    Path("r.txt").write_text("a <= b\n")
    options = ["--delimiter", ";", "--date-format", "%d.%m.%Y", "--fixed", "a"]
    for how, status in (("missing", 0), ("violation", 1)):
        command = ["correct", "t.csv", "r.txt", "-o", "o.csv", *options, "--bad-cells", how]
        assert main(command) == status, capsys.readouterr().err
        written = Path("o.csv").read_bytes().decode()
        assert written == table.replace("31.01.2024", "01.02.2024")
    assert "2 rows could not be corrected" in capsys.readouterr().out


def test_marks_of_missing_cells_are_missing_dates_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b\n2024-01-01,NA\nNULL,2024-01-01\n2024-01-03,2024-01-01\nNaN,\n")
    Path("r.txt").write_text("a <= b\nb is not null\n")
    assert counted(checked(capsys, "t.csv", "r.txt")) == [
        ("a <= b", 1, 1, 3),
        ("b is not null", 2, 2, 0),
    ]


def test_suggestions_are_made_beside_bad_dates(capsys: pytest.CaptureFixture[str]) -> None:
    days = [f"2024-01-{n % 20 + 1:02},2024-01-{n % 20 + 1 + n % 7:02}" for n in range(200)]
    Path("t.csv").write_text("\n".join(["a,b", *days, "soon,2024-01-01", "2024-01-02,?", ""]))
    assert main(["suggest", "t.csv", "--bad-cells", "missing"]) == 0
    assert "a <= b" in capsys.readouterr().out


def test_a_choice_is_given_by_its_name_in_python() -> None:
    dialect = Dialect(bad_cells="violation")  # type: ignore[arg-type]
    assert [one.violations for one in check_table("t.csv", "a <= b", dialect=dialect).results] == [
        *(1, 2, 1)
    ]
    with pytest.raises(UsageError, match="one of error, violation, missing"):
        Dialect(bad_cells="no")  # type: ignore[arg-type]


def test_of_a_frame_a_dialect_says_no_more_than_what_its_texts_are() -> None:
    table = pa.table({"a": ["31.12.2023", "soon", None], "b": ["01.01.2024"] * 3})
    dialect = Dialect(date_format="%d.%m.%Y", bad_cells=BadCells.VIOLATION)
    report = check_table(table, "a >= b", dialect=dialect)
    assert [(one.violations, one.unknown) for one in report.results] == [(1, 2), (1, 1), (0, 0)]
    with pytest.raises(UsageError, match="not a path"):
        check_table(table, "a >= b", dialect=Dialect(decimal=","))
