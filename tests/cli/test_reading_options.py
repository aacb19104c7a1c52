"""Tables as they come: other delimiters, numbers, marks and encodings, read and written alike."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather
from pyarrow import parquet as pq
from typer.main import get_command

from pishield_cli import check_table
from pishield_cli.cli import main
from pishield_cli.cli.app import command_line
from pishield_cli.errors import TableError
from pishield_cli.tables import open_table
from pishield_cli.tables.csv.notation import canonical_cells, canonical_text, written_like
from pishield_cli.tables.dialect import Dialect, InputFormat
from pishield_cli.tables.textual.numbers import is_number

SPREADSHEET = "Größe;preis;limit;\r\nä;1.234,50;1.000,00;x\r\nb;-;5;y\r\nc;7,25;1.234.567,125;z\r\n"
CORRECTED = SPREADSHEET.replace("1.000,00", "1.234,50")
OPTIONS = ("--delimiter", ";", "--decimal", ",", "--thousands", ".", "--na", "-")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text("preis <= limit\n")
    return tmp_path


def counts(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, int, int]:
    capsys.readouterr()
    assert main(["check", *arguments, "--format", "json"]) in (0, 1), capsys.readouterr().err
    found = json.loads(capsys.readouterr().out)
    return found["rows"], found["violating_rows"], found["unknown_rows"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "utf-16", "utf-16-be"])
def test_a_spreadsheets_file_is_read_and_written_alike(
    encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_bytes(SPREADSHEET.encode(encoding))
    options = (*OPTIONS, "--encoding", encoding)
    assert counts(capsys, "t.csv", "r.txt", *options) == (3, 1, 1)
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv", *options]) == 0
    assert Path("out.csv").read_bytes() == CORRECTED.encode(encoding)
    assert main(["correct", "out.csv", "r.txt", "-o", "twice.csv", *options]) == 0
    assert Path("twice.csv").read_bytes() == Path("out.csv").read_bytes()


def test_bytes_of_columns_that_nothing_names_do_not_matter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("t.csv").write_bytes(SPREADSHEET.encode("latin-1"))
    assert counts(capsys, "t.csv", "r.txt", *OPTIONS) == (3, 1, 1)
    arguments = ["correct", "t.csv", "r.txt", "-o", "out.csv", "--audit", "cells.csv"]
    assert main([*arguments, *OPTIONS]) == 0
    assert Path("out.csv").read_bytes() == CORRECTED.encode("latin-1")
    assert main(["check", "t.csv", "r.txt", "--violations", "bad.csv", *OPTIONS]) == 1
    assert Path("bad.csv").read_bytes().endswith("ä;1.234,50;1.000,00;x\r\n".encode("latin-1"))


@pytest.mark.parametrize("header", ["a,b,,", "a,b,c,c", "a,b,,\xff", "a,b,\xff,\xff"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_names_of_columns_that_nothing_names_do_not_matter(
    header: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text("a <= b\n")
    text = f"{header}\n1,2,x,y\n5,3,\xe4,w\n"
    if kind == "csv":
        Path("t.csv").write_bytes(text.encode("latin-1"))
    else:
        columns = [[1, 5], [2, 3], ["x", "ä"], ["y", "w"]]
        pq.write_table(pa.table(columns, names=header.split(",")), "t.parquet")
    table = f"t.{kind}"
    assert counts(capsys, table, "r.txt") == (2, 1, 0)
    assert main(["correct", table, "r.txt", "-o", f"out.{kind}"]) == 0, capsys.readouterr().err
    if kind == "csv":
        assert Path("out.csv").read_bytes() == text.replace("5,3", "5,5").encode("latin-1")
    else:
        written = pq.ParquetFile("out.parquet").read()
        assert written.column_names == header.split(",")
        assert written.column(1).to_pylist() == [2, 5]
    for listing in ("bad.csv", "bad.parquet"):
        assert main(["check", table, "r.txt", "--violations", listing]) == 1
        assert Path(listing).exists()
    Path("r.txt").write_text("a <= `c`\n")
    if header == "a,b,c,c":
        assert main(["check", table, "r.txt"]) == 2
        assert "repeats `c`" in capsys.readouterr().err


def _commands(group: Any, name: str = "") -> Iterator[tuple[str, list[str]]]:
    for inner, one in getattr(group, "commands", {}).items():
        yield f"{name}{inner}", [option for each in one.params for option in each.opts]
        yield from _commands(one, f"{name}{inner} ")


def test_every_command_that_reads_a_table_without_header_can_name_its_columns() -> None:
    reading = {
        name: options
        for name, options in _commands(get_command(command_line(None)))
        if "--no-header" in options
    }
    assert {"check", "correct", "undo", "predict", "suggest", "report violations"} <= set(reading)
    assert [name for name, options in reading.items() if "--columns" not in options] == []


def test_suggestions_name_columns_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("".join(f"{n},{n + 1 + n % 3}\n" for n in range(50)))
    assert main(["suggest", "t.csv", "--no-header", "--columns", "low,high"]) == 0
    assert "low < high" in capsys.readouterr().out


def test_a_table_without_header(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("5,3\n1,2\n")
    Path("r.txt").write_text("y_0 <= y_1\n")
    assert main(["check", "t.csv", "r.txt"]) == 0
    assert "holds only numbers. Hint: if it is a row, add --no-header" in capsys.readouterr().err
    assert counts(capsys, "t.csv", "r.txt", "--no-header") == (2, 1, 0)
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv", "--no-header"]) == 0
    assert Path("out.csv").read_text() == "5,5\n1,2\n"
    Path("r.txt").write_text("a <= b\n")
    assert counts(capsys, "t.csv", "r.txt", "--no-header", "--columns", "a,b") == (2, 1, 0)
    assert main(["check", "t.csv", "r.txt", "--no-header", "--columns", "a,b,c"]) == 2
    assert "names every column" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_before_the_header_are_left_out_and_kept(
    ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ending.join(['report "of" today', "", "a,b", "1,2", "5,3", ""])
    Path("t.csv").write_text(text, newline="")
    Path("r.txt").write_text("a <= b\n")
    assert counts(capsys, "t.csv", "r.txt", "--skip-rows", "2") == (2, 1, 0)
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv", "--skip-rows", "2"]) == 0
    assert Path("out.csv").read_bytes().decode() == text.replace("5,3", "5,5")
    assert main(["check", "t.csv", "r.txt", "--skip-rows", "9"]) == 2


def test_a_name_need_not_say_the_format(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_text("a <= b\n")
    Path("t.data").write_text("a\tb\n1\t2\n5\t3\n")
    assert counts(capsys, "t.data", "r.txt", "--input-format", "tsv") == (2, 1, 0)
    pq.write_table(pa.table({"a": [1], "b": [2]}), "p.data")
    assert counts(capsys, "p.data", "r.txt", "--input-format", "parquet") == (1, 0, 0)
    Path("t.txt").write_text("a,b\n1,2\n5,3\n")
    assert counts(capsys, "t.txt", "r.txt") == (2, 1, 0)


@pytest.mark.parametrize("kind", [one.value for one in InputFormat])
@pytest.mark.parametrize("ending", [".data", "", ".csv"])
def test_a_copy_may_be_named_as_its_table_is(kind: str, ending: str) -> None:
    """What is read with --input-format is written under a name that says no more."""
    rows = pa.table({"a": [1, 5], "b": [2, 3]})
    text = {"csv": "a,b\n1,2\n5,3\n", "tsv": "a\tb\n1\t2\n5\t3\n"}
    text["jsonl"] = '{"a": 1, "b": 2}\n{"a": 5, "b": 3}\n'
    table, copy = f"t{ending}", f"out{ending}"
    if kind == "parquet":
        pq.write_table(rows, table)
    elif kind == "arrow":
        feather.write_feather(rows, table)
    else:
        Path(table).write_text(text[kind])
    Path("r.txt").write_text("a <= b\n")
    assert main(["correct", table, "r.txt", "-o", copy, "-q", "--input-format", kind]) == 0
    assert main(["check", copy, "r.txt", "--exact", "-q", "--input-format", kind]) == 0


def test_bad_cells_may_count_as_missing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_text("a <= b\n")
    Path("t.csv").write_text("a,b\n1,2\n5,unknown\n7,3\n2024-01-01,\n")
    assert main(["check", "t.csv", "r.txt"]) == 2
    assert counts(capsys, "t.csv", "r.txt", "--bad-cells", "missing") == (4, 1, 2)
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--bad-cells", "missing"]) == 0
    assert Path("o.csv").read_text() == "a,b\n1,2\n5,unknown\n7,7\n2024-01-01,\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--delimiter", "ab"), "--delimiter takes one character"),
        (("--delimiter", "1"), "--delimiter takes one character"),
        (("--decimal", ",", "--thousands", ","), "are both"),
        (("--encoding", "klingon"), "--encoding takes the name"),
        (("--encoding", "hex"), "--encoding takes the name"),
        (("--encoding", "ascii-8"), "--encoding takes the name"),
        (("--na", '"'), "--na takes texts"),
        (("--units", "5"), "--units takes signs"),
        (("--units", "e"), "--units takes signs"),
        (("--units", ".", "--decimal", "."), "--units takes signs"),
    ],
)
def test_options_that_make_no_sense(
    options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_text("preis,limit\n1,2\n")
    assert main(["check", "t.csv", "r.txt", *options]) == 2
    assert message in capsys.readouterr().err


def test_how_cells_are_written_is_said_of_csv_only(capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table({"preis": [1], "limit": [2]}), "t.parquet")
    assert main(["check", "t.parquet", "r.txt", "--decimal", ","]) == 2
    assert "is a Parquet table" in capsys.readouterr().err


def test_text_of_another_encoding_is_one_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_bytes(b"preis,limit\n1,2\n\x81,3\n")
    for encoding in ("cp1252", "utf-16", "shift_jis"):
        assert main(["check", "t.csv", "r.txt", "--encoding", encoding]) == 2
        assert "went wrong" not in capsys.readouterr().err


NOTATIONS = [
    Dialect(decimal=",", thousands="."),
    Dialect(decimal=","),
    Dialect(thousands=","),
    Dialect(thousands=" "),
    Dialect(decimal=",", thousands="'"),
]
DECIMALS = st.decimals(-(10**12), 10**12, places=3, allow_nan=False, allow_infinity=False)


UNITS = st.sampled_from(["{}%", "{} %", "€{}", "€ {}", "-€{}", "{}\u00a0€", " {} % ", "{}kg"])


@given(st.sampled_from([*NOTATIONS, Dialect()]), DECIMALS, UNITS, st.booleans())
def test_numbers_survive_beside_a_unit(
    dialect: Dialect, number: Decimal, beside: str, quoted: bool
) -> None:
    """Read it is the number alone; written it has the unit where the old cell has it."""
    dialect = replace(dialect, units=("%", "€", "kg"))
    plain = f"{number:f}".encode()
    old = beside.format(7).encode()
    old = b'"%s"' % old if quoted else old
    written = written_like(old, b'"%s"' % plain if quoted else plain, dialect, b";")
    assert written.startswith(b'"') == quoted
    assert canonical_text(written, dialect).strip(b'"') == plain
    text = written.decode().strip('"')
    assert canonical_cells(pa.array([text]), dialect).to_pylist() == [plain.decode()]
    assert text.replace("-", "").startswith(beside.partition("{}")[0].replace("-", ""))
    assert text.endswith(beside.partition("{}")[2])


@pytest.mark.parametrize("text", ["€5%", "%", "5 % 5", "-€-5", "5 EUR", "€ soon"])
def test_what_is_not_a_number_beside_one_unit_is_not_read(text: str) -> None:
    [read] = canonical_cells(pa.array([text]), Dialect(units=("%", "€"))).to_pylist()
    assert not is_number(read)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("delimiter", [";", "^", ":"])
def test_dates_and_texts_that_move_keep_every_character(decimal: str, delimiter: str) -> None:
    """The notation of numbers is for numbers: a date's points are not decimal points."""
    rules = 'start <= 2025-05-20\nkind in ("b.c", "x:y^z")\n0 <= share <= 50\n'
    Path("r.txt").write_text(rules)
    rows = ["start|kind|share", "21.05.2025|a.b|5%", "01.05.2025|b.c|120 %"]
    Path("t.csv").write_text("".join(row.replace("|", delimiter) + "\n" for row in rows))
    options = ["--delimiter", delimiter, "--decimal", decimal, "--date-format", "%d.%m.%Y"]
    options += ["--units", "%"]
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv", "--audit", "a.csv", *options]) == 0
    lines = Path("out.csv").read_text().splitlines()
    assert lines[1].startswith("20.05.2025")
    assert lines[1].endswith("5%")
    assert lines[2] == rows[2].replace("120 %", "50 %").replace("|", delimiter)
    assert main(["check", "out.csv", "r.txt", "--exact", *options]) == 0
    assert main(["undo", "out.csv", "a.csv", "-o", "back.csv", *options]) == 0
    assert Path("back.csv").read_bytes() == Path("t.csv").read_bytes()


