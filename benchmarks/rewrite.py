"""How fast is a table corrected, beside reading and writing it with pyarrow alone?

`python -m benchmarks rewrite --rows 5000000 --columns 20 --requirements 8 --violating 5`

Both read the same file and write another of the same kind and compression, each in a process of its
own, in turn. What was written is checked exactly.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.check import comparisons
from benchmarks.measure import Run, markdown, pishield, python, run, setting


def rewrite(source: str, target: str) -> None:
    """The yardstick: read a table in batches, write them, change nothing."""
    if source.endswith(".parquet"):
        import pyarrow.parquet as pq

        file = pq.ParquetFile(source)
        codec = file.metadata.row_group(0).column(0).compression
        with pq.ParquetWriter(target, file.schema_arrow, compression=codec) as writer:
            for batch in file.iter_batches(batch_size=1 << 19):
                writer.write_batch(batch)
        return
    import pyarrow.csv

    reader = pyarrow.csv.open_csv(source)
    with pyarrow.csv.CSVWriter(target, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def measure(data: Path, requirements: Path, repeat: int) -> list[list[str]]:
    """Both subjects' figures on one file."""
    target = data.with_name(f"out{data.suffix}")
    commands = {
        "pyarrow, read and write": python(
            "-m", "benchmarks.rewrite", "--peer", str(data), str(target)
        ),
        "`pishield correct`": pishield(
            "correct", str(data), str(requirements), "-o", str(target), "--quiet"
        ),
    }
    found: dict[str, Run] = {}
    for name, command in commands.items():
        # Where a disk is shared its speed varies more than what is measured: the least counts.
        found[name] = min((_fresh(command, target) for _ in range(repeat)), key=lambda r: r.wall)
        if found[name].status:
            raise RuntimeError(f"{name}: {found[name].errors.strip()[-300:]}")
    check = pishield("check", str(target), str(requirements), "--exact", "--quiet")
    holds = run(check).status == 0
    target.unlink()
    base = found["pyarrow, read and write"]
    return [
        [
            name,
            data.suffix[1:],
            f"{each.wall:.2f}",
            f"{each.cpu:.2f}",
            f"{each.peak:.0f}",
            f"{each.wall / base.wall:.2f}",
            f"{each.cpu / base.cpu:.2f}",
            "-" if each is base else "yes" if holds else "no",
        ]
        for name, each in found.items()
    ]


def _fresh(command: list[str], target: Path) -> Run:
    target.unlink(missing_ok=True)
    return run(command)


def main(arguments: list[str] | None = None) -> int:
    """Make the tables, measure both subjects on each, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks rewrite")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--requirements", type=int, default=8)
    parser.add_argument("--violating", type=float, default=5, metavar="PERCENT")
    parser.add_argument(
        "--formats", nargs="+", choices=["csv", "parquet"], default=["csv", "parquet"]
    )
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.peer:
        rewrite(*options.peer)
        return 0
    print(
        f"{options.rows:,} rows, {options.columns} columns of floats, {options.requirements} "
        f"inequalities, {options.violating:g} % of the rows violating; best of {options.repeat}."
    )
    print(setting("numpy", "pyarrow") + "\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        chosen = comparisons(options.columns, options.requirements)
        requirements.write_text("".join(f"{left} <= {right}\n" for left, right in chosen))
        for form in options.formats:
            data = Path(folder, f"data.{form}")
            size = ["--rows", str(options.rows), "--columns", str(options.columns)]
            write = ["--write", str(data), str(options.violating)]
            run(python("-m", "benchmarks.check", *size, *write))
            rows += measure(data, requirements, options.repeat)
            data.unlink()
    head = ["", "", "wall, s", "CPU, s", "peak, MiB", "wall / pyarrow", "CPU / pyarrow", "holds"]
    print(markdown(head, rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
