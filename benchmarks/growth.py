"""How do time and memory grow with rows, columns and requirements?

`python -m benchmarks growth --scale 0.01 --plot growth.svg`

One thing grows at a time, each size in a process of its own. The exponent is the slope in a log-log
plot over the upper half of the sizes, start-up taken off: 1 is linear. `--plot` draws it (extra
`plot`).
"""

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.check import comparisons
from benchmarks.measure import Run, best, markdown, pishield, python, run, setting

ROWS = (1_000, 10_000, 100_000, 1_000_000, 5_000_000, 50_000_000)
COLUMNS = (10, 30, 100, 300, 1_000)
REQUIREMENTS = (10, 100, 1_000, 10_000)
CELLS = 20_000_000
FEW_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Point:
    """One size and what it took.

    Attributes:
        size: Rows, columns or requirements.
        run: What it took.
    """

    size: int
    run: Run


def write(folder: Path, rows: int, columns: int) -> Path:
    """Make a table in which one row in a hundred violates."""
    data = folder / "data.parquet"
    size = ["--rows", str(rows), "--columns", str(columns)]
    made = run(python("-m", "benchmarks.check", *size, "--write", str(data), "1"))
    if made.status:
        raise RuntimeError(made.errors)
    return data


def neighbours(folder: Path, columns: int) -> Path:
    """Requirements: each column at most the next."""
    path = folder / "requirements.txt"
    path.write_text("".join(f"{left} <= {right}\n" for left, right in comparisons(columns)))
    return path


def drawn(folder: Path, columns: int, count: int) -> Path:
    """So many requirements, each over two columns drawn at random."""
    path, draw = folder / "requirements.txt", random.Random(0)
    lines = []
    for number in range(count):
        left, right = sorted(draw.sample(range(columns), 2))
        lines.append(f"c{left} <= c{right} + {number % 7}\n")
    path.write_text("".join(lines))
    return path


Sizes = Iterator[tuple[int, Path, Path]]


def growing_rows(folder: Path, scale: float) -> Sizes:
    """3 columns, 2 requirements."""
    for size in ROWS:
        rows = max(10, int(size * scale))
        yield rows, write(folder, rows, 3), neighbours(folder, 3)


def growing_columns(folder: Path, scale: float) -> Sizes:
    """Always the same number of cells, and as many requirements as columns."""
    for columns in COLUMNS:
        rows = max(10, int(CELLS * scale) // columns)
        yield columns, write(folder, rows, columns), neighbours(folder, columns)


def growing_requirements(folder: Path, scale: float) -> Sizes:
    """20 columns."""
    data = write(folder, max(10, int(FEW_ROWS * scale)), 20)
    for count in REQUIREMENTS:
        yield count, data, drawn(folder, 20, count)


def paired(folder: Path, columns: int, count: int) -> Path:
    """So many requirements in groups of two columns, the first of each the one that decides."""
    path, pairs = folder / "requirements.txt", columns // 2
    lines = (f"c{2 * (n % pairs)} <= c{2 * (n % pairs) + 1} + {n // pairs}\n" for n in range(count))
    path.write_text("".join(lines))
    return path


def growing_small_groups(folder: Path, scale: float) -> Sizes:
    """20 columns in groups of two."""
    data = write(folder, max(10, int(FEW_ROWS * scale)), 20)
    for count in REQUIREMENTS:
        yield count, data, paired(folder, 20, count)


SERIES: dict[str, tuple[Callable[[Path, float], Sizes], str]] = {
    "check, rows": (growing_rows, "check"),
    "check, columns (20 million cells)": (growing_columns, "check"),
    "check, requirements (200,000 rows)": (growing_requirements, "check"),
    "correct, rows": (growing_rows, "correct"),
    "correct, columns (20 million cells)": (growing_columns, "correct"),
    "correct, requirements (200,000 rows)": (growing_small_groups, "correct"),
}


def measure(name: str, scale: float, repeat: int) -> list[Point]:
    """Every size of one series."""
    sizes, verb = SERIES[name]
    points = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for size, data, requirements in sizes(folder, scale):
            command = pishield(verb, str(data), str(requirements), "--quiet")
            if verb == "correct":
                command += ["-o", str(folder / "out.parquet")]
            found = best(command, repeat)
            if found.status > 1:
                raise RuntimeError(f"{name}, {size}: {found.errors.strip()[-300:]}")
            points.append(Point(size, found))
    return points


def exponent(points: Sequence[Point], start_up: float) -> float:
    """The slope of time over size in a log-log plot, over the upper half of the sizes."""
    upper = points[len(points) // 2 :]
    x = [math.log(point.size) for point in upper]
    y = [math.log(max(point.run.cpu - start_up, 1e-3)) for point in upper]
    middle = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - middle[0]) ** 2 for one in x)
    return sum((a - middle[0]) * (b - middle[1]) for a, b in zip(x, y, strict=True)) / spread


def plot(series: dict[str, list[Point]], path: str) -> None:
    """CPU time above, memory below, by what grows, axes logarithmic; dotted is linear growth."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["font.size"] = 9
    from matplotlib import pyplot

    things = list(dict.fromkeys(_grown(name) for name in series))
    figure, axes = pyplot.subplots(
        2, len(things), figsize=(3.6 * len(things), 5.4), layout="constrained", squeeze=False
    )
    for column, thing in enumerate(things):
        above, below = axes[0][column], axes[1][column]
        for name, points in series.items():
            if _grown(name) != thing:
                continue
            sizes, verb = [point.size for point in points], name.partition(",")[0]
            style = {"marker": "o", "label": verb, "color": f"C{verb == 'correct':d}"}
            above.loglog(sizes, [point.run.cpu for point in points], **style)
            below.loglog(sizes, [point.run.peak for point in points], **style)
            last = points[-1]
            linear = [last.run.cpu * size / last.size for size in sizes]
            above.loglog(sizes, linear, color="grey", linestyle=":", linewidth=1)
        above.set(ylim=(0.1, None), ylabel="" if column else "CPU, s")
        below.set(xlabel=thing, ylim=(10, 2000), ylabel="" if column else "peak memory, MiB")
        for axis in (above, below):
            axis.grid(visible=True, alpha=0.3)
    axes[0][0].legend()
    figure.savefig(path)


def _grown(name: str) -> str:
    """What grows in a series: rows, columns or requirements."""
    return name.partition(", ")[2].partition(" (")[0]


def main(arguments: list[str] | None = None) -> int:
    """Measure every series, and print a table of each."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks growth")
    parser.add_argument("--scale", type=float, default=1, help="share of the rows and cells")
    parser.add_argument("--only", nargs="+", choices=list(SERIES), default=list(SERIES))
    parser.add_argument("--repeat", type=int, default=1, help="the best of so many runs counts")
    parser.add_argument("--plot", metavar="FILE", help="draw log-log plots (extra `plot`)")
    options = parser.parse_args(arguments)
    print(setting("numpy", "pyarrow") + f"; best of {options.repeat}.")
    series: dict[str, list[Point]] = {}
    for name in options.only:
        points = series[name] = measure(name, options.scale, options.repeat)
        # The least of all is nearly all start-up.
        start_up = min(0.9 * point.run.cpu for point in points)
        print(f"\n{name}; exponent {exponent(points, start_up):.2f}\n")
        rows = [
            [
                f"{each.size:,}",
                f"{each.run.wall:.2f}",
                f"{each.run.cpu:.2f}",
                f"{each.run.peak:.0f}",
            ]
            for each in points
        ]
        print(markdown(["size", "wall, s", "CPU, s", "peak, MiB"], rows), flush=True)
    if options.plot:
        plot(series, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
