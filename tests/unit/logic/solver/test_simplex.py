"""The simplex against Fourier-Motzkin elimination, written here in a few lines."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.simplex import Simplex
from pishield_cli.logic.solver.stack import LOWER, UPPER
from pishield_cli.logic.solver.tableau import infinitesimal

WIDTH = 3
Row = tuple[tuple[int, ...], int, bool]
"""Coefficients, constant and strictness of `coefficients . x >= constant`, or `>`."""

rows = st.tuples(
    st.tuples(*[st.integers(-3, 3)] * WIDTH).filter(any),
    st.integers(-4, 4),
    st.booleans(),
)
systems = st.lists(rows, min_size=1, max_size=7)


def is_feasible(system):
    """Fourier-Motzkin: combine every lower with every upper bound of one variable at a time."""
    system = [(list(map(Fraction, a)), Fraction(c), strict) for a, c, strict in system]
    for k in range(WIDTH):
        lower = [row for row in system if row[0][k] > 0]
        upper = [row for row in system if row[0][k] < 0]
        system = [row for row in system if row[0][k] == 0]
        for a, c, s in lower:
            for b, d, t in upper:
                p, q = -b[k], a[k]
                system.append(
                    ([p * x + q * y for x, y in zip(a, b, strict=True)], p * c + q * d, s or t)
                )
    return all(c < 0 or (c == 0 and not strict) for _, c, strict in system)


def load(system, order=None):
    """A simplex, its variables, and the first conflict on asserting the rows in order."""
    simplex = Simplex()
    variables = [simplex.variable() for _ in range(WIDTH)]
    forms = []
    for a, _, _ in system:
        terms = {v: c for v, c in zip(variables, a, strict=True) if c}
        forms.append(simplex.form(terms))
    for number in range(len(system)) if order is None else order:
        _, c, strict = system[number]
        conflict = simplex.tighten(forms[number], LOWER, (Fraction(c), Fraction(strict)), number)
        conflict = conflict or simplex.check(Limits())
        if conflict is not None:
            return simplex, variables, conflict
    return simplex, variables, None


def point(simplex, variables):
    size = infinitesimal(simplex.comparisons())
    return [real + eps * size for real, eps in map(simplex.value, variables)]


def holds(row, values):
    a, c, strict = row
    total = sum(x * y for x, y in zip(a, values, strict=True))
    return total > c if strict else total >= c


@given(systems)
def test_it_agrees_with_fourier_motzkin(system):
    simplex, variables, conflict = load(system)
    assert (conflict is None) == is_feasible(system)
    if conflict is None:
        values = point(simplex, variables)
        assert all(holds(row, values) for row in system)


@given(systems)
def test_a_conflict_names_an_infeasible_set_of_bounds(system):
    _, _, conflict = load(system)
    if conflict is not None:
        assert not is_feasible([system[number] for number in set(conflict)])


@given(systems, st.randoms(use_true_random=False))
def test_undone_bounds_leave_no_trace(system, random):
    simplex = Simplex()
    variables = [simplex.variable() for _ in range(WIDTH)]
    forms = [
        simplex.form({v: c for v, c in zip(variables, a, strict=True) if c}) for a, _, _ in system
    ]
    for _ in range(4):
        mark = simplex.mark()
        chosen = random.sample(range(len(system)), random.randint(0, len(system)))
        conflict = None
        for number in chosen:
            _, c, strict = system[number]
            bound = (Fraction(c), Fraction(strict))
            conflict = conflict or simplex.tighten(forms[number], LOWER, bound, number)
        conflict = conflict or simplex.check(Limits())
        assert (conflict is None) == is_feasible([system[number] for number in chosen])
        simplex.undo(mark)


@given(systems, st.tuples(*[st.integers(-2, 2)] * WIDTH).filter(any))
def test_the_least_value_is_approached_and_nothing_is_less(system, objective):
    simplex, variables, conflict = load(system)
    if conflict is not None:
        return
    form = simplex.form({v: c for v, c in zip(variables, objective, strict=True) if c})
    least = simplex.optimise(form, LOWER, Limits())
    below = tuple(-c for c in objective)
    if least is None:
        assert is_feasible([*system, (below, 1_000_000, False)])
        return
    real, eps = least
    values = point(simplex, variables)
    assert all(holds(row, values) for row in system)
    total = sum(c * x for c, x in zip(objective, values, strict=True))
    assert (total == real) == (eps == 0)
    assert not is_feasible([*system, (below, -real, not eps)])
    assert is_feasible([*system, (below, -real - Fraction(1, 10**6), False)])


@given(systems)
def test_the_greatest_value_mirrors_the_least(system):
    simplex, variables, conflict = load(system)
    if conflict is not None:
        return
    mirror = simplex.form({variables[0]: -1})
    greatest = simplex.optimise(variables[0], UPPER, Limits())
    least = simplex.optimise(mirror, LOWER, Limits())
    assert (greatest is None) == (least is None)
    if greatest is not None and least is not None:
        assert greatest == (-least[0], -least[1])


def test_opposite_bounds_conflict_at_once():
    simplex = Simplex()
    x = simplex.variable()
    assert simplex.tighten(x, LOWER, (Fraction(2), Fraction(1)), 7) is None
    assert sorted(simplex.tighten(x, UPPER, (Fraction(2), Fraction(0)), 9)) == [7, 9]


def test_it_ends_where_no_work_is_left():
    simplex = Simplex()
    x, y = simplex.variable(), simplex.variable()
    simplex.tighten(simplex.form({x: 1, y: 1}), LOWER, (Fraction(1), Fraction(0)), 1)
    with pytest.raises(LimitReached, match="work"):
        simplex.check(Limits.within(-1))
