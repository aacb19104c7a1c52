"""Rounded gaps keep every whole solution, and no smaller gap does."""

from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.optimal.integer_cuts import round_gaps
from pishield_cli.kernels.optimal.systems import System
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import examples
from tests.property.strategies import DECIMAL, inequalities

NAMES = ("a", "b", "c")
GRIDS = {"a": Grid(places=0), "b": Grid(places=0), "c": Grid()}
END = 12

cells = st.tuples(*[st.integers(-6, 6)] * 2, st.integers(-60, 60).map(lambda n: n / 8))


def rounded(literals, row, free):
    system = System(
        [Clause((one,)) for one in literals],
        NAMES,
        GRIDS,
        {},
        whole_cells=False,
    )
    values = {name: np.array([float(one)]) for name, one in zip(NAMES, row, strict=True)}
    standing = system.stand(values, 1)
    region = system.region(frozenset(free))
    return system, standing, round_gaps(system, region, standing, changing=False)


@examples(120)
@given(
    st.lists(inequalities(NAMES, DECIMAL), min_size=1, max_size=3),
    cells,
    st.sampled_from(["a", "b", "ab", "ac"]),
)
def test_gaps_are_what_whole_moves_have_to_make_up(literals, row, free):
    system, standing, found = rounded(literals, row, free)
    if found is None:
        return
    moving = [place for place, name in enumerate(NAMES) if name in free]
    for index, literal in enumerate(system.literals):
        weights = system.coefficients[index][moving]
        if not weights.any() or ("c" in free and weights[-1]):
            continue
        reached = []
        for move in product(range(-END, END + 1), repeat=len(moving)):
            there = [Fraction(one) for one in row]
            for place, step in zip(moving, move, strict=True):
                there[place] += step
            if literal.holds(dict(zip(NAMES, there, strict=True))):
                reached.append(float(weights @ np.array(move)))
        gap, before = found.standing.gaps[0, index], standing.gaps[0, index]
        assert gap >= before, "a gap is only widened"
        assert all(one >= gap - 1e-9 for one in reached), "no whole solution is lost"
        # Where the next one is well within the moves tried, it is that far and no farther.
        if reached and abs(gap) <= END / 2 * np.abs(weights).max():
            assert abs(min(reached) - gap) <= 1e-9


def test_an_equation_without_whole_solutions_contradicts_itself():
    half = Fraction(1, 2)
    up = Inequality((Term("a", Fraction(1)), Term("b", Fraction(2))), half)
    down = Inequality((Term("a", Fraction(-1)), Term("b", Fraction(-2))), -half)
    system = System(
        [Clause((up,)), Clause((down,))],
        NAMES,
        GRIDS,
        {},
        whole_cells=False,
    )
    standing = system.stand({"a": np.array([0.5]), "b": np.array([0.0]), "c": np.array([0.0])}, 1)
    found = round_gaps(system, system.region(frozenset("ab")), standing, changing=True)
    assert found is not None
    first, second = (
        index for index, one in enumerate(system.literals) if set(one.variables) == {"a", "b"}
    )
    assert found.standing.gaps[0, first] + found.standing.gaps[0, second] > 0
    assert found.assumed[0, [first, second]].all(), "only if the fraction changes"
