"""Tables of many files, in folders that are columns, compressed, and on other filesystems."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli.cli import main

ROWS = 100


class Command:
    """Runs a command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        output, errors = self._capsys.readouterr()
        return code, output, errors

    def checked(self, *arguments: str) -> dict[str, Any]:
        status, output, errors = self("check", *arguments, "--format", "json")
        assert status in (0, 1), errors
        found: dict[str, Any] = json.loads(output)
        return found


@pytest.fixture
def pishield(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def cells(seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    low = random.integers(0, 1000, ROWS) / 100
    high = low + random.integers(-20, 500, ROWS) / 100
    return pa.table({"low": low, "high": high, "text": [f"r{seed}-{n}" for n in range(ROWS)]})


PARTS = {
    "year=2023/month=1/part-0.parquet": cells(0),
    "year=2023/month=12/part-0.parquet": cells(1),
    "year=2024/month=2/part-0.parquet": cells(2),
    "year=2024/month=2/part-1.parquet": cells(3),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for relative, table in PARTS.items():
        path = tmp_path / "table" / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=30)
    (tmp_path / "table" / "_SUCCESS").touch()
    return tmp_path / "table"


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.txt"
    path.write_text("low <= high\nif year >= 2024 then low <= 5\n")
    return os.fspath(path)


def expected() -> tuple[int, int]:
    first = sum(int(np.sum(t["low"].to_numpy() > t["high"].to_numpy())) for t in PARTS.values())
    second = sum(
        int(np.sum(table["low"].to_numpy() > 5))
        for relative, table in PARTS.items()
        if relative.startswith("year=2024")
    )
    return first, second


def as_written(folder: Path) -> dict[str, pa.Table]:
    return {
        os.path.relpath(path, folder): pq.ParquetFile(path).read()
        for path in sorted(folder.rglob("*.parquet"))
    }


@pytest.mark.parametrize(
    "name", ["{}", "{}/**/*.parquet", "{}/year=*/month=*/part-?.parquet", "file://{}"]
)
def test_folders_are_columns(pishield, folder, rules, name):
    report = pishield.checked(name.format(folder), rules)
    assert report["rows"] == ROWS * len(PARTS)
    assert tuple(each["violations"] for each in report["requirements"]) == expected()


def test_a_pattern_chooses_files(pishield, folder, tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("low <= high\n")
    report = pishield.checked(f"{folder}/year=2024/*/part-[!1].parquet", str(rules))
    table = PARTS["year=2024/month=2/part-0.parquet"]
    assert report["rows"] == ROWS
    assert report["requirements"][0]["violations"] == int(
        np.sum(table["low"].to_numpy() > table["high"].to_numpy())
    )


@pytest.mark.parametrize("output", ["{}/out", "file://{}/out"])
@pytest.mark.parametrize("data", ["{}", "{}/**/*.parquet"])
def test_correcting_keeps_the_folders(pishield, folder, rules, tmp_path, data, output):
    status, _, errors = pishield(
        "correct", data.format(folder), rules, "-o", output.format(tmp_path)
    )
    assert status == 0, errors
    written = as_written(tmp_path / "out")
    assert list(written) == sorted(PARTS)
    for relative, table in written.items():
        before = PARTS[relative]
        assert table.schema.names == ["low", "high", "text"]
        assert table["text"].equals(before["text"])
        fine = before["low"].to_numpy() <= np.minimum(
            before["high"].to_numpy(), 5 if "2024" in relative else np.inf
        )
        for name in ("low", "high"):
            assert np.array_equal(table[name].to_numpy()[fine], before[name].to_numpy()[fine])
    assert sorted(os.listdir(tmp_path)) == ["out", "rules.txt", "table"]
    assert pishield.checked(str(tmp_path / "out"), rules, "--exact")["holds"]


def test_correcting_in_place(pishield, folder, rules):
    status, _, errors = pishield("correct", str(folder), rules, "--in-place")
    assert status == 0, errors
    assert list(as_written(folder)) == sorted(PARTS)
    assert pishield.checked(f"file://{folder}", rules, "--exact")["holds"]


def test_a_folders_column_never_changes(pishield, folder, tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("year <= 2023\n")
    status, _, _ = pishield("correct", str(folder), str(rules), "-o", f"{tmp_path}/out")
    assert status == 1
    assert list(as_written(tmp_path / "out")) == sorted(PARTS)


def test_violating_rows_name_their_folders(pishield, folder, rules, tmp_path):
    for ending in ("csv", "parquet"):
        listing = tmp_path / f"bad.{ending}"
        pishield.checked(str(folder), rules, "--violations", str(listing))
    rows = pq.read_table(tmp_path / "bad.parquet")
    assert rows.schema.names == [
        "row",
        "line",
        "violated",
        "undecided",
        "low",
        "high",
        "text",
        "year",
        "month",
    ]
    assert set(rows["year"].to_pylist()) == {2023, 2024}
    assert (tmp_path / "bad.csv").read_text().splitlines()[1].endswith(",2023,1")


def test_missing_and_textual_folders(pishield, tmp_path):
    for key in ("__HIVE_DEFAULT_PARTITION__", "3"):
        path = tmp_path / "t" / f"size={key}" / "kind=a%2Fb" / "part.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(cells(0), path)
    rules = tmp_path / "rules.txt"
    rules.write_text("size >= 4\n")
    (found,) = pishield.checked(str(tmp_path / "t"), str(rules))["requirements"]
    assert (found["violations"], found["unknown"]) == (ROWS, ROWS)
    rules.write_text("kind >= 4\n")
    status, _, errors = pishield("check", str(tmp_path / "t"), str(rules))
    assert status == 2
    assert "`kind`" in errors
    assert "string" in errors


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{}/*.csv", "names CSV files"),
        ("{}/no-*.parquet", "No file matches"),
        ("{}/**/*", "_SUCCESS|Parquet"),
        ("s4://bucket/table.parquet", "not an address"),
        ("file://{}/none.parquet", "no file"),
    ],
)
def test_names_that_stand_for_nothing(pishield, folder, rules, data, message):
    (folder / "notes.md").write_text("x")
    status, output, errors = pishield("check", data.format(folder), rules)
    assert (status, output) == (2, "")
    assert any(each in errors for each in message.split("|")), errors
    assert len(errors.splitlines()) <= 2


def test_folders_must_agree(pishield, folder, rules):
    pq.write_table(cells(9), folder / "loose.parquet")
    status, _, errors = pishield("check", str(folder), rules)
    assert status == 2
    assert "same kinds of folders" in errors


def text() -> bytes:
    rows = zip(*cells(5).select(["low", "high"]).to_pydict().values(), strict=True)
    return b"low,high\n" + b"".join(b"%r,%r\n" % pair for pair in rows)


@pytest.mark.parametrize("ending", ["csv.gz", "csv.zst", "csv.bz2", "csv.lz4", "tsv.zst"])
@pytest.mark.parametrize("place", ["{}", "file://{}"])
def test_compressed_text(pishield, tmp_path, ending, place):
    data = text() if ending.startswith("csv") else text().replace(b",", b"\t")
    path, out = tmp_path / f"table.{ending}", tmp_path / f"out.{ending}"
    codec = {"gz": "gzip", "zst": "zstd"}.get(ending[4:], ending[4:])
    with pa.output_stream(path, compression=codec) as stream:
        stream.write(data)
    rules = tmp_path / "rules.txt"
    rules.write_text("low <= high\n")
    report = pishield.checked(place.format(path), str(rules))
    assert report["requirements"][0]["violations"] == sum(
        low > high for low, high in zip(*cells(5).select([0, 1]).to_pydict().values(), strict=True)
    )
    status, _, errors = pishield("correct", place.format(path), str(rules), "-o", place.format(out))
    assert status == 0, errors
    with pa.input_stream(out, compression=codec) as stream:
        assert stream.read().count(b"\n") == ROWS + 1
    assert pishield.checked(place.format(out), str(rules), "--exact")["holds"]


@pytest.mark.parametrize("ending", ["gz", "zst", "lz4"])
def test_compressed_text_that_is_cut_off(pishield, tmp_path, ending):
    path = tmp_path / f"table.csv.{ending}"
    codec = {"gz": "gzip", "zst": "zstd"}.get(ending, ending)
    with pa.output_stream(path, compression=codec) as stream:
        stream.write(text() * 50)
    path.write_bytes(path.read_bytes()[:-200])
    rules = tmp_path / "rules.txt"
    rules.write_text("low <= high\n")
    status, _, errors = pishield("check", str(path), str(rules))
    assert status == 2
    assert "cut off" in errors


def test_a_failed_write_to_an_address_leaves_nothing(pishield, folder, tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("low <= high\nlow >= high + 1\n")
    status, _, errors = pishield(
        "correct", f"file://{folder}", str(rules), "-o", f"file://{tmp_path}/out"
    )
    assert status == 2
    assert "contradict" in errors
    assert sorted(os.listdir(tmp_path)) == ["rules.txt", "table"]
