"""`pishield.toml`: many tables and many reports in one run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from pishield_cli.cli import main, side_by_side

PROJECT = """\
[defaults]
missing = "fail"

[reports]
junit = "reports/all.xml"

[tables.good]
data = "data/good.csv"
requirements = "rules.txt"

[tables.spreadsheet]
data = "data/spreadsheet.csv"
requirements = ["rules.txt", "more.txt"]
delimiter = ";"
decimal = ","
na = ["-"]
missing = "ignore"
max-violations = "50%"
key = "id"

[tables.marked]
data = "data/marked.csv"
requirements = "labelled.txt"
severity = { soft = "warn" }
allow = { few = 2 }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "pishield.toml": PROJECT,
        "rules.txt": "a >= 0\n",
        "more.txt": "a <= 10\n",
        "labelled.txt": "[soft] a >= 5\n[few] a != 1\n",
        "data/good.csv": "a\n1\n2\n",
        "data/spreadsheet.csv": "id;a\nx;1,5\ny;-2,5\nz;-\n",
        "data/marked.csv": "a\n1\n1\n3\n",
        "reports/readme": "",
        "below/readme": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def checked(capsys, *words):
    status = main(["check", *words])
    return status, capsys.readouterr()


def test_a_bare_check_runs_every_table_with_its_own_settings(capsys):
    status, (out, err) = checked(capsys)
    assert (status, err) == (0, "")
    headings = ["good", "spreadsheet rules.txt", "spreadsheet more.txt", "marked"]
    assert [line for line in out.splitlines() if line in headings] == headings
    assert out.splitlines()[-1] == "OK    4 of 4 tables pass"
    assert "1 (line 3, id = y), by 2.5" in out
    suites = ElementTree.parse("reports/all.xml").getroot()
    assert [suite.get("name") for suite in suites] == headings


def test_it_is_found_from_a_folder_below_and_paths_are_its_own(capsys, monkeypatch):
    monkeypatch.chdir("below")
    status, (out, _) = checked(capsys, "--format", "json", "--junit", "own.xml")
    assert status == 0
    tables = json.loads(out)["tables"]
    assert tables[0]["data"] == str(Path("../data/good.csv"))
    assert Path("own.xml").exists()
    assert not Path("../reports/all.xml").exists()


def test_one_summary_and_one_exit_code(capsys):
    Path("data/good.csv").write_text("a\n-1\n")
    status, (out, _) = checked(capsys)
    assert (status, out.splitlines()[-1]) == (1, "FAIL  3 of 4 tables pass")
    Path("rules.txt").write_text("a >=\n")
    status, (out, _) = checked(capsys)
    assert status == 2
    assert out.splitlines()[-1] == "FAIL  2 of 4 tables pass; 2 could not be checked"
    root = ElementTree.parse("reports/all.xml").getroot()
    assert root.get("errors") == "2"
    assert len(root.findall("testsuite")) == 4


def test_the_report_of_all_tables_is_of_its_shape(capsys):
    Path("labelled.txt").write_text("b >= 1\n")
    status, (out, _) = checked(capsys, "--format", "json")
    assert status == 2
    content = json.loads(out)
    main(["schema", "checks"])
    Draft202012Validator(json.loads(capsys.readouterr().out)).validate(content)
    assert content["holds"] is None
    assert [one["name"] for one in content["tables"]][-1] == "marked"
    assert content["tables"][-1]["errors"][0]["file"] == "labelled.txt"


@pytest.mark.parametrize("form", ["github", "markdown", "sarif"])
def test_every_format_tells_all_tables(form, capsys):
    status, (out, _) = checked(capsys, "--format", form)
    assert status == 0
    if form == "sarif":
        runs = json.loads(out)["runs"]
        assert len({run["automationDetails"]["id"] for run in runs}) == len(runs) == 4
    else:
        assert out.count("OK") == 4


