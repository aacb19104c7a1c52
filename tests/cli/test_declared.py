"""What a user is told of cells that are not what their columns are declared to hold."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli.cli.boundary import run

RULES = "integer rooms\nboolean flat\ndecimals 2 price\nrooms >= 0\n"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_each_line_is_checked_and_reported(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.txt").write_text(RULES)
    data = tmp_path / f"t.{kind}"
    if kind == "csv":
        data.write_text("rooms,flat,price\n2.5,1,9.99\n3,0.5,9.999\n,2,\n")
    else:
        rows = {"rooms": [2.5, 3.0, None], "flat": [1.0, 0.5, 2.0], "price": [9.99, 9.999, None]}
        pq.write_table(pa.table(rows), data)
    arguments = ["check", str(data), str(tmp_path / "rules.txt"), "--format", "json"]
    assert run(arguments) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [(one["text"], one["line"], one["rows"], one["unknown"]) for one in found] == [
        ("rooms >= 0", 4, [], 1),
        ("integer rooms", 1, [0], 1),
        ("boolean flat", 2, [1, 2], 0),
        ("decimals 2 price", 3, [1], 1),
    ]
    assert [one["worst"] and one["worst"]["by"] for one in found] == [None, 0.5, 1.0, 0.001]


def test_whole_numbers_that_cannot_be_are_contradictory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, data = tmp_path / "rules.txt", tmp_path / "t.csv"
    rules.write_text("integer a b\n2*a == 2*b + 1\n")
    data.write_text("a,b\n1.5,1\n2,1\n")
    assert run(["check", str(data), str(rules)]) == 1
    assert run(["inspect", str(rules)]) == 1
    assert run(["correct", str(data), str(rules), "-o", str(tmp_path / "out.csv")]) == 2
    assert "2 of 2 rows" in capsys.readouterr().out


def test_a_file_may_declare_columns_and_say_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("rooms,ok,price\n2.5,2,1.234\n3,1,2.00\n,0,1\n")
    Path("r.txt").write_text("integer rooms\nboolean ok\ndecimals 2 price\n")
    assert run(["check", "t.csv", "r.txt", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [(one["rows"], one["unknown"]) for one in found] == [([0], 1), ([0], 0), ([0], 0)]
    assert run(["inspect", "r.txt", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["requirements"], told["columns"]) == (3, ["rooms", "ok", "price"])
    for method in ("shield", "nearest", "fewest"):
        assert run(["correct", "t.csv", "r.txt", "-o", "o.csv", "--method", method]) == 0
        assert Path("o.csv").read_text() == "rooms,ok,price\n2,1,1.23\n3,1,2.00\n,0,1\n"


@pytest.mark.parametrize("text", ["# nothing", "ordering a", "date a"])
def test_a_file_that_requires_nothing_is_an_error(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text(text + "\n")
    assert run(["inspect", "r.txt"]) == 2
    assert "must have at least one requirement, but this one has none" in capsys.readouterr().err
