"""Nearest and fewest corrections of scores and labels against all truth tables."""

import itertools
import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.scores.coherent_rows import ScoreCorrector
from pishield_cli.kernels.scores.flipped_scores import MARGIN, ScoreMethod
from pishield_cli.logic.plans.coherence import coherence_plan
from pishield_cli.logic.plans.resolution import Contradiction
from pishield_cli.logic.terms import BooleanLiteral, Clause

NAMES = ("a", "b", "c", "d", "e", "f", "g")
ROWS = 12


def _clauses(rng: random.Random) -> list[Clause]:
    found = []
    for _ in range(rng.randint(2, 14)):
        chosen = rng.sample(NAMES, rng.randint(1, 4))
        found.append(Clause(tuple(BooleanLiteral(name, rng.random() < 0.5) for name in chosen)))
    return found


def _holding(clauses: Sequence[Clause], row: Mapping[str, float]) -> bool:
    truths = {name: value > 0.5 for name, value in row.items()}
    return all(any(one.holds(truths) for one in clause) for clause in clauses)


def _models(clauses: Sequence[Clause], names: Sequence[str]) -> list[tuple[bool, ...]]:
    every = itertools.product((False, True), repeat=len(names))
    return [
        truths
        for truths in every
        if _holding(clauses, dict(zip(names, map(float, truths), strict=True)))
    ]


def _opposite(value: float, *, hard: bool) -> float:
    if hard:
        return 0.0 if value > 0.5 else 1.0
    return 0.5 if value > 0.5 else 0.5 + MARGIN


def _best(
    models: Sequence[Sequence[bool]],
    row: Mapping[str, float],
    weights: Mapping[str, float],
    fixed: Sequence[str],
    *,
    hard: bool,
    fewest: bool,
) -> dict[str, float] | None:
    """The row of least cost: of equal ones the one that spares the columns first in order."""
    found = []
    for truths in models:
        flips = [n for n, truth in zip(row, truths, strict=True) if (row[n] > 0.5) != truth]
        if not set(flips).intersection(fixed):
            after = {n: _opposite(row[n], hard=hard) if n in flips else row[n] for n in row}
            moved = sum((weights[n] * (after[n] - row[n])) ** 2 for n in row)
            counted = sum(weights[n] for n in flips) if fewest else 0.0
            spared = [n in flips for n in row]
            found.append((round(counted, 9), round(moved, 12), spared, after))
    return min(found, key=lambda one: one[:3])[3] if found else None


@pytest.mark.parametrize("fewest", [False, True], ids=["nearest", "fewest"])
@pytest.mark.parametrize("hard", [False, True], ids=["scores", "labels"])
@pytest.mark.parametrize("seed", range(30))
def test_rows_become_the_cheapest_of_all(seed: int, hard: bool, fewest: bool) -> None:
    rng = random.Random(seed)
    clauses = _clauses(rng)
    fixed = rng.sample(NAMES, rng.choice((0, 0, 1, 3)))
    weights = {name: rng.choice((1.0, 1.0, 2.0, 5.0)) for name in NAMES}
    plan = coherence_plan(clauses, NAMES, fixed=[n for n in NAMES if n in fixed])
    names = [name for name in NAMES if any(name in one.variables for one in clauses)]
    models = _models(clauses, names)
    if isinstance(plan, Contradiction):
        assert not models
        return
    rows = [{n: float(rng.randint(0, 1)) if hard else rng.random() for n in names}] * 2
    rows += [{n: rng.choice((0.0, 1.0)) if hard else rng.random() for n in names}] * ROWS
    kind = np.int64 if hard else np.float64
    columns = {n: NumericColumn(np.array([row[n] for row in rows], dtype=kind)) for n in names}
    corrector = ScoreCorrector(plan, method=ScoreMethod(fewest=fewest, weights=weights))
    correction = corrector.correct(columns, len(rows))
    assert not correction.unproven.size
    # Fixed columns come first in order.
    order = [*(n for n in names if n in fixed), *(n for n in names if n not in fixed)]
    for index, row in enumerate(rows):
        after = dict(row)
        for name, change in correction.changes.items():
            assert change.values.dtype == kind
            after.update((name, float(v)) for v in change.values[change.rows == index])
        ordered = {name: row[name] for name in order}
        ordered_models = [[m[names.index(n)] for n in order] for m in models]
        best = _best(ordered_models, ordered, weights, fixed, hard=hard, fewest=fewest)
        assert (best is None) == (index in correction.uncorrected)
        if best is None or _holding(clauses, row):
            assert after == row
        else:
            assert after == best


def test_missing_cells_leave_their_clauses_alone() -> None:
    clauses = [
        Clause((BooleanLiteral("a"), BooleanLiteral("b"))),
        Clause((BooleanLiteral("b", positive=False), BooleanLiteral("c"))),
        Clause((BooleanLiteral("c", positive=False), BooleanLiteral("d"))),
    ]
    plan = coherence_plan(clauses, "abcd")
    assert not isinstance(plan, Contradiction)
    columns = {
        "a": NumericColumn(np.array([np.nan, 0.2])),
        "b": NumericColumn(np.array([0.9, 0.4])),
        "c": NumericColumn(np.array([0.3, np.nan])),
        "d": NumericColumn(np.array([0.6, 0.1])),
    }
    found = ScoreCorrector(plan, method=ScoreMethod(fewest=False)).correct(columns, 2)
    assert found.violating.tolist() == [0, 1]
    assert not found.uncorrected.size
    assert {name: change.rows.tolist() for name, change in found.changes.items()} == {
        "b": [1],
        "c": [0],
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_narrow_scores_are_true_where_they_are_stored(dtype: type) -> None:
    plan = coherence_plan([Clause((BooleanLiteral("a"), BooleanLiteral("b")))], "ab")
    assert not isinstance(plan, Contradiction)
    columns = {n: NumericColumn(np.array([0.25], dtype=dtype)) for n in "ab"}
    found = ScoreCorrector(plan, method=ScoreMethod(fewest=True)).correct(columns, 1)
    (change,) = found.changes.values()
    assert change.values.dtype == dtype
    assert change.values[0] > 0.5
    assert change.values[0] <= 0.5 + max(MARGIN, 2 * float(np.finfo(dtype).eps))
