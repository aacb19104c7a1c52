"""`correct --key`: what names a row, and the notation of the audit."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pishield_cli.cli import main

ROWS = {"id": ["A1", "A2", "A3"], "day": ["mon", "tue", "wed"], "a": [3, 1, 9], "b": [2, 2, 4]}
RULES = "b >= a\nb <= 5\n"
COMMAND = ["correct", "--fixed", "a", "--key"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text(RULES)
    pq.write_table(pa.table(ROWS), "t.parquet")
    lines = [",".join(ROWS), *(",".join(map(str, row)) for row in zip(*ROWS.values(), strict=True))]
    Path("t.csv").write_text("\n".join(lines) + "\n")
    records = (dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True))
    Path("t.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))


def audited(path: str = "cells.csv") -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("target", [["--dry-run"], ["-o", "out.{}"]])
def test_a_key_names_the_rows_of_the_report_and_of_the_audit(
    kind: str, target: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*COMMAND, "id,day", f"t.{kind}", "r.txt", *(one.format(kind) for one in target)]
    assert main([*words, "--audit", "cells.csv", "--json", "r.json", "--html", "r.html"]) == 1
    place = {"csv": "line 4, ", "jsonl": "line 3, ", "parquet": ""}[kind]
    named = f"row 2 ({place}id = A3, day = wed)"
    assert f"{named}: requirements 1, 2" in capsys.readouterr().out
    (obstacle,) = json.loads(Path("r.json").read_text())["obstacles"]
    assert (obstacle["row"], obstacle["key"]) == (2, {"id": "A3", "day": "wed"})
    page = Path("r.html").read_text()
    assert named in page
    assert "A1; mon" in page
    assert Path("cells.csv").read_text().splitlines()[0] == "row,key,column,old,new,violated"
    assert [(one["row"], one["key"], one["new"]) for one in audited()] == [("0", "A1; mon", "3")]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_an_audit_with_a_key_takes_the_correction_back(kind: str) -> None:
    words = [*COMMAND, "id", f"t.{kind}", "r.txt", "-o", f"out.{kind}", "--audit", "cells.csv"]
    assert main([*words, "-q"]) == 1
    assert main(["undo", f"out.{kind}", "cells.csv", "-o", f"back.{kind}", "-q"]) == 0
    if kind == "parquet":
        assert pq.read_table("back.parquet") == pq.read_table("t.parquet")
    else:
        assert Path(f"back.{kind}").read_bytes() == Path(f"t.{kind}").read_bytes()


def test_a_key_that_the_table_lacks_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "idd", "t.csv", "r.txt", "--dry-run"]) == 2
    assert "--key" in capsys.readouterr().err


NOTATION = ["--delimiter", ";", "--decimal", ",", "--thousands", ".", "--units", "EUR"]


def test_new_cells_of_an_audit_are_written_as_in_the_file() -> None:
    table = 'id;a;b;flag\n1;2.000,50 EUR;1.000,25 EUR;false\n2;"7,5";"1,5";0\n3;1;2;true\n'
    Path("t.csv").write_text(table)
    Path("r.txt").write_text("b >= a\nboolean flag\nflag >= 1\n")
    words = ["correct", "t.csv", "r.txt", "-o", "out.csv", "--audit", "cells.csv", "--fixed", "a"]
    assert main([*words, *NOTATION, "-q"]) == 0
    out = [line.split(";") for line in Path("out.csv").read_text().splitlines()]
    old = [line.split(";") for line in table.splitlines()]
    cells = audited()
    assert len(cells) == 4
    for cell in cells:
        row, place = int(cell["row"]) + 1, out[0].index(cell["column"])
        assert (cell["old"], cell["new"]) == (old[row][place], out[row][place])
    assert main(["undo", "out.csv", "cells.csv", "-o", "back.csv", *NOTATION, "-q"]) == 0
    assert Path("back.csv").read_text() == table


def test_lines_are_those_of_the_table_that_is_replaced() -> None:
    """They are found before the correction takes its place."""
    text = 'id,a,b\n"x\n\ny",1,2\n2,1,inf\n3,9,2\n4,1,-inf\n'
    Path("t.csv").write_text(text)
    Path("r.txt").write_text("a <= b\n")
    assert main(["correct", "t.csv", "r.txt", "--in-place", "--json", "r.json"]) == 1
    found = json.loads(Path("r.json").read_text())["obstacles"]
    assert [(one["row"], one["line"]) for one in found] == [(3, 7)]
