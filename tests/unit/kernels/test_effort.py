"""Searches end by the work they have done, with the same result every time."""

import random
from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.kernels.columns import NumericColumn, decimal_value
from pishield_cli.kernels.optimal.fewest_rows import FewestRows
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.sequential.correction import PlannedCorrector, RowsCorrector
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause, Inequality, Term

NAMES = "abcdef"
ROWS = 20


def hostile(seed: int) -> list[Clause]:
    rng = random.Random(seed)
    clauses = []
    for _ in range(9):
        literals = []
        for _ in range(4):
            names = rng.sample(NAMES, rng.randint(1, 3))
            terms = tuple(Term(name, Fraction(rng.choice((1, -1, 3, -2)))) for name in names)
            literals.append(Inequality(terms, Fraction(rng.randint(-5, 5)), rng.random() < 0.3))
        clauses.append(Clause(tuple(literals)))
    return clauses


@pytest.mark.parametrize("method", [NearestRows, FewestRows])
def test_a_search_cut_short_leaves_rows_that_hold_and_says_so(
    method: type[NearestRows | FewestRows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pishield_cli.kernels.effort.ENTRIES", 50_000.0)
    monkeypatch.setattr("pishield_cli.kernels.optimal.few_cells.LARGE", 0)  # these take no search
    clauses = hostile(1)
    cells = np.random.default_rng(1).normal(0, 9, (ROWS, len(NAMES))).round(2)
    table = {name: NumericColumn(cells[:, index]) for index, name in enumerate(NAMES)}

    def limited(plan: GroupPlan, grids: dict[str, Grid]) -> RowsCorrector:
        return method(plan, grids, {})

    results = []
    for _ in range(2):
        corrector = PlannedCorrector(clauses, NAMES, dict.fromkeys(NAMES, Grid()), method=limited)
        results.append(corrector.correct(table, ROWS))
    first, second = results
    assert len(first.unproven)
    assert not len(first.uncorrected)
    after = {name: table[name].values.copy() for name in NAMES}
    for name, change in first.changes.items():
        after[name][change.rows] = change.values
        assert change.values.tobytes() == second.changes[name].values.tobytes()
    for row in range(ROWS):
        values = {name: decimal_value(after[name][row]) or Fraction(0) for name in NAMES}
        assert all(clause.holds(values) for clause in clauses)