def test_one_table_passes_and_several_pass(capsys):
    Path("data/good.csv").write_text("a\n-1\n")
    for names, line in (
        (("good", "marked"), "1 of 2 tables passes"),
        (("marked",), "1 of 1 table passes"),
    ):
        only = [word for name in names for word in ("--only", name)]
        _, (out, _) = checked(capsys, *only, "--html", "page.html")
        assert line in out.splitlines()[-1]
        assert line in Path("page.html").read_text()
    _, (out, _) = checked(capsys, "--only", "good")
    assert out.splitlines()[-1] == "FAIL  0 of 1 table passes"


def test_only_some_tables(capsys):
    status, (out, _) = checked(capsys, "--only", "marked", "--only", "good")
    assert status == 0
    assert "2 of 2 tables pass" in out
    assert "spreadsheet" not in out
    status, (_, err) = checked(capsys, "--only", "markd")
    assert status == 2
    assert "did you mean marked?" in err


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("[tables", "is a file of TOML, but"),
        ("", "names none"),
        ("[tables.a]\ndata = 'x.csv'", "has no `requirements`"),
        ("[tables.a]\ndata = 1\nrequirements = 'r'", "`data` of [tables.a] is a text, not 1"),
        ("[tables.a]\ndatum = 'x'", "did you mean data?"),
        ("[tabels.a]\ndata = 'x'", "did you mean tables?"),
        ("[tables.a]\ndata='x'\nrequirements='r'\nmax-violations=true", "a number of rows"),
        ("[tables.a]\ndata='x'\nrequirements='r'\nmissing='maybe'", "ignore or fail"),
        ("[tables.a]\ndata='x'\nrequirements='r'\n[reports]\npdf='x'", "has no `pdf`"),
        ("[tables.a]\ndata='x'\nrequirements='r'\nskip-rows=-1", "[tables.a] has a wrong setting"),
        ("[tables.a]\ndata='x'\nrequirements='r'\ndelimiter=';;'", "[tables.a] has a wrong"),
        ("[tables.a]\ndata='x'\nrequirements='r'\ntolerance=5", "[tables.a] has a wrong setting"),
    ],
)
def test_a_wrong_project_file_is_one_clear_line(text, fact, capsys):
    Path("pishield.toml").write_text(text)
    status, (out, err) = checked(capsys)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert fact in err


@pytest.mark.parametrize(
    ("text", "option", "value"),
    [
        ("a|b\n3|2\n", "delimiter", "|"),
        ("a\tb\n3\t2\n", "delimiter", r"\t"),
        ("a,b\n'3,5','3,25'\n".replace("'", '"'), "decimal", ","),
        ("a,b\n1'234,2\n", "thousands", "'"),
        ("a,b\n3 %,€ 2\n", "units", "%,€"),
        ("a,b\n-,2\n3,2\nnone,2\n", "na", "-,none"),
        ("a,b\n-,2\n3,2\n'x, y',2\n".replace("'", '"'), "na", '"x, y",-'),
        ("title\na,b\n3,2\n", "skip-rows", 1),
        ("a,b\n02.01.2024,01.02.2023\n", "date-format", "%d.%m.%Y"),
        ("a\tb\n3\t2\n", "input-format", "tsv"),
        ("a,b\nx,2\n3,2\n", "bad-cells", "violation"),
        ("a,b\nx,2\n3,2\n", "bad-cells", "missing"),
        ("c,d\n3,2\n", "key", "c, d"),
        ("c,d\n3,2\n", "columns", "c,d"),
    ],
)
def test_settings_are_written_as_on_the_command_line(text, option, value, capsys):
    """A text that holds a list is cut as the option's value is."""
    Path("t.dat.csv").write_text(text)
    Path("r.txt").write_text("y_0 <= y_1\n")
    line = f"{option} = {json.dumps(value)}"
    Path("pishield.toml").write_text(
        f'[tables.t]\ndata = "t.dat.csv"\nrequirements = "r.txt"\n{line}\n'
    )
    words = ["t.dat.csv", "r.txt", f"--{option}", str(value), "--format", "json"]
    assert main(["check", *words]) == 1
    alone = json.loads(capsys.readouterr().out)
    assert main(["check", "--format", "json"]) == 1
    table = json.loads(capsys.readouterr().out)["tables"][0]
    assert {name: table[name] for name in alone} == alone


