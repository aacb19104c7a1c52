"""Counts of a check against an independent count: the csv module, regular expressions, decimals."""

import csv
import operator
import random
import re
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from functools import cache
from pathlib import Path

import pytest

from pishield_cli.actions.check import check
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.kernels.evaluation.tolerance import tolerance_of
from pishield_cli.language import bind, parse_requirements
from pishield_cli.tables import open_table
from tests.laws import sampled
from tests.shared import published_tables

PUBLISHED = sorted(
    path
    for path in published_tables().glob("*/requirements*.txt")
    if "named" not in path.name and (path.parent / "data.csv").exists()
)
HOUSING = Path(__file__).parent / "housing.txt"
COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
LITERAL = re.compile(r"\s*(neg\s)?(.*?)(>=|<=|>|<)\s*(\S+)\s*$")
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])
TERM = re.compile(r"([+-]?)\s*(\d*\.?\d*)\s*\*?\s*y_(\d+)")


def _literals(line: str) -> list[tuple[bool, list[tuple[Decimal, int]], str, Decimal]]:
    found = []
    for text in re.split(r"\sor\s", line):
        match = LITERAL.match(text)
        assert match is not None, text
        terms = [
            (Decimal(f"{sign}{number or 1}"), int(place))
            for sign, number, place in TERM.findall(match[2])
        ]
        found.append((bool(match[1]), terms, match[3], Decimal(match[4])))
    return found


def _violations(rows: list[list[str]], line: str) -> tuple[int, int]:
    """Violating and undecided rows of one line of PiShield's own syntax."""
    literals = _literals(line)
    violating = undecided = 0
    for row in rows:
        truths: list[bool | None] = []
        for negated, terms, comparison, constant in literals:
            cells = [(weight, _number(row[place])) for weight, place in terms]
            if any(cell is None for _, cell in cells):
                truths.append(None)
                continue
            total = sum(weight * cell for weight, cell in cells if cell is not None)
            truths.append(COMPARISONS[comparison](total, constant) != negated)
        if True not in truths:
            undecided += None in truths
            violating += None not in truths
    return violating, undecided


@cache
def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@cache
def _cells(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        _, *lines = csv.reader(stream)
    return lines


def _lines(text: str) -> list[str]:
    stripped = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("ordering")]


def _compare(table: Path, text: str, tolerance: float) -> None:
    reader = open_table(str(table))
    requirements = bind(parse_requirements(text), reader.columns).requirements
    report = check(
        reader, requirements, requirements_file="r", settings=CheckSettings(tolerance_of(tolerance))
    )
    cells = _cells(table)
    assert report.rows == len(cells)
    found = [(result.violations, result.unknown) for result in report.results]
    with localcontext(EXACT):
        assert found == [_violations(cells, line) for line in _lines(text)]


@pytest.mark.parametrize(
    "path",
    sampled([HOUSING, *PUBLISHED], plain=3),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_counts_on_real_data(path: Path, sample_data: Path) -> None:
    table = sample_data / "housing.csv" if path == HOUSING else path.parent / "data.csv"
    _compare(table, path.read_text(), 0.0)


@pytest.mark.parametrize("seed", range(6))
def test_counts_on_tables_full_of_ties(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)
    places = [chosen.randrange(4) for _ in range(5)]

    def cell(column: int) -> str:
        if chosen.random() < 0.05:
            return ""
        number = chosen.randrange(-30, 31)
        return f"{number / 10 ** places[column]:.{places[column]}f}"

    table = tmp_path / "table.csv"
    rows = [",".join(cell(column) for column in range(5)) for _ in range(300)]
    table.write_text("\n".join(["p,q,r,s,t", *rows, ""]))

    def literal() -> str:
        terms = [
            f"{chosen.choice('+-')} {chosen.choice(['', '2', '0.5', '10', '0.1'])}y_{place}"
            for place in chosen.sample(range(5), chosen.choice([1, 2, 2, 3]))
        ]
        left = " ".join(terms).removeprefix("+ ").replace("- ", "-", 1)
        constant = chosen.choice(["0", "0", "0.3", "-1.5"])
        return f"{left} {chosen.choice(['>', '>='])} {constant}"

    lines = [
        " or ".join(chosen.choice(["", "neg "]) + literal() for _ in range(chosen.choice([1, 2])))
        for _ in range(12)
    ]
    _compare(table, "\n".join(lines), 0.0)
