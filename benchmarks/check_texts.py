"""How fast does `pishield check` count violations among texts and dates, beside polars?

`python -m benchmarks check_texts --rows 5000000`

A table of orders: 20 columns, of which the requirements name seven, texts, dates, missing cells and
numbers. Both read the same file, each in a process of its own, one after another.
"""

import argparse
import datetime
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import best, installed, markdown, pishield, python, run, setting

if TYPE_CHECKING:
    import pyarrow

REQUIREMENTS = """
status in ("open", "shipped", "cancelled", "paid", "returned")
if status == "open" then shipped is null
shipped >= ordered
shipped - ordered <= 38
ordered >= 2020-01-10
if country in ("US", "CA") then currency == "USD"
if country == "GB" then currency == "GBP"
quantity >= 1 and price > 0
currency != "CHF" or country == "DE"
"""

BLOCK = 500_000


def write_orders(path: Path, rows: int) -> None:
    """Write a table of orders, some of which violate a requirement; texts of CSV unquoted."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    schema = orders(1, 0).schema
    plain = pyarrow.csv.WriteOptions(quoting_style="none")
    writer = (
        pq.ParquetWriter(path, schema)
        if path.suffix == ".parquet"
        else pyarrow.csv.CSVWriter(path, schema, write_options=plain)
    )
    with writer:
        for start in range(0, rows, BLOCK):
            writer.write_table(pa.Table.from_batches([orders(min(BLOCK, rows - start), start)]))


def orders(rows: int, start: int) -> "pyarrow.RecordBatch":
    """Some orders."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(start)
    status = random.choice(["open", "shipped", "cancelled", "paid", "returned"], rows)
    country = random.choice(["DE", "FR", "US", "CA", "GB", "IT", "ES", "NL"], rows)
    dollars = np.isin(country, ["US", "CA"])
    currency = np.where(dollars, "USD", np.where(country == "GB", "GBP", "EUR"))
    currency = np.where(random.random(rows) < 0.01, "CHF", currency)
    ordered = np.datetime64("2020-01-01") + random.integers(0, 1500, rows)
    late = 60 * (random.random(rows) < 0.01)
    shipped = ordered + random.integers(0, 40, rows) - late
    unshipped = (status == "open") ^ (random.random(rows) < 0.01)
    price, quantity = random.integers(100, 100_000, rows) / 100, random.integers(1, 20, rows)
    columns = {
        "id": pa.array(np.arange(start, start + rows)),
        "status": pa.array(status),
        "country": pa.array(country),
        "currency": pa.array(currency),
        "ordered": pa.array(ordered),
        "shipped": pa.array(shipped, mask=unshipped),
        "price": pa.array(price),
        "quantity": pa.array(quantity),
        "total": pa.array(np.round(price * quantity, 2)),
        "code": pa.array([f"AB-{number}" for number in random.integers(10**5, 10**6, rows)]),
        "note": pa.array(np.full(rows, "some longer free text"), mask=random.random(rows) < 0.5),
    }
    columns |= {f"x{n}": pa.array(random.integers(0, 10**7, rows) / 1e6) for n in range(9)}
    return pa.RecordBatch.from_pydict(columns)


def count_polars(data: str) -> list[int]:
    """The same requirements as a lazy scan, collected by the streaming engine."""
    import polars as pl
    from polars import col

    if data.endswith(".parquet"):
        frame = pl.scan_parquet(data)
    else:
        frame = pl.scan_csv(data, try_parse_dates=True)
    violated = [
        ~col("status").is_in(["open", "shipped", "cancelled", "paid", "returned"]),
        (col("status") == "open") & col("shipped").is_not_null(),
        ~(col("shipped") >= col("ordered")),
        ~(col("shipped") - col("ordered") <= pl.duration(days=38)),
        ~(col("ordered") >= datetime.date(2020, 1, 10)),
        col("country").is_in(["US", "CA"]) & (col("currency") != "USD"),
        (col("country") == "GB") & (col("currency") != "GBP"),
        ~((col("quantity") >= 1) & (col("price") > 0)),
        (col("currency") == "CHF") & (col("country") != "DE"),
    ]
    named = (each.sum().alias(str(place)) for place, each in enumerate(violated))
    return list(frame.select(named).collect(engine="streaming").row(0))


def measure(data: Path, repeat: int, requirements: Path) -> None:
    """Measure both on one file, and print the table."""
    check = pishield("check", str(data), str(requirements), "--format", "json", "--quiet")
    lines = {"pishield": check}
    if installed("polars"):
        lines["polars"] = python("-m", "benchmarks.check_texts", "--peer", str(data))
    results = {subject: best(line, repeat) for subject, line in lines.items()}
    found = json.loads(results["pishield"].output)["requirements"]
    counts = [each["violations"] for each in found]
    rows = [
        [
            subject,
            f"{each.wall:.2f}",
            f"{each.cpu:.2f}",
            f"{each.peak:.0f}",
            "yes" if subject == "pishield" or json.loads(each.output) == counts else "no",
        ]
        for subject, each in results.items()
    ]
    print(f"\n{data.suffix[1:]}\n")
    print(markdown(["", "wall, s", "CPU, s", "peak, MiB", "counts agree"], rows), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Make the tables, measure both on each."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.check_texts")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.peer:
        print(json.dumps(count_polars(options.peer)))
        return 0
    if options.write:
        write_orders(Path(options.write), options.rows)
        return 0
    print(f"{options.rows:,} orders x 20 columns; best of {options.repeat}.")
    print(setting("numpy", "pyarrow", "polars"))
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text(REQUIREMENTS)
        for form in ("csv", "parquet"):
            data = Path(folder, f"orders.{form}")
            # Not here: what this process holds would count as its children's memory.
            size = ["--rows", str(options.rows), "--write", str(data)]
            written = run(python("-m", "benchmarks.check_texts", *size))
            if written.status:
                print(written.errors)
                return 1
            measure(data, options.repeat, requirements)
            data.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
