"""Branch and bound against counting through a box of whole numbers."""

from fractions import Fraction
from itertools import chain, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.solver.branching import (
    UNBOUNDED,
    make_whole,
    optimise_whole,
    row_without_solution,
)
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.simplex import Simplex
from pishield_cli.logic.solver.stack import LOWER, UPPER
from tests.laws import examples

WIDTH, END = 3, 4
ZERO = Fraction(0)

rows = st.tuples(st.tuples(*[st.integers(-5, 5)] * WIDTH).filter(any), st.integers(-9, 9))
strips = rows.flatmap(
    lambda one: st.integers(0, 1).map(
        lambda width: [one, (tuple(-weight for weight in one[0]), -one[1] - width)]
    )
)
"""A form between two constants: mostly no vertex of such a strip is whole."""
systems = st.lists(rows, max_size=4) | st.lists(strips, min_size=1, max_size=2).map(
    lambda some: list(chain.from_iterable(some))
)


def load(system, *, boxed=True):
    """A simplex of whole variables between -END and END, and rows that are at least a constant."""
    simplex = Simplex()
    variables = [simplex.variable() for _ in range(WIDTH)]
    forms = [
        simplex.form({v: c for v, c in zip(variables, row, strict=True) if c}) for row, _ in system
    ]
    reason = 0
    for form, (_, constant) in zip(forms, system, strict=True):
        if simplex.tighten(form, LOWER, (Fraction(constant), ZERO), reason) is not None:
            return simplex, variables, forms, False
        reason += 1
    for variable in variables if boxed else ():
        simplex.tighten(variable, LOWER, (Fraction(-END), ZERO), reason)
        simplex.tighten(variable, UPPER, (Fraction(END), ZERO), reason + 1)
        reason += 2
    return simplex, variables, forms, True


def points(system):
    for point in product(range(-END, END + 1), repeat=WIDTH):
        if all(sum(map(int.__mul__, row, point)) >= constant for row, constant in system):
            yield point


@examples(150)
@given(systems)
def test_it_finds_whole_numbers_where_there_are_any(system):
    simplex, variables, forms, consistent = load(system)
    if not consistent:
        assert not list(points(system))
        return
    conflict = make_whole(simplex, variables, {*variables, *forms}, Limits())
    if conflict is None:
        found = tuple(simplex.value(one) for one in variables)
        assert all(eps == 0 for _, eps in found)
        assert tuple(real for real, _ in found) in set(points(system))
    else:
        assert not list(points(system))
        used = [one for number, one in enumerate(system) if number in conflict]
        assert not list(points(used)), "the reasons alone contradict each other within the box"


@examples(150)
@given(systems, st.integers(0, WIDTH - 1), st.sampled_from([LOWER, UPPER]))
def test_its_optimum_is_that_of_counting(system, place, side):
    simplex, variables, forms, consistent = load(system)
    if not consistent:
        return
    found = optimise_whole(
        simplex, variables[place], side, variables, {*variables, *forms}, Limits()
    )
    values = [point[place] for point in points(system)]
    if values:
        assert found == (min(values) if side == LOWER else max(values), 0)
    else:
        assert found is None


def test_the_bounds_that_it_came_with_are_left():
    simplex, variables, forms, _ = load([((2, 2, 2), 1), ((-2, -2, -2), -1)])
    mark = simplex.mark()
    assert make_whole(simplex, variables, {*variables, *forms}, Limits()) is not None
    assert simplex.mark() == mark
    optimise_whole(simplex, variables[0], LOWER, variables, {*variables, *forms}, Limits())
    assert simplex.mark() == mark


def test_without_a_box_an_optimum_may_be_unbounded():
    simplex, variables, forms, _ = load([((3, -2, 0), 1)], boxed=False)
    whole = {*variables, *forms}
    assert optimise_whole(simplex, variables[0], UPPER, variables, whole, Limits()) is UNBOUNDED


def test_branching_that_runs_away_is_ended_by_a_box_or_a_limit():
    # 1/4 <= 3y - 3x + 1 <= 3/4: a strip without whole points, endless in both directions.
    simplex = Simplex()
    x, y, z = (simplex.variable() for _ in range(3))
    form = simplex.form({x: 3, y: -3, z: 1})
    simplex.tighten(form, LOWER, (Fraction(1), ZERO), 1)
    simplex.tighten(form, UPPER, (Fraction(1), ZERO), 2)
    simplex.tighten(z, LOWER, (Fraction(1, 4), ZERO), 3)
    simplex.tighten(z, UPPER, (Fraction(3, 4), ZERO), 4)
    with pytest.raises(LimitReached):
        make_whole(simplex, [x, y], {x, y}, Limits())


def test_what_divides_the_free_coefficients_must_divide_the_rest():
    simplex = Simplex()
    x, y, z = (simplex.variable() for _ in range(3))
    form = simplex.form({x: 4, y: 6, z: 1})
    for side, reason in ((LOWER, 11), (UPPER, 12)):
        simplex.tighten(form, side, (Fraction(0), ZERO), reason)
    for side, reason in ((LOWER, 13), (UPPER, 14)):
        simplex.tighten(z, side, (Fraction(3), ZERO), reason)
    assert simplex.check(Limits()) is None
    found = row_without_solution(simplex, {x, y, z, form}, Limits())
    assert found is not None
    assert set(found) == {11, 12, 13, 14}
    assert row_without_solution(simplex, {x, z, form}, Limits()) is None, "y need not be whole"
