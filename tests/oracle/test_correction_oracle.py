"""Correction against z3: what is corrected holds, what is given up has no solution."""

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest
import z3

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause, Inequality, Term

NAMES = ("a", "b", "c", "d")
ROWS = 20


def random_clauses(rng: random.Random, literals: int, coefficients: Sequence[str]) -> list[Clause]:
    found = []
    for _ in range(rng.randint(2, 6)):
        one = []
        for _ in range(rng.randint(1, literals)):
            names = rng.sample(NAMES, rng.randint(1, 3))
            terms = tuple(Term(name, Fraction(rng.choice(coefficients))) for name in names)
            one.append(Inequality(terms, Fraction(rng.randint(-12, 12), 2), rng.random() < 0.4))
        found.append(Clause(tuple(one)))
    return found


def z3_clause(clause: Clause, variables: Mapping[str, z3.ExprRef]) -> z3.BoolRef:
    literals = []
    for literal in clause:
        assert isinstance(literal, Inequality)
        total = sum(
            (z3.RealVal(str(c)) * variables[name] for name, c in literal.terms), z3.RealVal(0)
        )
        constant = z3.RealVal(str(literal.constant))
        literals.append(total > constant if literal.strict else total >= constant)
    return z3.Or(literals)


def satisfiable(
    clauses: Sequence[Clause], fixed: Mapping[str, Fraction], whole: bool
) -> bool | None:
    solver = z3.Solver()
    solver.set("timeout", 5_000)
    variables = {name: z3.Int(name) if whole else z3.Real(name) for name in NAMES}
    for clause in clauses:
        solver.add(z3_clause(clause, variables))
    for name, value in fixed.items():
        solver.add(variables[name] == z3.RealVal(str(value)))
    answer = solver.check()
    return None if answer == z3.unknown else answer == z3.sat


def decimal(cell: np.generic) -> Fraction:
    if isinstance(cell, np.floating):
        return Fraction(np.format_float_scientific(cell, unique=True, trim="-"))
    return Fraction(int(cell))


def assert_corrected(seed: int, kind: str, coefficients: Sequence[str], literals: int) -> int:
    """Correct random rows under a random system; the number of rows that it gave up."""
    rng = random.Random(f"{seed} {kind}")
    clauses = random_clauses(rng, literals, coefficients)
    fixed = rng.sample(NAMES, rng.choice((0, 0, 1, 2)))
    whole = kind == "i8"
    cells = {
        name: np.array(
            [rng.randint(-9, 9) if whole else rng.randint(-90, 90) / 10 for _ in range(ROWS)],
            dtype=kind,
        )
        for name in NAMES
    }
    columns = {name: NumericColumn(values) for name, values in cells.items()}
    grids = dict.fromkeys(NAMES, Grid(places=0) if whole else Grid())
    corrector = PlannedCorrector(clauses, NAMES, grids, fixed)
    found = corrector.correct(columns, ROWS)
    for name, change in found.changes.items():
        assert name not in fixed
        cells[name] = cells[name].copy()
        cells[name][change.rows] = change.values
    gone = set(found.uncorrected.tolist())
    for row in range(ROWS):
        values = {name: decimal(cells[name][row]) for name in NAMES}
        if row not in gone:
            assert all(clause.holds(values) for clause in clauses), (seed, row, values)
        else:
            held = {name: values[name] for name in fixed}
            assert satisfiable(clauses, held, whole) is not True, (seed, row, values)
    possible = satisfiable(clauses, {}, whole=False)
    if possible is not None:
        assert corrector.satisfiable == possible
    return len(gone)


PLAIN = ("1", "-1", "2", "-2", "3", "-3")
DENSE = (*PLAIN, "1/2", "-1/3", "0.3", "-2.5", "5/6")


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("kind", "literals"), [("f8", 1), ("f8", 3), ("f4", 2), ("i8", 2)])
def test_rows_hold_or_have_no_solution(seed: int, kind: str, literals: int) -> None:
    assert_corrected(seed, kind, PLAIN if kind == "i8" else DENSE, literals)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 1100, 50))
def test_many_rows_hold_or_have_no_solution(start: int) -> None:
    for seed in range(start, start + 50):
        for kind, literals in (("f8", 1), ("f8", 3), ("f4", 2), ("f2", 2), ("i8", 2)):
            assert_corrected(seed, kind, PLAIN if kind == "i8" else DENSE, literals)
