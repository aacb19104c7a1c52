"""Nearest corrections against an enumeration of all literal choices and all active sets."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.optimal.nearest_rows import NearestRows
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.language import parse_requirements
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.questions import solve
from pishield_cli.logic.solver.search import Model
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import sampled

NAMES = ("a", "b", "c", "d")


def _clauses(rng: random.Random, names: Sequence[str], literals: int) -> list[Clause]:
    found = []
    for _ in range(rng.randint(1, 4)):
        one = []
        for _ in range(rng.randint(1, literals)):
            chosen = rng.sample(names, rng.randint(1, min(3, len(names))))
            terms = tuple(Term(name, Fraction(rng.choice((-2, -1, 1, 3)))) for name in chosen)
            one.append(Inequality(terms, Fraction(rng.randint(-6, 6), 2), rng.random() < 0.3))
        found.append(Clause(tuple(one)))
    return found


def _projection(
    literals: Sequence[Inequality], point: np.ndarray, names: Sequence[str], scale: np.ndarray
) -> float | None:
    """The least weighted square distance to a polyhedron: every active set, by least squares."""
    normals = np.array([[float(dict(one.terms).get(n, 0)) for n in names] for one in literals])
    lacks = np.array([float(one.constant) for one in literals]) - normals @ point
    normals = normals / scale
    best = None
    for size in range(min(len(literals), len(names)) + 1):
        for active in itertools.combinations(range(len(literals)), size):
            chosen = list(active)
            move = np.zeros(len(names))
            if chosen:
                move = np.linalg.lstsq(normals[chosen], lacks[chosen], rcond=None)[0]
            if (normals @ move >= lacks - 1e-9).all():
                distance = float(move @ move)
                best = distance if best is None else min(best, distance)
    return best


def _least_distance(
    clauses: Sequence[Clause], point: Mapping[str, float], weights: Mapping[str, float]
) -> float | None:
    names = list(point)
    cells, scale = np.array(list(point.values())), np.array([weights[n] for n in names])
    best = None
    for literals in itertools.product(*(clause.literals for clause in clauses)):
        if isinstance(solve([Clause((one,)) for one in literals]), Model):
            distance = _projection(literals, cells, names, scale)  # type: ignore[arg-type]
            if distance is not None and (best is None or distance < best):
                best = distance
    return best


def _corrected(
    clauses: Sequence[Clause],
    rows: Sequence[Mapping[str, float]],
    weights: Mapping[str, float],
    grid: Grid,
    fixed: Sequence[str] = (),
    kind: type = np.float64,
) -> tuple[list[dict[str, float]], set[int], set[int]]:
    names = list(rows[0])
    columns = {n: NumericColumn(np.array([row[n] for row in rows], dtype=kind)) for n in names}
    corrector = PlannedCorrector(
        clauses,
        names,
        dict.fromkeys(names, grid),
        fixed,
        lambda plan, grids: NearestRows(plan, grids, weights),
    )
    correction = corrector.correct(columns, len(rows))
    result = [dict(row) for row in rows]
    for name, change in correction.changes.items():
        for row, value in zip(change.rows, change.values, strict=True):
            result[row][name] = float(value)
    return result, set(correction.uncorrected.tolist()), set(correction.unproven.tolist())


def _exact(row: Mapping[str, float]) -> dict[str, Fraction]:
    return {name: Fraction(repr(value)) for name, value in row.items()}


def _moved(
    before: Mapping[str, float], after: Mapping[str, float], weights: Mapping[str, float]
) -> float:
    return sum((weights[n] * (after[n] - before[n])) ** 2 for n in before)


@pytest.mark.parametrize("seed", sampled(range(60), plain=30))
def test_distance_is_least_over_all_choices(seed: int) -> None:
    rng = random.Random(seed)
    names = NAMES[: rng.randint(1, 4)]
    clauses = _clauses(rng, names, literals=1 + seed % 3)
    weights = {name: rng.choice((0.25, 1.0, 5.0)) for name in names}
    rows = [{n: rng.randint(-40, 40) / 4 for n in names} for _ in range(8)]
    results, failed, unproven = _corrected(clauses, rows, weights, Grid())
    if not isinstance(solve(clauses), Model):
        return
    assert not failed
    assert not unproven
    named = {name for clause in clauses for name in clause.variables}
    for before, after in zip(rows, results, strict=True):
        assert all(clause.holds(_exact(after)) for clause in clauses)
        least = _least_distance(clauses, before, weights)
        assert least is not None
        moved = _moved(before, after, weights)
        assert moved <= least * (1 + 1e-6) + 1e-18 + 1e-9 * least**0.5
        assert moved >= least * (1 - 1e-6) - 1e-9
        assert all(before[name] == after[name] for name in names if name not in named)


@pytest.mark.parametrize("seed", range(20))
def test_narrow_floats_come_as_near_as_their_digits_allow(seed: int) -> None:
    rng = random.Random(3000 + seed)
    names = NAMES[: rng.randint(1, 3)]
    clauses = _clauses(rng, names, literals=1 + seed % 2)
    if not isinstance(solve(clauses), Model):
        return
    weights = {name: rng.choice((0.5, 1.0, 2.0)) for name in names}
    rows = [{n: float(f"{rng.gauss(0, 300):.5g}") for n in names} for _ in range(8)]
    results, failed, unproven = _corrected(clauses, rows, weights, Grid(), kind=np.float32)
    assert not failed
    assert not unproven
    for before, after in zip(rows, results, strict=True):
        decimals = {name: Fraction(str(np.float32(value))) for name, value in after.items()}
        assert all(clause.holds(decimals) for clause in clauses)
        least = _least_distance(clauses, before, weights)
        assert least is not None
        digit = 10.0 ** (np.floor(np.log10(max(map(abs, (*before.values(), *after.values()))))) - 5)
        off = 2 * digit * sum(weights.values())
        assert _moved(before, after, weights) ** 0.5 <= least**0.5 * (1 + 1e-6) + off


def _lattice(point: Mapping[str, float], reach: int) -> Iterator[dict[str, float]]:
    """Points of which every cell is a whole number, or what it was."""
    ranges = [{*range(int(v) - reach, int(v) + reach + 1), v} for v in point.values()]
    for values in itertools.product(*ranges):
        yield {name: float(value) for name, value in zip(point, values, strict=True)}


@pytest.mark.parametrize("parts", [1, 4], ids=["whole", "to become whole"])
@pytest.mark.parametrize("seed", sampled(range(25), plain=6))
def test_whole_numbers_are_nearest_of_all(seed: int, parts: int) -> None:
    rng = random.Random(1000 + seed)
    names = NAMES[: rng.randint(1, 2)]
    clauses = _clauses(rng, names, literals=1 + seed % 2)
    weights = dict.fromkeys(names, 1.0)
    rows = [{n: rng.randint(-4 * parts, 4 * parts) / parts for n in names} for _ in range(4)]
    kind = np.int64 if parts == 1 else np.float64
    results, failed, unproven = _corrected(clauses, rows, weights, Grid(0), kind=kind)
    for index, (before, after) in enumerate(zip(rows, results, strict=True)):
        holding = [
            _moved(before, other, weights)
            for other in _lattice(before, 14)
            if all(clause.holds(_exact(other)) for clause in clauses)
        ]
        if index in failed:
            assert not holding
        elif index not in unproven and holding:
            assert all(clause.holds(_exact(after)) for clause in clauses)
            assert _moved(before, after, weights) == min(holding)


@pytest.mark.parametrize("seed", sampled(range(25), plain=6))
def test_fixed_columns_stay_and_the_rest_is_nearest(seed: int) -> None:
    rng = random.Random(2000 + seed)
    clauses = _clauses(rng, NAMES[:3], literals=1 + seed % 2)
    weights = dict.fromkeys(NAMES[:3], 1.0)
    rows = [{n: float(rng.randint(-5, 5)) for n in NAMES[:3]} for _ in range(6)]
    results, failed, _ = _corrected(clauses, rows, weights, Grid(), fixed=["a"])
    for index, (before, after) in enumerate(zip(rows, results, strict=True)):
        held = Clause((Inequality((Term("a", Fraction(1)),), Fraction(int(before["a"]))),))
        upper = Clause((Inequality((Term("a", Fraction(-1)),), Fraction(-int(before["a"]))),))
        least = _least_distance([*clauses, held, upper], before, weights)
        assert (least is None) == (index in failed)
        assert after["a"] == before["a"]
        if least is not None:
            assert _moved(before, after, weights) == pytest.approx(least, rel=1e-6, abs=1e-9)
            assert all(clause.holds(_exact(after)) for clause in clauses)


@pytest.mark.parametrize(
    ("text", "weights", "before", "after"),
    [
        ("b + d <= -5\n", {"b": 100.0}, {"b": -1, "d": 0}, {"b": -5, "d": 0}),
        ("d <= 0.5\n4*d + 3*a + 3*b < -10\n", {}, {"b": 5, "d": 0, "a": -5}, {"b": 3, "a": -7}),
    ],
    ids=["uneven weights", "a column without room"],
)
def test_whole_numbers_are_nearest_where_bounds_meet_in_a_point(
    text: str, weights: dict[str, float], before: dict[str, int], after: dict[str, int]
) -> None:
    corrector = PlannedCorrector(
        parse_requirements(text).clauses,
        list(before),
        {name: Grid(0, low=0, high=1) if name == "d" else Grid(0) for name in before},
        method=lambda plan, grids: NearestRows(plan, grids, weights),
    )
    columns = {name: NumericColumn(np.array([cell])) for name, cell in before.items()}
    changes = corrector.correct(columns, 1).changes
    found = before | {name: int(change.values[0]) for name, change in changes.items()}
    assert found == before | after
