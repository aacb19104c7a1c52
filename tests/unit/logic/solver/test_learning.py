"""The learner against truth tables, question after question on the same clauses."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.solver.atoms import FALSE, TRUE, Atoms
from pishield_cli.logic.solver.conflicts import first_unique_point, trace
from pishield_cli.logic.solver.learning import Learner
from pishield_cli.logic.solver.limits import LimitReached, Limits
from tests.laws import examples

NAMES = 6
literals = st.integers(2, 2 * NAMES + 1)
clauses = st.lists(st.lists(literals, min_size=1, max_size=3, unique=True), max_size=18)
questions = st.lists(st.lists(literals, max_size=3, unique=True), min_size=1, max_size=4)


def learner_of(given_clauses):
    atoms = Atoms()
    for _ in range(NAMES):
        atoms.fresh()
    learner = Learner(atoms)
    for clause in given_clauses:
        learner.add(clause)
    return learner


def is_true(literal, row):
    return row[(literal >> 1) - 1] != bool(literal & 1)


def rows_of(given_clauses, assumed=()):
    every = [*given_clauses, *([one] for one in assumed)]
    for row in product((False, True), repeat=NAMES):
        if all(any(is_true(one, row) for one in clause) for clause in every):
            yield row


@examples(150)
@given(clauses, questions)
def test_each_answer_is_that_of_the_truth_table(given_clauses, asked):
    learner = learner_of(given_clauses)
    for assumed in asked:
        learner.retract(0)
        core = learner.assume(assumed)
        if core is None:
            core = learner.run([list(one) for one in given_clauses])
        expected = list(rows_of(given_clauses, assumed))
        if core is None:
            row = tuple(learner.holds(2 * atom) for atom in range(1, NAMES + 1))
            assert row in expected
        else:
            assert not expected
            assert core <= {*assumed}
            assert not list(rows_of(given_clauses, core)), "the core alone contradicts the clauses"


@examples(60)
@given(clauses, st.lists(literals, min_size=2, max_size=4, unique=True))
def test_the_first_level_of_assumptions_can_be_kept(given_clauses, assumed):
    learner = learner_of(given_clauses)
    required = [list(one) for one in given_clauses]
    first, *rest = assumed
    if learner.assume([first]) is not None:
        assert not list(rows_of(given_clauses, [first]))
        return
    for more in rest:
        learner.retract(1)
        core = learner.assume([more])
        if core is None:
            core = learner.run(required)
        assert (core is None) == bool(list(rows_of(given_clauses, [first, more])))


@examples(60)
@given(clauses)
def test_what_is_kept_cannot_leave_the_assignment(given_clauses):
    learner = learner_of(given_clauses)
    required = [list(one) for one in given_clauses]
    if learner.run(required) is not None:
        return
    held = [next(filter(learner.holds, clause)) for clause in required]
    learner.keep(held)
    assert all(map(learner.is_assigned, held))


def test_problems_near_the_threshold_of_satisfiability():
    # 4.26 clauses of three literals for each name: about half of such problems can be satisfied.
    chance, found = random.Random(3), set()
    for _ in range(12):
        many = [
            [2 * atom + chance.randrange(2) for atom in chance.sample(range(1, NAMES + 1), 3)]
            for _ in range(26)
        ]
        learner = learner_of(many)
        answer = learner.run([list(one) for one in many]) is None
        assert answer == bool(list(rows_of(many)))
        found.add(answer)
    assert found == {True, False}


def test_a_clause_that_always_holds_and_an_empty_one():
    learner = learner_of([[2, 3], [TRUE, 4], [4, FALSE]])
    assert learner.run([[4]]) is None
    assert learner.holds(4)


def test_limits_end_it_and_the_next_question_is_answered():
    # Eight pigeons in seven holes: hard for resolution.
    atoms = Atoms()
    hole = [[2 * atoms.fresh() for _ in range(7)] for _ in range(8)]
    many = [list(row) for row in hole]
    many += [
        [one ^ 1, other ^ 1]
        for column in zip(*hole, strict=True)
        for place, one in enumerate(column)
        for other in column[:place]
    ]
    learner = Learner(atoms)
    for clause in many:
        learner.add(clause)
    learner.limits = Limits(work=2_000)
    with pytest.raises(LimitReached):
        learner.run(many)
    learner.retract(0)
    learner.limits = Limits()
    assert learner.run(many[:7]) is None


# --------------------------------------------------------------------------------- conflicts


def test_the_first_unique_point_is_nearest_to_the_conflict():
    # Level 1 decides a; level 2 decides b, c follows from b, d from c and a, not d from c.
    a, b, c, d = 2, 4, 6, 8
    trail = [a, b, c, d]
    level = [0, 1, 2, 2, 2]
    reason = [None, None, None, [c, b ^ 1], [d, c ^ 1, a ^ 1]]
    learned, seen = first_unique_point([d ^ 1, c ^ 1], 2, trail, level, reason)
    assert learned == [c ^ 1, a ^ 1]
    assert seen == {1, 3, 4}


def test_tracing_ends_at_assumptions():
    level = [0, 1, 2, 2, 0]
    reason = [None, None, None, [6, 5, 3], None]
    assert trace([7, 8], level, reason) == {1, 2}
