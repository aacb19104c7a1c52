"""Laws of texts and dates: what they are called, and how they are held, changes nothing."""

import csv
import json
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from pishield_cli.cli import main

FIRST = date(1970, 1, 1)
Rows = Sequence[Mapping[str, object]]


def written(folder: Path, name: str, rows: Rows) -> str:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def verdicts(folder: Path, rows: Rows, rules: str) -> list[tuple[list[int], int, int]]:
    """Of each requirement its violating rows, their number, and the undecided ones'."""
    (folder / "rules.txt").write_text(rules, encoding="utf-8")
    report = folder / "report.json"
    table = written(folder, "table.csv", rows)
    arguments = [table, str(folder / "rules.txt"), "--show", "50", "--format", "json", "--quiet"]
    assert main(["check", *arguments, "--output", str(report)]) in {0, 1}
    found = json.loads(report.read_text(encoding="utf-8"))["requirements"]
    return [(one["rows"], one["violations"], one["unknown"]) for one in found]


def corrected(folder: Path, rows: Rows, rules: str, method: str) -> list[dict[str, str]]:
    (folder / "rules.txt").write_text(rules, encoding="utf-8")
    table, output = written(folder, "table.csv", rows), folder / "corrected.csv"
    output.unlink(missing_ok=True)
    arguments = [table, str(folder / "rules.txt"), "-o", str(output), "--method", method]
    assert main(["correct", *arguments, "--quiet"]) in {0, 1}
    with output.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def maybe(chance: random.Random, cell: object) -> object:
    return "" if chance.random() < 0.15 else cell


@pytest.mark.parametrize("seed", range(3))
def test_a_date_and_its_days_get_the_same_verdicts_and_corrections(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    days = [
        {name: maybe(chance, chance.randint(19_000, 19_040)) for name in ("a", "b", "c")}
        for _ in range(40)
    ]
    dates = [{k: v and FIRST + timedelta(days=int(str(v))) for k, v in row.items()} for row in days]
    bound = chance.randint(19_000, 19_040)
    rules = "a <= b <= c\nc - a <= 21\nb >= {day}\nabs(a - b) <= 9 or c == a + 3\n"
    plain = "integer a b c\n" + rules.format(day=bound)
    dated = "date a b c\n" + rules.format(day=FIRST + timedelta(days=bound))
    assert verdicts(tmp_path, days, plain)[:4] == verdicts(tmp_path, dates, dated)
    for method in ("shield", "nearest"):
        numbers = corrected(tmp_path, days, plain, method)
        found = corrected(tmp_path, dates, dated, method)
        assert [
            {k: str((date.fromisoformat(v) - FIRST).days) if v else "" for k, v in row.items()}
            for row in found
        ] == numbers


@pytest.mark.parametrize("seed", range(3))
def test_renaming_texts_changes_nothing_else(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    names = ["open", "sent", "lost", "paid"]
    other = {one: f'{one[::-1]} "#{place}" é' for place, one in enumerate(names)}
    rows = [
        {"s": maybe(chance, chance.choice(names)), "t": maybe(chance, chance.choice(names))}
        | {"n": maybe(chance, chance.randint(-3, 3))}
        for _ in range(40)
    ]
    renamed = [
        {k: other.get(v, v) if isinstance(v, str) else v for k, v in row.items()} for row in rows
    ]
    rules = (
        "if s == {open} then n >= 0\ns != t\nt in ({sent}, {paid}) or s not in ({lost}, {open})\n"
        "coalesce(s, {lost}) == t iff n > 1\n"
    )
    before = rules.format(**{one: f'"{one}"' for one in names})
    quoted = {one: '"' + name.replace('"', '""') + '"' for one, name in other.items()}
    assert verdicts(tmp_path, rows, before) == verdicts(tmp_path, renamed, rules.format(**quoted))


@pytest.mark.parametrize("seed", range(3))
def test_a_condition_and_a_column_that_holds_it_get_the_same_report(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    rows = []
    for _ in range(40):
        s, n = maybe(chance, chance.choice(["aa", "b", "c1"])), maybe(chance, chance.randint(0, 9))
        m = maybe(chance, chance.randint(0, 9))
        row = {"s": s, "n": n, "m": m, "is_b": s and int(s == "b"), "no_n": int(n == "")}
        rows.append(row | {"has_digit": s and int(str(s)[-1].isdigit())})
    conditions = {"is_b": 's == "b"', "no_n": "m is null", "has_digit": 's matches ".*[0-9]"'}
    for row in rows:
        row["no_n"] = int(row["m"] == "")
    rules = (
        "if {is_b} then n + m <= 7\n{no_n} or {has_digit} or n >= 2\nnot {has_digit} or m > n + 1\n"
    )
    columns = rules.format(**{name: f"{name} == 1" for name in conditions})
    written_out = rules.format(**{name: f"({one})" for name, one in conditions.items()})
    assert verdicts(tmp_path, rows, columns) == verdicts(tmp_path, rows, written_out)
