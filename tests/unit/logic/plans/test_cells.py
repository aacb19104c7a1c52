"""Cells of clauses that can be counted by hand."""

from fractions import Fraction

from pishield_cli.logic.plans.cells import enumerate_cells
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Term


def above(name: str, constant: int, strict: bool = False) -> Inequality:
    return Inequality((Term(name, Fraction(1)),), Fraction(constant), strict)


def below(name: str, constant: int, strict: bool = False) -> Inequality:
    return Inequality((Term(name, Fraction(-1)),), Fraction(-constant), strict)


def test_a_conjunction_is_one_cell() -> None:
    found = enumerate_cells([Clause((above("x", 1),)), Clause((below("x", 5),))])
    assert found.complete
    assert [set(cell) for cell in found.cells] == [{above("x", 1), below("x", 5)}]


def test_a_gap_makes_two_cells() -> None:
    found = enumerate_cells([Clause((below("x", 1), above("x", 5)))])
    assert found.complete
    assert {frozenset(cell) for cell in found.cells} == {
        frozenset({below("x", 1)}),
        frozenset({above("x", 5)}),
    }


def test_a_literal_that_serves_all_clauses_is_enough() -> None:
    shared = above("x", 0)
    found = enumerate_cells(
        [Clause((shared, above("y", 0))), Clause((shared, below("y", -5)))], limit=1
    )
    assert all(len(cell) in (1, 2) for cell in found.cells)


def test_a_contradiction_has_no_cell() -> None:
    found = enumerate_cells([Clause((above("x", 1),)), Clause((below("x", 0),))])
    assert found.complete
    assert found.cells == ()


def test_no_clause_is_one_cell_that_is_everywhere() -> None:
    found = enumerate_cells([])
    assert found.complete
    assert found.cells == ((),)


def test_booleans_are_compared_with_one_half() -> None:
    found = enumerate_cells([Clause((BooleanLiteral("b"),))])
    assert found.cells == ((Inequality((Term("b", Fraction(1)),), Fraction(1, 2), True),),)


def test_points_lie_in_their_cells() -> None:
    clauses = [
        Clause((below("x", 1), above("x", 5))),
        Clause((below("y", 1, strict=True), above("x", 7), above("y", 3))),
    ]
    found = enumerate_cells(clauses)
    assert len(found.points) == len(found.cells)
    for cell, point in zip(found.cells, found.points, strict=True):
        values = {"x": Fraction(0), "y": Fraction(0), **point}
        assert all(one.holds(values) for one in cell)


def test_limits_are_reported() -> None:
    clauses = [Clause((below(name, 0), above(name, 1))) for name in "abcdef"]
    assert enumerate_cells(clauses).complete
    assert not enumerate_cells(clauses, limit=10).complete
    assert not enumerate_cells(clauses, limits=Limits(nodes=2)).complete
