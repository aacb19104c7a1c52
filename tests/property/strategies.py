"""What the laws of correction are tried on: inequalities, clauses, and tables of cells."""

from collections.abc import Collection, Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.terms import Clause, Inequality, Term

NAMES = ("a", "b", "c", "d", "e", "f")

WHOLE = tuple(Fraction(n) for n in (1, -1, 2, -2, 3, -3))
DECIMAL = (*WHOLE, *(Fraction(n, 10) for n in (1, -5, 15, -25, 3)))
DENSE = (*DECIMAL, Fraction(1, 3), Fraction(-2, 7), Fraction(5, 6))
SCALED = (*WHOLE, Fraction(10) ** 9, -(Fraction(10) ** 9), Fraction(1, 1000), Fraction(-1, 1000))

CONSTANTS = tuple(Fraction(n, 2) for n in range(-8, 9))

# ------------------------------------------------------------------------- inequalities and clauses


@st.composite
def inequalities(
    draw: st.DrawFn,
    names: Sequence[str] = NAMES[:4],
    coefficients: Sequence[Fraction] = WHOLE,
    constants: Sequence[Fraction] = CONSTANTS,
    strict: bool | None = None,
) -> Inequality:
    """One inequality over one to three of the names."""
    chosen = draw(
        st.lists(st.sampled_from(names), min_size=1, max_size=min(3, len(names)), unique=True)
    )
    terms = tuple(Term(name, draw(st.sampled_from(coefficients))) for name in chosen)
    tight = draw(st.booleans()) if strict is None else strict
    return Inequality(terms, draw(st.sampled_from(constants)), tight)


def clauses(literals: st.SearchStrategy[Inequality], most: int = 3) -> st.SearchStrategy[Clause]:
    """Disjunctions of up to so many literals."""
    return st.lists(literals, min_size=1, max_size=most).map(lambda one: Clause(tuple(one)))


def systems(
    names: Sequence[str] = NAMES[:4],
    coefficients: Sequence[Fraction] = WHOLE,
    *,
    most: int = 3,
    largest: int = 5,
) -> st.SearchStrategy[list[Clause]]:
    """Conjunctions of clauses, satisfiable or not."""
    one = clauses(inequalities(names, coefficients), most)
    return st.lists(one, min_size=1, max_size=largest)


@st.composite
def satisfiable_systems(
    draw: st.DrawFn,
    names: Sequence[str] = NAMES[:4],
    coefficients: Sequence[Fraction] = WHOLE,
    *,
    most: int = 3,
    largest: int = 5,
    equalities: bool = False,
    whole: Collection[str] | bool = False,
) -> list[Clause]:
    """Conjunctions that hold at a point drawn beside them, whole in all or some columns."""
    integers = names if whole is True else whole or ()
    at = {
        name: Fraction(
            draw(st.integers(-6, 6)), 1 if name in integers else draw(st.sampled_from((1, 2, 10)))
        )
        for name in names
    }
    found = []
    for clause in draw(systems(names, coefficients, most=most, largest=largest)):
        if not clause.holds(at):
            first, *others = clause
            assert isinstance(first, Inequality)
            total = sum((c * at[name] for name, c in first.terms), Fraction(0))
            slack = draw(st.sampled_from((Fraction(0), Fraction(1), Fraction(1, 4))))
            moved = Inequality(first.terms, total - slack, first.strict and slack > 0)
            clause = Clause((moved, *others))  # noqa: PLW2901 - the clause, mended
        found.append(clause)
    for _ in range(draw(st.integers(1, 2)) if equalities else 0):
        one = draw(inequalities(names, coefficients, strict=False))
        total = sum((c * at[name] for name, c in one.terms), Fraction(0))
        found += equality(one.terms, total)
    return found


def equality(terms: Sequence[Term], constant: Fraction) -> list[Clause]:
    """The two clauses of `terms == constant`."""
    up = Inequality(tuple(terms), constant)
    down = Inequality(tuple(Term(name, -c) for name, c in terms), -constant)
    return [Clause((up,)), Clause((down,))]


# ---------------------------------------------------------------------------------------- tables

SHORT = [n / 10 for n in range(-70, 71, 3)] + [0.0, -0.0, 0.5, 1.0, -2.0, 4.0]
LONG = [1 / 3, 2 / 3, 0.1 + 0.2, -1 / 7, 1.1 * 1.1, 3.0000000000000004, -4.000000000000001, 2**-44]
SCORES = [0.0, 1.0, 0.5, 0.25, 0.7]
FAR = [1e15, -1e15, 123456.789, 1e9, -1e9, 1e-3, 987654321012345.0]
TINY = [5e-324, -5e-324, 1e-300, -1e-300, 2.2e-308, 0.0]
HUGE = [1.7e308, -1.7e308, 1e300, 1e17, -1e22]
NOT_FINITE = [np.inf, -np.inf]
MISSING = [np.nan]

FLOATS = {
    "short": SHORT,
    "long": [*SHORT, *LONG],
    "far": [*SHORT, *FAR],
    "tiny": [*SHORT, *TINY],
    "huge": [*SHORT, *HUGE],
    "infinite": [*SHORT, *NOT_FINITE],
    "missing": [*SHORT, *MISSING],
    "wild": [*SHORT, *LONG, *FAR, *TINY, *HUGE, *NOT_FINITE, *MISSING],
}
INTEGERS = [-9, -3, -2, -1, 0, 1, 2, 3, 5, 8]
WIDE_INTEGERS = [*INTEGERS, 2**53, -(2**53), 2**53 + 1, 2**62, -(2**63), 2**63 - 1]


@st.composite
def float_columns(
    draw: st.DrawFn,
    names: Sequence[str],
    rows: int,
    pools: Sequence[str] = ("short", "long"),
    dtypes: Sequence[str] = ("f8",),
) -> dict[str, NumericColumn]:
    """Columns of floats, each from one of the pools."""
    columns = {}
    for name in names:
        pool = FLOATS[draw(st.sampled_from(pools))]
        dtype = np.dtype(draw(st.sampled_from(dtypes)))
        cells = _picked(draw, pool, rows)
        with np.errstate(over="ignore"):
            columns[name] = NumericColumn(np.array(cells).astype(dtype))
    return columns


@st.composite
def integer_columns(
    draw: st.DrawFn,
    names: Sequence[str],
    rows: int,
    pool: Sequence[int] = INTEGERS,
    gaps: bool = False,
) -> dict[str, NumericColumn]:
    """Columns of 64-bit integers, with or without missing cells."""
    columns = {}
    for name in names:
        values = np.array(_picked(draw, pool, rows), dtype=np.int64)
        missing = None
        if gaps and draw(st.booleans()):
            missing = np.array(_picked(draw, (True, False, False), rows), dtype=bool)
        columns[name] = NumericColumn(values, missing)
    return columns


def _picked(draw, pool, rows):  # type: ignore[no-untyped-def]
    # A seed instead of a draw a cell: a table is then one choice, and quick to make.
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    return [pool[int(index)] for index in random.integers(0, len(pool), rows)]
