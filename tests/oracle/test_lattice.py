"""Nearest decimals against an enumeration of all moves, for cells of few and of many digits."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm
from typing import Any

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


@dataclass(frozen=True)
class Case:
    """Requirements, rows in tenths, and what may move."""

    requirements: Requirements
    rows: Sequence[Sequence[int]]
    fixed: Sequence[str]

    def moves(self, row: Sequence[int]) -> np.ndarray:
        """All moves of a row within reach by which it satisfies every clause."""
        reach = [range(1) if name in self.fixed else range(-REACH, REACH + 1) for name in NAMES]
        moves = np.array(list(itertools.product(*reach)), dtype=object)
        points = moves + np.array(row, dtype=object)
        wrong = [violated(one, points) for one in self.requirements.clauses]
        return moves[~np.logical_or.reduce(wrong)]

    def table(self) -> pa.Table:
        cells = zip(*self.rows, strict=True)
        kind = pa.decimal128(19, 1)
        return pa.table(
            {
                name: pa.array([Decimal(cell) / 10 for cell in column], kind)
                for name, column in zip(NAMES, cells, strict=True)
            }
        )

    def corrected(self, method: str, **options: Any) -> tuple[np.ndarray, Any] | None:
        """Moves of each row, in tenths, and the report; None for a contradiction."""
        try:
            table, report = correct_table(
                self.table(), self.requirements, method=method, fixed=self.fixed, **options
            )
        except ContradictionError:
            assert not any(len(self.moves(row)) for row in self.rows)
            return None
        new = [[int(table[name][row].as_py() * 10) for name in NAMES] for row in range(len(table))]
        return np.array(new, dtype=object) - np.array(self.rows, dtype=object), report


def random_case(rng: random.Random, *, long: bool) -> Case:
    requirements = parse_requirements(random_text(rng, NAMES, long=long))
    base = LONG * 10 if long else 0
    rows = [[base + rng.randint(-15, 15) for _ in NAMES] for _ in range(3)]
    named = {name for one in requirements.clauses for name in one.variables}
    fixed = [name for name in rng.sample(NAMES, rng.choice((0, 0, 1))) if name in named]
    return Case(requirements, rows, fixed)


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("seed", sampled(range(120), plain=3))
def test_tenths_are_the_nearest_of_all(seed: int, long: bool) -> None:
    rng = random.Random(seed)
    case = random_case(rng, long=long)
    weights = [rng.choice((1, 2)) for _ in NAMES]
    found = case.corrected("nearest", weights=dict(zip(NAMES, map(float, weights), strict=True)))
    if found is None:
        return
    moves, report = found
    assert not report.unproven_rows
    for index, row in enumerate(case.rows):
        squares = (case.moves(row) * np.array(weights, dtype=object)) ** 2
        least = min(squares.sum(axis=1), default=None)
        moved = ((moves[index] * np.array(weights, dtype=object)) ** 2).sum()
        if index in report.uncorrected_rows:
            assert least is None
        elif least is None or least > REACH**2:
            assert moved > REACH**2
        else:
            assert moved == least


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("seed", sampled(range(120), plain=3))
def test_as_few_tenths_change_as_can_and_those_the_least(seed: int, long: bool) -> None:
    case = random_case(random.Random(seed), long=long)
    found = case.corrected("fewest")
    if found is None:
        return
    moves, report = found
    assert not report.unproven_rows
    for index, row in enumerate(case.rows):
        others = case.moves(row)
        if index in report.uncorrected_rows:
            assert not len(others)
            continue
        changed = (moves[index] != 0).sum()
        counts = (others != 0).sum(axis=1)
        assert changed <= min(counts, default=len(NAMES))
        squares = (others**2).sum(axis=1)[counts == changed]
        assert (moves[index] ** 2).sum() <= min(squares, default=np.inf)


def test_cells_of_many_digits_meet_in_the_middle() -> None:
    digits = ["22345678901234567.8", "22345678901234567.0"]
    columns = {
        name: pa.array([Decimal(text)], pa.decimal128(18, 1))
        for name, text in zip("ab", digits, strict=True)
    }
    table, report = correct_table(pa.table(columns), parse_requirements("a <= b"), method="nearest")
    assert [table[name][0].as_py() for name in "ab"] == [Decimal("22345678901234567.4")] * 2
    assert not report.unproven_rows
