"""Eliminations that can be worked out by hand."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

import pytest

from pishield_cli.logic.plans import elimination
from pishield_cli.logic.plans.elimination import Elimination, eliminate, split
from pishield_cli.logic.plans.half_spaces import (
    Disjunction,
    Half,
    disjunction,
    half_space,
)
from pishield_cli.logic.solver.limits import LimitReached, Limits

LIMIT = 100_000


def clause(*halves: tuple[dict[int, int], int, bool]) -> Disjunction:
    found = disjunction(
        half_space([(p, Fraction(c)) for p, c in terms.items()], Fraction(constant), strict)
        for terms, constant, strict in halves
    )
    assert found is not None
    return found


def eliminated(*clauses: Disjunction, variables: int = 3) -> list[Elimination] | None:
    return eliminate(clauses, range(variables - 1, -1, -1), limits=Limits(work=LIMIT))


def test_one_lower_and_one_upper_bound_meet() -> None:
    first, second = ({1: 1, 0: -1}, 0, False), ({1: -1}, -5, True)  # y >= x, y < 5
    found = eliminated(clause(first), clause(second))
    assert found is not None
    assert [one.position for one in found] == [1, 0]
    assert set(found[0].clauses) == {clause(first), clause(second)}
    assert found[1].clauses == (clause(({0: -1}, -5, True)),)


def test_nothing_is_left_of_bounds_on_one_side() -> None:
    found = eliminated(clause(({2: 1, 1: -1}, 0, False)), clause(({2: 1, 0: -1}, 0, True)))
    assert found is not None
    assert [one.position for one in found] == [2]


def test_a_chain_goes_through_clauses_with_bounds_on_both_sides() -> None:
    # y >= 10; y <= 6 or y >= 12; y <= 2 or y >= 8 + x; y <= 11 + x
    found = eliminated(
        clause(({1: 1}, 10, False)),
        clause(({1: -1}, -6, False), ({1: 1}, 12, False)),
        clause(({1: -1}, -2, False), ({1: 1, 0: -1}, 8, False)),
        clause(({1: -1, 0: 1}, -11, False)),
    )
    assert found is not None
    derived = {one for part in found if part.position == 0 for one in part.clauses}
    # y is in [12, inf), above 8 + x and below 11 + x: x >= 1
    assert derived == {clause(({0: 1}, 1, False))}


@pytest.mark.parametrize(
    "clauses",
    [
        [clause(({0: 1}, 1, False)), clause(({0: -1}, 0, False))],
        [clause(({0: 1}, 1, True)), clause(({0: -1}, -1, False))],
        [
            clause(({1: 1, 0: -1}, 0, True)),
            clause(({2: 1, 1: -1}, 0, False)),
            clause(({0: 1, 2: -1}, 0, False)),
        ],
        [
            clause(({0: 1}, 1, False), ({1: 1}, 1, False)),
            clause(({0: -1}, 0, False)),
            clause(({1: -1}, 0, False)),
        ],
        [()],
    ],
)
def test_contradictions_are_found(clauses: list[Disjunction]) -> None:
    assert eliminated(*clauses) is None


def test_an_equality_defines_its_last_variable() -> None:
    total = ({2: 1, 1: -1, 0: -1}, 0, False)
    back = ({2: -1, 1: 1, 0: 1}, 0, False)
    found = eliminated(clause(total), clause(back), clause(({2: 1}, 3, True)))
    assert found is not None
    assert found[0].position == 2
    assert found[0].equality == clause(total)[0]
    assert set(found[0].clauses) == {clause(total), clause(back)}
    assert found[1].clauses == (clause(({1: 1, 0: 1}, 3, True)),)


def test_the_shortest_equality_is_taken() -> None:
    long = [clause(({2: 1, 1: 1, 0: 1}, 4, False)), clause(({2: -1, 1: -1, 0: -1}, -4, False))]
    short = [clause(({2: 1, 0: 1}, 1, False)), clause(({2: -1, 0: -1}, -1, False))]
    found = eliminated(*long, *short)
    assert found is not None
    assert found[0].equality == short[0][0]
    assert found[1].position == 1
    assert found[1].equality == clause(({1: 1}, 3, False))[0]


def test_strict_bounds_define_nothing() -> None:
    assert eliminated(clause(({1: 1, 0: 1}, 1, True)), clause(({1: -1, 0: -1}, -1, False))) is None


def test_a_clause_splits_by_the_side_that_it_bounds() -> None:
    whole = clause(({1: 2, 0: 1}, 1, False), ({1: -1}, 0, True), ({0: 1}, 7, False))
    lowers, uppers, others = split(whole, 1)
    assert (len(lowers), len(uppers), len(others)) == (1, 1, 1)
    assert lowers[0][0][-1] == (1, 2)
    assert uppers[0][0] == ((1, -1),)
    assert others == [(((0, 1),), Fraction(7), False)]


def test_work_is_bounded() -> None:
    dense = [
        clause(({0: a, 1: b, 2: c}, 1, False), ({0: c, 1: a, 2: -b}, 2, True))
        for a in (1, 2, 3)
        for b in (-1, 2, 5)
        for c in (1, -3, 4)
    ]
    with pytest.raises(LimitReached, match="work"):
        eliminate(dense, [2, 1, 0], limits=Limits(work=500))


def test_implied_inequalities_do_not_pile_up() -> None:
    # Fourier and Motzkin's method without pruning squares its clauses at every step.
    names = range(6)
    clauses = [
        clause(({i: 1, j: sign}, -10 - i * j, False))
        for i in names
        for j in names
        if i < j
        for sign in (1, -1)
    ]
    clauses += [clause(({i: -1}, -8, False)) for i in names]
    found = eliminated(*clauses, variables=6)
    assert found is not None
    assert max(len(one.clauses) for one in found) < 100


def apart(count: int) -> list[Disjunction]:
    """Numbers from 1 to as many as there are, no two of them equal."""
    return [
        *(clause(({place: 1}, 1, False)) for place in range(count)),
        *(clause(({place: -1}, -count, False)) for place in range(count)),
        *(
            clause(({one: 1, other: -1}, 0, True), ({one: -1, other: 1}, 0, True))
            for one, other in combinations(range(count), 2)
        ),
    ]


def test_every_half_space_that_elimination_handles_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handled = 0

    def counting(halves: Iterable[Half]) -> Disjunction | None:
        nonlocal handled
        listed = list(halves)
        handled += len(listed)
        return disjunction(listed)

    monkeypatch.setattr(elimination, "disjunction", counting)
    limits = Limits(work=20_000)
    with pytest.raises(LimitReached):
        eliminate(apart(8), range(7, -1, -1), limits=limits)
    assert 0 < elimination.LITERAL * handled <= 20_000
