"""A disjunction of many equalities: one clause, however many columns it names."""

import json
import random
from pathlib import Path

import pytest

from pishield_cli.cli import main
from pishield_cli.language import format_requirements, parse_requirements


@pytest.mark.parametrize("count", [5, 13, 200])
def test_at_least_one_of_many_columns_is_checked_as_it_says(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(count)
    names = [f"a{place}" for place in range(count)]
    cells = ["0", "2", "0.5", "1.5", "-1"]
    rows = [[chance.choice(cells) for _ in names] for _ in range(8)]
    for row in rows[:4]:
        row[chance.randrange(count)] = "1.0"
    rows[3][0] = rows[4][0] = ""
    lines = [names, *rows]
    Path("t.csv").write_text("".join(",".join(line) + "\n" for line in lines))
    Path("r.txt").write_text(" or ".join(f"{name} == 1" for name in names) + "\n")
    assert main(["check", "t.csv", "r.txt", "--format", "json", "--exact"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["requirements"]
    ones = ["1.0" in row for row in rows]
    violating = [at for at, row in enumerate(rows) if not ones[at] and "" not in row]
    assert found["violations"] == len(violating)
    assert found["rows"] == violating[: len(found["rows"])]
    assert found["unknown"] == sum(not ones[at] and "" in row for at, row in enumerate(rows))


def test_it_is_inspected_and_written_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = " or ".join(f"a{place} == {place}" for place in range(100)) + "\n"
    read = parse_requirements(text)
    assert [len(one.clauses) for one in read.requirements] == [1]
    printed = format_requirements(read)
    assert parse_requirements(printed).clauses == read.clauses
    assert format_requirements(parse_requirements(printed)) == printed
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text(text)
    assert main(["inspect", "r.txt"]) == 0
    assert "can be satisfied together" in capsys.readouterr().out


def test_a_distance_of_nothing_is_an_equality() -> None:
    assert format_requirements(parse_requirements("abs(a - b) <= 0")) == "a - b == 0\n"
