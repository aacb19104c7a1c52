"""Texts of CSV: the same verdicts and corrections whether they are read as codes or as they are."""

import random
from pathlib import Path

import pytest

from pishield_cli import check_table
from pishield_cli.cli import main
from pishield_cli.tables.csv import reader as reading

RULES = """\
name matches "[a-c]+[0-9]*"
length(name) <= 4 or other == name
lower(other) != "b1" and other is not null
if name == "a1" then kind in ("x", "y")
kind != "z"
"""


def table(rows: int) -> str:
    """Three columns of texts: few occur twice in the first, most in the last."""
    chance = random.Random(3)
    lines = ["name,other,kind"]
    for row in range(rows):
        name = chance.choice(["a1", "", f"b{row}", f'"c,{row}"', f"é{row}"])
        other = chance.choice([name, "B1", f"d{row}", " "])
        lines.append(f"{name},{other},{chance.choice('xyz')}")
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("batch", [(), ("--batch-rows", "200"), ("--workers", "1")])
def test_texts_that_differ_are_read_as_those_that_occur_again(
    batch: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(table(3_000), encoding="utf-8")
    Path("r.txt").write_text(RULES)
    found = []
    for enough in (1, 10**9):
        monkeypatch.setattr(reading, "_ENOUGH", enough)
        report = check_table("t.csv", RULES)
        results = [(one.violations, one.unknown) for one in report.results]
        assert all(violations for violations, _ in results)
        assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--quiet", *batch]) == 1
        found.append((results, report.mask.tolist(), Path("o.csv").read_bytes()))
    assert found[0] == found[1]
