"""Laws of correction: what is promised of every row, whatever the requirements and the cells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.changes import Correction
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.answers import NearestValue
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import nearest_value, solve
from pishield_cli.logic.solver.search import Model
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import examples
from tests.property.strategies import (
    DECIMAL,
    DENSE,
    NAMES,
    SCALED,
    WHOLE,
    WIDE_INTEGERS,
    equality,
    float_columns,
    integer_columns,
    satisfiable_systems,
)

MANY = examples(8)
VERY_MANY = examples(200)
ROWS = 12
TOLERANCE = Fraction(1, 10**9)

FAR_OUT = 10**290
"""Cells beyond this leave no room before the end of a double's range."""

Table = Mapping[str, NumericColumn]

# ------------------------------------------------------------------------------ independent oracle


def decimal(cell: np.generic) -> Fraction | None:
    """What a cell stands for, by numpy's own shortest text."""
    if isinstance(cell, np.floating):
        if not np.isfinite(cell):
            return None
        return Fraction(np.format_float_scientific(cell, unique=True, trim="-"))
    return Fraction(int(cell))


def row_of(table: Table, row: int) -> dict[str, Fraction | float | None]:
    """A row's cells: exact, infinite as a float, or None if missing."""
    cells: dict[str, Fraction | float | None] = {}
    for name, column in table.items():
        gone = column.missing is not None and column.missing[row]
        value = column.values[row]
        if gone or value != value:  # noqa: PLR0124 - not a number
            cells[name] = None
        elif np.issubdtype(type(value), np.floating) and np.isinf(value):
            cells[name] = float(value)
        else:
            cells[name] = decimal(value)
    return cells


def false_clauses(
    clauses: Iterable[Clause], cells: Mapping[str, object], tolerance: Fraction
) -> list[Clause]:
    """Clauses that are false in a row; with a missing cell one is unknown, or true."""
    return [one for one in clauses if all(_false(literal, cells, tolerance) for literal in one)]


def _false(literal: Inequality, cells: Mapping[str, object], tolerance: Fraction) -> bool:
    values = [cells[name] for name in literal.variables]
    if any(value is None for value in values):
        return False
    if any(isinstance(value, float) for value in values):
        ends = {
            value > 0 if c > 0 else value < 0
            for value, (_, c) in zip(values, literal.terms, strict=True)
            if isinstance(value, float)
        }
        return ends == {False}  # opposite infinities add up to nothing known
    parts = [c * v for v, (_, c) in zip(values, literal.terms, strict=True)]
    excess = sum(parts, Fraction(0)) - literal.constant
    if literal.strict:
        return excess <= 0
    return excess < -tolerance * (abs(literal.constant) + sum(map(abs, parts)))


def applied(table: Table, correction: Correction) -> dict[str, NumericColumn]:
    """The table with the changes written into cells of the columns' own types."""
    result = dict(table)
    for name, change in correction.changes.items():
        values = table[name].values.copy()
        cast = change.values.astype(values.dtype)
        assert (cast == change.values).all(), "no changed value is rounded by its column's type"
        values[change.rows] = cast
        result[name] = NumericColumn(values, table[name].missing)
    return result


# -------------------------------------------------------------------------------------------- laws


@dataclass
class Case:
    """One system applied to one table."""

    clauses: Sequence[Clause]
    table: Table
    grids: Mapping[str, Grid]
    fixed: Sequence[str] = ()
    ordering: Sequence[str] = NAMES

    def corrector(self) -> PlannedCorrector:
        return PlannedCorrector(self.clauses, self.ordering, self.grids, self.fixed)


def assert_every_other_row_holds(case: Case, tolerance: Fraction = Fraction(0)) -> None:
    rows = len(next(iter(case.table.values())))
    correction = case.corrector().correct(case.table, rows)
    after = applied(case.table, correction)
    for row in range(rows):
        before, now = row_of(case.table, row), row_of(after, row)
        wrong = false_clauses(case.clauses, before, Fraction(0))
        assert bool(wrong) == (row in correction.violating), (row, before)
        if row in correction.uncorrected:
            assert_infeasible(case, row)
        else:
            assert not false_clauses(case.clauses, now, tolerance), (row, before, now)
    assert_nothing_else_changes(case, correction)


