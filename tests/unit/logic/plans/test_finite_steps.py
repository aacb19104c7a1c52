"""Steps of columns of few whole numbers leave what some row of the clauses has."""

import random
from fractions import Fraction
from itertools import product

import pytest

from pishield_cli.logic.plans import finite_steps
from pishield_cli.logic.plans.plan import Step
from pishield_cli.logic.terms import Clause, Inequality, Term

NAMES = ("a", "b", "c")
VALUES = {"a": range(-1, 3), "b": range(5), "c": range(2, 5)}


def at_least(name: str, bound: int, sign: int = 1) -> Inequality:
    return Inequality((Term(name, Fraction(sign)),), Fraction(bound * sign))


def drawn(chance: random.Random) -> list[Clause]:
    found = []
    for _ in range(chance.randint(2, 7)):
        names = chance.choices(NAMES, k=chance.randint(1, 4))
        sides = ((name, chance.choice(VALUES[name]), chance.choice((1, -1))) for name in names)
        found.append(Clause(tuple(at_least(*side) for side in sides)))
    return found


def allows(step: Step, row: dict[str, Fraction]) -> bool:
    value = row[step.variable]
    return all(
        any(value >= one.at(row) for one in clause.lowers)
        or any(value <= one.at(row) for one in clause.uppers)
        or any(
            all(part.holds(row) for part in getattr(other, "parts", (other,)))
            for other in clause.others
        )
        for clause in step.clauses
    )


@pytest.mark.parametrize("seed", range(40))
def test_each_step_leaves_the_values_that_some_row_has(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finite_steps, "MANY", 0)
    clauses = drawn(random.Random(seed))
    every = [
        {name: Fraction(value) for name, value in zip(NAMES, values, strict=True)}
        for values in product(*VALUES.values())
    ]
    rows = [row for row in every if all(clause.holds(row) for clause in clauses)]
    steps = finite_steps.finite_steps(clauses, NAMES, VALUES)
    if not rows:
        assert steps is None
        return
    assert steps is not None
    left: set[tuple[Fraction, ...]] = {()}
    for place, step in enumerate(steps):
        assert step.variable == NAMES[place]
        tried = product(left, range(-3, 8))
        given = [(*before, Fraction(value)) for before, value in tried]
        left = {one for one in given if allows(step, dict(zip(NAMES, one, strict=False)))}
        assert left == {tuple(row.values())[: place + 1] for row in rows}
