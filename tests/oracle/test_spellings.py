"""What people type in SQL, pandas, R and Excel is taken, or shown as a line of the same meaning."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pishield_cli.api import check_table
from pishield_cli.errors import RequirementsFileError, RequirementSyntaxError
from pishield_cli.language import bind_text, parse_requirements
from tests.oracle import test_public_rules, test_user_rules

TODAY = date(2024, 6, 1)
ROWS = 120
TEXTS = ("x", "y", "ab", "x1", "12", "A%", "a%b", "X", "x@y", " ", "aX")

Verdicts = list[tuple[list[int], int]]

SPELLINGS = [
    (typed.strip(), meant.strip())
    for line in (Path(__file__).parent / "spellings.txt").read_text("utf-8").splitlines()
    for typed, bar, meant in [line.partition("|||")]
    if bar and not line.startswith("#")
]


def table(truths: bool) -> pa.Table:
    chance = random.Random(1)

    def column(cell: Callable[[], Any]) -> list[Any]:
        return [None if chance.random() < 0.15 else cell() for _ in range(ROWS)]

    def day(year: int) -> date:
        first = chance.random() < 0.2
        return date(year, 1, 1) if first else date(year, chance.randint(1, 12), 28)

    def number() -> int | bool:
        return chance.random() < 0.5 if truths else chance.randint(-1, 4)

    columns = {name: column(number) for name in "abc"}
    columns |= {
        "s": column(lambda: chance.choice(TEXTS)),
        "t": column(lambda: chance.choice("xyb")),
    }
    columns |= {
        "d": column(lambda: day(2020)),
        "e": column(lambda: day(2020 + chance.randint(0, 20))),
    }
    return pa.table({**columns, "A": columns["a"], "B": columns["b"]})


def problem(line: str, columns: Sequence[str] = ()) -> RequirementSyntaxError | None:
    """What is wrong with a line, or with its names where columns are known."""
    try:
        if columns:
            bind_text(line, columns)
        else:
            parse_requirements(line)
    except RequirementsFileError as error:
        [found] = error.problems
        return found
    return None


def hinted(found: RequirementSyntaxError) -> str | None:
    """The line that a hint shows; None where it shows words."""
    match = re.fullmatch(r"did you mean `(.*)`\?", found.hint or "")
    is_line = (
        match is not None
        and re.search(r"[\w)](?:\s+\S|[<>=!])", match[1])
        and "`, `" not in match[1]
    )
    return match[1] if match is not None and is_line else None


def understood(lines: list[str], data: pa.Table) -> Iterator[str]:
    """Each line, or what is shown in its place."""
    for line in lines:
        found = problem(line, data.schema.names)
        yield line if found is None else hinted(found) or "false"


def verdicts(data: pa.Table, lines: Iterator[str] | list[str]) -> Verdicts:
    report = check_table(data, "".join(f"{one}\n" for one in lines), today=TODAY, show=ROWS)
    return [([one.row for one in found.examples], found.unknown) for found in report.results]


@pytest.mark.parametrize("truths", [False, True])
def test_a_spelling_is_taken_or_shown_as_it_is_written_here(truths: bool) -> None:
    of_truths = re.compile(r"[<>=+]|\b(?:in|is|between|abs|s|d|e)\b")
    pairs = [
        (typed, meant)
        for typed, meant in SPELLINGS
        if meant and truths != bool(of_truths.search(meant.replace("->", "").replace("<", "")))
    ]
    assert len(pairs) > 10
    data = table(truths)
    found = verdicts(data, understood([typed for typed, _ in pairs], data))
    wanted = verdicts(data, [meant for _, meant in pairs])
    wrong = [pair for pair, one, other in zip(pairs, found, wanted, strict=True) if one != other]
    assert wrong == []


@pytest.mark.parametrize("line", [typed for typed, _ in SPELLINGS])
def test_what_is_refused_is_shown_at_its_place_with_one_hint(line: str) -> None:
    found = problem(line)
    if found is None:
        return
    assert found.span.line == 1
    assert 1 <= found.span.column <= found.span.end_column <= len(line) + 2
    assert found.hint or found.expected
    shown = hinted(found)
    assert shown is None or problem(shown) is None


@pytest.mark.parametrize("rules", [test_user_rules, test_public_rules])
def test_rules_in_sql_are_taken_or_shown_with_the_same_meaning(rules: Any) -> None:
    data = rules.generated(2, ROWS)
    connection = duckdb.connect()
    connection.register("t", data)
    typed = [sql for _, sql in rules.RULES]
    shown = zip(typed, understood(typed, data), strict=True)
    read = [(sql, line) for sql, line in shown if line != "false"]
    assert len(read) > 0.95 * len(rules.RULES)
    found = verdicts(data, [line for _, line in read])
    for (sql, line), (violating, unknown) in zip(read, found, strict=True):
        truths = [one for (one,) in connection.execute(f"select ({sql}) from t").fetchall()]
        assert violating == [row for row, one in enumerate(truths) if one is False], (sql, line)
        # What is not said of a branch that SQL leaves unknown holds here.
        assert unknown == truths.count(None) or "null" in sql, (sql, line)
