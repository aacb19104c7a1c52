"""What hard requirements take is counted, and ends: rows are corrected, or given up and told."""

import random
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from pishield_cli.kernels.changes import replaced
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.effort import ENTRIES, EXACT, SHARE, Effort
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.kernels.optimal.fewest_rows import FewestRows
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.optimal.shield_rows import ShieldRows
from pishield_cli.kernels.sequential.correction import PlannedCorrector, RowsMethod
from pishield_cli.kernels.sequential.rehearsal import HARD, SMALL, Rehearsal
from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import GROUPS_WORK, WORK_LIMIT, plan_groups
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import Limits

ROWS = 12


def one_hot_sums(count: int = 6) -> str:
    left, right = ([f"{letter}{n}" for n in range(count)] for letter in "ab")
    links = "".join(f"{a} -> {b}\n" for a, b in zip(left, right, strict=True))
    sums = "".join(f"{' + '.join(names)} == 1\n" for names in (left, right))
    return f"boolean {' '.join([*left, *right])}\n{sums}{links}"


def all_different(count: int = 4) -> str:
    names = [f"x{n}" for n in range(count)]
    bounds = "".join(f"1 <= {name} <= {count}\n" for name in names)
    apart = "".join(f"{a} != {b}\n" for a, b in combinations(names, 2))
    return f"integer {' '.join(names)}\n{bounds}{apart}"


def pairs(count: int = 12) -> str:
    return " or ".join(f"(a{n} > .5 and b{n} > .3)" for n in range(count)) + "\n"


def sevenths(count: int = 8) -> str:
    names = [f"x{n}" for n in range(count)]
    lines = (
        f"3*{a} + 7*{b} == 5*{c}\n" for a, b, c in zip(names, names[1:], names[2:], strict=False)
    )
    return f"integer {' '.join(names[::2])}\n" + "".join(lines)


def equalities(count: int = 5, columns: int = 10) -> str:
    draw = random.Random(1)
    names = [f"x{n}" for n in range(columns)]
    sums = (" + ".join(f"{draw.randint(1, 9)}*{name}" for name in names) for _ in range(count))
    return "".join(f"{one} == {draw.randint(0, 99)}\n" for one in sums)


FAMILIES = [one_hot_sums, all_different, pairs, sevenths, equalities]


def grids_of(requirements: Requirements) -> dict[str, Grid]:
    whole = requirements.integers
    return {
        name: Grid(0, low=0, high=1)
        if name in requirements.booleans
        else Grid(0 if name in whole else None)
        for name in requirements.variables
    }


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "kind", ["shield", "nearest", pytest.param("fewest", marks=pytest.mark.slow)]
)
def test_rows_take_no_more_than_is_granted(
    family: Callable[[], str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = parse_requirements(family())
    methods: dict[str, RowsMethod] = {
        "shield": ShieldRows,
        "nearest": lambda plan, grids: NearestRows(plan, grids, {}),
        "fewest": lambda plan, grids: FewestRows(plan, grids, {}),
    }
    granted: list[Effort] = []
    plain = Effort.of

    def noted(rows: int) -> Effort:
        granted.append(plain(rows))
        return granted[-1]

    monkeypatch.setattr(Effort, "of", noted)
    names = requirements.variables
    corrector = PlannedCorrector(
        requirements.clauses, names, grids_of(requirements), method=methods[kind]
    )
    draw = np.random.default_rng(2)
    cells = {name: draw.integers(-2, 9, ROWS) for name in names}
    columns = {name: NumericColumn(one) for name, one in cells.items()}
    found = corrector.correct(columns, ROWS)
    for one in granted:
        assert (one.exact > -EXACT // 10).all()
        assert (one.entries > -ENTRIES).all()
    after = {name: replaced(column, found.changes.get(name)) for name, column in columns.items()}
    compiled = compile_requirements(requirements)
    verdicts = evaluate(compiled, after, ROWS, tolerance=FLOAT_ROUNDING)
    left = {
        row for one in verdicts if one.violated is not None for row in np.flatnonzero(one.violated)
    }
    assert left <= set(found.uncorrected.tolist())


@pytest.mark.parametrize("family", FAMILIES)
def test_plans_take_no_more_than_they_may(family: Callable[[], str]) -> None:
    requirements = parse_requirements(family())
    limits = Limits(None, GROUPS_WORK * WORK_LIMIT)
    plan_groups(requirements.clauses, requirements.variables, limits=limits)
    assert limits.work > -WORK_LIMIT


def test_each_row_spends_its_own() -> None:
    effort = Effort.of(4)
    some = effort.take(np.array([1, 3]))
    assert some.exact_share(1, EXACT) == int(SHARE * EXACT)
    assert some.exact_share(1, 8_000) == int(SHARE * 8_000)
    some.spend_exact(1, 1_000)
    assert some.exact_share(1, 8_000) == int(SHARE * 7_000)
    assert some.exact_share(1, 1_100) == 0
    some.spend_entries(np.array([5.0, 0.0]))
    assert effort.exact.tolist() == [EXACT, EXACT, EXACT, EXACT - 1_000]
    assert effort.entries.tolist() == [ENTRIES, ENTRIES - 5, ENTRIES, ENTRIES]
    assert effort.kinds.tolist() == [2, 1, 2, 0]
    assert not Effort.of(2).kinds.any()
    effort.take(np.array([2])).end_entries()
    assert effort.entries.tolist() == [ENTRIES, ENTRIES - 5, 0, ENTRIES]


def test_what_equal_rows_spend_apart_is_taken_over() -> None:
    effort = Effort.of(3)
    apart = effort.take(np.array([2])).apart()
    apart.spend_exact(0, 7)
    assert effort.exact.tolist() == [EXACT] * 3
    effort.take(np.array([0, 2])).settle(apart.take(np.array([0, 0])))
    assert effort.exact.tolist() == [EXACT - 7, EXACT, EXACT - 7]


def test_hard_groups_get_less_for_a_row_and_impossible_ones_nothing() -> None:
    def worth(text: str) -> int:
        requirements = parse_requirements(text)
        (plan,) = plan_groups(requirements.clauses, requirements.variables)
        return Rehearsal(plan, grids_of(requirements)).work

    assert worth("a <= b\n") == EXACT
    assert worth(sevenths(5)) == SMALL
    assert worth(sevenths(8)) == HARD
    assert worth(sevenths(12)) == HARD
    assert worth("integer a b\n2*a == 2*b + 1\n") == 0
