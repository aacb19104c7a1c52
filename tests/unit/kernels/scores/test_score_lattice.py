"""The steps of a lattice: what they result in, and that there are few of them."""

from functools import reduce
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.scores.score_lattice import ScoreLattice, work_out

INPUTS = 7
TOP = INPUTS - 1

BODIES = st.lists(st.sets(st.integers(0, TOP)), min_size=1, max_size=12)


def worked_out(lattice, inputs, least, greatest):
    lines = [*inputs, np.ones_like(inputs[0])]
    work_out(lattice.steps, lines, least, greatest)
    return lines


@given(st.lists(BODIES, min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_law_the_steps_give_the_greatest_of_the_least(heads, seed):
    lattice = ScoreLattice(INPUTS, TOP)
    found = [lattice.strongest(bodies) for bodies in heads]
    scores = np.random.default_rng(seed).choice([0.0, 0.25, 0.5, 1.0], (TOP, 16))
    for inputs, least, greatest in (
        (scores, np.minimum, np.maximum),
        (scores > 0.25, np.logical_and, np.logical_or),
    ):
        lines = worked_out(lattice, inputs, least, greatest)
        for bodies, line in zip(heads, found, strict=True):
            each = [reduce(least, (lines[i] for i in body), lines[TOP]) for body in bodies]
            assert np.array_equal(lines[line], reduce(greatest, each))


def test_without_a_body_there_is_nothing():
    lattice = ScoreLattice(INPUTS, TOP)
    assert lattice.strongest([]) is None
    assert lattice.strongest([[]]) == TOP
    assert lattice.strongest([[2, TOP]]) == 2
    assert lattice.steps == []


def test_what_bodies_share_is_worked_out_once():
    lattice = ScoreLattice(INPUTS, TOP)
    lattice.strongest([[0, 1, 2], [0, 1, 3], [0, 1, 4]])
    assert len(lattice.steps) == 4  # min(0, 1, max(2, 3, 4)), where each has two
    lattice.strongest([[0, 1, 2], [0, 1, 3], [0, 1, 4], [5]])
    assert len(lattice.steps) == 5


def test_all_pairs_need_few_steps():
    lattice = ScoreLattice(101, 100)
    lattice.strongest(combinations(range(100), 2))
    assert len(lattice.steps) < 300


def test_bodies_one_within_the_other_go_as_deep_as_they_like():
    lattice = ScoreLattice(2001, 2000)
    lattice.strongest([*range(place), 1000 + place] for place in range(1000))
    assert lattice.steps
