"""Cells of columns that are declared whole are written as whole numbers."""

from pathlib import Path

import pytest

from pishield_cli.cli import main as run

RULES = "integer rooms\nboolean used\nrooms >= 1\n"


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize(
    ("table", "corrected"),
    [
        ("rooms,used\n2.5,0.25\n7.50,1\n0.0,0\n", "rooms,used\n2,0\n7,1\n1.0,0\n"),
        ('rooms,used\n 2.5 ,0\n"3.5",1.5\n', 'rooms,used\n2,0\n"3",1\n'),
    ],
)
def test_whole_numbers_get_no_point(
    tmp_path: Path, table: str, corrected: str, method: str
) -> None:
    data, rules, out = (tmp_path / name for name in ("t.csv", "r.txt", "out.csv"))
    data.write_text(table)
    rules.write_text(RULES)
    assert run(["correct", str(data), str(rules), "-o", str(out), "--method", method]) == 0
    assert out.read_text() == corrected
    assert run(["check", str(out), str(rules), "--exact"]) == 0


def test_whole_numbers_get_no_point_in_json_lines(tmp_path: Path) -> None:
    data, rules, out = (tmp_path / name for name in ("t.jsonl", "r.txt", "out.jsonl"))
    data.write_text('{"rooms": 2.5, "used": 0.25}\n{"rooms": 2, "used": true}\n')
    rules.write_text(RULES)
    assert run(["correct", str(data), str(rules), "-o", str(out)]) == 0
    assert out.read_text() == '{"rooms": 2, "used": 0}\n{"rooms": 2, "used": true}\n'