def assert_nothing_else_changes(case: Case, correction: Correction) -> None:
    named = {name for clause in case.clauses for name in clause.variables}
    correctable = np.setdiff1d(correction.violating, correction.uncorrected)
    for name, change in correction.changes.items():
        assert name in named
        assert name not in case.fixed
        assert (np.diff(change.rows) > 0).all()
        assert len(change.rows)
        assert np.isin(change.rows, correctable).all()
        old = case.table[name].values[change.rows]
        assert np.isfinite(change.values.astype(np.float64)).all()
        assert (old != change.values).all()
        assert not (np.isnan(old.astype(np.float64))).any(), "missing cells stay missing"
        if case.table[name].missing is not None:
            assert not case.table[name].missing[change.rows].any()
        if case.grids[name].integer:
            assert (change.values == np.rint(change.values.astype(np.float64))).all()


def assert_infeasible(case: Case, row: int) -> None:
    """No values of the columns that may move satisfy what the row's known cells leave."""
    cells = row_of(case.table, row)
    known = [
        clause
        for clause in case.clauses
        if all(cells[name] is not None for name in clause.variables)
    ]
    named = {name for clause in known for name in clause.variables}
    if any(isinstance(cells[name], Fraction) and abs(cells[name]) > FAR_OUT for name in named):
        return
    if any(isinstance(cells[name], float) for name in named):
        return  # rows with infinite cells are left as they are
    fixed = {name: cells[name] for name in case.fixed if cells.get(name) is not None}
    integers = [name for name, grid in case.grids.items() if grid.integer]
    bounds = []
    for name in integers:
        info = (
            np.iinfo(case.table[name].values.dtype)
            if case.table[name].values.dtype.kind == "i"
            else None
        )
        low = max(-(2**53), info.min) if info else -(2**53)
        high = min(2**53, info.max) if info else 2**53
        bounds.append(Clause((Inequality((Term(name, Fraction(1)),), Fraction(low)),)))
        bounds.append(Clause((Inequality((Term(name, Fraction(-1)),), Fraction(-high)),)))
    answer = solve([*known, *bounds], integers=integers, fixed=fixed, limits=Limits(nodes=20_000))
    assert not isinstance(answer, Model), (row, cells, "has a correction", answer)


def assert_idempotent(case: Case, *, forgiving: bool = False) -> None:
    rows = len(next(iter(case.table.values())))
    corrector = case.corrector()
    first = corrector.correct(case.table, rows)
    second = corrector.correct(applied(case.table, first), rows)
    if not forgiving:
        assert not second.changes
        assert second.violating.tolist() == second.uncorrected.tolist()
    assert second.uncorrected.tolist() == first.uncorrected.tolist()


def assert_deterministic_and_independent_of_batches(case: Case) -> None:
    rows = len(next(iter(case.table.values())))
    whole = applied(case.table, case.corrector().correct(case.table, rows))
    again = applied(case.table, case.corrector().correct(case.table, rows))
    corrector = case.corrector()
    for name in case.table:
        assert whole[name].values.tobytes() == again[name].values.tobytes()
    for start in range(0, rows, 5):
        part = np.arange(start, min(start + 5, rows))
        piece = {name: column.take(part) for name, column in case.table.items()}
        cut = applied(piece, corrector.correct(piece, len(part)))
        for name in case.table:
            assert cut[name].values.tobytes() == whole[name].values[part].tobytes(), name


def grids_of(table: Table) -> dict[str, Grid]:
    return {
        name: Grid(places=0) if column.values.dtype.kind in "iu" else Grid()
        for name, column in table.items()
    }


