"""What `correct` does with files, in any batches and with missing cells, compared with z3.

Run `python -m benchmarks reliability claims --seconds 600`. The systems are those of
`reliability.correct`, with truth values and missing cells among them. Each table is corrected by
the command from a CSV or a Parquet file, in batches of 1, 2 and 7 rows and in one:

- all of them have the same outcome, cell by cell, and the same rows uncorrected and unproven;
- a row that is written satisfies every requirement without a missing cell, exactly or within what
  is forgiven of floats, and some values of its missing cells satisfy all of them;
- a row is given up with requirements that exclude each other only where no values of its cells
  satisfy all, missing ones among them; and with ones that no values of its missing cells satisfy
  only where none do, beside its other cells as they stand.
"""

import argparse
import contextlib
import io
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from benchmarks.reliability.correct import System, asked, decimal_of, forgiven, random_system
from benchmarks.reliability.correct import nearly as holds_nearly
from pishield_cli.cli import main as command
from pishield_cli.logic.terms import Clause

BATCHES = ("1", "2", "7", "")
METHODS = ("shield", "nearest", "fewest")
ROWS = 5
UNFILLED = "no values of its missing cells satisfy"
"""What is said of a row whose cells are told as they stand, not of what they could become."""

Row = Mapping[str, Fraction | None]


def random_case(rng: random.Random, kind: str) -> System:
    """A system as a file of a kind can hold it, with truth values and missing cells."""
    system = random_system(rng, rows=ROWS)
    columns, kinds = {}, dict(system.kinds)
    gaps = rng.random() < 0.5 and len(system.table.column_names) > 1  # a blank line is no row
    for name in system.table.column_names:
        column = system.table[name].combine_chunks()
        if rng.random() < 0.1:
            kinds[name], column = "truth", pa.array([rng.random() < 0.5 for _ in range(ROWS)])
        elif kind == "csv":
            kinds[name] = "whole" if kinds[name] == "whole" else "double"
            cells = [round(float(str(cell)), 1) for cell in column.to_pylist()]
            column = pa.array([int(c) for c in cells] if kinds[name] == "whole" else cells)
        if gaps:
            kept = pa.array([rng.random() > 0.2 for _ in range(ROWS)])
            column = pa.compute.if_else(kept, column, pa.scalar(None, column.type))
        columns[name] = column
    return replace(system, kinds=kinds, table=pa.table(columns))


def outcome(folder: Path, system: System, kind: str, method: str, rows: str) -> Any:
    """What the command says and writes: the report, and the table; None for a contradiction."""
    data, out = folder / f"in.{kind}", folder / f"out.{kind}"
    rules = folder / "rules.txt"
    rules.write_text(system.text)
    fixed = ["--fixed", ",".join(system.fixed)] if system.fixed else []
    batch = ["--batch-rows", rows] if rows else []
    stream = io.TextIOWrapper(io.BytesIO(), write_through=True)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        options = ["-o", str(out), "--method", method, "--format", "json", *fixed, *batch]
        code = command(["correct", str(data), str(rules), *options])
    if code == 2:
        return None
    report = json.loads(stream.buffer.getvalue())  # type: ignore[attr-defined]
    said = {name: report[name] for name in ("uncorrected_rows", "unproven_rows", "corrected_rows")}
    blamed = [one for one in report["obstacles"] if one["requirements"]]
    unfilled = [one["row"] for one in blamed if one["reason"].startswith(UNFILLED)]
    said["unfilled_rows"] = unfilled
    said["clashing_rows"] = [one["row"] for one in blamed if one["row"] not in unfilled]
    if kind == "csv":
        return said, csv.read_csv(out, convert_options=_typed(system))
    return said, parquet.read_table(out)


def _typed(system: System) -> csv.ConvertOptions:
    return csv.ConvertOptions(column_types=system.table.schema)


