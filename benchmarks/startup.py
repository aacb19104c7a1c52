"""How long until a command starts its work?

`python -m benchmarks startup`

CPU seconds (user and system) of whole processes, the least and the median of several runs, beside
what bare imports of the libraries below pishield take.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT, markdown, pishield, python, run, setting

SAMPLE = ROOT / "sample_data"


def hundred_rows(folder: Path) -> tuple[str, str]:
    """A CSV file of 100 rows, and its requirements file."""
    lines = (SAMPLE / "loans.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    table = folder / "hundred.csv"
    table.write_text("".join(lines[:101]), encoding="utf-8")
    return str(table), str(SAMPLE / "loans.txt")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks startup")
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        data, requirements = hundred_rows(Path(folder))
        subjects = {
            "`pishield --help`": pishield("--help"),
            "`pishield --version`": pishield("--version"),
            "`pishield check`, 100 rows of CSV": pishield("check", data, requirements),
            "`pishield inspect`": pishield("inspect", requirements),
            "`pishield correct`, 100 rows of CSV": pishield(
                "correct", data, requirements, "-o", f"{folder}/out.csv"
            ),
            "python": python("-c", "pass"),
            "import pishield_cli": python("-c", "import pishield_cli"),
            "import numpy": python("-c", "import numpy"),
            "import pyarrow": python("-c", "import pyarrow"),
            "import typer": python("-c", "import typer"),
        }
        rows = []
        for name, command in subjects.items():
            # The first run compiles and fills the disk's cache; `correct` writes anew each time.
            seconds = []
            for _ in range(options.repeat + 1):
                Path(folder, "out.csv").unlink(missing_ok=True)
                result = run(command)
                seconds.append(result.cpu)
            state = "" if result.status in {0, 1} else f" (exit {result.status})"
            least, median = min(seconds[1:]), statistics.median(seconds[1:])
            rows.append([name + state, f"{least:.2f}", f"{median:.2f}", f"{result.peak:.0f}"])
    print(setting("numpy", "pyarrow", "typer", "rich") + f"; {options.repeat} runs.\n")
    print(markdown(["", "CPU least, s", "CPU median, s", "peak, MiB"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