def cases(
    systems: st.SearchStrategy[list[Clause]],
    tables: st.SearchStrategy[dict[str, NumericColumn]],
    fixed: bool = False,
) -> st.SearchStrategy[Case]:
    held = st.lists(st.sampled_from(NAMES[:4]), max_size=2, unique=True) if fixed else st.just([])
    return st.builds(lambda s, t, f: Case(s, t, grids_of(t), f), systems, tables, held)


LINEAR = satisfiable_systems(coefficients=DECIMAL, most=1)
DISJUNCTIVE = satisfiable_systems(coefficients=DECIMAL)
DENSE_ONES = satisfiable_systems(coefficients=DENSE)
ILL_SCALED = satisfiable_systems(coefficients=SCALED)
EQUATIONS = satisfiable_systems(coefficients=WHOLE, most=2, largest=3, equalities=True)
INTEGRAL = satisfiable_systems(coefficients=WHOLE, most=2, whole=True)


def floats(
    *pools: str, dtypes: Sequence[str] = ("f8",)
) -> st.SearchStrategy[dict[str, NumericColumn]]:
    return float_columns(NAMES[:4], ROWS, pools, dtypes)


KINDS = {
    "linear": cases(LINEAR, floats("short", "long")),
    "disjunctive": cases(DISJUNCTIVE, floats("short", "long")),
    "dense": cases(DENSE_ONES, floats("short", "long")),
    "far": cases(DISJUNCTIVE, floats("far")),
    "tiny": cases(DISJUNCTIVE, floats("tiny")),
    "ill-scaled": cases(ILL_SCALED, floats("short", "far")),
    "single": cases(DISJUNCTIVE, floats("short", "long", "far", dtypes=("f4",))),
    "half": cases(DISJUNCTIVE, floats("short", dtypes=("f2",))),
    "mixed widths": cases(DISJUNCTIVE, floats("short", "long", dtypes=("f8", "f4", "f2"))),
    "missing": cases(DISJUNCTIVE, floats("missing", "short")),
    "infinite": cases(DISJUNCTIVE, floats("infinite", "short")),
    "infinite equations": cases(EQUATIONS, floats("infinite", "short"), fixed=True),
    "huge": cases(DISJUNCTIVE, floats("huge")),
    "wild": cases(DISJUNCTIVE, floats("wild", dtypes=("f8", "f4"))),
    "integers": cases(INTEGRAL, integer_columns(NAMES[:4], ROWS)),
    "integers missing": cases(INTEGRAL, integer_columns(NAMES[:4], ROWS, gaps=True)),
    "wide integers": cases(INTEGRAL, integer_columns(NAMES[:4], ROWS, WIDE_INTEGERS)),
    "mixed": cases(
        DISJUNCTIVE,
        st.builds(
            lambda x, y: {**x, **y},
            float_columns(NAMES[:2], ROWS, ("short", "missing")),
            integer_columns(NAMES[2:4], ROWS, gaps=True),
        ),
    ),
    "fixed": cases(DISJUNCTIVE, floats("short", "long"), fixed=True),
    "fixed integers": cases(INTEGRAL, integer_columns(NAMES[:4], ROWS), fixed=True),
    "equations": cases(EQUATIONS, floats("short", "long")),
    "equations missing": cases(EQUATIONS, floats("short", "missing"), fixed=True),
}


# ------------------------------------------------------------------------------------------- tests


def every_kind(law: Callable[[Case, bool], None]) -> Callable[[str], None]:
    """Try a law on every kind of case; equations hold within the tolerance only."""

    @pytest.mark.parametrize("kind", KINDS)
    def test(kind: str) -> None:
        given(KINDS[kind])(MANY(lambda case: law(case, "equations" in kind)))()

    return test


@every_kind
def test_every_row_holds_or_cannot(case: Case, forgiving: bool) -> None:
    assert_every_other_row_holds(case, TOLERANCE if forgiving else Fraction(0))


@every_kind
def test_correcting_twice_is_correcting_once(case: Case, forgiving: bool) -> None:
    assert_idempotent(case, forgiving=forgiving)


