"""Fewest changed cells against a search over all sets of columns."""

import itertools
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.optimal.fewest_rows import FewestRows
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.questions import solve
from pishield_cli.logic.solver.search import Model
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import sampled

NAMES = ("a", "b", "c", "d", "e")


def _clauses(rng: random.Random, literals: int) -> list[Clause]:
    found = []
    for _ in range(rng.randint(2, 6)):
        one = []
        for _ in range(rng.randint(1, literals)):
            chosen = rng.sample(NAMES, rng.randint(1, 3))
            terms = tuple(Term(name, Fraction(rng.choice((-2, -1, 1, 3)))) for name in chosen)
            one.append(Inequality(terms, Fraction(rng.randint(-9, 9), 2), rng.random() < 0.3))
        found.append(Clause(tuple(one)))
    return found


def _least_cost(
    clauses: Sequence[Clause],
    row: Mapping[str, Fraction],
    costs: Mapping[str, int],
    *,
    whole: bool,
) -> int | None:
    """The least cost; changed cells become whole numbers, whatever the others are."""
    best = None
    for size in range(len(row) + 1):
        for free in itertools.combinations(row, size):
            cost = sum(costs[name] for name in free)
            fixed = {n: v for n, v in row.items() if n not in free}
            if (best is None or cost < best) and isinstance(
                solve(clauses, integers=free if whole else (), fixed=fixed), Model
            ):
                best = cost
    return best


CELLS = {"decimals": (False, 1), "whole numbers": (True, 1), "to become whole": (True, 4)}
"""Whether changed cells have to be whole numbers, and what given ones are whole multiples of."""


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("seed", sampled(range(40), plain=5))
def test_changed_cells_cost_the_least(seed: int, cells: str) -> None:
    rng = random.Random(seed)
    whole, parts = CELLS[cells]
    clauses = _clauses(rng, literals=1 + seed % 3)
    costs = {name: rng.choice((1, 1, 2, 5)) for name in NAMES}
    rows = [{name: Fraction(rng.randint(-6, 6), parts) for name in NAMES} for _ in range(6)]
    kind = np.int64 if whole and parts == 1 else np.float64
    columns = {n: NumericColumn(np.array([row[n] for row in rows], dtype=kind)) for n in NAMES}
    corrector = PlannedCorrector(
        clauses,
        NAMES,
        dict.fromkeys(NAMES, Grid(0) if whole else Grid()),
        method=lambda plan, grids: FewestRows(plan, grids, {n: float(costs[n]) for n in NAMES}),
    )
    correction = corrector.correct(
        {name: columns[name] for clause in clauses for name in clause.variables}, len(rows)
    )
    failed = set(correction.uncorrected.tolist())
    assert not correction.unproven.size
    for index, row in enumerate(rows):
        least = _least_cost(clauses, row, costs, whole=whole)
        assert (least is None) == (index in failed)
        if least is None:
            continue
        after = dict(row)
        for name, change in correction.changes.items():
            for place, value in zip(change.rows, change.values, strict=True):
                if place == index:
                    after[name] = Fraction(repr(float(value)))
        assert all(clause.holds(after) for clause in clauses)
        assert sum(costs[name] for name in NAMES if after[name] != row[name]) == least
