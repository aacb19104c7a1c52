"""Laws of evaluation: it equals exact arithmetic on every row, whatever the cells and batches."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import inf, isinf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import ExactCells, NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.comparison import RowTruth, conjunction, disjunction
from pishield_cli.kernels.evaluation.compiled import compile_requirement, compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import Verdict, evaluate
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING, Tolerance
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Literal, Term
from tests.laws import examples

NAMES = ("a", "b", "c", "d", "e")
Value = Fraction | float | None

# ------------------------------------------------------------------------------------ strategies

DECIMALS = [n / 100 for n in range(-300, 301, 7)] + [0.1, 0.2, 0.3, -0.1, 0.7, 0.8, -0.0, 1e-3]
LONG = [1 / 3, 2 / 3, 0.1 + 0.2, 0.1 * 3, 1.1 * 1.1, -1 / 3, 2.0**-44, 1 / 7]
FAR = [1e22, -1e22, 1e16, 123456.789, 9007199254740993.0, 1e15, 1e15 + 1, 999999999999999.9]
TINY = [5e-324, -5e-324, 1e-320, 2.3e-308, 1e-30, 0.0]
HUGE = [1.7e308, -1.7e308, 1e300, 1.0]
WIDE = [2**63 - 1, -(2**63), 2**62, 2**53 + 1, 2**53, -(2**53) - 1, 0, 1]

SPECIAL = [np.nan, np.inf, -np.inf]
NOUGHTS = [0.0, 0.1, 0.2, 1.0, 16777217.0, 1e-42, 3.4e38]
POOLS: list[tuple[str, list[float]]] = [
    ("f8", DECIMALS),
    ("f8", LONG),
    ("f8", [*LONG, *DECIMALS, *SPECIAL]),
    ("f8", FAR),
    ("f8", [*TINY, *DECIMALS]),
    ("f8", [*HUGE, *SPECIAL]),
    ("f4", DECIMALS),
    ("f4", [*LONG, *NOUGHTS, *SPECIAL]),
    ("f2", DECIMALS),
    ("i8", [-2, -1, 0, 1, 2, 3]),
    ("i8", WIDE),
    ("i1", [-128, -1, 0, 1, 127]),
    ("u8", [2**64 - 1, 2**63, 0, 1]),
    ("?", [0, 1]),
]
LONG_DECIMALS = [
    *(Fraction(n, 100) for n in (12345678901234567890, 12345678901234567891, 10, -7)),
    *map(Fraction, ("1.000000000000000001", "1", "0.99999999999999999999", "0")),
]


def _column(
    pool: tuple[str, list[float]] | None, rows: int, seed: int, gaps: bool
) -> NumericColumn:
    random = np.random.default_rng(seed)
    missing = random.random(rows) < 0.2 if gaps else None
    if pool is None:
        exact = [LONG_DECIMALS[n] for n in random.integers(0, len(LONG_DECIMALS), rows)]
        values = np.array([float(number) for number in exact])
        if seed % 2:
            return NumericColumn(values, missing, ExactCells(exact.__getitem__))
        long = np.array([decimal_value(v) != e for v, e in zip(values, exact, strict=True)])
        cells = ExactCells(exact.__getitem__, lambda some: long[some], nearest=True)
        return NumericColumn(values, missing, cells)
    dtype, cells = pool
    with np.errstate(over="ignore"):
        return NumericColumn(random.choice(np.array(cells, dtype), rows), missing)


def _table(rows: int) -> st.SearchStrategy[dict[str, NumericColumn]]:
    column = st.builds(
        _column,
        st.sampled_from([*POOLS, None]),
        st.just(rows),
        st.integers(0, 999),
        st.sampled_from([False, False, True]),
    )
    return st.fixed_dictionaries(dict.fromkeys(NAMES, column))


TABLES = st.sampled_from([1, 3, 40]).flatmap(_table)
COEFFICIENTS = [1, 1, -1, -1, 3, -2, "1/2", "1/3", "-1/3", "0.1", 10**20, "1e-400"]
CONSTANTS = [0, 0, 0, 1, -1, "0.3", "0.1", "1/3", 2**63, "1e400", "1e-9", "-0.25"]


@st.composite
def _inequalities(draw: st.DrawFn) -> Inequality:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    terms = tuple(Term(name, Fraction(draw(st.sampled_from(COEFFICIENTS)))) for name in names)
    constant = Fraction(draw(st.sampled_from(CONSTANTS)))
    return Inequality(terms, constant, draw(st.booleans()))


LITERALS: st.SearchStrategy[Literal] = st.one_of(
    _inequalities(),
    _inequalities(),
    st.builds(BooleanLiteral, st.sampled_from(NAMES), st.booleans()),
)
CLAUSES = st.lists(LITERALS, min_size=1, max_size=3).map(lambda some: Clause(tuple(some)))
EQUALITIES = _inequalities().map(
    lambda one: (
        Clause((Inequality(one.terms, one.constant),)),
        Clause((Inequality(one.terms, one.constant).negated(),)),
    )
)
REQUIREMENTS = st.one_of(st.lists(CLAUSES, min_size=1, max_size=3).map(tuple), EQUALITIES).map(
    lambda clauses: Requirement(1, "", clauses)
)
TOLERANCES = st.sampled_from(["0", "rounding", "rounding", "1e-9", "1e-17", "0.5"])


def tolerance_for(written: str) -> Tolerance:
    return FLOAT_ROUNDING if written == "rounding" else Tolerance(Fraction(written))


# -------------------------------------------------------------------------------------- the oracle


def _value(column: NumericColumn, row: int) -> Value:
    """None if missing, an infinity, or the exact decimal."""
    if column.missing is not None and column.missing[row]:
        return None
    value = column.values[row]
    if column.exact is not None:
        return column.exact(row)
    if value.dtype.kind != "f":
        return Fraction(int(value))
    if np.isnan(value):
        return None
    return float(value) if np.isinf(value) else Fraction(str(value))


def _share(column: NumericColumn, row: int) -> Fraction:
    """What is forgiven of a cell where the rounding of floats is."""
    value = column.values[row]
    if value.dtype.kind != "f" or column.exact is not None or not np.isfinite(value):
        return Fraction(0)
    digits = len(Decimal(str(value)).normalize().as_tuple().digits)
    kept, share = {8: (15, "1e-9"), 4: (6, "1e-6"), 2: (3, "1e-2")}[value.dtype.itemsize]
    return Fraction(share if digits > kept else 0)


def _literal(literal: Literal, row: Mapping[str, Value], tolerance: str) -> bool | None:
    if isinstance(literal, BooleanLiteral):
        literal, tolerance = literal.as_inequality(), "0"
    products: list[Fraction] = []
    forgiven = Fraction(0)
    infinite = set()
    for name, coefficient in literal.terms:
        value = row[name]
        if value is None:
            return None
        if isinstance(value, float):
            infinite.add((value > 0) == (coefficient > 0))
        else:
            products.append(coefficient * value)
            share = row[f"share of {name}"] if tolerance == "rounding" else Fraction(tolerance)
            assert isinstance(share, Fraction)
            forgiven += share * abs(products[-1])
    if infinite:
        return infinite.pop() if len(infinite) == 1 else None
    difference = sum(products, -literal.constant)
    return difference > 0 if literal.strict else difference >= -forgiven


def _clause(clause: Clause, row: Mapping[str, Value], tolerance: str) -> bool | None:
    truths = [_literal(literal, row, tolerance) for literal in clause]
    return True if True in truths else None if None in truths else False


def _requirement(one: Requirement, row: Mapping[str, Value], tolerance: str) -> bool | None:
    truths = [_clause(clause, row, tolerance) for clause in one.clauses]
    return False if False in truths else None if None in truths else True


def _lacking(literal: Literal, row: Mapping[str, Value]) -> float:
    inequality = literal.as_inequality() if isinstance(literal, BooleanLiteral) else literal
    lacking = inequality.constant
    for name, coefficient in inequality.terms:
        value = row[name]
        if not isinstance(value, Fraction):
            return inf
        lacking -= coefficient * value
    try:
        return float(lacking)
    except OverflowError:
        return inf if lacking > 0 else -inf


def _shortfall(one: Requirement, row: Mapping[str, Value], tolerance: str) -> float:
    return max(
        min(_lacking(literal, row) for literal in clause)
        for clause in one.clauses
        if _clause(clause, row, tolerance) is False
    )


def _whole(one: Requirement) -> Requirements:
    return Requirements((one,), RequirementType.QFLRA)


def _verdicts(verdict: Verdict, rows: int) -> list[bool | None]:
    false = np.zeros(rows, bool) if verdict.violated is None else verdict.violated
    unknown = np.zeros(rows, bool) if verdict.unknown is None else verdict.unknown
    assert not (false & unknown).any()
    return [False if false[row] else None if unknown[row] else True for row in range(rows)]


def _rows(table: Mapping[str, NumericColumn]) -> list[dict[str, Value]]:
    count = len(table["a"])
    return [
        {name: _value(table[name], row) for name in NAMES}
        | {f"share of {name}": _share(table[name], row) for name in NAMES}
        for row in range(count)
    ]


# ------------------------------------------------------------------------------------------- laws


@given(TABLES, REQUIREMENTS, TOLERANCES)
@examples(300)
def test_evaluation_equals_exact_arithmetic(
    table: dict[str, NumericColumn], one: Requirement, tolerance: str
) -> None:
    rows = _rows(table)
    (verdict,) = evaluate(
        compile_requirements(_whole(one)), table, len(rows), tolerance=tolerance_for(tolerance)
    )
    assert _verdicts(verdict, len(rows)) == [_requirement(one, row, tolerance) for row in rows]


@given(TABLES, REQUIREMENTS, TOLERANCES)
@examples(200)
def test_shortfall_is_the_exact_one_rounded_once(
    table: dict[str, NumericColumn], one: Requirement, tolerance: str
) -> None:
    rows = _rows(table)
    violating = [
        place for place, row in enumerate(rows) if _requirement(one, row, tolerance) is False
    ]
    expected = [_shortfall(one, rows[place], tolerance) for place in violating]
    for times in (1, 64):  # many rows are told by arrays, few one by one
        places = np.array(violating * times, dtype=int)
        found = shortfall(
            compile_requirement(one), table, places, tolerance=tolerance_for(tolerance)
        )
        assert found.tolist() == expected * times
    (verdict,) = evaluate(
        compile_requirements(_whole(one)),
        table,
        len(rows),
        tolerance=tolerance_for(tolerance),
        floors=[-1.0],
    )
    if not violating:
        assert verdict.farthest is None
    else:
        assert verdict.farthest is not None
        named = expected[violating.index(verdict.farthest.row)]
        assert _about(named, max(expected), largest_part(one, rows))


def _about(found: float, most: float, scale: Fraction) -> bool:
    """Whether a distance is the greatest but for the rounding of sums of that size."""
    if isinf(most) or isinf(found):
        return found == most
    return Fraction(found) >= Fraction(most) - scale / 10**12


def largest_part(one: Requirement, rows: list[dict[str, Value]]) -> Fraction:
    """The largest finite number that is added up in a requirement."""
    parts = [Fraction(1)]
    for literal in (literal for clause in one.clauses for literal in clause):
        inequality = literal.as_inequality() if isinstance(literal, BooleanLiteral) else literal
        parts.append(abs(inequality.constant))
        for name, coefficient in inequality.terms:
            cells = [row[name] for row in rows]
            parts += [abs(coefficient * one) for one in cells if isinstance(one, Fraction)]
    return max(parts)


@given(TABLES, REQUIREMENTS, TOLERANCES, st.integers(1, 8))
@examples(100)
def test_verdicts_do_not_depend_on_batches(
    table: dict[str, NumericColumn], one: Requirement, tolerance: str, size: int
) -> None:
    compiled = compile_requirements(_whole(one))
    count = len(table["a"])
    (whole,) = evaluate(compiled, table, count, tolerance=tolerance_for(tolerance), floors=[-1.0])
    parts: list[bool | None] = []
    floor, farthest = -1.0, None
    for start in range(0, count, size):
        rows = np.arange(start, min(start + size, count))
        taken = {name: column.take(rows) for name, column in table.items()}
        (part,) = evaluate(
            compiled, taken, len(rows), tolerance=tolerance_for(tolerance), floors=[floor]
        )
        parts += _verdicts(part, len(rows))
        if part.farthest is not None:
            floor = part.farthest.by
            farthest = (start + part.farthest.row, floor)
    assert parts == _verdicts(whole, count)
    found = whole.farthest
    assert farthest == (None if found is None else (found.row, found.by))


@given(TABLES, st.lists(REQUIREMENTS, min_size=2, max_size=4), TOLERANCES)
@examples(100)
def test_requirements_do_not_disturb_each_other(
    table: dict[str, NumericColumn], several: list[Requirement], tolerance: str
) -> None:
    count = len(table["a"])
    together = evaluate(
        compile_requirements(Requirements((*several, several[0]), RequirementType.QFLRA)),
        table,
        count,
        tolerance=tolerance_for(tolerance),
    )
    for one, verdict in zip((*several, several[0]), together, strict=True):
        alone = evaluate(
            compile_requirements(_whole(one)), table, count, tolerance=tolerance_for(tolerance)
        )
        assert _verdicts(verdict, count) == _verdicts(alone[0], count)


@given(TABLES, LITERALS, TOLERANCES)
@examples(100)
def test_a_literal_and_its_negation_are_never_both_violated_nor_both_unknown_alone(
    table: dict[str, NumericColumn], literal: Literal, tolerance: str
) -> None:
    count = len(table["a"])
    pair = tuple(
        Requirement(number, "", (Clause((one,)),))
        for number, one in enumerate((literal, literal.negated()), start=1)
    )
    compiled = compile_requirements(Requirements(pair, RequirementType.QFLRA))
    plain, negated = (
        _verdicts(verdict, count)
        for verdict in evaluate(compiled, table, count, tolerance=tolerance_for(tolerance))
    )
    for one, other in zip(plain, negated, strict=True):
        assert (one is None) == (other is None)
        assert one or other or one is None
        assert tolerance != "0" or one is None or one != other


TRUTHS = st.sampled_from([True, False, None])


def _masks(truths: list[bool | None]) -> RowTruth:
    false = np.array([truth is False for truth in truths])
    unknown = np.array([truth is None for truth in truths])
    return RowTruth(false if false.any() else None, unknown if unknown.any() else None)


def _list(truth: RowTruth, rows: int) -> list[bool | None]:
    return _verdicts(Verdict(truth.false, truth.unknown), rows)


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(TRUTHS, min_size=n, max_size=n), min_size=1, max_size=3)
    )
)
def test_connectives_are_kleenes(truths: list[list[bool | None]]) -> None:
    rows = list(zip(*truths, strict=True))
    masks = [_masks(one) for one in truths]
    either = [True if True in row else None if None in row else False for row in rows]
    both = [False if False in row else None if None in row else True for row in rows]
    assert _list(disjunction(masks), len(rows)) == either
    assert _list(conjunction(masks), len(rows)) == both


@pytest.mark.parametrize("rows", [1, 2**16, 2**16 + 1, 150_000])
def test_blocks_join_without_a_seam(rows: int) -> None:
    random = np.random.default_rng(7)
    table = {
        "a": NumericColumn(random.integers(-50, 50, rows) / 100),
        "b": NumericColumn(random.integers(-50, 50, rows) / 100, random.random(rows) < 0.1),
        "c": NumericColumn(random.integers(-1, 2, rows)),
    }
    terms = (Term("a", Fraction(1)), Term("b", Fraction(-1)), Term("c", Fraction(1, 4)))
    one = Requirement(1, "", (Clause((Inequality(terms, Fraction("0.17")),)),))
    (verdict,) = evaluate(compile_requirements(_whole(one)), table, rows)
    # In hundredths and quarters of them all is integers.
    a, b = (np.rint(table[name].values * 100).astype(int) for name in "ab")
    unknown = table["b"].missing
    assert unknown is not None
    false = (4 * a - 4 * b + 100 * table["c"].values < 68) & ~unknown
    assert np.array_equal(
        np.zeros(rows, bool) if verdict.violated is None else verdict.violated, false
    )
    assert np.array_equal(
        np.zeros(rows, bool) if verdict.unknown is None else verdict.unknown, unknown
    )


def test_a_requirement_without_clauses_holds_and_an_empty_clause_never() -> None:
    table = {"a": NumericColumn(np.zeros(3))}
    always, never = Requirement(1, "", ()), Requirement(2, "", (Clause(()),))
    compiled = compile_requirements(Requirements((always, never), RequirementType.LINEAR))
    first, second = evaluate(compiled, table, 3, floors=[-1.0, -1.0])
    assert first == Verdict()
    assert second.violated is not None
    assert second.violated.all()
    assert second.farthest is not None
    assert (second.farthest.row, second.farthest.by) == (0, inf)
    assert shortfall(compile_requirement(never), table, np.arange(3)).tolist() == [inf] * 3
