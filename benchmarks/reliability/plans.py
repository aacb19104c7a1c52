"""Does every command end, whatever a requirements file of at most 100 KB asks?

`python -m benchmarks.reliability.plans --rows 20 2000 --limit 30`

Each family of requirements is written beside tables of a few and of many rows and given to `check`,
`inspect`, `correct` with each method, `report violations` and `suggest --given`. Reported are
seconds of processor and peak memory; a command that takes longer than the limit is ended and named.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.families import FAMILIES
from benchmarks.measure import Run, markdown, pishield, run, setting

DATA, REQUIREMENTS, OUTPUT = "data.csv", "requirements.txt", "out.csv"

COMMANDS = {
    "check": ["check", DATA, REQUIREMENTS],
    "inspect": ["inspect", REQUIREMENTS],
    "shield": ["correct", DATA, REQUIREMENTS, "-o", OUTPUT],
    "nearest": ["correct", "--method", "nearest", DATA, REQUIREMENTS, "-o", OUTPUT],
    "fewest": ["correct", "--method", "fewest", DATA, REQUIREMENTS, "-o", OUTPUT],
    "report": ["report", "violations", DATA, REQUIREMENTS],
    "suggest": ["suggest", DATA, "--given", REQUIREMENTS],
}

ROWS = (20, 2_000)
MEMORY = 1024.0
"""MiB that no command may exceed."""


def table(columns: Sequence[str], rows: int) -> str:
    """Rows of small numbers, seeded; of dates and texts where columns are named so."""
    draw = random.Random(9)
    lines = (",".join(_cell(name, draw.randint(-2, 9)) for name in columns) for _ in range(rows))
    return "\n".join([",".join(columns), *lines]) + "\n"


def _cell(name: str, number: int) -> str:
    if name.endswith("_date"):
        return f"20{12 + number}-03-{10 + number}"
    return f"v{number}" if name.endswith("_text") else str(number)


def measure(verb: str, folder: Path, limit: int) -> Run:
    """Run one command on what lies in a folder; it is ended past the limit."""
    names = {DATA, REQUIREMENTS, OUTPUT}
    words = [str(folder / word) if word in names else word for word in COMMANDS[verb]]
    (folder / OUTPUT).unlink(missing_ok=True)
    return run(["/bin/sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh", *pishield(*words)])


def main(arguments: list[str] | None = None) -> int:
    """Measure every family with every command; exits with 1 if one takes too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="FAMILY", help="families whose names hold it")
    parser.add_argument("--commands", nargs="+", choices=list(COMMANDS), default=list(COMMANDS))
    parser.add_argument("--limit", type=int, default=30, help="seconds of processor")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    options = parser.parse_args(arguments)
    print(setting("numpy", "pyarrow"), flush=True)
    bad, listed = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, make in FAMILIES.items():
            if options.only and not any(part in name for part in options.only):
                continue
            text, columns = make()
            (folder / REQUIREMENTS).write_text(text)
            for rows in options.rows:
                (folder / DATA).write_text(table(columns, rows))
                cells = [name, f"{len(text) / 1024:.0f}", str(rows)]
                for verb in options.commands:
                    found = measure(verb, folder, options.limit)
                    if not 0 <= found.status <= 2 or found.peak > MEMORY:
                        bad.append(f"{name}, {rows}, {verb}: {found.errors.strip()[-200:]}")
                    cells.append(f"{found.cpu:.1f} s, {found.peak:.0f} MiB ({found.status})")
                print("  ".join(cells), file=sys.stderr, flush=True)
                listed.append(cells)
    print(markdown(["family", "KB", "rows", *options.commands], listed))
    print("\n".join(bad))
    return bool(bad)


if __name__ == "__main__":
    raise SystemExit(main())