def test_a_spreadsheets_file_tells_how_to_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The first try fails with all options that the second one needs."""
    lines = ["Preise 2025;;;;;", "Größe;preis;limit;tag;anteil;", "a;1.234,50;7,5;31.12.2024;5%;"]
    Path("t.csv").write_bytes("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
    Path("r.txt").write_text('preis <= limit\nGröße in ("a")\ntag <= 2025-01-01\nanteil <= 9\n')
    assert main(["check", "t.csv", "r.txt"]) == 2
    [message] = capsys.readouterr().err.splitlines()
    fact, _, hint = message.partition(" Hint: add ")
    assert fact == (
        "error: The header of `t.csv` seems to be on line 2, with semicolons between the names."
    )
    assert main(["check", "t.csv", "r.txt", *shlex.split(hint)]) == 1
    assert "1 of 1 row violates 1 of 4 requirements" in capsys.readouterr().out
    with pytest.raises(TableError, match="seems to be on line 2"):
        check_table("t.csv", "preis <= limit")


def test_dates_in_iso_form_need_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what is read otherwise than it is meant is told how."""
    Path("t.csv").write_text("a;born\n1;1980-02-29\n2;1981-03-01\n")
    Path("r.txt").write_text("born >= 1980-01-01\n")
    assert main(["check", "t.csv", "r.txt"]) == 2
    assert capsys.readouterr().err.endswith('Hint: add --delimiter ";"\n')


