"""What reading and writing tables loads, and what it must never load."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

SCRIPT = """
import sys
import numpy as np
import pishield_cli.tables as tables
from pishield_cli.tables.table import ColumnChange
assert "pyarrow" not in sys.modules
reader = tables.open_table(sys.argv[1])
names = ["a", "b", "c", "d"]
reader.settled(names)
_, _, output, listing = sys.argv
with tables.open_writer(reader, output) as writer, tables.open_listing(reader, listing) as x:
    for batch in reader.batches(names, whole=True):
        rows = np.arange(1)
        change = ColumnChange(rows, np.array([1]))
        writer.write(batch, dict.fromkeys(names, change))
        x.append(batch, rows, ["1"], [""])
        reader.texts(reader.picked(batch, [0]))
    writer.commit()
    x.commit()
print(*sorted({"pandas", "torch", "scipy", "pyarrow.dataset"} & set(sys.modules)))
"""


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_nothing_heavy_is_loaded(tmp_path: Path, repository: Path, ending: str) -> None:
    import pyarrow as pa
    from pyarrow import csv, parquet

    path = f"{tmp_path}/t.{ending}"
    times = pa.array([10**18 + 1], pa.timestamp("ns"))
    prices = pa.array([Decimal("0.25")], pa.decimal128(5, 2))
    table = pa.table({"a": [0], "b": [0.5], "c": [True], "d": prices, "t": times, "s": ["x"]})
    csv.write_csv(table, path) if ending == "csv" else parquet.write_table(table, path)
    outputs = [f"{tmp_path}/output.{ending}", f"{tmp_path}/listing.{ending}"]
    command = [sys.executable, "-c", SCRIPT, path, *outputs]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
