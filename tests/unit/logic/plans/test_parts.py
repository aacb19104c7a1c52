"""Cells of clauses that can be counted by hand."""

from fractions import Fraction

from pishield_cli.logic.plans.parts import convex_parts
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Term


def above(name: str, constant: int, strict: bool = False) -> Inequality:
    return Inequality((Term(name, Fraction(1)),), Fraction(constant), strict)


def below(name: str, constant: int, strict: bool = False) -> Inequality:
    return Inequality((Term(name, Fraction(-1)),), Fraction(-constant), strict)


def test_a_conjunction_is_one_cell() -> None:
    found = convex_parts([Clause((above("x", 1),)), Clause((below("x", 5),))])
    assert found.complete
    assert [set(part) for part in found.parts] == [{above("x", 1), below("x", 5)}]


def test_a_gap_makes_two_cells() -> None:
    found = convex_parts([Clause((below("x", 1), above("x", 5)))])
    assert found.complete
    assert {frozenset(part) for part in found.parts} == {
        frozenset({below("x", 1)}),
        frozenset({above("x", 5)}),
    }


def test_a_literal_that_serves_all_clauses_is_enough() -> None:
    shared = above("x", 0)
    found = convex_parts(
        [Clause((shared, above("y", 0))), Clause((shared, below("y", -5)))], limit=1
    )
    assert all(len(part) in (1, 2) for part in found.parts)


def test_a_contradiction_has_no_cell() -> None:
    found = convex_parts([Clause((above("x", 1),)), Clause((below("x", 0),))])
    assert found.complete
    assert found.parts == ()


def test_no_clause_is_one_cell_that_is_everywhere() -> None:
    found = convex_parts([])
    assert found.complete
    assert found.parts == ((),)


def test_booleans_are_compared_with_one_half() -> None:
    found = convex_parts([Clause((BooleanLiteral("b"),))])
    assert found.parts == ((Inequality((Term("b", Fraction(1)),), Fraction(1, 2), True),),)


def test_points_lie_in_their_cells() -> None:
    clauses = [
        Clause((below("x", 1), above("x", 5))),
        Clause((below("y", 1, strict=True), above("x", 7), above("y", 3))),
    ]
    found = convex_parts(clauses)
    assert len(found.points) == len(found.parts)
    for part, point in zip(found.parts, found.points, strict=True):
        values = {"x": Fraction(0), "y": Fraction(0), **point}
        assert all(one.holds(values) for one in part)


def test_limits_are_reported() -> None:
    clauses = [Clause((below(name, 0), above(name, 1))) for name in "abcdef"]
    assert convex_parts(clauses).complete
    assert not convex_parts(clauses, limit=10).complete
    assert not convex_parts(clauses, limits=Limits(nodes=2)).complete
