"""What becomes of a row depends on its own cells: on no other row, no batch, no order of rows."""

import random
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from benchmarks.families.disjunctive import iff_chain, jobs
from benchmarks.families.whole import all_different, sudoku, thirds
from pishield_cli.kernels.changes import replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.matrices import product
from pishield_cli.kernels.optimal.fewest_rows import FewestRows
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.optimal.shield_rows import ShieldRows
from pishield_cli.kernels.sequential.correction import PlannedCorrector, RowsMethod
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import Grid
from tests.laws import sampled

METHODS: dict[str, RowsMethod] = {
    "shield": ShieldRows,
    "nearest": lambda plan, grids: NearestRows(plan, grids, {}),
    "fewest": lambda plan, grids: FewestRows(plan, grids, {}),
}

HARD: dict[str, Callable[[], str]] = {
    "different": lambda: all_different(6, 6)[0],
    "jobs": lambda: jobs(6)[0],
    "iff": lambda: iff_chain(8)[0],
    "square": lambda: sudoku(2)[0],
    "thirds": lambda: thirds(6)[0],
}

Outcome = tuple[tuple[float, ...], bool, bool]
"""A row's cells afterwards, whether it was given up, and whether it was not shown best."""


def mixed(seed: int) -> str:
    """A few disjunctions and an equality over whole numbers and others."""
    draw = random.Random(seed)

    def side() -> str:
        chosen = draw.sample("abcd", draw.randint(1, 3))
        total = " + ".join(f"{draw.choice([1, 1, 2, 3, -1, -2])}*{name}" for name in chosen)
        return f"{total} {draw.choice(['<=', '>=', '<'])} {draw.randint(-9, 9)}"

    lines = [" or ".join(side() for _ in range(draw.randint(1, 3))) for _ in range(4)]
    return "\n".join(["integer a b", *lines, "2*a + 3*b - c == 1"]) + "\n"


def outcomes(requirements: Requirements, cells: Array, kind: str, sizes: int) -> list[Outcome]:
    """What becomes of rows, in batches of so many."""
    names = requirements.variables
    whole = requirements.integers
    grids = {name: Grid(0 if name in whole else None) for name in names}
    corrector = PlannedCorrector(requirements.clauses, names, grids, method=METHODS[kind])
    found: list[Outcome] = []
    for start in range(0, len(cells), sizes):
        part = cells[start : start + sizes]
        columns = {name: NumericColumn(part[:, index]) for index, name in enumerate(names)}
        found += _told(corrector, columns, len(part))
    return found


def _told(
    corrector: PlannedCorrector, columns: Mapping[str, NumericColumn], rows: int
) -> list[Outcome]:
    correction = corrector.correct(columns, rows)
    after = [replaced(one, correction.changes.get(name)) for name, one in columns.items()]
    left, unproven = set(correction.uncorrected.tolist()), set(correction.unproven.tolist())
    return [
        (tuple(float(one.values[row]) for one in after), row in left, row in unproven)
        for row in range(rows)
    ]


def agree(text: str, kind: str, seed: int, rows: int = 15) -> None:
    """Compare rows together, in batches of 7, 2 and 1, and in another order."""
    requirements = parse_requirements(text)
    draw = np.random.default_rng(seed)
    cells = draw.integers(-2, 9, (rows, len(requirements.variables)))
    together = outcomes(requirements, cells, kind, rows)
    for size in (7, 2, 1):
        assert outcomes(requirements, cells, kind, size) == together
    order = draw.permutation(rows)
    assert outcomes(requirements, cells[order], kind, rows) == [together[row] for row in order]


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("seed", sampled(range(20, 80), plain=3))
def test_rows_of_a_mixed_system_stand_for_themselves(seed: int, kind: str) -> None:
    agree(mixed(seed), kind, seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("family", HARD)
def test_rows_of_hard_requirements_stand_for_themselves(family: str, kind: str) -> None:
    agree(HARD[family](), kind, 1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param(thirds(6)[0], "nearest", marks=pytest.mark.slow),
        pytest.param(thirds(6)[0], "shield"),
        pytest.param(all_different(4, 4)[0], "nearest"),
    ],
    ids=["thirds-nearest", "thirds", "different"],
)
def test_rows_that_take_more_than_they_may_stand_for_themselves(text: str, kind: str) -> None:
    agree(text, kind, 2, rows=3)


def test_a_row_of_a_product_is_the_same_among_any_rows() -> None:
    draw = np.random.default_rng(3)
    for _ in range(100):
        rows, inner, columns = draw.integers(1, 70, 3)
        left, right = draw.normal(size=(rows, inner)), draw.normal(size=(columns, inner)).T
        whole = product(left, right)
        assert np.allclose(whole, left @ right)
        row = int(draw.integers(rows))
        assert (product(left[row : row + 1], right) == whole[row]).all()