@pytest.mark.parametrize("own", [(), ("--encoding", "latin-1")])
@pytest.mark.parametrize(("name", "wanted"), [("Preis in €", "cp1252"), ("Größe", "cp1252")])
def test_windows_own_encoding_is_told(
    name: str, wanted: str, own: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """It has the euro and quotes where latin-1 has characters that do not print."""
    Path("t.csv").write_bytes(f"{name};b\n2;1\n".encode(wanted))
    Path("r.txt").write_text(f"`{name}` <= b\n")
    assert main(["check", "t.csv", "r.txt", *own]) == 2
    hint = capsys.readouterr().err.rpartition("Hint: add ")[2]
    needed, _, replaced = hint.partition(" instead of ")
    kept = [word for word in own if word not in shlex.split(replaced)]
    assert main(["check", "t.csv", "r.txt", *kept, *shlex.split(needed)]) == 1


def test_a_wrong_option_is_said_to_be_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    """An option is given once: what was given wrong goes."""
    Path("t.csv").write_text("Report\na;b\n2;1\n")
    Path("r.txt").write_text("a <= b\n")
    assert main(["check", "t.csv", "r.txt", "--delimiter", "|", "--skip-rows", "2"]) == 2
    expected = "Hint: add --delimiter ';' --skip-rows 1 instead of --delimiter '|' --skip-rows 2\n"
    assert capsys.readouterr().err.replace('"', "'").endswith(expected)


@pytest.mark.parametrize("text", ["a,b\n1,2\n3,4\n", "a\n1;2\n3;4\n", "a\n1\n", "", "a,,,\n1,,,\n"])
def test_a_name_that_is_mistyped_is_said_to_be(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that is read as it is written is not suspected."""
    Path("t.csv").write_text(text)
    assert main(["check", "t.csv", "r.txt"]) == 2
    assert "seems to be on line" not in capsys.readouterr().err


@given(st.sampled_from(NOTATIONS), DECIMALS, st.booleans())
def test_numbers_survive_their_notation(dialect: Dialect, number: Decimal, grouped: bool) -> None:
    """Written in a notation and read from it, a number is the same."""
    plain = f"{number:f}".encode()
    old = f"1{dialect.thousands}000".encode() if grouped and dialect.thousands else b"1"
    written = written_like(old, plain, dialect, b";")
    assert canonical_text(written, dialect) == plain
    assert canonical_cells(pa.array([written.decode()]), dialect).to_pylist() == [plain.decode()]
    whole = written.decode().strip("-").partition(dialect.decimal)[0]
    if grouped and dialect.thousands and abs(number) >= 1000:
        assert dialect.thousands in whole


@given(st.sampled_from(NOTATIONS), st.text("0123456789.,' +-e", min_size=1, max_size=9))
def test_only_what_is_in_the_notation_is_a_number(dialect: Dialect, text: str) -> None:
    """What is read is what a person would: groups of three, one decimal mark, nothing else."""
    [read] = canonical_cells(pa.array([text]), dialect).to_pylist()
    try:
        value = Decimal(read.strip(" "))
    except ArithmeticError:
        return
    mark = dialect.thousands or ""
    whole, _, places = text.strip().lstrip("+-").partition(dialect.decimal)
    assert mark == "" or mark not in places
    groups = whole.split(mark) if mark else [whole]
    assert len(groups) == 1 or (
        1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    )
    again = text.strip().replace(mark, "") if mark else text.strip()
    assert Decimal(again.replace(dialect.decimal, ".")) == value


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
@pytest.mark.parametrize("how", ["grows", "is cut off", "is replaced", "is written again"])
def test_a_table_that_changes_while_it_is_read_is_refused(
    name: str, how: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    rows = "".join(f"{row},{row}\n" for row in range(1000))
    content = ("preis,limit\n" + rows).encode()
    if name.endswith(".gz"):
        content = gzip.compress(content)
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"preis": list(range(1000)), "limit": list(range(1000))}), name)
        content = Path(name).read_bytes()
    Path(name).write_bytes(content)

    def change() -> None:
        if how == "grows":
            Path(name).write_bytes(content + b"7,7\n")
        elif how == "is cut off":
            Path(name).write_bytes(content[: len(content) // 2])
        elif how == "is replaced":
            Path("other").write_bytes(content)
            Path("other").replace(name)
        else:
            Path(name).write_bytes(content)

    from pishield_cli.cli import inputs

    def opened(*arguments: object) -> object:
        reader = open_table(*arguments)  # type: ignore[arg-type]
        change()
        return reader

    monkeypatch.setattr(inputs, "open_table", opened)
    for command in (
        ["check", name, "r.txt"],
        ["correct", name, "r.txt", "-o", f"out{name[1:]}"],
        ["correct", name, "r.txt", "--in-place"],
    ):
        Path(name).write_bytes(content)
        assert main(command) == 2
        message = capsys.readouterr().err
        assert message.startswith("error: ")
        assert "went wrong" not in message
        assert not Path(f"out{name[1:]}").exists()


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        (["2%", "3.5 %"], 'these are percentages: add --units "%"'),
        (["2024-01-02", "2024-01-03 10:00"], "dates"),
        (["31.12.2024", "1.1.25"], "dates"),
        (["1,5", "2,25"], "--decimal ,"),
        (["1.234,5", "1.234.567"], "--decimal , --thousands ."),
        (["3.648,00", "101,25"], "--decimal , --thousands ."),
        (["1.234,50 €", "7 €"], '--decimal , --thousands . --units "€"'),
        (["1 234,5", "7,25"], '--decimal , --thousands " "'),
        (["31/12/2024", "01/02/2024"], "--date-format %d/%m/%Y"),
        (["12/31/2024", "01/02/2024"], "--date-format %m/%d/%Y"),
        (["1,5", "?"], "--decimal , if that is how they are written; if ? stand"),
        (["1,234", "1,234,567.5"], "--thousands ,"),
        (["1'234", "12'345.5"], "--thousands"),
        (["yes", "No"], "true and false"),
        (["-", "?"], '--na "-,?"'),
        (["$ 5", "7 €"], '--units "$,€"'),
        (["soon", "later"], "leave missing cells empty"),
        (["yes", "no"], "as 1 and 0"),
    ],
)
def test_cells_that_are_no_numbers_are_listed_with_a_hint_that_fits(
    cells: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text("a + b >= 0\n")
    rows = "".join(f'"{cell}",1\n7,2\n' for cell in cells)
    Path("t.csv").write_text("a,b\n" + rows)
    assert main(["check", "t.csv", "r.txt"]) == 2
    message = capsys.readouterr().err
    assert f"line 2 holds {cells[0]!r} and line 4 holds {cells[1]!r}. Hint: " in message
    assert hint in message.partition("Hint: ")[2]
    assert len(message.splitlines()) == 1


def test_bad_cells_of_all_columns_are_listed_in_one_go(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_text("a + b + c >= 0\n")
    many = "".join("1,x,?,\xe4\n" for _ in range(5))
    Path("t.csv").write_bytes(f"a,b,c,d\n{many}y,1,1,1\n".encode("latin-1"))
    assert main(["check", "t.csv", "r.txt"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" of ")[0] for line in lines] == [
        f"error: Column `{name}`" for name in "abc"
    ]
    assert "line 7 holds 'y'." in lines[0]
    assert "line 4 holds 'x' (5 cells in all)." in lines[1]
    assert main(["check", "t.csv", "r.txt", "--format", "json"]) == 2
    assert len(json.loads(capsys.readouterr().out)["errors"]) == 3
