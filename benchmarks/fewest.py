"""How fast are the fewest cells changed, by rules over texts, numbers and both?

`python -m benchmarks fewest --rows 40000`

Two tables by 13 rules each, of the kind that errorlocate takes: a person of 4 columns, and one at
work of 10. Of each table's rows three in four have one to three cells drawn anew, so nearly as many
violate a rule. The rows are made from a seed, and corrected by the command, reading and writing
CSV; what starting it takes is told by a table of one row.
"""

import argparse
import csv
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from benchmarks.measure import best, markdown, pishield, setting

Cells = dict[str, object]

PERSON = """
age >= 0
age <= 120
income >= 0
marital in ("single", "married", "divorced")
relation in ("child", "spouse", "head")
if marital == "married" then age >= 16
if marital == "divorced" then age >= 18
if age < 15 then income == 0
if relation == "spouse" then marital == "married"
if relation == "child" then marital != "married"
if relation == "child" then income <= 2000
if relation == "head" then age >= 18
income <= 100 * age
"""

WORKER = """
0 <= age <= 110
0 <= hours <= 80
wage >= 0
other >= 0
gender in ("m", "f")
if pregnant == "yes" then gender == "f"
if marital == "married" then age >= 16
if employed == "yes" then age >= 15
if employed == "no" then hours == 0
income == wage + other
if employed == "yes" then wage >= 10 * hours
if job == "pilot" then age >= 21
if job == "none" then employed == "no"
"""

Draw = Mapping[str, Callable[[Random], object]]

PERSON_CELLS: Draw = {
    "age": lambda chance: chance.randint(-20, 150),
    "marital": lambda chance: chance.choice(("single", "married", "divorced", "maried")),
    "relation": lambda chance: chance.choice(("child", "spouse", "head", "x")),
    "income": lambda chance: chance.randint(-3000, 9000),
}

WORKER_CELLS: Draw = {
    "age": lambda chance: chance.randint(-20, 150),
    "gender": lambda chance: chance.choice(("m", "f", "?")),
    "pregnant": lambda chance: chance.choice(("yes", "no")),
    "marital": lambda chance: chance.choice(("single", "married")),
    "employed": lambda chance: chance.choice(("yes", "no")),
    "job": lambda chance: chance.choice(("clerk", "pilot", "nurse", "none")),
    "hours": lambda chance: chance.randint(-5, 120),
    "wage": lambda chance: chance.randint(-100, 4000),
    "other": lambda chance: chance.randint(-100, 900),
    "income": lambda chance: chance.randint(-100, 6000),
}


def person(chance: Random) -> Cells:
    """A row that every rule allows."""
    age = chance.randint(0, 95)
    marital = "single" if age < 18 else chance.choice(("single", "married", "divorced"))
    relation = "child" if age < 20 and marital != "married" else "head"
    income = 0 if age < 15 else chance.randint(0, min(100 * age, 2000))
    return {"age": age, "marital": marital, "relation": relation, "income": income}


def worker(chance: Random) -> Cells:
    """A row that every rule allows."""
    age, gender = chance.randint(0, 95), chance.choice(("m", "f"))
    employed = "yes" if 21 <= age <= 66 and chance.random() < 0.7 else "no"
    job = chance.choice(("clerk", "pilot", "nurse")) if employed == "yes" else "none"
    hours = chance.randint(5, 60) if employed == "yes" else 0
    wage, other = hours * chance.randint(10, 60), chance.randint(0, 500)
    return {
        "age": age,
        "gender": gender,
        "pregnant": "yes" if gender == "f" and chance.random() < 0.1 else "no",
        "marital": "single" if age < 16 else chance.choice(("single", "married")),
        "employed": employed,
        "job": job,
        "hours": hours,
        "wage": wage,
        "other": other,
        "income": wage + other,
    }


CASES = {
    "person, 4 columns": (PERSON, person, PERSON_CELLS),
    "at work, 10 columns": (WORKER, worker, WORKER_CELLS),
}


def write(path: Path, rows: int, right: Callable[[Random], Cells], wrong: Draw) -> None:
    """Write a table, three in four of whose rows have one to three cells drawn anew."""
    chance = Random(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(wrong))
        writer.writeheader()
        for _ in range(rows):
            cells = right(chance)
            for name in chance.sample(list(wrong), chance.randint(0, 3)):
                cells[name] = wrong[name](chance)
            writer.writerow(cells)


def main(arguments: list[str] | None = None) -> int:
    """Measure both tables."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks fewest")
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    options = parser.parse_args(arguments)
    print(f"{options.rows:,} rows; best of {options.repeat}. {setting('numpy', 'pyarrow')}\n")
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, rules, output = folder / "data.csv", folder / "rules.txt", folder / "output.csv"
        line = pishield("correct", str(data), str(rules), "-o", str(output))
        line += ["--method", "fewest", "--format", "json", "--quiet"]
        for case, (text, right, wrong) in CASES.items():
            rules.write_text(text)
            write(data, 1, right, wrong)
            start = best(line, options.repeat)
            write(data, options.rows, right, wrong)
            found = best(line, options.repeat)
            report = json.loads(found.output)
            cpu = found.cpu - start.cpu
            lines.append(
                [
                    case,
                    f"{report['violating_rows_before']:,}",
                    f"{report['cells_changed']:,}",
                    f"{len(report['unproven_rows']):,}",
                    f"{found.cpu:.2f}",
                    f"{options.rows / cpu:,.0f}",
                    f"{report['violating_rows_before'] / cpu:,.0f}",
                ]
            )
    head = ["", "violating", "cells changed", "unproven", "CPU, s", "rows/s", "violating rows/s"]
    print(markdown(head, lines))
    return 0
