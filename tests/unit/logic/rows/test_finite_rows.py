"""Rows whose columns have few whole numbers, against an enumeration of all of them."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.rows.finite_domains import MOST_VALUES
from pishield_cli.logic.rows.finite_rows import FiniteRows
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import Row
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Clause, Conjunction, Inequality, Literal, Term
from tests.laws import examples

NAMES = ("a", "b", "c", "d")
GRIDS = {name: Grid(0, low=-1, high=2) for name in NAMES}
ENOUGH = 10**9
CELLS = st.fixed_dictionaries({name: st.integers(-4, 4).map(Fraction) for name in NAMES})
WEIGHTS = st.tuples(*(st.sampled_from([1, 2, 0.3]).map(Fraction) for _ in NAMES))


def inequality(coefficients: dict[str, int], constant: int, *, strict: bool = False) -> Inequality:
    terms = tuple(Term(name, Fraction(c)) for name, c in coefficients.items() if c)
    return Inequality(terms, Fraction(constant, 2), strict)


INEQUALITIES = st.builds(
    inequality,
    st.dictionaries(st.sampled_from(NAMES), st.integers(-3, 3), max_size=4),
    st.integers(-9, 9),
    strict=st.booleans(),
)
LITERALS: st.SearchStrategy[Literal] = st.one_of(
    INEQUALITIES,
    st.builds(Conjunction, st.tuples(INEQUALITIES, INEQUALITIES), st.booleans()),
)
CLAUSES = st.lists(
    st.lists(LITERALS, min_size=1, max_size=3).map(lambda one: Clause(tuple(one))),
    min_size=1,
    max_size=5,
)


def holds(literal: Literal, row: tuple[int, ...]) -> bool:
    if isinstance(literal, Conjunction):
        return all(holds(part, row) for part in literal.parts) == literal.positive
    assert isinstance(literal, Inequality)
    total = sum(2 * int(c) * row[NAMES.index(name)] for name, c in literal.terms)
    bound = int(2 * literal.constant)
    return total > bound if literal.strict else total >= bound


def allowed(clauses: list[Clause]) -> Iterator[Row]:
    for row in product(range(-1, 3), repeat=len(NAMES)):
        if all(any(holds(one, row) for one in clause) for clause in clauses):
            yield {name: Fraction(value) for name, value in zip(NAMES, row, strict=True)}


def least(clauses: list[Clause], measure: Callable[[Row], object]) -> object:
    return min(map(measure, allowed(clauses)), default=None)  # type: ignore[type-var]


def ready(clauses: list[Clause], fixed: tuple[str, ...] = ()) -> FiniteRows:
    found = FiniteRows.of(clauses, NAMES, GRIDS, fixed)
    assert found is not None
    return found


@examples(200)
@given(CLAUSES, CELLS)
def test_the_row_in_order_is_the_first_of_all(clauses: list[Clause], cells: Row) -> None:
    def measure(row: Row) -> tuple[object, ...]:
        return tuple((abs(row[name] - cells[name]), row[name]) for name in NAMES)

    found = ready(clauses).in_order(cells, Limits(None, ENOUGH))
    assert found.complete
    assert (None if found.row is None else measure(found.row)) == least(clauses, measure)


@examples(200)
@given(CLAUSES, CELLS, WEIGHTS)
def test_the_nearest_row_is_the_nearest_of_all(
    clauses: list[Clause], cells: Row, weights: tuple[Fraction, ...]
) -> None:
    def measure(row: Row) -> tuple[object, ...]:
        moves = [row[name] - cells[name] for name in NAMES]
        far = sum((w * move) ** 2 for w, move in zip(weights, moves, strict=True))
        return far, [bool(move) for move in moves]

    found = ready(clauses).nearest(cells, weights, Limits(None, ENOUGH))
    assert found.complete
    assert (None if found.row is None else measure(found.row)) == least(clauses, measure)


@examples(200)
@given(CLAUSES, CELLS, WEIGHTS)
def test_the_row_of_fewest_changes_is_that_of_all(
    clauses: list[Clause], cells: Row, costs: tuple[Fraction, ...]
) -> None:
    def measure(row: Row) -> tuple[object, ...]:
        moves = [row[name] - cells[name] for name in NAMES]
        changed = [bool(move) for move in moves]
        cost = sum(c for c, moved in zip(costs, changed, strict=True) if moved)
        return cost, sum(move**2 for move in moves), changed

    ones = [Fraction(1)] * len(NAMES)
    found = ready(clauses).nearest(cells, ones, Limits(None, ENOUGH), costs)
    assert found.complete
    assert (None if found.row is None else measure(found.row)) == least(clauses, measure)


@examples(100)
@given(CLAUSES, CELLS)
def test_fixed_columns_keep_their_cells(clauses: list[Clause], cells: Row) -> None:
    found = ready(clauses, ("b", "d")).in_order(cells, Limits(None, ENOUGH))
    keeping = [one for one in allowed(clauses) if all(one[n] == cells[n] for n in "bd")]
    assert (found.row in keeping) if keeping else (found.row is None and found.complete)


@examples(100)
@given(CLAUSES, CELLS, st.integers(1, 60))
def test_what_little_work_finds_holds(clauses: list[Clause], cells: Row, work: int) -> None:
    limits = Limits(None, work)
    found = ready(clauses).nearest(cells, [Fraction(1)] * len(NAMES), limits)
    if found.row is not None:
        assert all(clause.holds(found.row) for clause in clauses)
    elif found.complete:
        assert not list(allowed(clauses))


@examples(100)
@given(CLAUSES)
def test_whether_any_row_is_possible_is_told(clauses: list[Clause]) -> None:
    assert ready(clauses).is_possible(Limits(None, ENOUGH)) == bool(list(allowed(clauses)))


def test_more_columns_that_differ_than_values_are_seen_at_once() -> None:
    names = [f"x{number}" for number in range(9)]
    grids = {name: Grid(0, low=1, high=8) for name in names}
    clauses = [
        Clause(tuple(inequality({a: s, b: -s}, 0, strict=True) for s in (1, -1)))
        for a, b in combinations(names, 2)
    ]
    found = FiniteRows.of(clauses, names, grids)
    assert found is not None
    assert found.is_possible(Limits(None, 100)) is False


@pytest.mark.parametrize(
    "grid", [Grid(), Grid(2, low=0, high=1), Grid(0), Grid(0, low=0, high=MOST_VALUES)]
)
def test_columns_of_other_than_few_whole_numbers_are_left_to_others(grid: Grid) -> None:
    assert FiniteRows.of([Clause((inequality({"a": 1}, 0),))], ["a"], {"a": grid}) is None


def test_bounds_follow_from_other_columns() -> None:
    clauses = [
        Clause((inequality({"a": 1}, 0),)),
        Clause((inequality({"b": 1, "a": -1}, 1),)),
        Clause((inequality({"b": -1}, -9),)),
    ]
    rows = FiniteRows.of(clauses, ["a", "b"], dict.fromkeys("ab", Grid(0)))
    assert rows is not None
    found = rows.in_order({"a": Fraction(7), "b": Fraction(0)}, Limits(None, ENOUGH))
    assert found.row == {"a": Fraction(3), "b": Fraction(4)}


def test_a_cell_that_is_not_whole_is_left_to_others() -> None:
    cells = {**dict.fromkeys(NAMES, Fraction(0)), "a": Fraction(1, 2)}
    found = ready([Clause((inequality({"a": 1}, 2),))]).in_order(cells, Limits(None, ENOUGH))
    assert found.row is None
    assert not found.complete
