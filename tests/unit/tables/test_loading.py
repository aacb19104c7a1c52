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


RULES = """
country == currency or lower(country) == "de" or mail matches "[a-z@.]+" or mail contains country
mail like "a%" or length(mail) > 3 or replace(mail, "a", "") == "b" or number(mail) > 2
start <= stop and years(start, stop) >= 0 and months(start, stop) >= 0 and weekday(start) <= 5
tax == "Exempt" or tax > 3
if country == "DE" then currency == "EUR"
clock >= 09:45 and (start is null or n mod 2 == 1)
"""
CELLS = """country,currency,mail,start,stop,tax,clock,n
DE,USD,a@b.de,2024-01-31,2024-02-03,Exempt,09:30,1
US,,,2024-01-31,,3.5,10:30,
"""


@pytest.mark.parametrize("command", [["check", "--bad-cells", "missing"], ["correct", "-o", "-"]])
def test_texts_and_dates_load_nothing_heavy(
    tmp_path: Path, repository: Path, command: list[str]
) -> None:
    (tmp_path / "t.csv").write_text(CELLS)
    (tmp_path / "r.txt").write_text(RULES)
    script = "import sys; from pishield_cli.cli import main; main(sys.argv[1:]);"
    script += "print(*sorted({'pandas', 'torch', 'scipy'} & set(sys.modules)), file=sys.stderr)"
    name, *options = command
    words = [name, f"{tmp_path}/t.csv", f"{tmp_path}/r.txt", *options, "-q", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        check=False,
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert done.stdout
    assert done.stderr.splitlines()[-1] == ""
