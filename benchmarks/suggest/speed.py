"""How long `pishield suggest` takes, start included, and how much memory."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from benchmarks.measure import run

SHAPES = (("csv", 10_000, 50), ("parquet", 1_000_000, 30), ("csv", 400, 750))


def figures() -> Iterator[str]:
    """Seconds and MiB for each shape of table."""
    yield ""
    yield "| table | wall, s | CPU, s | peak, MiB |"
    yield "| --- | --- | --- | --- |"
    with tempfile.TemporaryDirectory() as folder:
        for ending, rows, columns in SHAPES:
            path = Path(folder) / f"table.{ending}"
            run([sys.executable, "-m", __name__, str(path), str(rows), str(columns)])
            command = [sys.executable, "-m", "pishield_cli", "suggest", str(path), "-q"]
            done = run(command)
            shape = f"{rows:,} x {columns} {ending.upper() if ending == 'csv' else 'Parquet'}"
            yield f"| {shape} | {done.wall:.1f} | {done.cpu:.1f} | {done.peak:.0f} |"


def _write(path: str, rows: int, columns: int) -> None:
    """Write a table: in a process of its own, since a child's peak starts from its parent's."""
    write = csv.write_csv if path.endswith(".csv") else parquet.write_table
    write(_table(rows, columns), path)


def _table(rows: int, columns: int) -> pa.Table:
    """Counts, amounts and flags of one size, in pairs of which one exceeds the other."""
    draw = np.random.default_rng(0)
    size = draw.lognormal(3, 0.5, rows)
    found: dict[str, np.ndarray] = {}
    for place in range(columns):
        kind = place % 5
        if kind == 0:
            found[f"low_{place}"] = (size * draw.lognormal(0, 0.5, rows)).round(2)
        elif kind == 1:
            low = found[f"low_{place - 1}"]
            found[f"high_{place}"] = (low + draw.exponential(2, rows)).round(2)
        elif kind == 2:
            found[f"flag_{place}"] = draw.integers(0, 2, rows)
        elif kind == 3:
            found[f"fee_{place}"] = found[f"flag_{place - 1}"] * draw.integers(1, 99, rows)
        else:
            found[f"count_{place}"] = draw.poisson(4, rows)
    return pa.table(found)


if __name__ == "__main__":
    _write(sys.argv[1], *map(int, sys.argv[2:]))