def test_a_mark_of_the_encoding_is_no_part_of_the_file(capsys):
    """Editors of Windows write one."""
    Path("pishield.toml").write_bytes(b"\xef\xbb\xbf" + PROJECT.replace("\n", "\r\n").encode())
    status, (out, err) = checked(capsys)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "OK    4 of 4 tables pass"


def test_labels_that_there_are_not_are_told(capsys):
    Path("pishield.toml").write_text(PROJECT.replace("soft", "sofd"))
    status, (out, _) = checked(capsys)
    assert status == 2
    assert "no label `sofd`" in out


def test_without_a_project_and_with_options_of_a_table_it_is_refused(capsys, tmp_path):
    status, (_, err) = checked(capsys, "--max-violations", "3")
    assert status == 2
    assert "they stand in `pishield.toml`" in err
    (tmp_path / "pishield.toml").unlink()
    status, (_, err) = checked(capsys)
    assert status == 2
    assert "DATA was not given" in err
    status, (_, err) = checked(capsys, "data/good.csv")
    assert status == 2
    assert "REQS was not given" in err


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_key_stands_beside_rows(ending, capsys, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    Path("keyed.csv").write_text("id,a,name\n7,1,x\n8,-1,y z\n")
    table = {"id": [7, 8], "a": [1, -1], "name": ["x", "y z"]}
    pq.write_table(pa.table(table), "keyed.parquet")
    words = (f"keyed.{ending}", "rules.txt", "--key", "id,name", "--format", "json")
    _, (out, _) = checked(capsys, *words)
    (found,) = json.loads(out)["requirements"]
    line = 3 if ending == "csv" else None
    key = {"id": "8", "name": "y z"}
    assert found["worst"] == {"row": 1, "line": line, "key": key, "by": 1}
    status, (_, err) = checked(capsys, f"keyed.{ending}", "rules.txt", "--key", "ident")
    assert status == 2
    assert "--key" in err


def test_a_table_is_not_chosen_where_one_is_given(capsys, tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "r.txt").write_text("a >= 0\n")
    command = ["check", str(tmp_path / "t.csv"), str(tmp_path / "r.txt"), "--only", "good"]
    assert main(command) == 2
    assert "--only chooses among the tables of `pishield.toml`" in capsys.readouterr().err


SECONDS = re.compile(r"[0-9.]+ s( |$)|\"seconds\": [0-9.]+|time=\"[0-9.]+\"", re.MULTILINE)


def results(capsys, *words):
    status, (out, err) = checked(capsys, *words, "--json", "all.json", "--html", "all.html")
    files = [Path(name).read_text("utf-8") for name in ("all.json", "all.html", "reports/all.xml")]
    return status, *(SECONDS.sub("", text) for text in (out, err, *files))


@pytest.fixture
def apart(monkeypatch):
    """Tables of any size are checked in processes of their own, and none in this one."""

    def begin():
        def refuse(*_, **__):
            raise AssertionError

        monkeypatch.setattr(side_by_side, "WORTH_BYTES", 0)
        monkeypatch.setattr(side_by_side, "_checked", refuse)

    return begin


def test_side_by_side_tells_what_in_turn_does(capsys, apart):
    Path("data/good.csv").write_text("1\n-2\n3\n")  # warned of, and not to be checked
    Path("data/marked.csv").write_text("a\n1\n1\n=\n")
    Path("pishield.toml").write_text(
        PROJECT
        + '[tables.more]\ndata = "data/spreadsheet.csv"\nrequirements = "rules.txt"\n'
        + 'delimiter = ";"\ndecimal = ","\nna = ["-"]\nviolations = "reports/bad.csv"\n'
    )
    in_turn = results(capsys, "--workers", "1")
    listed = Path("reports/bad.csv").read_bytes()
    Path("reports/bad.csv").unlink()
    apart()
    assert results(capsys, "--workers", "2") == in_turn
    assert in_turn[0] == 2
    assert "could not be checked" in in_turn[1]
    assert "header" in in_turn[2]
    assert Path("reports/bad.csv").read_bytes() == listed


def test_a_table_whose_process_was_ended_is_checked_all_the_same(capsys, monkeypatch):
    in_turn = results(capsys, "--workers", "1")
    monkeypatch.setattr(side_by_side, "WORTH_BYTES", 0)
    monkeypatch.setattr(side_by_side, "_begin", os.abort)
    assert results(capsys, "--workers", "2") == in_turn


@pytest.mark.parametrize("cores", ["1", "2"])
def test_small_tables_and_one_core_start_no_process(cores, capsys, monkeypatch):
    if cores == "1":
        monkeypatch.setattr(side_by_side, "WORTH_BYTES", 0)
    monkeypatch.setattr(side_by_side, "_side_by_side", None)
    assert checked(capsys, "--workers", cores)[0] == 0


def test_one_file_is_not_listed_to_twice(capsys):
    text = PROJECT.replace('key = "id"', 'violations = "bad.csv"')
    Path("pishield.toml").write_text(text)
    status, (out, err) = checked(capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "would overwrite" in err
    Path("pishield.toml").write_text(text.replace('violations = "bad.csv"', 'violations = "-"'))
    status, (out, err) = checked(capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "goes to standard output, not both" in err


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_all(sent, code, tmp_path):
    Path("pishield.toml").write_text(
        "\n".join(
            f'[tables.{name}]\ndata = "{name}.csv"\nrequirements = "rules.txt"\n'
            f'violations = "{name}-bad.csv"\n'
            for name in ("one", "two")
        )
    )
    rows = "a,b,c\n" + "-1.5,2.25,3.125\n" * 4_000_000
    for name in ("one", "two"):
        Path(f"{name}.csv").write_text(rows)
    process = subprocess.Popen(
        [sys.executable, "-m", "pishield_cli", "check", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(list(tmp_path.glob("*bad*"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    # A terminal sends an interrupt to all of them, a scheduler ends the first process alone.
    (os.killpg if sent == signal.SIGINT else os.kill)(process.pid, sent)
    out, err = process.communicate()
    assert (process.returncode, out) == (code, "")
    assert err == ("interrupted; nothing was written\n" if sent == signal.SIGINT else "")
    assert not list(tmp_path.glob("*bad*"))


def test_annotations_of_all_tables_fit_into_one_step(capsys: pytest.CaptureFixture[str]) -> None:
    """A step shows ten of a level: over all tables, those violated most."""
    tables = []
    for number, name in enumerate("abc"):
        rules = [f"x >= {limit}" for limit in range(5)]
        Path(f"{name}.txt").write_text("\n".join(rules) + "\n")
        cells = [-1] * (10 - number) + [9] * number
        Path(f"{name}.csv").write_text("x\n" + "".join(f"{cell}\n" for cell in cells))
        tables.append(f'[tables.{name}]\ndata = "{name}.csv"\nrequirements = "{name}.txt"\n')
    Path("pishield.toml").write_text("".join(tables))
    assert main(["check", "--format", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == 10
    assert all(f"file={name}.txt" in line for name, line in zip("aaaaabbbbb", errors, strict=True))
    assert "title=Requirement 1 of a::" in errors[0]
    assert "6 more requirements violated" in errors[-1]
    assert sum("violated in 8 rows of 10" in line for line in lines) == 5
    assert lines[-3:] == [line for line in lines if "FAIL" in line]
