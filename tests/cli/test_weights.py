"""`--weights` and `--weights-from`: by column, by cell, by size."""

import csv
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.api import correct_table
from pishield_cli.cli import main
from tests.laws import examples

TABLE = """a,b,c,total,wa,wb,wc
100,200,300,660,1,1,1000
0,50,150,100,1,1000,1000
1,1,1,6,1000,1000,
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text(TABLE)
    Path("rules.txt").write_text("a + b + c == total\n")


def corrected(*options: str) -> list[list[float]]:
    command = ["correct", "table.csv", "rules.txt", "-o", "out.csv", "--quiet"]
    fixed = () if "--fixed" in options else ("--fixed", "total")
    assert main([*command, *fixed, *options]) == 0
    with open("out.csv", newline="") as file:
        return [[float(row[name]) for name in "abc"] for row in csv.DictReader(file)]


def test_relative_weights_share_out_in_proportion() -> None:
    rows = corrected("--method", "nearest", "--weights", "relative")
    assert rows == [[110, 220, 330], [0, 25, 75], [2, 2, 2]]


def test_columns_hold_a_weight_for_each_cell() -> None:
    rows = corrected("--method", "nearest", "--weights-from", "a=wa,b=wb,c=wc")
    assert rows == [[130, 230, 300], [-100, 50, 150], [1, 1, 4]]


def test_fewest_changes_the_cheapest_cell_of_each_row() -> None:
    rows = corrected("--method", "fewest", "--weights-from", "a=wa,b=wb,c=wc")
    changed = [
        [new != old for new, old in zip(row, was, strict=True)]
        for row, was in zip(rows, [[100, 200, 300], [0, 50, 150], [1, 1, 1]], strict=True)
    ]
    assert [row.count(True) for row in changed] == [1, 1, 1]
    assert not changed[0][2]
    assert changed[1][0]
    assert changed[2][2]


def test_a_table_beside_holds_weights_row_by_row() -> None:
    Path("weights.csv").write_text("b,a\n1000,1\n1,1000\n,1\n")
    options = ("--weights-from", "weights.csv", "--fixed", "total,c", "--batch-rows", "1")
    assert corrected("--method", "nearest", *options) == [
        [160, 200, 300],
        [0, -50, 150],
        [2, 3, 1],  # whole numbers stay so
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--weights", "relative"), "--method shield does not"),
        (("--method", "nearest", "--weights", "a=x"), "'a=x' was given"),
        (("--method", "nearest", "--weights-from", "a=nowhere"), "nowhere"),
        (("--method", "nearest", "--weights-from", "few.csv"), "has fewer"),
        (("--method", "nearest", "--weights-from", "more.csv"), "has more"),
        (("--method", "nearest", "--weights-from", "zero.csv"), "has 0 in row 1"),
        (("--method", "nearest", "--weights-from", "other.csv"), "`--weights-from`"),
    ],
)
def test_what_cannot_weigh_is_told(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("few.csv").write_text("a\n1\n2\n")
    Path("more.csv").write_text("a\n1\n2\n3\n4\n")
    Path("zero.csv").write_text("a\n1\n0\n3\n")
    Path("other.csv").write_text("z\n1\n1\n3\n")
    assert main(["correct", "table.csv", "rules.txt", "-o", "out.csv", *options]) == 2
    assert said.replace("`", "") in capsys.readouterr().err.replace("`", "")
    assert not Path("out.csv").exists()


WEIGHTS = st.sampled_from([0.25, 1.0, 2.0, 8.0])
CELLS = st.integers(-20, 20).map(float)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, WEIGHTS, WEIGHTS, WEIGHTS), min_size=1, max_size=6)


@pytest.mark.parametrize("method", ["nearest", "fewest"])
@given(ROWS)
@examples(40, deadline=None)
def test_each_row_is_corrected_as_if_its_weights_were_those_of_the_columns(
    method: Literal["nearest", "fewest"], rows: list[tuple[float, ...]]
) -> None:
    rules = "x + y >= z\nx - y <= 3\nz >= 1 or x >= 4"
    names = ("x", "y", "z", "wx", "wy", "wz")
    table: dict[str, Any] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    by_cell = {"x": "wx", "y": "wy", "z": "wz"}
    together, report = correct_table(table, rules, method=method, weights=by_cell)
    assert report.holds
    for place, row in enumerate(rows):
        alone = {name: [cell] for name, cell in zip(names, row, strict=True)}
        weights = dict(zip("xyz", row[3:], strict=True))
        found, _ = correct_table(alone, rules, method=method, weights=weights)
        assert [found[name][0] for name in "xyz"] == [together[name][place] for name in "xyz"]
