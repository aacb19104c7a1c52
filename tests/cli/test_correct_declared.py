"""Cells that are not what `integer`, `boolean` and `decimals` lines declare are corrected."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

RULES = "integer rooms\nboolean pool\ndecimals 2 price\nprice <= 100\nrooms >= 1\n"
TABLE = """id,rooms,pool,price,note
1,2.5,1,9.99,a
2,3,0.25,10.005,b
3,4,2,100.004,c
4,-2.5,true,1234567890123456789.125,d
5,,0,,e
6,1e0,1,-0.005,f
7,2.0,1.0,1.50,g
"""
EXPECTED = """id,rooms,pool,price,note
1,2,1,9.99,a
2,3,0,10.0,b
3,4,1,100.0,c
4,1,true,100.0,d
5,,0,,e
6,1e0,1,-0.01,f
7,2.0,1.0,1.50,g
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text(RULES)
    Path("t.csv").write_text(TABLE)


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize("rows", [["--batch-rows", "1"], ["--batch-rows", "3"], []])
def test_a_declared_column_gets_what_is_declared(
    method: str, rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--method", method, "--format", "json", *rows]
    main(["check", "t.csv", "r.txt", "--format", "json"])
    wrong = json.loads(capsys.readouterr().out)["violating_rows"]
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv", *options]) == 0
    report = json.loads(capsys.readouterr().out)
    assert Path("out.csv").read_text() == EXPECTED
    assert report["violating_rows_before"] == report["corrected_rows"] == wrong == 5
    assert main(["check", "--exact", "out.csv", "r.txt", "-q"]) == 0


def test_a_column_that_nothing_else_names_counts(capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"rooms": [2.5, None, 3.0], "pool": pa.array([0.6, 1, 0], pa.float32())})
    parquet.write_table(table, "t.parquet")
    Path("r.txt").write_text("integer rooms\nboolean pool\nid >= 0\n".replace("id", "pool"))
    assert main(["correct", "t.parquet", "r.txt", "-o", "out.parquet", "-q"]) == 0
    found = parquet.read_table("out.parquet")
    assert found.to_pydict() == {"rooms": [2.0, None, 3.0], "pool": [1.0, 1.0, 0.0]}
    assert main(["check", "--exact", "out.parquet", "r.txt", "-q"]) == 0
    capsys.readouterr()


def test_a_fixed_cell_that_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-o", "out.csv", "--fixed", "rooms", "--format", "json"]
    assert main(["correct", "t.csv", "r.txt", *options]) == 1
    report = json.loads(capsys.readouterr().out)
    told = {one["row"]: (one["requirements"], one["fixed"]) for one in report["obstacles"]}
    assert told == {0: ([3], ["rooms"]), 3: ([2], ["rooms"])}
    assert report["violating_rows_after"] == 2
