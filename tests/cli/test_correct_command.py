"""`pishield correct` on real files: what it writes, what it keeps, what every option does."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

TABLE = "id,a,b,note\n001,1.0,2,x\n002,5,3.0,y\n003,,2,z\n004,9,1,\n"
RULES = "[in-order] a <= b\nb >= 0\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text(TABLE)
    Path("rules.txt").write_text(RULES)
    return tmp_path


def run(*arguments: str) -> int:
    return main(["correct", *arguments])


def corrected(text: str | bytes, rules: str, *options: str, code: int = 0) -> bytes:
    """Bytes of the corrected table; what is promised of it is checked as well."""
    data = text.encode() if isinstance(text, str) else text
    Path("in.csv").write_bytes(data)
    Path("in.txt").write_text(rules)
    assert run("in.csv", "in.txt", "-o", "out.csv", *options) == code
    assert Path("in.csv").read_bytes() == data
    if not code:
        assert main(["check", "out.csv", "in.txt", "--exact", "--quiet"]) == 0
    return Path("out.csv").read_bytes()


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    code = run(*arguments, "--format", "json")
    return code, json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of an error that wrote nothing."""
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before
    return err.removeprefix("error: ").rstrip("\n")


# ------------------------------------------------------------------------------- the plain command


def test_every_requirement_holds_in_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("table.csv", "rules.txt", "-o", "out.csv") == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    undecided = "1 row undecided (missing cells)"
    assert lines[-1] == f"OK    no row violates a requirement; {undecided}; written to out.csv"
    assert "4 rows, 2 violating (50%), 2 corrected, 2 cells changed" in lines[-2]
    assert Path("out.csv").read_text() == (
        "id,a,b,note\n001,1.0,2,x\n002,5,5.0,y\n003,,2,z\n004,9,9,\n"
    )
    assert main(["check", "out.csv", "rules.txt", "--exact"]) == 0


def test_json_says_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    code, content = report(capsys, "table.csv", "rules.txt", "-o", "out.csv", "--fixed", "b")
    assert code == 0
    assert content["rows"] == 4
    assert content["violating_rows_before"] == 2
    assert content["violating_rows_after"] == 0
    assert content["corrected_rows"] == 2
    assert content["uncorrected_rows"] == []
    assert content["cells_changed"] == 2
    assert content["columns"] == {
        "a": {"changed": 2, "mean_abs_change": 5.0, "max_abs_change": 8.0, "filled": 0}
    }
    assert content["method"] == "shield"
    assert (content["data"], content["requirements_file"]) == ("table.csv", "rules.txt")
    assert content["output"] == "out.csv"


def test_a_table_that_holds_is_copied_byte_for_byte() -> None:
    text = b"a,b\r\n1.50,+2\r\n 1e0 ,0x\r\n".replace(b"0x", b"007")
    assert corrected(text, "a <= b\n") == text


def test_a_table_without_rows_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.csv").write_text("a,b\n")
    assert run("empty.csv", "rules.txt", "-o", "out.csv") == 0
    assert Path("out.csv").read_text() == "a,b\n"
    assert "0 rows" in capsys.readouterr().out


# -------------------------------------------------------------------------- what options refuse


def test_a_place_for_the_table_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, "table.csv", "rules.txt")
    assert message.startswith("The corrected table needs a place, and --output was not given.")
    assert "--in-place" in message


