"""Laws of correction where requirements name everything at once: texts, dates, products, patterns.

Derived columns hold cells, texts move among those that are named, and rows are corrected in stages.
"""

import random
from datetime import date, timedelta

import pytest

from pishield_cli import check_table, correct_table, parse_requirements
from pishield_cli.errors import ContradictionError
from tests.laws import sampled

NUMBERS, TEXTS, DATES = ("x", "y", "z"), ("s", "t"), ("d", "e")
NAMED = {"s": ("a", "b"), "t": ("a", "b", "c")}

Cells = dict[str, list[object]]


def table(chance: random.Random, rows: int) -> Cells:
    def cell(value: object) -> object:
        return None if chance.random() < 0.15 else value

    found: Cells = {name: [] for name in (*NUMBERS, *TEXTS, *DATES)}
    for _ in range(rows):
        for name in NUMBERS:
            found[name].append(cell(round(chance.randint(-50, 50) / 10, 1)))
        for name in TEXTS:
            found[name].append(cell(chance.choice(["a", "b", "c", " a", "A"])))
        for name in DATES:
            found[name].append(cell(date(2024, 1, 1) + timedelta(days=chance.randint(0, 400))))
    return found


def value(chance: random.Random) -> str:
    one, other = chance.sample(NUMBERS, 2)
    return chance.choice(
        [
            one,
            f"{one} + {other}",
            f"2*{one} - 0.5*{other}",
            f"{one}*{other}",
            f"abs({one})",
            f"min({one}, {other})",
            f"round({one})",
            f"{one} mod 3",
            f"coalesce({one}, 0)",
        ]
    )


def comparison(chance: random.Random) -> str:
    relation = chance.choice(["<=", ">=", "<", ">", "==", "!="])
    text = chance.choice(TEXTS)
    return chance.choice(
        [
            f"{value(chance)} {relation} {chance.choice([value(chance), '0.3', '-2', '2.5'])}",
            f"{chance.choice(NUMBERS)} in (1, 2, 0.5)",
            f"{text} {chance.choice(['in', 'not in'])} ({', '.join(map(repr, NAMED[text]))})",
            f'{text} == "{chance.choice(NAMED[text])}"',
            f"{chance.choice((*NUMBERS, *TEXTS, *DATES))} is null",
            chance.choice(["d <= e", "e - d <= 90 days", "d > 2024-06-05", "year(d) == 2024"]),
            chance.choice(["month(e) >= 6", "weekday(d) <= 5"]),
            chance.choice(['s matches "[ab]"', "length(t) <= 1", 'lower(s) == "a"', "s == t"]),
        ]
    )


def rule(chance: random.Random) -> str:
    one, other, third = (comparison(chance) for _ in range(3))
    return chance.choice(
        [
            one,
            f"if {one} then {other}",
            f"{one} or {other}",
            f"{one} iff {other}",
            f"({one} and {other}) or not ({third})",
        ]
    )


@pytest.mark.parametrize("seed", sampled(range(400), plain=12))
@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_what_is_not_listed_holds_and_texts_become_named_ones(method: str, seed: int) -> None:
    chance = random.Random(seed)
    cells = table(chance, chance.randint(2, 9))
    rules = "\n".join(rule(chance) for _ in range(chance.randint(1, 4)))
    fixed = chance.choice([(), ("x",), ("s", "d")])
    try:
        corrected, report = correct_table(cells, rules, method=method, fixed=fixed)
    except ContradictionError:
        return
    before, after = (check_table(one, rules, tolerance=0) for one in (cells, corrected))
    left = [row for row, violates in enumerate(after.mask) if violates]
    assert left == list(report.uncorrected_rows)
    for name, column in corrected.items():
        moved = [row for row, one in enumerate(column) if one != cells[name][row]]
        assert not moved or name not in fixed
        assert all(before.mask[row] for row in moved)
        assert not set(moved) & set(left)
        if name in TEXTS:
            assert {column[row] for row in moved} <= set(NAMED[name])


def test_a_text_that_may_stay_does_so_where_another_one_may_not() -> None:
    """Though that one would rather become a text that nobody names."""
    cells = {"z": [4], "s": ["b"], "t": ["zzz"]}
    rules = 's not in ("a", "b") or z < 0.3\nt in ("q", "r") or z < 5'
    corrected, report = correct_table(cells, rules, ordering=["z", "s", "t"])
    assert report.holds
    assert corrected["t"] == ["zzz"]


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_held_cells_are_corrected_first_by_named_texts_only(method: str) -> None:
    """A row that only another text would mend stays: `floor` holds `x`."""
    rules = parse_requirements('if floor(x) > y then x != y\ns not in ("a", "b") or max(z, x) < 0')
    cells = {"x": [2.0], "y": [1.5], "z": [4.0], "s": ["b"]}
    corrected, report = correct_table(cells, rules, method=method, fixed=["z"])
    assert corrected == cells
    assert report.uncorrected_rows == (0,)
