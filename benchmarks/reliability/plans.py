"""Does every command end, whatever a requirements file of at most 100 KB asks?

`python -m benchmarks reliability plans [COMMAND[:ROWS] ...] --only sudoku bins`

Each family of requirements is written beside tables of few and of many rows, all of which have to
be corrected, and given to commands one after the other: what takes `:2000` gets so many rows.
Reported are seconds of processor, peak memory and how many rows a correction left; a command that
takes longer than the limit is ended and named.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.families import FAMILIES
from benchmarks.families.writing import Family
from benchmarks.measure import Run, markdown, pishield, run, setting

DATA, REQUIREMENTS, OUTPUT = "data.csv", "requirements.txt", "out.csv"

JSON = ("--format", "json")

COMMANDS = {
    "inspect": ["inspect", REQUIREMENTS],
    "check": ["check", DATA, REQUIREMENTS],
    "shield": ["correct", *JSON, DATA, REQUIREMENTS, "-o", OUTPUT],
    "nearest": ["correct", *JSON, "--method", "nearest", DATA, REQUIREMENTS, "-o", OUTPUT],
    "fewest": ["correct", *JSON, "--method", "fewest", DATA, REQUIREMENTS, "-o", OUTPUT],
    "report": ["report", "violations", DATA, REQUIREMENTS],
    "suggest": ["suggest", DATA, "--given", REQUIREMENTS],
}

USUAL = ("inspect", "check:20", "check:2000", "shield:20", "nearest:20", "fewest:20")

SECONDS, MEMORY = 30.0, 1024.0
"""Seconds of processor and MiB that no command may exceed."""


def table(columns: Sequence[str], rows: int) -> str:
    """Rows of small numbers, seeded; of dates and texts where columns are named so."""
    draw = random.Random(9)
    lines = (",".join(_cell(name, draw.randint(-2, 9)) for name in columns) for _ in range(rows))
    return "\n".join([",".join(columns), *lines]) + "\n"


def _cell(name: str, number: int) -> str:
    if name.endswith("_date"):
        return f"20{12 + number}-03-{10 + number:02}"
    return f"v{number}" if name.endswith("_text") else str(number)


def measure(verb: str, folder: Path, limit: int) -> Run:
    """Run one command on what lies in a folder; it is ended past the limit."""
    names = {DATA, REQUIREMENTS, OUTPUT}
    words = [str(folder / word) if word in names else word for word in COMMANDS[verb]]
    (folder / OUTPUT).unlink(missing_ok=True)
    return run(["/bin/sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh", *pishield(*words)])


def _measured(family: Family, asked: Sequence[str], folder: Path, limit: int) -> Iterator[Run]:
    """What each command takes on one family."""
    text, columns = family
    (folder / REQUIREMENTS).write_text(text)
    for one in asked:
        verb, _, rows = one.partition(":")
        (folder / DATA).write_text(table(columns, int(rows or 0)))
        yield measure(verb, folder, limit)


def _told(found: Run) -> str:
    """A command's figures, those beyond the bar in bold."""
    if not 0 <= found.status <= 2:
        return f"**ended**, {found.peak:.0f} MiB"
    took = f"{found.cpu:.1f} s"
    size = f"{found.peak:.0f} MiB"
    words = [
        f"**{took}**" if found.cpu > SECONDS else took,
        f"**{size}**" if found.peak > MEMORY else size,
    ]
    return ", ".join([*words, *_outcome(found)])


def _outcome(found: Run) -> Iterator[str]:
    if "The requirements contradict each other" in found.errors + found.output:
        yield "contradiction"
    elif found.status > 1:
        yield "refused"
    elif found.output.startswith("{"):
        left = json.loads(found.output)["violating_rows_after"]
        yield from [f"{left:,} left"] if left else []


def main(arguments: list[str] | None = None) -> int:
    """Measure every family with every command; exits with 1 if one takes too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*", default=USUAL, help=f"of {', '.join(COMMANDS)}")
    parser.add_argument("--only", nargs="+", metavar="FAMILY", help="families whose names hold it")
    parser.add_argument("--limit", type=int, default=45, help="seconds of processor")
    options = parser.parse_args(arguments)
    print(setting("numpy", "pyarrow"), flush=True)
    bad, listed = 0, []
    for name, make in FAMILIES.items():
        if options.only and not any(part in name for part in options.only):
            continue
        family = make()
        with tempfile.TemporaryDirectory() as folder:
            runs = list(_measured(family, options.commands, Path(folder), options.limit))
        cells = [name, f"{len(family[0]) / 1000:.0f}", *map(_told, runs)]
        bad += sum("**" in cell for cell in cells)
        print("  ".join(cells), file=sys.stderr, flush=True)
        listed.append(cells)
    print(markdown(["family", "KB", *options.commands], listed))
    return bool(bad)


if __name__ == "__main__":
    raise SystemExit(main())
