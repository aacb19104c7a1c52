"""Canonical half-spaces, clauses of them, and sets without idle ones."""

from fractions import Fraction

import pytest

from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.half_spaces import (
    ClauseSet,
    Disjunction,
    Half,
    combined,
    disjunction,
    equated,
    excludes,
    half_of,
    half_space,
    opposite,
)
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Inequality

X = ((0, 1),)
Y = ((1, 1),)


def half(text: str) -> Half:
    """`x >= 3`, `-x > 1`, `y >= 0`, ..."""
    side, sign, number = text.split()
    form = {"x": X, "y": Y, "-x": opposite(X), "-y": opposite(Y)}[side]
    return form, Fraction(number), sign == ">"


def clause(*texts: str) -> Disjunction:
    found = disjunction(map(half, texts))
    assert found is not None
    return found


def clauses(*some: Disjunction) -> ClauseSet:
    found = ClauseSet(Limits(work=10_000))
    for one in some:
        found.add(one)
    return found


@pytest.mark.parametrize(
    ("coefficients", "constant", "expected"),
    [
        ([(0, "2"), (1, "-4")], "6", (((0, 1), (1, -2)), "3")),
        ([(1, "1/2"), (0, "1/3")], "1", (((0, 2), (1, 3)), "6")),
        ([(0, "0"), (1, "-3")], "1", (((1, -1),), "1/3")),
        ([], "2", ((), "2")),
        ([(0, "0")], "-2", ((), "-2")),
        ([(0, "0.3"), (1, "1e9")], "0", (((0, 3), (1, 10**10)), "0")),
    ],
)
def test_coefficients_become_whole_and_coprime(
    coefficients: list[tuple[int, str]], constant: str, expected: tuple[object, str]
) -> None:
    pairs = [(position, Fraction(value)) for position, value in coefficients]
    form, number = expected
    assert half_space(pairs, Fraction(constant), strict=True) == (form, Fraction(number), True)


def test_a_combination_cancels_and_is_strict_if_one_is() -> None:
    first = half_space([(0, Fraction(1)), (1, Fraction(2))], Fraction(3), strict=False)
    second = half_space([(0, Fraction(1)), (1, Fraction(-1))], Fraction(1), strict=True)
    assert combined(first, 1, second, 2) == (X, Fraction(5, 3), True)
    assert combined(first, 1, (opposite(first[0]), Fraction(-2), False), 1) == (
        (),
        Fraction(1),
        False,
    )


def test_constants_are_folded() -> None:
    false, true = ((), Fraction(1), False), ((), Fraction(0), False)
    assert disjunction([false]) == ()
    assert disjunction([]) == ()
    assert disjunction([false, half("x >= 1")]) == (half("x >= 1"),)
    assert disjunction([true, half("x >= 1")]) is None
    assert disjunction([((), Fraction(0), True)]) == ()


def test_the_weakest_of_parallel_literals_stays() -> None:
    assert clause("x >= 3", "x > 1", "x >= 2") == (half("x > 1"),)
    assert clause("x > 1", "x >= 1") == (half("x >= 1"),)


@pytest.mark.parametrize(
    ("first", "second", "tautology"),
    [
        ("x >= 1", "-x >= -1", True),
        ("x > 1", "-x >= -1", True),
        ("x > 1", "-x > -1", False),
        ("x >= 1", "-x >= 0", False),
        ("x >= 0", "-x >= -1", True),
    ],
)
def test_literals_that_cover_the_line_are_a_tautology(
    first: str, second: str, tautology: bool
) -> None:
    assert (disjunction([half(first), half(second)]) is None) == tautology


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("x >= 1", "-x > -1", True),
        ("x >= 1", "-x >= -1", False),
        ("x >= 2", "-x >= -1", True),
        ("x > 1", "-x > -2", False),
    ],
)
def test_exclusion(first: str, second: str, apart: bool) -> None:
    assert excludes(half(first), half(second)) == apart


def test_a_stronger_clause_replaces_a_weaker_one() -> None:
    found = clauses(clause("x >= 1", "y >= 1"), clause("x >= 2"))
    assert list(found) == [clause("x >= 2")]
    assert found.subsumes(clause("x >= 1"))
    assert found.subsumes(clause("x > 1", "y >= 5"))
    assert not found.subsumes(clause("x > 2"))
    assert not found.subsumes(clause("y >= 5"))


def test_a_weaker_clause_is_not_added() -> None:
    found = clauses(clause("x >= 2"), clause("x >= 1"), clause("x >= 0", "y > 3"))
    assert list(found) == [clause("x >= 2")]


def test_units_refute_literals_whichever_comes_first() -> None:
    for order in (1, -1):
        found = clauses(*[clause("x >= 2", "y >= 1"), clause("-x > -2")][::order])
        assert set(found) == {clause("y >= 1"), clause("-x > -2")}


def test_refuting_goes_on_until_nothing_is_left() -> None:
    found = clauses(clause("x >= 1", "y >= 1"), clause("-y > -1", "x >= 5"), clause("-x > 0"))
    assert () in set(found)
    assert found.subsumes(clause("x >= 9"))
    assert len(found) == 1


def test_units_are_known_by_their_form() -> None:
    found = clauses(clause("x >= 1"), clause("x > 4"), clause("y >= 1", "x >= 0"))
    assert found.unit(X) == half("x > 4")
    assert found.unit(Y) is None
    found.take_units([half("x > 4")])
    assert found.unit(X) is None
    assert len(found) == 0


def test_clauses_are_taken_by_the_last_variable_of_a_form() -> None:
    low, both, high = clause("x >= 1"), clause("y >= 1", "x >= 2"), clause("-y > -3")
    found = clauses(low, both, high)
    assert found.take(1) == [both, high]
    assert list(found) == [low]
    assert found.take(1) == []
    assert found.take(0) == [low]


def test_the_sides_of_an_equality_are_found_whatever_their_scale() -> None:
    place = {"a": 0, "b": 1}
    texts = "2*a - 4*b >= 6\n2*b - a >= -3\na >= 1\n-a >= -2\nb > 0\n-b > 0"
    halves = [half_of(one, place) for one in map(parsed, texts.splitlines())]
    assert equated(halves) == halves[:2]


def parsed(text: str) -> Inequality:
    (clause,) = parse_requirements(text).clauses
    (literal,) = clause
    assert isinstance(literal, Inequality)
    return literal


def test_a_literal_alone_is_the_literals_that_it_stands_for() -> None:
    both = ((-1, 0), (1, 0)), Fraction(0), True
    meant = {both: (half("x >= 1"), half("y > 2"))}
    found = ClauseSet(Limits(None), lambda one: meant.get(one, (one,)))
    found.add((both,))
    assert set(found) == {clause("x >= 1"), clause("y > 2")}
