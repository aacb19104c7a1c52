"""Nearest decimals against an enumeration of all moves, for cells of few and of many digits."""

import itertools
import random
from collections.abc import Sequence
from decimal import Decimal
from math import lcm

import numpy as np
import pyarrow as pa
import pytest

from pishield_cli import correct_table
from pishield_cli.errors import ContradictionError
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import Clause, Inequality
from tests.laws import sampled

NAMES = ("a", "b", "c")
REACH = 12
LONG = 10**17
"""Added to cells, it leaves no digit of a float for tenths; the differences stay small."""


def random_text(rng: random.Random, names: Sequence[str], *, long: bool) -> str:
    lines = []
    for sign in rng.choices(("<=", ">=", "<", "=="), k=rng.randint(1, 3)):
        one, other = rng.sample(names, 2)
        weights = {one: rng.choice((1, 2, 3)), other: rng.choice((-1, -2, 1))}
        if long:
            weights[other] = -weights[one]
        terms = " + ".join(f"{weight}*{name}" for name, weight in weights.items())
        lines.append(f"{terms} {sign} {rng.randint(-15, 15) / 10}")
    if rng.random() < 0.4:
        lines[0] += f" or {rng.choice(names)} >= {rng.randint(0, 2) + (LONG if long else 0)}"
    return "\n".join(lines) + "\n"


def violated(clause: Clause, units: np.ndarray) -> np.ndarray:
    """Which rows of tenths, as objects, violate a clause."""
    return np.logical_and.reduce([lacks(literal, units) for literal in clause])


def lacks(literal: Inequality, units: np.ndarray) -> np.ndarray:
    scale = lcm(*(c.denominator for _, c in literal.terms), literal.constant.denominator)
    left = -literal.constant * scale * 10
    total = sum(int(c * scale) * units[:, NAMES.index(name)] for name, c in literal.terms) + left
    return np.array(total <= 0 if literal.strict else total < 0, dtype=bool)


def least_distance(
    requirements: Requirements, units: Sequence[int], free: Sequence[str], weights: Sequence[int]
) -> int | None:
    reach = [range(-REACH, REACH + 1) if name in free else (0,) for name in NAMES]
    moves = np.array(list(itertools.product(*reach)), dtype=object)
    points = moves + np.array(units, dtype=object)
    wrong = np.logical_or.reduce([violated(one, points) for one in requirements.clauses])
    distances = ((moves * np.array(weights, dtype=object)) ** 2).sum(axis=1)[~wrong]
    return min(distances, default=None)


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("seed", sampled(range(120), plain=20))
def test_tenths_are_the_nearest_of_all(seed: int, long: bool) -> None:
    rng = random.Random(seed)
    requirements = parse_requirements(random_text(rng, NAMES, long=long))
    base = LONG * 10 if long else 0
    rows = [[base + rng.randint(-15, 15) for _ in NAMES] for _ in range(3)]
    weights = [rng.choice((1, 2)) for _ in NAMES]
    fixed = rng.sample(NAMES, rng.choice((0, 0, 1)))
    fixed = [
        name for name in fixed if name in {n for c in requirements.clauses for n in c.variables}
    ]
    columns = {
        name: pa.array([Decimal(row[place]) / 10 for row in rows], pa.decimal128(19, 1))
        for place, name in enumerate(NAMES)
    }
    try:
        table, report = correct_table(
            pa.table(columns),
            requirements,
            method="nearest",
            fixed=fixed,
            weights=dict(zip(NAMES, map(float, weights), strict=True)),
        )
    except ContradictionError:
        assert all(least_distance(requirements, row, NAMES, weights) is None for row in rows)
        return
    assert not report.unproven_rows
    for index, row in enumerate(rows):
        free = [name for name in NAMES if name not in fixed]
        least = least_distance(requirements, row, free, weights)
        found = [int(table[name][index].as_py() * 10) for name in NAMES]
        moved = sum((w * (n - o)) ** 2 for w, n, o in zip(weights, found, row, strict=True))
        if index in report.uncorrected_rows:
            assert least is None
        elif least is None or least > REACH**2:
            assert moved > REACH**2
        else:
            assert moved == least


def test_cells_of_many_digits_meet_in_the_middle() -> None:
    digits = ["22345678901234567.8", "22345678901234567.0"]
    columns = {
        name: pa.array([Decimal(text)], pa.decimal128(18, 1))
        for name, text in zip("ab", digits, strict=True)
    }
    table, report = correct_table(pa.table(columns), parse_requirements("a <= b"), method="nearest")
    assert [table[name][0].as_py() for name in "ab"] == [Decimal("22345678901234567.4")] * 2
    assert not report.unproven_rows