def judged(system: System, kind: str, method: str) -> Counter[str]:
    """Counts of rows by what was found of them; faults begin with `wrong`."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "csv":
            csv.write_csv(system.table, folder / "in.csv")
        else:
            parquet.write_table(system.table, folder / "in.parquet", row_group_size=3)
        every = [outcome(folder, system, kind, method, rows) for rows in BATCHES]
    first = every[0]
    if any(one != first for one in every[1:]):
        found["wrong: depends on batches"] += 1
    if first is None:
        return found + Counter(["contradiction"])
    said, table = first
    before, after = (_rows(one, system.kinds) for one in (system.table, table))
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if index in said["uncorrected_rows"]:
            sure = index in said["clashing_rows"]
            found[_given_up(system, kind, old, new, sure=sure)] += 1
            if index in said["unfilled_rows"] and _completes(system, kind, old):
                found["wrong: called unfillable"] += 1
        else:
            found[_row(system, kind, old, new)] += 1
    return found


def _rows(table: pa.Table, kinds: Mapping[str, str]) -> list[Row]:
    return [
        {n: None if cell is None else decimal_of(cell, kinds[n]) for n, cell in row.items()}
        for row in table.to_pylist()
    ]


def _row(system: System, kind: str, old: Row, new: Row) -> str:
    if any(old[name] != new[name] for name in (*system.fixed, *(n for n in old if old[n] is None))):
        return "wrong: a cell that stays has moved"
    known = [c for c in system.clauses if all(old[name] is not None for name in c.variables)]
    if not all(_is_held(clause, new, system) for clause in known):
        return "wrong: violating"
    return "wrong: without completion" if _completes(system, kind, new) is False else "written"


def _given_up(system: System, kind: str, old: Row, new: Row, *, sure: bool) -> str:
    """Whether a row could have been corrected, together with its missing cells."""
    if old != new:
        return "wrong: given up and changed"
    gone = [name for name, cell in old.items() if cell is None]
    kinds = {**system.kinds, **_filled_kinds(system, kind, gone)}
    free = replace(system, kinds=kinds, fixed=[name for name in system.fixed if name not in gone])
    answer = asked(free, {name: cell or Fraction(0) for name, cell in old.items()}, short=True)
    if not answer:
        return "uncorrected" if answer is False else "uncorrected, not known"
    return "wrong: uncorrected" if sure else "left, as not found, and there is one"


def _filled_kinds(system: System, kind: str, gone: Sequence[str]) -> dict[str, str]:
    """What missing cells may be: any numbers but for what columns of Parquet hold."""
    whole = ("whole", "decimal", "truth") if kind == "parquet" else ()
    return {n: one if (one := system.kinds[n]) in whole else "double" for n in gone}


def _completes(system: System, kind: str, row: Row) -> bool | None:
    """Whether some values of the missing cells satisfy all; None where that is not known."""
    missing = [name for name, cell in row.items() if cell is None]
    if not missing:
        return True
    kinds = {**system.kinds, **_filled_kinds(system, kind, missing)}
    held = replace(system, kinds=kinds, fixed=[name for name in row if name not in missing])
    zero = {name: cell or Fraction(0) for name, cell in row.items()}
    unsure = [
        one.mapped(lambda literal: _loosened(literal, _values(row), system.kinds))
        for one in system.clauses
        if not set(missing).isdisjoint(one.variables)
    ]
    answer = asked(held, zero, clauses=unsure)
    return None if answer is None else answer is not False


def _loosened(literal: Any, cells: Mapping[str, Fraction], kinds: Mapping[str, str]) -> Any:
    """An inequality with what is forgiven of cells that are there."""
    if literal.strict:
        return literal
    parts = {name: c * cells[name] for name, c in literal.terms if name in cells}
    slack = sum((forgiven(kinds[n], cells[n]) * abs(p) for n, p in parts.items()), Fraction(0))
    return replace(literal, constant=literal.constant - slack)


def _is_held(clause: Clause, row: Row, system: System) -> bool:
    cells = _values(row)
    if clause.holds(cells):
        return True
    return any(holds_nearly(literal, cells, system.kinds) for literal in clause)


def _values(row: Row) -> dict[str, Fraction]:
    return {name: cell for name, cell in row.items() if cell is not None}


def main(arguments: Sequence[str] = ()) -> int:
    """Judge systems until the time is used up, and print the counts and every fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    chosen = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    seed, end = chosen.start, time.monotonic() + chosen.seconds
    while time.monotonic() < end:
        kind = ("csv", "parquet")[seed % 2]
        system = random_case(random.Random(seed), kind)
        method = METHODS[seed // 2 % len(METHODS)]
        found = judged(system, kind, method)
        counts.update({f"{kind}, {method}: {name}": n for name, n in found.items()})
        if any(name.startswith("wrong") for name in found):
            print(seed, kind, method, dict(found), flush=True)
        seed += 1
    print(f"{seed - chosen.start} systems")
    for name, number in sorted(counts.items()):
        print(f"{number:8,}  {name}")
    return int(any(name.partition(": ")[2].startswith("wrong") for name in counts))
