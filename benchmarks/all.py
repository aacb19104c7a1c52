"""Every question one after the other, as the documentation shows the answers.

`python -m benchmarks all --markdown --scale 0.1 > figures.md`

At scale 1 the tables have 10 million rows of 3 columns and 5 million of 20, and grow to 50 million:
about an hour on two cores, and 3 GiB of disk.
"""

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import check, correct, growth, rewrite, startup

_MEMORY = Path("/proc/meminfo")
_PROCESSOR = Path("/proc/cpuinfo")


def machine() -> str:
    """The machine in one line."""
    parts = [f"{os.cpu_count()} cores", platform.system(), platform.machine()]
    if _PROCESSOR.exists():
        lines = _PROCESSOR.read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        parts[:0] = names[:1]
    if _MEMORY.exists():
        kibibytes = int(_MEMORY.read_text(encoding="utf-8").split()[1])
        parts.insert(2, f"{kibibytes / 2**20:.0f} GiB of memory")
    return ", ".join(parts)


def questions(options: argparse.Namespace) -> Iterator[tuple[str, object, list[str]]]:
    """Title, module and arguments of each."""
    repeat = ["--repeat", str(options.repeat)]
    for rows, columns, count in ((10_000_000, 3, 1), (5_000_000, 20, 8)):
        size = ["--rows", str(max(1000, int(rows * options.scale))), "--columns", str(columns)]
        size += ["--requirements", str(count)]
        title = (
            f"Check, {columns} columns, {count} {'inequality' if count == 1 else 'inequalities'}"
        )
        # pandera holds every failing cell of every requirement: of wide tables that is too much.
        without = ["--without", "pandera"] if count > 1 else []
        yield title, check, [*size, *repeat, *without]
    size = ["--rows", str(max(1000, int(5_000_000 * options.scale)))]
    yield "Correct a file", rewrite, [*size, *repeat]
    in_memory = ["--rows", str(max(1000, int(20_000 * min(1, options.scale * 10))))]
    if options.data:
        in_memory += ["--data", options.data]
    if options.pishield:
        in_memory += ["--pishield", options.pishield]
    yield "Correct in memory", correct, in_memory
    yield "Start-up", startup, []
    grown = ["--scale", str(options.scale)]
    yield "Growth", growth, [*grown, "--plot", options.plot] if options.plot else grown


def main(arguments: list[str] | None = None) -> int:
    """Ask them all."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks all")
    parser.add_argument("--scale", type=float, default=1, help="share of the rows and cells")
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--markdown", action="store_true", help="headings in markdown")
    parser.add_argument("--data", help="for correcting in memory; see `benchmarks correct`")
    parser.add_argument("--pishield", help="a clone of PiShield to compare with")
    parser.add_argument("--plot", metavar="FILE", help="draw growth in log-log plots")
    options = parser.parse_args(arguments)
    print(machine(), flush=True)
    failed = 0
    for title, module, given in questions(options):
        print(f"\n## {title}\n" if options.markdown else f"\n== {title}\n", flush=True)
        failed |= int(module.main(given))  # type: ignore[attr-defined]
        sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(main())
