"""How good suggestions are: `python -m benchmarks suggest [--tables FOLDER] [--peers PYTHON]`.

The folder holds a folder for each real table: `data.csv`, and its published requirements by the
columns' names in `requirements_named.txt`. Without it the sample data and planted tables are used.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.suggest import against_chance, peers, planted_recall, recall, speed
from benchmarks.suggest.tables import Known, known_tables

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def main(arguments: Sequence[str]) -> int:
    """Print the tables of figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks suggest")
    parser.add_argument("--tables", type=Path, help="a folder of real tables")
    parser.add_argument("--seeds", type=int, default=3, help="shuffled tables of each real one")
    parser.add_argument(
        "--peers",
        default=sys.executable,
        metavar="PYTHON",
        help="an interpreter that has tdda, pandera, desbordante; the running one by default",
    )
    parser.add_argument("--no-speed", action="store_true", help="leave out what takes minutes")
    given = parser.parse_args(arguments)
    known = [] if given.tables is None else known_tables(given.tables)
    for line in figures(known, given.seeds, given.peers, with_speed=not given.no_speed):
        print(line, flush=True)
    return 0


def figures(known: Sequence[Known], seeds: int, python: str, *, with_speed: bool) -> Iterator[str]:
    """The tables of figures, line by line, in markdown."""
    yield from recall.figures(known, SAMPLES)
    yield from against_chance.figures(known, seeds)
    yield from planted_recall.figures()
    yield from peers.figures(known, python)
    if with_speed:
        yield from speed.figures()
