"""Suggestions beside what other tools write for the same tables, each found on one half."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from benchmarks.measure import run
from benchmarks.suggest.peer import DENIAL_COLUMNS, DENIAL_ROWS, TOOLS
from benchmarks.suggest.tables import Known, halves
from pishield_cli.actions.check import check
from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status, SuggestSettings
from pishield_cli.language import parse_requirements
from pishield_cli.tables.arrow.memory import MemoryReader

LARGEST = 100
"""Columns of a table at most."""

SCRIPT = Path(__file__).with_name("peer.py")


def figures(known: Sequence[Known], python: str = sys.executable) -> Iterator[str]:
    """Rules, the share that holds on the other half, and seconds, for each table and tool.

    Args:
        known: The tables.
        python: An interpreter that has the other tools.
    """
    tables = [one for one in known if one.table.num_columns <= LARGEST]
    if not tables:
        return
    yield ""
    yield "| table | tool | rules | hold on the other half | CPU, s |"
    yield "| --- | --- | --- | --- | --- |"
    for one in tables:
        first, second = halves(one.table, 0)
        yield f"| {one.name} | pishield suggest | {_own(first, second)} |"
        yield from _others(one.name, first, second, python)
    yield ""
    yield (
        "Found on one half of the rows, seed 0; seconds without start and reading. pishield: the "
        "active requirements without exceptions, types not counted. TDDA and Pandera describe each "
        "column by itself: its type, least and greatest value, missing cells. Desbordante mines "
        f"denial constraints, here of the first {DENIAL_COLUMNS} columns and {DENIAL_ROWS} rows of "
        "each half: their number grows without bound with the columns."
    )


def _own(first: pa.Table, second: pa.Table) -> str:
    started = time.process_time()
    report = suggest(MemoryReader(first), SuggestSettings(exceptions=0.0))
    seconds = time.process_time() - started
    texts = [one.text for one in report.of(Status.ACTIVE)]
    if not texts:
        return _cells(0, 0, seconds)
    requirements = parse_requirements("\n".join(texts))
    results = check(MemoryReader(second), requirements, requirements_file="").results
    return _cells(len(texts), sum(not one.violations for one in results), seconds)


def _others(name: str, first: pa.Table, second: pa.Table, python: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{half}.csv") for half in ("first", "second")]
        for table, path in zip((first, second), paths, strict=True):
            csv.write_csv(table, path)
        for tool in TOOLS:
            yield f"| {name} | {_other(tool, paths, python)} |"


def _other(tool: str, paths: Sequence[str], python: str) -> str:
    done = run([python, str(SCRIPT), tool, *paths])
    if done.status:
        return f"{tool} | failed: {done.errors.strip().splitlines()[-1]} | | "
    found = json.loads(done.output.splitlines()[-1])
    if found.get("missing"):
        return f"{tool} | not installed | | "
    version = f"{tool} {found['version']}"
    return f"{version} | {_cells(found['rules'], found['held'], found['seconds'])}"


def _cells(rules: int, held: int, seconds: float) -> str:
    share = f"{held / rules:.0%}" if rules else ""
    return f"{rules:,} | {share} | {seconds:.2f}"
