"""Squares in which rows and columns differ: every row gets the best of all squares."""

from itertools import combinations, permutations, product

import numpy as np
import pytest

from pishield_cli.kernels.changes import replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.optimal.fewest_rows import FewestRows
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.optimal.shield_rows import ShieldRows
from pishield_cli.kernels.sequential.correction import RowsMethod
from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.rows.grids import Grid

SIDE = 3
NAMES = tuple(f"c{row}{column}" for row in range(SIDE) for column in range(SIDE))

METHODS: dict[str, RowsMethod] = {
    "shield": ShieldRows,
    "nearest": lambda plan, grids: NearestRows(plan, grids, {}),
    "fewest": lambda plan, grids: FewestRows(plan, grids, {}),
}


def square() -> str:
    rows = [NAMES[SIDE * at : SIDE * at + SIDE] for at in range(SIDE)]
    groups = [*rows, *zip(*rows, strict=True)]
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    lines = [f"integer {' '.join(NAMES)}", *(f"1 <= {name} <= {SIDE}" for name in NAMES)]
    return "".join(f"{line}\n" for line in [*lines, *(f"{a} != {b}" for a, b in pairs)])


def squares() -> Array:
    orders = list(permutations(range(1, SIDE + 1)))
    every = (np.array(one) for one in product(orders, repeat=SIDE))
    return np.array([one.ravel() for one in every if all(len(set(c)) == SIDE for c in one.T)])


@pytest.mark.parametrize("kind", METHODS)
def test_every_row_gets_the_best_of_all_squares(kind: str) -> None:
    requirements = parse_requirements(square())
    (plan,) = plan_groups(requirements.clauses, NAMES, limit=1_000, is_split=lambda *_: False)
    assert plan.steps is None
    assert not plan.parts
    cells = np.random.default_rng(1).integers(-2, 6, (12, len(NAMES)))
    columns = {name: NumericColumn(cells[:, at]) for at, name in enumerate(NAMES)}
    group = METHODS[kind](plan, dict.fromkeys(NAMES, Grid(0)))
    found = group.correct(columns, np.ones(len(cells), dtype=bool))
    assert not len(found.uncorrected)
    assert not len(found.unproven)
    after = np.column_stack([replaced(columns[n], found.changes.get(n)).values for n in NAMES])
    for before, row in zip(cells, after, strict=True):
        moves = np.abs(squares() - before)
        mine = np.abs(row - before)
        measures = {
            "shield": lambda one: tuple(one.tolist()),
            "nearest": lambda one: int((one**2).sum()),
            "fewest": lambda one: (int((one > 0).sum()), int((one**2).sum())),
        }
        assert row.tolist() in squares().tolist()
        assert measures[kind](mine) == min(map(measures[kind], moves))
