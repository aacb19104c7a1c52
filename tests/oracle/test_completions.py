"""Rows without completion are those of which z3 says that no values of missing cells satisfy."""

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pishield_cli.kernels.columns import NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.completions import Completions
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import BooleanLiteral
from tests.laws import sampled

z3 = pytest.importorskip("z3")

NAMES = ("a", "b", "c", "d", "e")
HEADERS = ("", "integer a b\n", "decimals 1 a c\n", "integer a\nboolean e\n", "boolean d e\n")


def _sum(chance: random.Random) -> str:
    names = chance.sample(NAMES, chance.choice((1, 2, 2, 3)))
    return " + ".join(f"{chance.choice((1, 1, 2, 3, -1, -2))}*{name}" for name in names)


def _literal(chance: random.Random) -> str:
    sign = chance.choice(("<=", ">=", "<", ">", "=="))
    return f"{_sum(chance)} {sign} {chance.choice((0, 1, 2, -1, 0.5, 3, 7))}"


def _text(chance: random.Random) -> str:
    lines = [
        " or ".join(_literal(chance) for _ in range(chance.choice((1, 1, 1, 2, 3))))
        for _ in range(chance.randint(1, 5))
    ]
    return chance.choice(HEADERS) + "\n".join(lines)


def _columns(chance: random.Random, rows: int) -> dict[str, NumericColumn]:
    cells = (0.0, 1.0, 2.0, 5.0, -1.0, 0.5, 0.1)
    return {
        name: NumericColumn(
            np.array(
                [np.nan if chance.random() < 0.45 else chance.choice(cells) for _ in range(rows)]
            )
        )
        for name in NAMES
    }


def _completed(requirements: Requirements, columns: dict[str, NumericColumn], row: int) -> bool:
    """Whether some values of the missing cells satisfy all requirements, by z3."""
    places = dict(requirements.decimals) | dict.fromkeys(requirements.integers, 0)
    solver = z3.Solver()
    terms: dict[str, Any] = {}
    for name in NAMES:
        cell = columns[name].values[row]
        if not np.isnan(cell):
            terms[name] = _number(decimal_value(cell) or Fraction(0))
        elif name in places:
            terms[name] = z3.ToReal(z3.Int(name)) / (10 ** places[name])
        else:
            terms[name] = z3.Real(name)
    for one in requirements.requirements:
        for clause in one.clauses:
            solver.add(z3.Or([_compared(literal, terms) for literal in clause]))
    found = solver.check()
    assert found != z3.unknown
    return bool(found == z3.sat)


def _number(value: Fraction) -> Any:
    return z3.RealVal(f"{value.numerator}/{value.denominator}")


def _compared(literal: Any, terms: dict[str, Any]) -> Any:
    if isinstance(literal, BooleanLiteral):
        literal = literal.as_inequality()
    total = z3.Sum([_number(weight) * terms[name] for name, weight in literal.terms])
    bound = _number(literal.constant)
    return total > bound if literal.strict else total >= bound


@pytest.mark.parametrize("seed", sampled(range(40), plain=20))
def test_rows_without_completion_are_those_that_z3_finds(seed: int) -> None:
    chance = random.Random(seed)
    requirements = parse_requirements(_text(chance)).checked
    rows = 40
    columns = _columns(chance, rows)
    verdicts = evaluate(compile_requirements(requirements), columns, rows)
    completions = Completions(requirements)
    found = set(completions.lacking(columns, verdicts).tolist())
    violated = {
        row
        for verdict in verdicts
        if verdict.violated is not None
        for row in np.flatnonzero(verdict.violated).tolist()
    }
    for row in set(range(rows)) - violated:
        assert (row in found) != _completed(requirements, columns, row), row
    assert not found & violated


@pytest.mark.parametrize("seed", range(15))
def test_the_reasons_contradict_each_other_and_none_is_to_spare(seed: int) -> None:
    chance = random.Random(seed)
    requirements = parse_requirements(_text(chance)).checked
    columns = _columns(chance, 60)
    verdicts = evaluate(compile_requirements(requirements), columns, 60)
    completions = Completions(requirements)
    for row in completions.lacking(columns, verdicts).tolist()[:5]:
        reasons = completions.reasons(columns, row)
        assert not _some_completed(requirements, reasons, columns, row)
        for number in reasons:
            rest = [one for one in reasons if one != number]
            assert _some_completed(requirements, rest, columns, row)


def _some_completed(
    requirements: Requirements, numbers: Any, columns: dict[str, NumericColumn], row: int
) -> bool:
    """Whether some of the requirements alone leave the row a completion."""
    kept = tuple(one for one in requirements.requirements if one.number in numbers)
    placed = {name for one in kept if one.places is not None for name in one.columns}
    some = replace(
        requirements,
        requirements=kept,
        integers=requirements.integers & placed,
        decimals=tuple(pair for pair in requirements.decimals if pair[0] in placed),
    )
    return _completed(some, columns, row)
