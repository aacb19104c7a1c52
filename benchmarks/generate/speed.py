"""How long does `pishield generate` take? `python -m benchmarks.generate.speed`.

A made table of 30 columns: sums with cents, whole numbers, dates, texts, truths, some with missing
cells, under twelve requirements. A generator learns from it for one epoch: how long rows take does
not depend on what was learnt. Seconds are of the processor, of the whole command, and without what
it takes to make one row: loading torch, the run and a batch.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import Run, markdown, pishield, run, setting

ROWS = 1000
REQUIREMENTS = (
    *(f"0 <= part_{at} <= sum_{at}" for at in range(4)),
    *(f"sum_{at} <= most_{at}" for at in range(4)),
    "count_0 + count_1 <= count_2",
    "begun <= ended <= begun + 90 days",
    'if grade == "A" then most_0 >= 10',
    "note_0 is not null or note_1 is not null",
)
Columns = dict[str, Sequence[object]]


def columns(rows: int) -> Columns:
    """Thirty columns."""
    random = np.random.default_rng(0)
    found: Columns = {}
    for at in range(4):
        most = random.gamma(2, 100, rows)
        total = most * random.random(rows)
        found |= {f"most_{at}": _cents(most), f"sum_{at}": _cents(total)}
        found[f"part_{at}"] = _cents(total * random.random(rows))
    for at in range(6):
        found[f"count_{at}"] = random.poisson(3 + 4 * at, rows).tolist()
    begun = np.datetime64("2024-01-01") + random.integers(0, 365, rows)
    found |= {"begun": begun.tolist(), "ended": (begun + random.integers(0, 90, rows)).tolist()}
    for name in ("grade", "region", "kind"):
        found[name] = random.choice(list("ABCDEF"), rows).tolist()
    for at in range(2):
        found[f"flag_{at}"] = np.where(random.random(rows) < 0.3, "true", "false").tolist()
    for at in range(3):
        note, gone = random.normal(size=rows).round(3), random.random(rows) < 0.3
        found[f"note_{at}"] = np.where(gone, "", note.astype(str)).tolist()
    for at in range(2):
        found[f"real_{at}"] = random.normal(size=rows).tolist()
    return found


def _cents(values: np.ndarray) -> list[str]:
    return [f"{one:.2f}" for one in values.tolist()]


def made(folder: Path, rows: int, ending: str) -> Run:
    """The command's run."""
    command = pishield("generate", str(folder / "run"), "-n", str(rows), "--quiet")
    found = run([*command, "-o", str(folder / f"made.{ending}")])
    if found.status:
        raise RuntimeError(found.errors[-500:])
    return found


def main(arguments: list[str] | None = None) -> int:
    """Learn, and make rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    options = parser.parse_args(arguments)
    print(f"{setting('torch', 'numpy', 'pyarrow')}; 1 thread.\n", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        table = [
            row
            for ending in ("csv", "parquet")
            for row in _rows(folder, options.rows, ending, options.repeat)
        ]
    print(markdown(["rows of 30 columns", "CPU s", "beyond one row's", "peak, MiB"], table))
    return 0


def _prepare(folder: Path) -> None:
    found = columns(ROWS)
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(found)
        writer.writerows(zip(*found.values(), strict=True))
    (folder / "rules.txt").write_text("\n".join(REQUIREMENTS) + "\n", encoding="utf-8")
    files = (str(folder / "table.csv"), str(folder / "rules.txt"), "-o", str(folder / "run"))
    options = ("--objective", "generate", "--epochs", "1", "--no-baseline", "--threads", "1")
    learnt = run(pishield("train", *files, *options, "--quiet"))
    if learnt.status:
        raise RuntimeError(learnt.errors[-500:] + learnt.output[-500:])


def _rows(folder: Path, counts: Sequence[int], ending: str, repeat: int) -> Iterator[list[str]]:
    """A row for each number of rows."""
    start = min(made(folder, 1, ending).cpu for _ in range(repeat))
    for count in counts:
        runs = [made(folder, count, ending) for _ in range(repeat)]
        cpu, peak = min(one.cpu for one in runs), max(one.peak for one in runs)
        yield [f"{count:,}, {ending}", f"{cpu:.1f}", f"{cpu - start:.1f}", f"{peak:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
