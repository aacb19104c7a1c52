"""What `correct` says it found and left is what `check` counts before and after it."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv
from pyarrow import parquet as pq

from pishield_cli.cli.boundary import run
from tests.laws import sampled

RULES = (
    "x + y == z\nx >= 0\ny >= 0\n",
    "x <= y\ny <= z\nz <= 5\n",
    "integer x\n2*x == y + 1\ny >= z\n",
    "if x > 3 then y > z\nx + z <= 6\n",
    "x <= 4\n0.1*x + 0.2*y == 0.3*z\nz >= 1\n",
)


def table(random: np.random.Generator, rows: int) -> pa.Table:
    """Small numbers of few decimals, sums that floats round, and missing cells."""
    columns = {}
    for name in "xyz":
        cells = np.round(random.uniform(-2, 9, rows), random.integers(0, 2))
        cells = np.where(random.random(rows) < 0.1, 0.1 + 0.2, cells)
        columns[name] = pa.array(cells, mask=random.random(rows) < 0.3)
    return pa.table(columns)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("seed", sampled(range(8), plain=1))
def test_correct_and_check_count_alike(
    kind: str, rules: str, seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(seed)
    (tmp_path / "rules.txt").write_text(rules)
    data, out = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    (csv.write_csv if kind == "csv" else pq.write_table)(table(random, 60), data)

    def found(command: str, path: Path, *more: str) -> dict[str, object]:
        run([command, str(path), str(tmp_path / "rules.txt"), "--format", "json", *more])
        return json.loads(capsys.readouterr().out)

    rows = str(random.choice([1, 7, 1000]))
    for method in ("shield", "nearest"):
        before = found("check", data)
        done = found("correct", data, "-o", str(out), "--method", method, "--batch-rows", rows)
        after = found("check", out)
        assert done["violating_rows_before"] == before["violating_rows"]
        assert done["violating_rows_after"] == after["violating_rows"]
        assert done["unknown_rows"] == after["unknown_rows"]
        assert {one["row"] for one in done["obstacles"]} <= set(done["uncorrected_rows"])
        out.unlink()
