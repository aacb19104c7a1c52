"""Whatever is wrong: one clear message on standard error, exit 2, no traceback, nothing written."""

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

GOOD_TABLE = b"a,b,name\n1,2,x\n3,4,y\n"
GOOD_RULES = b"a - b >= 0\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_bytes(GOOD_TABLE)
    Path("r.txt").write_bytes(GOOD_RULES)
    return tmp_path


def refuse(capsys: pytest.CaptureFixture[str], *arguments: str, lines: int | None = 1) -> str:
    """Run a command that must be refused; its message."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    code = main(list(arguments))
    out, err = capsys.readouterr()
    after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert code == 2, err
    assert out == ""
    assert after == before
    assert err.startswith("error: "), err
    assert "Traceback" not in err
    assert "went wrong" not in err
    assert len(err) < 2000
    if lines is not None:
        assert len(err.splitlines()) == lines, err
    return err


def truncated_parquet() -> None:
    parquet.write_table(pa.table({"a": list(range(1000)), "b": list(range(1000))}), "p.parquet")
    content = Path("p.parquet").read_bytes()
    Path("p.parquet").write_bytes(content[: len(content) // 2])


def parquet_cut_inside() -> None:
    parquet.write_table(
        pa.table({"a": [1.5 * i for i in range(5000)], "b": [2.5] * 5000}), "p.parquet"
    )
    content = bytearray(Path("p.parquet").read_bytes())
    content[10:2000] = b"\xff" * 1990
    Path("p.parquet").write_bytes(content)


def text_parquet() -> None:
    parquet.write_table(pa.table({"a": ["x"], "b": [1]}), "p.parquet")


def folder_without_parquet() -> None:
    Path("tables").mkdir()
    Path("tables/readme.txt").write_text("no tables here")


def nothing() -> None:
    """Make no file."""


BAD_TABLES: dict[str, tuple[bytes | Callable[[], None], str, str]] = {
    "endless digits": (b"a,b\n1,2\n" + b"9" * 10_000 + b",3\n", "t.csv", "line 3"),
    "missing": (nothing, "nowhere.csv", "nowhere.csv"),
    "missing parquet": (nothing, "nowhere.parquet", "nowhere.parquet"),
    "folder without parquet": (folder_without_parquet, "tables", "tables"),
    "unknown ending": (b"a,b\n", "t.docx", "t.docx"),
    "empty": (b"", "t.csv", "t.csv"),
    "duplicated names": (b"a,b,a\n1,2,3\n", "t.csv", "a"),
    "ragged": (b"a,b\n1,2\n3\n", "t.csv", "3"),
    "too long a line": (b"a,b\n1,2\n3,4,5\n", "t.csv", "3"),
    "unclosed quote": (b'a,b\n1,"2\n3,4\n', "t.csv", "t.csv"),
    "text cell": (b"a,b\n1,2\nthree,4\n", "t.csv", "a"),
    "not UTF-8": (b"a,b\n1,2\n3,\xff\xfe\n", "t.csv", "t.csv"),
    "NUL bytes": (b"a,b\n1,\x002\n", "t.csv", "t.csv"),
    "binary": (bytes(range(256)) * 20, "t.csv", "t.csv"),
    "not gzip": (b"a,b\n1,2\n", "t.csv.gz", "t.csv.gz"),
    "truncated parquet": (truncated_parquet, "p.parquet", "p.parquet"),
    "damaged parquet": (parquet_cut_inside, "p.parquet", "p.parquet"),
    "empty parquet": (b"", "p.parquet", "p.parquet"),
    "text in parquet": (text_parquet, "p.parquet", "a"),
    "no rows": (b"a,b\n", "t.csv", "--allow-empty"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    content, path, named = BAD_TABLES[name]
    if callable(content):
        content()
    else:
        Path(path).write_bytes(content)
    arguments = ("check", path, "r.txt", "-o", "report", "--violations", "bad.csv")
    assert named in refuse(capsys, *arguments)


BAD_RULES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "requirement"),
    "only comments": (b"# nothing\n\n", "requirement"),
    "not UTF-8": (b"a >= 0\n\xff\xfe >= 1\n", "UTF-8"),
    "NUL bytes": (b"a >= 0\n\x00\n", "r.txt"),
    "a long number": (b"a >= " + b"9" * 10_000 + b"\n", "r.txt"),
    "a long exponent": (b"a >= 1e999999999\n", "r.txt"),
    "syntax": (b"a >= >= 0\n", "r.txt:1"),
    "a text in a sum": (b'a + "b" >= 0\n', "r.txt:1"),
    "no such column": (b"a >= 0\nnme >= 0\n", "did you mean"),
    "no such position": (b"y_17 >= 0\n", "y_17"),
    "10,000 parentheses": (b"(" * 10_000 + b"a >= 0\n", "r.txt"),
    "1 MB in a line": (b"a + " * 250_000 + b"b >= 0 0\n", "r.txt"),
    "binary": (bytes(range(1, 256)) * 8, "r.txt"),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_bad_requirements_file_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    content, named = BAD_RULES[name]
    Path("r.txt").write_bytes(content)
    arguments = ("check", "t.csv", "r.txt", "-o", "report", "--violations", "bad.csv")
    assert named in refuse(capsys, *arguments, lines=None)


def test_a_missing_requirements_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "rules.txt" in refuse(capsys, "check", "t.csv", "rules.txt")


SWAPPED: dict[str, tuple[tuple[str, ...], str]] = {
    "check": (("check", "r.txt", "t.csv"), "give t.csv as DATA, and r.txt as REQS"),
    "correct": (("correct", "r.txt", "t.csv", "-o", "o.csv"), "give t.csv as DATA"),
    "inspect": (("inspect", "t.csv", "r.txt"), "give t.csv as DATA"),
    "parquet": (("check", "r.txt", "p.parquet"), "give p.parquet as DATA"),
    "a table of another name": (("check", "r.txt", "table.txt"), "give table.txt as DATA"),
    "a table twice": (("check", "t.csv", "t.csv"), "`t.csv` seems to be a table"),
    "a table alone": (("inspect", "t.csv"), "`t.csv` seems to be a table"),
    "a Parquet table alone": (("inspect", "p.parquet"), "`p.parquet` seems to be a table"),
}


@pytest.mark.parametrize("name", SWAPPED)
def test_a_table_in_place_of_requirements_is_told_in_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("table.txt").write_bytes(GOOD_TABLE)
    parquet.write_table(pa.table({"a": [1], "b": [2]}), "p.parquet")
    arguments, said = SWAPPED[name]
    assert said in refuse(capsys, *arguments)


def test_requirements_may_have_any_name(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.csv").write_bytes(GOOD_RULES)
    assert main(["check", "t.csv", "rules.csv"]) == 1
    Path("rules.csv").write_bytes(b"a >= >= 0\n")
    capsys.readouterr()
    assert "rules.csv:1:6" in refuse(capsys, "check", "t.csv", "rules.csv", lines=None)


def test_a_table_with_other_separators_shows_its_header(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("s.csv").write_bytes(b"a;b;name\n1;2;x\n")
    message = refuse(capsys, "check", "s.csv", "r.txt", lines=None)
    assert "with semicolons between the names. Hint: add --delimiter" in message
    assert "semicolons" in message


def test_unknown_names_and_syntax_errors_are_drawn_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("r.txt").write_bytes(b"a >= >= 0\nnme > 0\n")
    message = refuse(capsys, "check", "t.csv", "r.txt", lines=None)
    assert "r.txt:1:6" in message
    assert "did you mean name?" in message


def test_all_problems_of_a_requirements_file_are_drawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("r.txt").write_bytes(b'a >= >= 0\nb > 0\na * "b" > 0\n')
    message = refuse(capsys, "check", "t.csv", "r.txt", lines=None)
    assert "r.txt:1:" in message
    assert "r.txt:3:" in message
    assert message.count("^") >= 2
    assert "a >= >= 0" in message


def test_thousands_of_problems_are_drawn_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_bytes(b"a >= >= 0\n" * 5_000)
    assert main(["check", "t.csv", "r.txt"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert sum(line.startswith("error: r.txt:") for line in lines) == 1_000
    assert lines[-1] == "error: r.txt has 5,000 problems; these are the first 1,000."


def test_requirements_are_not_read_from_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert "only tables are read from standard input" in refuse(capsys, "check", "t.csv", "-")


def test_a_requirement_on_a_text_column_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_bytes(b"name >= 0\n")
    assert "name" in refuse(capsys, "check", "t.csv", "r.txt")


BAD_OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "negative tolerance": (("--tolerance", "-1"), "at least 0"),
    "tolerance no number": (("--tolerance", "much"), "--tolerance"),
    "tolerance nan": (("--tolerance", "nan"), "nan"),
    "tolerance inf": (("--tolerance", "inf"), "inf"),
    "exact and tolerance": (("--exact", "--tolerance", "0.1"), "exclude each other"),
    "150 %": (("--max-violations", "150%"), "--max-violations"),
    "negative violations": (("--max-violations", "-1"), "--max-violations"),
    "half a violation": (("--max-violations", "0.5"), "--max-violations"),
    "no violations": (("--max-violations", ""), "--max-violations"),
    "a percent of nothing": (("--max-violations", "%"), "--max-violations"),
    "no workers": (("--workers", "0"), "--workers"),
    "no batch": (("--batch-rows", "0"), "--batch-rows"),
    "negative show": (("--show", "-1"), "--show"),
    "unknown format": (("--format", "xml"), "'junit'"),
    "unknown type": (("--type", "cubic"), "'qflra'"),
    "unknown missing": (("--missing", "maybe"), "'ignore'"),
    "unknown option": (("--tolerence", "1"), "did you mean --tolerance?\n"),
    "an option of other tools": (("--sep", ";"), "did you mean --delimiter?"),
    "an option that none needs": (("--overwrite",), "an output that is there is replaced"),
    "an option of another command": (("--fixed", "a"), "it is an option of pishield correct"),
    "an option like no other": (("--frobnicate",), "see pishield check --help"),
    "option without value": (("--format",), "--format"),
    "too many words": (("third.csv",), "third.csv"),
    "columns not there": (("--columns", "a,c"), "the table's columns are a, b, name"),
    "columns twice": (("--columns", "a,a"), "twice"),
    "columns empty": (("--columns", "a,,b"), "--columns"),
    "columns unquoted": (("--columns", '"a,b'), "--columns"),
    "violations over data": (("--violations", "t.csv"), "overwrite"),
    "violations over data, otherwise named": (("--violations", "./t.csv"), "overwrite"),
    "report over data": (("-o", "t.csv"), "overwrite"),
    "report over requirements": (("-o", "r.txt"), "overwrite"),
    "report over violations": (("-o", "x.csv", "--violations", "x.csv"), "overwrite"),
    "report in no folder": (("-o", "no/where.txt"), "no/where.txt"),
    "violations in no folder": (("--violations", "no/where.csv"), "no/where.csv"),
    "violations of no kind": (("--violations", "bad.xlsx"), "bad.xlsx"),
    "report is a folder": (("-o", "."), "folder"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_a_bad_option_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, named = BAD_OPTIONS[name]
    assert named in refuse(capsys, "check", "t.csv", "r.txt", *options)


def test_a_bad_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean check?" in refuse(capsys, "chekc", "t.csv", "r.txt")
    assert "write pishield check DATA REQS; see" in refuse(capsys, "check", "t.csv")
    assert "write pishield check [DATA] [REQS]; see" in refuse(capsys, "check", "a", "b", "c")
    assert "the commands are check, correct, " in refuse(capsys, "wxyz")
    assert "--versoin" in refuse(capsys, "--versoin")


def test_violations_over_a_link_to_data_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    os.symlink("t.csv", "link.csv")
    assert "overwrite" in refuse(capsys, "check", "t.csv", "r.txt", "--violations", "link.csv")


def test_an_output_below_the_table_itself_has_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    told = refuse(capsys, "correct", "t.csv", "r.txt", "--output", "t.csv/out.csv")
    assert "its folder does not exist" in told


def test_violations_into_the_folder_that_is_read_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("tables").mkdir()
    parquet.write_table(pa.table({"a": [1], "b": [2]}), "tables/1.parquet")
    arguments = ("check", "tables", "r.txt", "--violations", "tables/bad.parquet")
    assert "would be read with it" in refuse(capsys, *arguments)


@pytest.mark.parametrize(
    "text", ["a in (1, 2, 3)\n", "exactly one of a, b\nat most one of a, c\n", "a b, c\n", "a, b\n"]
)
def test_requirements_with_commas_are_not_taken_for_a_table(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text(text)
    main(["check", "t.csv", "r.txt"])
    assert "seems to be a table" not in capsys.readouterr().err