@pytest.mark.parametrize("output", ["table.csv", "./table.csv", "../{}/table.csv"])
def test_data_is_never_the_output(
    folder: Path, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(capsys, "table.csv", "rules.txt", "-o", output.format(folder.name))
    assert "would overwrite DATA. Hint: name another file, or use --in-place instead" in message


def test_a_link_to_data_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    Path("link.csv").symlink_to("table.csv")
    assert "would overwrite DATA" in refused(capsys, "table.csv", "rules.txt", "-o", "link.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "rules.txt"], "would overwrite the requirements file"),
        (["-o", "x.csv", "--in-place"], "--output cannot be given with it"),
        (["--dry-run", "--in-place"], "--dry-run writes no table"),
        (["-o", "x.csv", "--audit", "x.csv"], "would overwrite the file of --output"),
        (["-o", "x.csv", "--audit", "table.csv"], "would overwrite DATA"),
        (["-o", "x.csv", "--audit", "x.txt"], "The audit is a CSV file"),
        (["-o", "x.parquet"], "must be of the same kind as the table"),
        (["-o", "x.tsv"], "must be of the same kind as the table"),
        (["-o", "no/x.csv"], "its folder does not exist"),
        (["-o", "x.csv", "--audit", "no/x.csv"], "its folder does not exist"),
        (["-o", "x.csv", "--fixed", "nota"], "Hint: did you mean note?"),
        (["-o", "x.csv", "--fixed", "q"], "but `q` is not one of them. Hint: the table's columns"),
        (["-o", "x.csv", "--only", "nota"], "--only names columns of the table"),
        (["-o", "x.csv", "--ordering", "b,nota"], "--ordering names columns of the table"),
        (["-o", "x.csv", "--fixed", "a", "--only", "a,b"], "cannot be both fixed and free"),
        (["-o", "x.csv", "--fixed", "a,,b"], "one of these is empty"),
        (["-o", "x.csv", "--fixed", "a,a"], "'a'"),
        (["-o", "x.csv", "--format", "xml"], "'--format'"),
        (["-o", "x.csv", "--batch-rows", "0"], "'--batch-rows'"),
        (["-o", "x.csv", "--seed", "x"], "'--seed'"),
        (["-o", "x.csv", "--method", "best"], "'--method'"),
        (["-o", "x.csv", "--type", "propositional"], "propositional"),
    ],
)
def test_wrong_usage_writes_nothing(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("rules.txt")
    before = path.read_text()
    if "propositional" in options:
        assert run("table.csv", "rules.txt", *options) == 2
        assert message in capsys.readouterr().err
    else:
        assert message in refused(capsys, "table.csv", "rules.txt", *options)
    assert path.read_text() == before
    assert not Path("x.csv").exists()


def test_a_folder_that_is_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "table.csv/x.csv" in refused(capsys, "table.csv", "rules.txt", "-o", "table.csv/x.csv")


def test_a_contradiction_names_its_core(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("b >= 1\na > 2\n[low] b <= 0\n")
    message = refused(capsys, "table.csv", "rules.txt", "-o", "out.csv", "--audit", "audit.csv")
    assert "contradict each other" in message
    assert "1: b >= 1; 3: b <= 0" in message
    assert "a > 2" not in message


def test_a_requirement_that_contradicts_itself_is_told_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("rules.txt").write_text("a > 2\nabs(b) == -1\n")
    message = refused(capsys, "table.csv", "rules.txt", "-o", "out.csv")
    assert "A requirement contradicts itself, so no table satisfies it: 2: abs(b) == -1." in message


def test_a_contradiction_of_whole_numbers_names_its_core(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("rules.txt").write_text("integer b\nb > 1\na > 2\nb < 2\n")
    message = refused(capsys, "table.csv", "rules.txt", "-o", "out.csv")
    assert "1: b > 1; 3: b < 2" in message


@pytest.mark.parametrize("text", ["a\n1\nx\n", "a\n1\n2,3\n", "", "a,a\n1,2\n", "b\n1\n"])
def test_a_malformed_table_writes_nothing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("table.csv").write_text(text)
    Path("rules.txt").write_text("a >= 0\n")
    assert run("table.csv", "rules.txt", "-o", "out.csv", "--audit", "audit.csv") == 2
    assert capsys.readouterr().out == ""
    assert not Path("out.csv").exists()
    assert not Path("audit.csv").exists()
    assert len(list(Path().iterdir())) == 2


# ------------------------------------------------------------------------ where the table goes


def test_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("table.csv", "rules.txt", "--dry-run", "-o", "out.csv") == 0
    assert "nothing written (dry run)" in capsys.readouterr().out
    assert sorted(os.listdir()) == ["rules.txt", "table.csv"]


def test_in_place_replaces_the_table() -> None:
    Path("table.csv").chmod(0o640)
    assert run("table.csv", "rules.txt", "--in-place") == 0
    assert Path("table.csv").read_text().splitlines()[2] == "002,5,5.0,y"
    assert Path("table.csv").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir()) == ["rules.txt", "table.csv"]
    done = Path("table.csv").read_bytes()
    assert run("table.csv", "rules.txt", "--in-place") == 0
    assert Path("table.csv").read_bytes() == done


def test_an_older_output_is_replaced_only_by_a_whole_one() -> None:
    Path("out.csv").write_text("old")
    Path("table.csv").write_text(TABLE + "005,1,x,\n")
    assert run("table.csv", "rules.txt", "-o", "out.csv", "--batch-rows", "1") == 2
    assert Path("out.csv").read_text() == "old"
    Path("table.csv").write_text(TABLE)
    assert run("table.csv", "rules.txt", "-o", "out.csv") == 0
    assert Path("out.csv").read_text().startswith("id,a,b,note\n")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pishield_cli", "correct", *arguments]


def hearing(*arguments: str) -> list[str]:
    """The command with interrupts on: what a shell starts in the background ignores them."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from pishield_cli.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-c", code, "correct", *arguments]


def environment(repository: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(repository)}


def test_standard_input_to_standard_output(repository: Path) -> None:
    done = subprocess.run(
        command("-", "rules.txt", "-o", "-"),
        input=TABLE.encode(),
        capture_output=True,
        env=environment(repository),
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == b"id,a,b,note\n001,1.0,2,x\n002,5,5.0,y\n003,,2,z\n004,9,9,\n"
    assert b"OK    no row violates a requirement" in done.stderr


def test_the_report_gives_way_to_the_table(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("table.csv", "rules.txt", "-o", "-", "--quiet") == 0
    out, err = capfdbinary.readouterr()
    assert out.splitlines()[2] == b"002,5,5.0,y"
    assert err == b""


def test_the_report_gives_way_as_json_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("table.csv", "rules.txt", "-o", "-", "--quiet", "--format", "json") == 0
    out, err = capfdbinary.readouterr()
    assert out.splitlines()[2] == b"002,5,5.0,y"
    assert json.loads(err)["corrected_rows"] == 2


def test_parquet_does_not_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    parquet.write_table(pa.table({"a": [1.0], "b": [2.0]}), "t.parquet")
    assert "same kind" in refused(capsys, "t.parquet", "rules.txt", "-o", "-")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing(repository: Path, number: signal.Signals) -> None:
    rows = "".join(f"{i % 97},{i * 7 % 89}.5\n" for i in range(200_000))
    Path("long.csv").write_text("a,b\n" + rows)
    before = sorted(os.listdir())
    with subprocess.Popen(
        hearing("long.csv", "rules.txt", "-o", "o.csv", "--audit", "x.csv", "--batch-rows", "20"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(repository),
    ) as process:
        deadline = time.monotonic() + 30
        while sorted(os.listdir()) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert sorted(os.listdir()) != before, "it writes aside"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == (130 if number is signal.SIGINT else 143)
    assert b"Traceback" not in err
    assert sorted(os.listdir()) == before


# --------------------------------------------------------------------------------- what may move


def test_fixed_columns_never_move() -> None:
    found = corrected("a,b\n5,3\n1,2\n4,0\n", "a <= b\n", "--fixed", "b")
    assert found == b"a,b\n3,3\n1,2\n0,0\n"


def test_only_these_columns_move() -> None:
    found = corrected("a,b,c\n5,3,9\n1,2,3\n", "a <= b\nc <= b\n", "--only", "b")
    assert found == b"a,b,c\n5,9,9\n1,3,3\n"


def test_names_with_commas_stand_in_quotes() -> None:
    found = corrected('"a, x",b\n5,3\n', "`a, x` <= b\n", "--fixed", '"a, x"')
    assert found == b'"a, x",b\n5,5\n'


def test_rows_that_fixed_columns_forbid_are_listed_and_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("rules.txt").write_text("a <= b\n[whole] a + b >= 0\nc >= 1\n")
    Path("table.csv").write_text("a,b,c\n2,1,0\n1,2,0\n5,4,1\n")
    code, content = report(
        capsys, "table.csv", "rules.txt", "-o", "out.csv", "--fixed", "a,b", "--audit", "x.csv"
    )
    assert code == 1
    assert content["uncorrected_rows"] == [0, 2]
    assert content["violating_rows_before"] == 3
    assert content["violating_rows_after"] == 2
    assert content["corrected_rows"] == 1
    assert [one["row"] for one in content["obstacles"]] == [0, 2]
    for one in content["obstacles"]:
        assert one["requirements"] == [1]
        assert one["fixed"] == ["a", "b"]
    assert Path("out.csv").read_text() == "a,b,c\n2,1,0\n1,2,1\n5,4,1\n"
    assert Path("x.csv").read_text().splitlines()[1:] != []
    assert run("table.csv", "rules.txt", "-o", "out.csv", "--fixed", "a,b") == 1
    out = capsys.readouterr().out
    assert "row 0 (line 2): requirement 1 and the fixed a, b exclude each other" in out
    assert out.splitlines()[-1] == "FAIL  2 rows could not be corrected; written to out.csv"


def test_whole_numbers_without_a_solution_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rules.txt").write_text("2*a == b\n")
    Path("table.csv").write_text("a,b\n1,3\n2,6\n")
    code, content = report(capsys, "table.csv", "rules.txt", "-o", "out.csv", "--fixed", "b")
    assert code == 1
    assert content["uncorrected_rows"] == [0]
    assert Path("out.csv").read_text() == "a,b\n1,3\n3,6\n"


# ---------------------------------------------------------------------------------------- ordering


def test_the_first_in_the_ordering_is_trusted_most() -> None:
    rows, rules = "a,b\n5,3\n", "a <= b\n"
    assert corrected(rows, rules) == b"a,b\n5,5\n"
    assert corrected(rows, rules, "--ordering", "given") == b"a,b\n5,5\n"
    assert corrected(rows, rules, "--ordering", "b") == b"a,b\n3,3\n"
    assert corrected(rows, rules, "--ordering", "b,a") == b"a,b\n3,3\n"
    assert corrected(rows, "ordering b a\n" + rules) == b"a,b\n3,3\n"
    assert corrected(rows, "ordering b a\n" + rules, "--ordering", "a") == b"a,b\n5,5\n"


def test_a_random_ordering_follows_its_seed() -> None:
    rows, rules = "a,b,c,d\n4,3,2,1\n", "a <= b\nb <= c\nc <= d\n"
    found = {
        seed: corrected(rows, rules, "--ordering", "random", "--seed", str(seed))
        for seed in range(8)
    }
    assert len(set(found.values())) > 1
    for seed in (0, 3):
        again = corrected(rows, rules, "--ordering", "random", "--seed", str(seed))
        assert again == found[seed]


@pytest.mark.parametrize(("positions", "expected"), [("a,b", "5,5"), ("b,a", "5,3")])
def test_columns_stand_for_positions(positions: str, expected: str) -> None:
    Path("t.csv").write_text("a,b\n5,3\n")
    Path("p.txt").write_text("y_0 - y_1 <= 0\n")
    assert run("t.csv", "p.txt", "-o", "out.csv", "--columns", positions) == 0
    assert Path("out.csv").read_text() == f"a,b\n{expected}\n"


# ------------------------------------------------------------------------------------------- audit


def test_the_audit_lists_every_changed_cell() -> None:
    assert run("table.csv", "rules.txt", "-o", "out.csv", "--audit", "audit.csv") == 0
    with Path("audit.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["row", "column", "old", "new", "violated"]
    assert [(one[0], one[1], float(one[2]), float(one[3])) for one in rows[1:]] == [
        ("1", "b", 3.0, 5.0),
        ("3", "b", 1.0, 9.0),
    ]
    assert {one[4] for one in rows[1:]} == {"in-order"}


def test_the_audit_agrees_with_the_two_tables() -> None:
    lines = "".join(f"{i % 13 - 5},{i * 5 % 11 / 4},{i * 3 % 7}\n" for i in range(60))
    text = "a,b,c\n" + lines
    out = corrected(
        text, "a <= b\nb + c > 1 or a > 2\n", "--audit", "audit.csv", "--batch-rows", "7"
    )
    before, after = (list(csv.DictReader(one.splitlines())) for one in (text, out.decode()))
    changed = {
        (str(row), name): (float(old[name]), float(new[name]))
        for row, (old, new) in enumerate(zip(before, after, strict=True))
        for name in old
        if old[name] != new[name]
    }
    with Path("audit.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert changed
    assert {
        (one["row"], one["column"]): (float(one["old"]), float(one["new"])) for one in listed
    } == changed
    assert [int(one["row"]) for one in listed] == sorted(int(one["row"]) for one in listed)
    for one in listed:
        row = {name: float(cell) for name, cell in before[int(one["row"])].items()}
        violated = [
            number
            for number, holds in (
                ("1", row["a"] <= row["b"]),
                ("2", row["b"] + row["c"] > 1 or row["a"] > 2),
            )
            if not holds
        ]
        assert one["violated"].split("; ") == violated


def test_a_compressed_audit_beside_a_dry_run() -> None:
    assert run("table.csv", "rules.txt", "--dry-run", "--audit", "audit.csv.gz") == 0
    with gzip.open("audit.csv.gz", "rt") as file:
        assert len(file.readlines()) == 3


def test_no_change_makes_an_audit_of_its_header() -> None:
    corrected("a,b\n1,2\n", "a <= b\n", "--audit", "audit.csv")
    assert Path("audit.csv").read_text() == "row,column,old,new,violated\n"


# ---------------------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    ("text", "rules", "expected"),
    [
        ("a,b\r\n5,3\r\n1,2\r\n", "a <= b", "a,b\r\n5,5\r\n1,2\r\n"),
        ("a,b\n5,3\n1,2", "a <= b", "a,b\n5,5\n1,2"),
        ("a,b\n5,3", "a <= b", "a,b\n5,5"),
        ("\ufeffa,b\n5,3\n", "a <= b", "\ufeffa,b\n5,5\n"),
        ("a,b\n\n5,3\n\n\n1,2\n", "a <= b", "a,b\n\n5,5\n\n\n1,2\n"),
        ('a,b,"t ""x"", y"\n5,3,"q\nr"\n', "a <= b", 'a,b,"t ""x"", y"\n5,5,"q\nr"\n'),
        ('a,b\n"5","3"\n', "a <= b", 'a,b\n"5","5"\n'),
        ("id,a,b\n007,1e0,1E3\n08,+2,1.50\n", "a <= b", "id,a,b\n007,1e0,1E3\n08,+2,2.00\n"),
        ("a,b\n1.0,5\n7.0,2\n", "a <= b", "a,b\n1.0,5\n7.0,7\n"),
        ("a,b\n5, 3 \n", "a <= b", None),
        ("é,b\n5,3\n", "é <= b", "é,b\n5,5\n"),
        ("a,b\n0.1,0.3\n0.2,0.1\n", "a + b <= 0.3", "a,b\n0.1,0.2\n0.2,0.1\n"),
        ("a,b\nNA,3\n5,\n", "a <= b", "a,b\nNA,3\n5,\n"),
    ],
)
def test_csv_is_kept_character_for_character(text: str, rules: str, expected: str | None) -> None:
    found = corrected(text, rules + "\n")
    if expected is not None:
        assert found.decode() == expected


def test_tabs_and_gzip_are_kept() -> None:
    Path("t.tsv.gz").write_bytes(gzip.compress(b"a\tb\n5\t3\n"))
    assert run("t.tsv.gz", "rules.txt", "-o", "u.tsv.gz") == 0
    assert gzip.decompress(Path("u.tsv.gz").read_bytes()) == b"a\tb\n5\t5\n"


def test_a_column_of_whole_numbers_stays_whole() -> None:
    found = corrected("a,b\n1,5\n4,2\n", "2*a >= 2*b + 1\n")
    assert all(b"." not in line for line in found.splitlines())


def test_declared_types_are_kept() -> None:
    found = corrected("a,b\n1.0,0.0\n2.0,1.0\n", "integer a\nboolean b\na >= 2.5\nb >= 0.2\n")
    rows = [[float(cell) for cell in line.split(b",")] for line in found.splitlines()[1:]]
    assert rows == [[3.0, 1.0], [3.0, 1.0]]


def test_batches_do_not_matter() -> None:
    text = "a,b,c\n" + "".join(
        f"{i % 13 - 5},{i * 5 % 11 / 4},{i * 3 % 7 if i % 5 else ''}\n" for i in range(200)
    )
    rules = "a <= b\nb + c > 1 or a > 2\na + 2*b - c <= 3\n"
    whole = corrected(text, rules)
    for rows in ("1", "7", "199", "100000"):
        assert corrected(text, rules, "--batch-rows", rows) == whole


def test_correcting_again_changes_nothing() -> None:
    text = "a,b,c\n" + "".join(
        f"{i % 13 - 5},{i * 5 % 11 / 4},{i * 3 % 7}.25\n" for i in range(100)
    )
    rules = "a < b\n3*b - 0.7*c > 1 or a > 2\na + 2*b - c <= 3\n"
    once = corrected(text, rules)
    assert corrected(once, rules) == once


# ----------------------------------------------------------------------------------------- Parquet


def table_of_all_types() -> pa.Table:
    columns = {
        "i8": pa.array([120, -128, None, 5], pa.int8()),
        "u8": pa.array([1, 255, 3, None], pa.uint8()),
        "i64": pa.array([1, 2, 3, 2**60], pa.int64()),
        "f4": pa.array([0.1, 0.2, None, float("nan")], pa.float32()),
        "f2": pa.array(np.array([1.5, 2.5, 3, 4], np.float16)),
        "f8": pa.array([1.1, 2.2, 3.3, 4.4]),
        "dec": pa.array([Decimal("1.50"), Decimal("2.25"), None, Decimal("-3.00")]),
        "yes": pa.array([True, False, None, True]),
        "word": pa.array(["x", "y", "x", None]).dictionary_encode(),
        "when": pa.array([datetime(2020, 1, 1)] * 4, pa.timestamp("us")),  # noqa: DTZ001
        "list": pa.array([[1], [2, 3], None, []]),
    }
    return pa.table(columns).replace_schema_metadata({"who": "me"})


ALL_TYPES = """i8 >= 126
u8 <= 100
f4 + f8 > 4.35
f2 >= 2.1
dec >= 1.101
yes >= 0.5
i64 + f4 >= 2.5
"""


def test_parquet_keeps_types_nulls_metadata_and_groups() -> None:
    table = table_of_all_types()
    parquet.write_table(table, "t.parquet", row_group_size=2, compression="zstd")
    Path("p.txt").write_text(ALL_TYPES)
    assert run("t.parquet", "p.txt", "-o", "u.parquet") == 0
    assert main(["check", "u.parquet", "p.txt", "--exact"]) == 0
    old, new = parquet.read_table("t.parquet"), parquet.read_table("u.parquet")
    assert new.schema.equals(old.schema, check_metadata=True)
    assert new.schema.metadata[b"who"] == b"me"
    for name in ("word", "when", "list"):
        assert new[name].equals(old[name])
    for name in old.column_names:
        assert new[name].is_null().equals(old[name].is_null())
    assert new["i8"].to_pylist() == [126, 126, None, 126]
    assert new["u8"].to_pylist() == [1, 100, 3, None]
    assert new["dec"].to_pylist() == [
        Decimal("1.50"),
        Decimal("2.25"),
        None,
        Decimal("1.11"),
    ]
    assert new["yes"].to_pylist() == [True, True, None, True]
    groups = parquet.ParquetFile("u.parquet").metadata
    assert groups.num_row_groups == 2
    assert groups.row_group(0).column(0).compression == "ZSTD"


def one_column(values: pa.Array) -> None:
    parquet.write_table(pa.table({"x": values}), "x.parquet")


@pytest.mark.parametrize(
    ("values", "rule", "kept"),
    [
        (pa.array([1, 127, -5], pa.int8()), "x >= 128", 3),
        (pa.array([1, 2, 3], pa.uint8()), "x < 0", 3),
        (pa.array([1, 200], pa.uint8()), "2*x == 301 or x == 1", 0),
        (pa.array([True, False]), "x >= 2", 2),
        (pa.array(np.array([1.0, 70.0], np.float16)), "x >= 70000", 2),
        (pa.array([1.0, 2.0], pa.float32()), "x >= 1e39", 2),
        (pa.array([Decimal("1.50"), Decimal("2.25")]), "3*x > 1 and 3*x < 1.02", 2),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_a_type_cannot_hold_is_listed_and_kept(
    values: pa.Array, rule: str, kept: int, capsys: pytest.CaptureFixture[str]
) -> None:
    one_column(values)
    Path("p.txt").write_text(rule + "\n")
    code, content = report(capsys, "x.parquet", "p.txt", "-o", "y.parquet")
    assert code == (1 if kept else 0)
    assert content["uncorrected_rows"] == list(range(kept))
    if kept:
        assert parquet.read_table("y.parquet")["x"].to_pylist() == values.to_pylist()


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.float16(), pa.float32(), pa.float64()])
def test_parquet_holds_exactly_in_every_width(kind: pa.DataType) -> None:
    numbers = [[n * 7 % 23 - 11 for n in range(40)], [n * 5 % 19 - 9 for n in range(40)]]
    parquet.write_table(
        pa.table([pa.array(x).cast(kind) for x in numbers], ["a", "b"]), "t.parquet"
    )
    Path("p.txt").write_text("3*a - 2*b > 1\na/3 <= b + 0.7\na + b < 17\n")
    assert run("t.parquet", "p.txt", "-o", "u.parquet") == 0
    assert main(["check", "u.parquet", "p.txt", "--exact"]) == 0
    assert parquet.read_schema("u.parquet").field("a").type == kind


def test_a_folder_of_parquet_files() -> None:
    Path("data").mkdir()
    for index in range(3):
        part = pa.table({"a": [index, 5], "b": [2, 3]})
        parquet.write_table(part, f"data/part-{index}.parquet")
    code = run("data", "rules.txt", "-o", "out")
    assert code == 0
    assert main(["check", "out", "rules.txt", "--exact"]) == 0
    assert parquet.read_table("out").num_rows == 6


# ----------------------------------------------------------------------- the types of requirements


def test_disjunctions_are_corrected() -> None:
    text = "a,b,c\n1,2,0\n3,2,0\n3,2,2\n"
    found = corrected(text, "if a > b then c >= 1\n")
    assert found == b"a,b,c\n1,2,0\n3,2,1\n3,2,2\n"


def test_propositions_are_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    text = "car,vehicle,road\n1,0,1\n0,0,0\n1,1,0\n0,1,1\n"
    found = corrected(text, "car -> vehicle\nvehicle or not road\n")
    assert found == b"car,vehicle,road\n1,1,1\n0,0,0\n1,1,0\n0,1,1\n"
    scores = "car,vehicle\n0.9,0.2\n0.4,0.3\n0.2,0.8\n"
    found = corrected(scores, "car -> vehicle\n").splitlines()
    assert found[2:] == [b"0.4,0.3", b"0.2,0.8"]
    assert float(found[1].split(b",")[1]) > 0.5


def test_a_proposition_with_all_columns_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("car,vehicle\n1,0\n0,0\n")
    Path("p.txt").write_text("car -> vehicle\n")
    code, content = report(capsys, "t.csv", "p.txt", "-o", "u.csv", "--fixed", "car,vehicle")
    assert code == 1
    assert content["uncorrected_rows"] == [0]
    assert Path("u.csv").read_text() == Path("t.csv").read_text()


@pytest.mark.parametrize("name", ["housing", "loans", "scenes"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_sample_tables_are_corrected(name: str, ending: str, sample_data: Path) -> None:
    data, rules = sample_data / f"{name}.{ending}", sample_data / f"{name}.txt"
    assert main(["check", str(data), str(rules), "--exact"]) == 1
    assert run(str(data), str(rules), "-o", f"out.{ending}") == 0
    assert main(["check", f"out.{ending}", str(rules), "--exact"]) == 0
    if ending == "csv":
        old, new = (path.read_bytes().splitlines(keepends=True) for path in (data, Path("out.csv")))
        assert len(old) == len(new)
        same = sum(one == other for one, other in zip(old, new, strict=True))
        assert 0 < same < len(old)


@pytest.mark.parametrize("ordering", ["random", "given"])
def test_sample_tables_are_corrected_in_any_order(ordering: str, sample_data: Path) -> None:
    data, rules = str(sample_data / "housing.csv"), str(sample_data / "housing.txt")
    options = ("--ordering", ordering, "--seed", "5")
    assert run(data, rules, "-o", "out.csv", *options) == 0
    assert main(["check", "out.csv", rules, "--exact"]) == 0


UNDECIDED = [
    ("a,b\n,1\n,2\n", "a <= b\n", 2, "all 2 undecided (missing cells)"),
    ("a,b\n3,1\n,2\n", "a <= b\n", 1, "; 1 row undecided (missing cells)"),
    # What correction makes true is decided, whatever else is missing.
    ("a,b\n3,1\n,-2\n", "b >= 0\na <= 5 or b >= 0\n", 0, None),
    ("a,b\n3,1\n", "a <= b\n", 0, None),
]


@pytest.mark.parametrize(("table", "rules", "count", "said"), UNDECIDED)
@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_rows_left_undecided_are_counted(
    method: str,
    table: str,
    rules: str,
    count: int,
    said: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("in.csv").write_text(table)
    Path("in.txt").write_text(rules)
    assert run("in.csv", "in.txt", "-o", "out.csv", "--method", method) == 0
    shown = capsys.readouterr().out
    assert "undecided" not in shown if said is None else said in shown
    _, found = report(capsys, "in.csv", "in.txt", "-o", "out.csv", "--method", method)
    assert found["unknown_rows"] == count
    main(["check", "out.csv", "in.txt", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["unknown_rows"] == count


def test_quiet_leaves_nothing_to_read_unless_a_row_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("table.csv", "rules.txt", "-o", "out.csv", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run("table.csv", "rules.txt", "-o", "out.csv", "--quiet", "--fixed", "a,b") == 1
    out, err = capsys.readouterr()
    assert "could not be corrected" in out
    assert err == ""
    assert run("table.csv", "rules.txt", "-o", "-", "--quiet", "--fixed", "a,b") == 1
    out, err = capsys.readouterr()
    assert out == TABLE
    assert "could not be corrected" in err
    assert report(capsys, "table.csv", "rules.txt", "-o", "out.csv", "--quiet")[0] == 0


@pytest.mark.parametrize(
    ("table", "rules", "method"),
    [
        ("a,b\n0.75,7\n1,0\n", "3*a == 2*b + 987.159\n", "shield"),
        ("a,b\n0.75,7\n1,0\n", "2*a == b + 0.3\n", "nearest"),
        ("a\n0\n0.3\n", "a\n", "nearest"),
        ("a\n0\n0.3\n", "a\n", "fewest"),
    ],
)
def test_whole_numbers_of_a_batch_do_not_make_its_columns_whole(
    table: str, rules: str, method: str
) -> None:
    Path("t.csv").write_text(table)
    Path("r.txt").write_text(rules)
    for name, rows in (("one.csv", "2"), ("two.csv", "1")):
        assert run("t.csv", "r.txt", "-o", name, "--method", method, "--batch-rows", rows) == 0
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
