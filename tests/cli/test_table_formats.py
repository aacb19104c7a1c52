"""Every kind of table gets the same verdicts and corrections, and keeps what is not corrected."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pyarrow import csv, feather, ipc, parquet

from pishield_cli.cli import main
from tests.laws import examples

Rows = list[dict[str, Any]]
RULES = "y >= x\nx + y <= 10\n"


def _write_ipc(opened: Callable[..., Any]) -> Callable[[pa.Table, Path], None]:
    def write(table: pa.Table, path: Path) -> None:
        with opened(os.fspath(path), table.schema) as file:
            file.write_table(table, 3)

    return write


def _read_ipc(opened: Callable[..., Any]) -> Callable[[Path], pa.Table]:
    return lambda path: opened(io.BytesIO(path.read_bytes())).read_all()


def _write_lines(table: pa.Table, path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))


def _read_lines(path: Path) -> pa.Table:
    lines = path.read_text().splitlines()
    return pa.Table.from_pylist([json.loads(line) for line in lines])


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "t.csv": csv.write_csv,
    "t.parquet": parquet.write_table,
    "t.arrow": _write_ipc(ipc.new_file),
    "stream.arrow": _write_ipc(ipc.new_stream),
    "t.jsonl": _write_lines,
    "t.feather": lambda table, path: feather.write_feather(table, os.fspath(path)),
    "polars.ipc": lambda table, path: pl.DataFrame(pl.from_arrow(table)).write_ipc(path),
    "polars.arrows": lambda table, path: pl.DataFrame(pl.from_arrow(table)).write_ipc_stream(path),
}
READERS: dict[str, Callable[[Path], pa.Table]] = {
    "t.csv": csv.read_csv,
    "t.parquet": parquet.read_table,
    "t.arrow": _read_ipc(ipc.open_file),
    "stream.arrow": _read_ipc(ipc.open_stream),
    "t.jsonl": _read_lines,
    "t.feather": _read_ipc(ipc.open_file),
    "polars.ipc": _read_ipc(ipc.open_file),
    "polars.arrows": _read_ipc(ipc.open_stream),
}
OTHERS = [name for name in WRITERS if name != "t.csv"]
TYPED = [name for name in OTHERS if name != "t.jsonl"]


def table_of(seed: int, rows: int = 12) -> pa.Table:
    draw = np.random.default_rng(seed)
    x = [None if one < -7 else int(one) for one in draw.integers(-9, 9, rows)]
    y = [round(float(one), 2) for one in draw.uniform(-9, 9, rows)]
    names = [f"a {one}" for one in draw.integers(0, 3, rows)]
    return pa.table({"name": names, "x": pa.array(x, pa.int64()), "y": y})


def run(folder: Path, *words: str, status: int | None = None) -> None:
    here = os.getcwd()
    os.chdir(folder)
    try:
        found = main(list(words))
    finally:
        os.chdir(here)
    assert status is None or found == status


def checked(folder: Path, name: str) -> Any:
    run(folder, "check", name, "r.txt", "--format", "json", "--output", "report.json")
    report = json.loads((folder / "report.json").read_text())
    for one in report["requirements"]:
        for example in one["examples"]:
            del example["cells"]  # as the file writes them
        for listed in filter(None, (one["worst"], *one["examples"])):
            listed.pop("line", None)  # of files of lines alone
    return report["rows"], report["violating_rows"], report["requirements"]


@pytest.mark.parametrize("name", OTHERS)
@examples(8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_every_format_agrees_with_csv(tmp_path: Path, name: str, seed: int) -> None:
    (tmp_path / "r.txt").write_text(RULES)
    table = table_of(seed)
    found: dict[str, tuple[Any, Rows]] = {}
    for one in ("t.csv", name):
        WRITERS[one](table, tmp_path / one)
        run(tmp_path, "correct", one, "r.txt", "--output", f"fixed-{one}", "--quiet")
        fixed = READERS[one](tmp_path / f"fixed-{one}")
        found[one] = checked(tmp_path, one), fixed.select(["name", "x", "y"]).to_pylist()
    assert found["t.csv"] == found[name]


@pytest.mark.parametrize("name", TYPED)
def test_untouched_cells_types_and_metadata_stay(tmp_path: Path, name: str) -> None:
    (tmp_path / "r.txt").write_text("y >= x\n")
    table = pa.table(
        {
            "x": pa.array([1, 2, None, 4, 5], pa.int16()),
            "y": pa.array([2.5, 1.5, None, 1.0, float("nan")], pa.float32()),
            "kind": pa.array(["a", None, "b", "a", "c"]).dictionary_encode(),
            "seen": pa.array([1, None, 3, 4, 5], pa.timestamp("ns", "UTC")),
            "parts": pa.array([[1], [], None, [2, 3], [4]]),
        }
    ).replace_schema_metadata({"made": "by hand"})
    WRITERS[name](table, tmp_path / name)
    run(tmp_path, "correct", name, "r.txt", "--output", f"fixed-{name}", "--quiet", status=0)
    fixed = READERS[name](tmp_path / f"fixed-{name}")
    before = READERS[name](tmp_path / name).schema
    assert fixed.schema.equals(before, check_metadata=True)
    assert fixed.column("y").to_pylist()[:4] == [2.5, 2.0, None, 4.0]
    others = [one for one in table.schema.names if one != "y"]
    assert fixed.select(others).to_pylist() == table.select(others).to_pylist()


_FIRST_LINES = {".csv": 2, ".tsv": 2, ".txt": 2, ".jsonl": 1}


@pytest.mark.parametrize("listing", OTHERS)
@pytest.mark.parametrize("name", WRITERS)
def test_violating_rows_are_listed_in_every_format(tmp_path: Path, name: str, listing: str) -> None:
    if listing == "stream.arrow":  # new files have the file format
        listing = "t.arrow"
    (tmp_path / "r.txt").write_text("y >= x\n")
    table = pa.table({"x": [1, 2, 3, 4], "y": [2.5, 1.5, 3.5, 1.25], "of": list("abcd")})
    WRITERS[name](table, tmp_path / name)
    run(tmp_path, "check", name, "r.txt", "--violations", f"l-{listing}", "--quiet", status=1)
    rows = READERS[listing](tmp_path / f"l-{listing}").to_pylist()
    found = {"violated": "1", "undecided": ""}
    first = next((first for kind, first in _FIRST_LINES.items() if kind in name), None)
    lines = (None, None) if first is None else (first + 1, first + 3)
    assert rows == [
        {"row": 1, "line": lines[0], **found, "x": 2, "y": 1.5, "of": "b"},
        {"row": 3, "line": lines[1], **found, "x": 4, "y": 1.25, "of": "d"},
    ]


@pytest.mark.parametrize("name", TYPED)
def test_a_file_that_is_cut_off_is_refused(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.txt").write_text(RULES)
    WRITERS[name](table_of(1, 40), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    for length in (0, 5, len(whole) // 2, len(whole) - 20):
        (tmp_path / name).write_bytes(whole[:length])
        output = f"out-{name}"
        run(tmp_path, "correct", name, "r.txt", "--output", output, status=2)
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert name in error
        assert "unexpected" not in error
        assert sorted(os.listdir(tmp_path)) == sorted([name, "r.txt"])


@pytest.mark.parametrize("name", OTHERS)
def test_an_output_of_another_kind_is_refused(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.txt").write_text(RULES)
    WRITERS[name](table_of(1), tmp_path / name)
    run(tmp_path, "correct", name, "r.txt", "--output", "out.csv", status=2)
    assert "same kind" in capsys.readouterr().err


def test_feathers_first_format_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.txt").write_text(RULES)
    (tmp_path / "t.feather").write_bytes(b"FEA1" + bytes(60) + b"FEA1")
    run(tmp_path, "check", "t.feather", "r.txt", status=2)
    assert "second version" in capsys.readouterr().err


def test_codes_grow_from_batch_to_batch(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("x >= 2\n")
    parts = [pa.array(values).dictionary_encode() for values in ([1, 1, 3], [4, 1, 5], [1, 3, 4])]
    batches = [pa.record_batch([part], names=["x"]) for part in parts]
    with ipc.new_stream(os.fspath(tmp_path / "stream.arrow"), batches[0].schema) as file:
        for batch in batches:
            file.write_batch(batch)
    run(tmp_path, "correct", "stream.arrow", "r.txt", "--output", "f.arrow", "--quiet", status=0)
    fixed = READERS["stream.arrow"](tmp_path / "f.arrow").column("x").to_pylist()
    assert fixed == [2, 2, 3, 4, 2, 5, 2, 3, 4]
