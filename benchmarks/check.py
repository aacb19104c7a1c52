"""How fast does `pishield check` count violations, beside other tools?

`python -m benchmarks check --rows 10000000 --columns 3`

Every subject reads the same file and counts, requirement by requirement, the rows that violate it,
each in a process of its own, one after another. The yardstick is `pyarrow`: a bare pass that reads
the batches and compares them, with no exactness, no missing cells, no report. Peers that are not
installed are left out, by name. The counts are compared with each other at the end.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.measure import best, installed, markdown, pishield, python, run, setting

Counts = list[int]
Pairs = list[tuple[str, str]]


def names(columns: int) -> list[str]:
    """The table's columns."""
    return [f"c{number}" for number in range(columns)]


def comparisons(columns: int, count: int | None = None) -> Pairs:
    """The requirements: each column at most the next; so many of them, spread over all columns."""
    pairs = list(pairwise(names(columns)))
    return pairs if count is None else [pairs[n * len(pairs) // count] for n in range(count)]


def write_table(path: Path, rows: int, columns: int, percent: float) -> None:
    """Write a table with six decimals a cell, in which some rows violate every requirement."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    random = np.random.default_rng(0)
    schema = pa.schema([(name, pa.float64()) for name in names(columns)])
    writer = (
        pq.ParquetWriter(path, schema)
        if path.suffix == ".parquet"
        else pyarrow.csv.CSVWriter(path, schema)
    )
    with writer:
        for start in range(0, rows, 500_000):
            size = min(500_000, rows - start)
            block = random.integers(0, 10_000_000, (size, columns))
            # Distinct neighbours, so that a violating row violates each requirement.
            block = np.sort(block, axis=1) + np.arange(columns)
            bad = random.random(size) * 100 < percent
            block[bad] = block[bad, ::-1]
            cells = [pa.array(block[:, number] / 1e6) for number in range(columns)]
            writer.write_batch(pa.record_batch(cells, schema=schema))


# ----------------------------------------------------------------------------------- the subjects


def count_pyarrow(data: str, pairs: Pairs) -> Counts:
    """The yardstick: read, compare, add up."""
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.parquet as pq

    def batches() -> Iterator[pyarrow.RecordBatch]:
        if data.endswith(".parquet"):
            yield from pq.ParquetFile(data).iter_batches(columns=needed)
        else:
            only = pyarrow.csv.ConvertOptions(include_columns=needed)
            yield from pyarrow.csv.open_csv(data, convert_options=only)

    needed = list(dict.fromkeys(name for pair in pairs for name in pair))
    counts = [0] * len(pairs)
    for batch in batches():
        for number, (left, right) in enumerate(pairs):
            counts[number] += pc.sum(pc.greater(batch[left], batch[right])).as_py()
    return counts


def count_duckdb(data: str, pairs: Pairs) -> Counts:
    """One query over the file."""
    import duckdb

    sums = ", ".join(f"count(*) filter (where not ({a} <= {b}))" for a, b in pairs)
    return list(duckdb.connect().execute(f"select {sums} from '{data}'").fetchall()[0])


def count_polars(data: str, pairs: Pairs) -> Counts:
    """A lazy scan, collected by the streaming engine."""
    import polars as pl

    frame = pl.scan_parquet(data) if data.endswith(".parquet") else pl.scan_csv(data)
    found = frame.select((~(pl.col(a) <= pl.col(b))).sum().alias(a) for a, b in pairs).collect(
        engine="streaming"
    )
    return list(found.row(0))


def count_pandera(data: str, pairs: Pairs) -> Counts:
    """A schema with one check a requirement, on polars."""
    import pandera.polars as pa
    import polars as pl

    def check(left: str, right: str) -> pa.Check:
        return pa.Check(lambda data: data.lazyframe.select(pl.col(left) <= pl.col(right)))

    read = pl.read_parquet if data.endswith(".parquet") else pl.read_csv
    schema = pa.DataFrameSchema(checks=[check(a, b) for a, b in pairs])
    counts = [0] * len(pairs)
    try:
        schema.validate(read(data), lazy=True)
    except pa.errors.SchemaErrors as errors:
        failures = errors.failure_cases
        by_check = failures.group_by("check_number").len()
        for number, count in by_check.iter_rows():
            counts[number] = count
    return counts


def count_pointblank(data: str, pairs: Pairs) -> Counts:
    """A validation plan with one step a requirement, on polars."""
    import pointblank as pb
    import polars as pl

    read = pl.read_parquet if data.endswith(".parquet") else pl.read_csv
    plan = pb.Validate(read(data))
    for left, right in pairs:
        plan = plan.col_vals_le(columns=left, value=pb.col(right))
    return list(plan.interrogate(collect_extracts=False).n_failed().values())


PEERS: dict[str, Callable[[str, Pairs], Counts]] = {
    "pyarrow": count_pyarrow,
    "duckdb": count_duckdb,
    "polars": count_polars,
    "pandera": count_pandera,
    "pointblank": count_pointblank,
}


# ------------------------------------------------------------------------------------ the measure


def command(subject: str, data: Path, size: list[str], requirements: Path) -> list[str]:
    """What is run for a subject."""
    if subject == "pishield":
        return pishield("check", str(data), str(requirements), "--format", "json", "--quiet")
    return python("-m", "benchmarks.check", "--peer", subject, str(data), *size)


def counts_of(subject: str, output: str) -> Counts:
    """What a subject found."""
    found = json.loads(output)
    if subject == "pishield":
        return [each["violations"] for each in found["requirements"]]
    return list(found)


def measure(data: Path, percent: float, options: argparse.Namespace, requirements: Path) -> None:
    """Measure every subject on one file, and print the table."""
    print(f"\n{data.suffix[1:]}, {percent:g} % of the rows violating\n")
    size = [str(options.columns), str(options.requirements)]
    found: dict[str, Counts] = {}
    figures = {}
    for subject in ["pishield", *PEERS]:
        if subject in options.without or (subject != "pishield" and not installed(subject)):
            continue
        line = command(subject, data, size, requirements)
        result = best(line, options.repeat)
        try:
            found[subject] = counts_of(subject, result.output)
        except (ValueError, KeyError):
            print(f"{subject} failed: {(result.errors or result.output).strip()[-300:]}")
            continue
        figures[subject] = result
    base = figures["pyarrow"]
    rows = [
        [
            subject,
            f"{each.wall:.2f}",
            f"{each.cpu:.2f}",
            f"{each.peak:.0f}",
            f"{each.wall / base.wall:.2f}",
            f"{each.cpu / base.cpu:.2f}",
            "yes" if found[subject] == found["pyarrow"] else "no",
        ]
        for subject, each in figures.items()
    ]
    head = ["", "wall, s", "CPU, s", "peak, MiB", "wall / pyarrow", "CPU / pyarrow", "counts agree"]
    print(markdown(head, rows), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Make the tables, measure every subject on each."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks check")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=3)
    parser.add_argument("--requirements", type=int, help="how many (default: columns - 1)")
    parser.add_argument(
        "--formats", nargs="+", choices=["csv", "parquet"], default=["csv", "parquet"]
    )
    parser.add_argument(
        "--violating", nargs="+", type=float, default=[0, 1, 100], metavar="PERCENT"
    )
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--without", nargs="+", choices=list(PEERS)[1:], default=[])
    parser.add_argument(
        "--folder", type=Path, help="where the tables go (default: a temporary one)"
    )
    parser.add_argument("--peer", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.requirements = options.requirements or options.columns - 1
    if options.peer:
        subject, data, columns, count = options.peer
        print(json.dumps(PEERS[subject](data, comparisons(int(columns), int(count)))))
        return 0
    if options.write:
        write_table(Path(options.write[0]), options.rows, options.columns, float(options.write[1]))
        return 0
    absent = [peer for peer in PEERS if not installed(peer)]
    print(
        f"{options.rows:,} rows, {options.columns} columns of floats, "
        f"{options.requirements} to be at most the next; best of {options.repeat}."
    )
    print(setting("numpy", *PEERS) + (f"; not installed: {', '.join(absent)}" if absent else ""))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        requirements = folder / "requirements.txt"
        requirements.write_text(
            "".join(
                f"{left} <= {right}\n"
                for left, right in comparisons(options.columns, options.requirements)
            )
        )
        for form in options.formats:
            for percent in options.violating:
                data = folder / f"violating_{percent:g}.{form}"
                size = ["--rows", str(options.rows), "--columns", str(options.columns)]
                # Not here: what this process holds would count as its children's memory.
                written = run(
                    python("-m", "benchmarks.check", *size, "--write", str(data), str(percent))
                )
                if written.status:
                    print(written.errors)
                    return 1
                measure(data, percent, options, requirements)
                if options.folder is None:
                    data.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