@every_kind
def test_batches_do_not_matter(case: Case, forgiving: bool) -> None:
    assert_deterministic_and_independent_of_batches(case)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_all_laws_on_many_cases(kind: str) -> None:
    forgiving = "equations" in kind

    @VERY_MANY
    @given(KINDS[kind])
    def laws(case: Case) -> None:
        assert_every_other_row_holds(case, TOLERANCE if forgiving else Fraction(0))
        assert_idempotent(case, forgiving=forgiving)
        assert_deterministic_and_independent_of_batches(case)

    laws()


@MANY
@given(cases(DISJUNCTIVE, floats("short")))
def test_the_first_column_that_moves_goes_to_its_nearest_value(case: Case) -> None:
    correction = case.corrector().correct(case.table, ROWS)
    after = applied(case.table, correction)
    for row in correction.violating:
        before, now = row_of(case.table, row), row_of(after, row)
        known: dict[str, Fraction] = {}
        for group in case.corrector().plans:
            for name in group.variables:
                target, new = before[name], now[name]
                assert isinstance(target, Fraction)
                assert isinstance(new, Fraction)
                found = nearest_value(name, target, group.clauses, fixed=known)
                assert isinstance(found, NearestValue)
                # Values that move go to a short decimal at the scale of the row's cells, so later
                # columns start from elsewhere.
                scale = max(abs(cell) for one in (before, now) for cell in one.values())
                assert abs(new - found.value) <= Fraction(1, 10**6) * (1 + scale)
                if new != target:
                    break
                known[name] = target
            known.clear()


@MANY
@given(cases(satisfiable_systems(coefficients=(Fraction(1), Fraction(-1))), floats("short")))
def test_columns_that_no_clause_names_stay_untouched(case: Case) -> None:
    named = {name for clause in case.clauses for name in clause.variables}
    correction = case.corrector().correct(case.table, ROWS)
    assert set(correction.changes) <= named


UNIT = (Fraction(1), Fraction(-1))


@MANY
@given(
    st.lists(st.sampled_from(UNIT), min_size=2, max_size=20),
    st.sampled_from(["short", "long", "far"]),
    st.sampled_from(["f8", "f4"]),
    st.data(),
)
def test_sums_hold_exactly(
    signs: list[Fraction], pool: str, dtype: str, data: st.DataObject
) -> None:
    names = [f"x{index}" for index in range(len(signs))]
    table = data.draw(float_columns(names, ROWS, [pool], [dtype]))
    terms = [Term(name, sign) for name, sign in zip(names, signs, strict=True)]
    case = Case(equality(terms, Fraction(0)), table, grids_of(table), ordering=names)
    assert_every_other_row_holds(case)
    assert_idempotent(case)


@MANY
@given(floats("short", "long", "far", "tiny"), st.permutations(NAMES[:4]))
def test_a_chain_of_bounds_that_closes_is_an_equality(
    table: dict[str, NumericColumn], names: list[str]
) -> None:
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    chain = [
        Clause((Inequality((Term(high, Fraction(1)), Term(low, Fraction(-1))), Fraction(0)),))
        for low, high in pairs
    ]
    case = Case(chain, table, grids_of(table))
    assert_every_other_row_holds(case)
    after = applied(table, case.corrector().correct(table, ROWS))
    for name in NAMES[:4]:
        assert (after[name].values == after["a"].values).all()
    assert (after["a"].values == table["a"].values).all(), "the first of the ordering stays"


@MANY
@given(floats("short", "long"), st.integers(1, 9))
def test_an_equality_that_no_decimal_solves_holds_within_the_tolerance(
    table: dict[str, NumericColumn], sevenths: int
) -> None:
    terms = (Term("a", Fraction(7)), Term("b", Fraction(3)))
    case = Case(equality(terms, Fraction(sevenths)), table, grids_of(table))
    assert_every_other_row_holds(case, TOLERANCE)
