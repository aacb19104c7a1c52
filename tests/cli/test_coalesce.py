"""`coalesce` takes columns of any kind, and gets the same verdicts in every format."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

_CODES = ("EUR", "DE", "", None)
_RULES: dict[str, Callable[[str | None, str | None], bool]] = {
    'coalesce(a, b) == "EUR"': lambda first, c: first is None or first == "EUR",
    'coalesce(a, b) in ("DE", "x")': lambda first, c: first is None or first == "DE",
    'coalesce(a, coalesce(b, a)) != "DE"': lambda first, c: first != "DE",
    "length(coalesce(a, b)) == 3": lambda first, c: first is None or len(first) == 3,
    'coalesce(a, b) like "E%"': lambda first, c: first is None or first.startswith("E"),
    "coalesce(a, b) is not null": lambda first, c: first is not None,
    "coalesce(a, b) == c": lambda first, c: first is None or c is None or first == c,
}


@pytest.fixture(params=["t.csv", "t.parquet", "t.jsonl"])
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    name: str = request.param
    rows = _rows()
    if name == "t.csv":
        lines = [",".join(cell or "" for cell in row) for row in rows]
        Path(name).write_text("\n".join(["a,b,c", *lines]) + "\n")
    elif name == "t.jsonl":
        objects = [dict(zip("abc", row, strict=True)) for row in rows]
        Path(name).write_text("".join(f"{json.dumps(one)}\n" for one in objects))
    else:
        columns = [pa.array(cells) for cells in zip(*rows, strict=True)]
        parquet.write_table(pa.table(columns, names=["a", "b", "c"]), name)
    return name


def _rows() -> list[list[str | None]]:
    random = Random(5)
    return [
        ["EUR", "DE", "EUR"],
        *([random.choice(_CODES) or None for _ in "abc"] for _ in "x" * 60),
    ]


def test_the_first_text_of_columns_gets_the_same_verdicts_in_every_format(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text("\n".join(_RULES) + "\n")
    assert main(["check", table, "r.txt", "--format", "json", "--show", "100"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    rows = _rows()
    for one, holds in zip(found, _RULES.values(), strict=True):
        expected = [i for i, (a, b, c) in enumerate(rows) if not holds(b if a is None else a, c)]
        assert one["rows"] == expected, one


def test_the_first_of_texts_is_not_a_number(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.txt").write_text("coalesce(a, b) + 1 >= 2\n")
    assert main(["check", table, "r.txt"]) == 2
    assert "must hold numbers" in capsys.readouterr().err
