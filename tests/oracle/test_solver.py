"""The exact search against an independent solver, where that is installed."""

import random
from fractions import Fraction

import pytest

from pishield_cli.logic.solver.answers import NearestValue
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import nearest_value, solve
from pishield_cli.logic.solver.search import Infeasible, Model, Undecided
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import sampled

z3 = pytest.importorskip("z3")

NAMES = "abcdef"


def random_problem(seed):
    rng = random.Random(seed)
    names = NAMES[: rng.randint(1, len(NAMES))]
    integers = {name for name in names if rng.random() < 0.4} if seed % 2 else set()

    def literal():
        chosen = rng.sample(names, rng.randint(1, min(3, len(names))))
        weights = [
            Fraction(rng.choice([-3, -2, -1, 1, 2, 3]), rng.choice([1, 1, 2])) for _ in chosen
        ]
        terms = tuple(map(Term, chosen, weights))
        return Inequality(
            terms, Fraction(rng.randint(-5, 5), rng.choice([1, 2])), rng.random() < 0.4
        )

    clauses = [
        Clause(tuple(literal() for _ in range(rng.choice([1, 1, 2, 3]))))
        for _ in range(rng.randint(1, 16))
    ]
    return names, integers, clauses, Fraction(rng.randint(-12, 12), 2)


def rational(value):
    return z3.Q(value.numerator, value.denominator)


def oracle(names, integers, clauses):
    solver = z3.Solver()
    variables = {
        name: z3.ToReal(z3.Int(name)) if name in integers else z3.Real(name) for name in names
    }
    for clause in clauses:
        solver.add(z3.Or([_inequality(one, variables) for one in clause]))
    return solver, variables


def _inequality(one, variables):
    total = z3.Sum([rational(weight) * variables[name] for name, weight in one.terms])
    return total > rational(one.constant) if one.strict else total >= rational(one.constant)


@pytest.mark.parametrize("block", sampled(range(6), plain=2))
def test_satisfiability_and_cores(block):
    decided = 0
    for seed in range(50 * block, 50 * (block + 1)):
        names, integers, clauses, _ = random_problem(seed)
        found = solve(clauses, integers=integers, limits=Limits(None))
        solver, _ = oracle(names, integers, clauses)
        if isinstance(found, Undecided):
            continue
        decided += 1
        assert isinstance(found, Model) == (solver.check() == z3.sat), seed
        if isinstance(found, Infeasible):
            core, _ = oracle(names, integers, [clauses[index] for index in found.core])
            assert core.check() == z3.unsat, seed
        else:
            values = {name: found.values.get(name, Fraction(0)) for name in names}
            assert all(clause.holds(values) for clause in clauses), seed
            assert all(values[name].denominator == 1 for name in integers), seed
    assert decided >= 48


@pytest.mark.parametrize("block", sampled(range(4), plain=2))
def test_no_allowed_value_is_nearer(block):
    for seed in range(40 * block, 40 * (block + 1)):
        names, integers, clauses, target = random_problem(seed)
        found = nearest_value(names[0], target, clauses, integers=integers, limits=Limits(None))
        if not isinstance(found, NearestValue):
            continue
        distance = abs(found.value - target)
        solver, variables = oracle(names, integers, clauses)
        offset = variables[names[0]] - rational(target)
        if found.open:
            solver.add(offset <= rational(distance), -offset <= rational(distance))
        else:
            solver.add(offset < rational(distance), -offset < rational(distance))
        assert solver.check() == z3.unsat, seed
