"""The fewest changed cells of texts and small numbers, against all rows that there can be."""

import random
from collections.abc import Callable
from itertools import product

import pyarrow as pa
import pytest

from pishield_cli import correct_table
from pishield_cli.language import parse_requirements
from tests.laws import sampled

TEXTS = {"s": ("a", "b", "c"), "t": ("a", "x"), "u": ("p", "q", "r", "o")}
NUMBERS = {"m": range(5), "n": range(5)}
DOMAINS = {**TEXTS, **NUMBERS}
ROWS = 25

Row = dict[str, object]
Condition = tuple[str, Callable[[Row], bool]]


def condition(chance: random.Random) -> Condition:
    kind = chance.choice(("text", "text", "among", "number", "joined"))
    name = chance.choice(tuple(TEXTS))
    if kind == "text":
        value = chance.choice(TEXTS[name])
        return f'{name} == "{value}"', lambda row: row[name] == value
    if kind == "among":
        values = chance.sample(TEXTS[name], 2)
        listed = ", ".join(f'"{one}"' for one in values)
        return f"{name} not in ({listed})", lambda row: row[name] not in values
    bound = chance.randint(0, 4)
    if kind == "number":
        number = chance.choice(tuple(NUMBERS))
        return f"{number} >= {bound}", lambda row: int(str(row[number])) >= bound
    return (
        f"2 * m - n <= {bound}",
        lambda row: 2 * int(str(row["m"])) - int(str(row["n"])) <= bound,
    )


def rules(chance: random.Random) -> tuple[str, list[Callable[[Row], bool]]]:
    lines = [
        f"text {name}: " + ", ".join(f'"{value}"' for value in values)
        for name, values in TEXTS.items()
    ]
    lines += [f"0 <= {name} <= 4" for name in NUMBERS]
    tests: list[Callable[[Row], bool]] = []
    for _ in range(chance.randint(3, 6)):
        (first, left), (second, right) = condition(chance), condition(chance)
        lines.append(f"if {first} then {second}")
        tests.append(lambda row, left=left, right=right: not left(row) or right(row))
    return "\n".join(lines), tests


@pytest.mark.parametrize("seed", sampled(range(40), plain=4))
def test_no_row_changes_more_cells_than_it_must(seed: int) -> None:
    chance = random.Random(seed)
    text, tests = rules(chance)
    weights = {name: chance.choice((1, 1, 2, 5)) for name in DOMAINS} if seed % 2 else {}
    every = (dict(zip(DOMAINS, values, strict=True)) for values in product(*DOMAINS.values()))
    allowed = [row for row in every if all(holds(row) for holds in tests)]
    if not allowed:
        return
    drawn = {
        name: [chance.choice((*values, "odd" if name in TEXTS else 9)) for _ in range(ROWS)]
        for name, values in DOMAINS.items()
    }
    table = pa.table(drawn)
    new, report = correct_table(table, parse_requirements(text), method="fewest", weights=weights)
    assert not report.uncorrected_rows
    for before, after in zip(table.to_pylist(), new.to_pylist(), strict=True):
        assert after in allowed
        changed = [name for name in DOMAINS if before[name] != after[name]]
        costs = (
            sum(weights.get(name, 1) for name in DOMAINS if before[name] != other[name])
            for other in allowed
        )
        assert sum(weights.get(name, 1) for name in changed) == min(costs), (text, before, after)
