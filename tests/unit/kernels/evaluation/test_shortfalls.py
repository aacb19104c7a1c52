"""The worst row is the first that floats tell to be, and as bad as any but for their rounding."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.language import parse_requirements
from tests.laws import examples

ROWS = 3000


@pytest.mark.parametrize("digits", [0, 3, 9, 17])
@pytest.mark.parametrize("text", ["a + b <= c", "2*c >= 2*a + 2*b", "3*c - 3*b - 3*a >= 0.3"])
@pytest.mark.parametrize("bumps", [[], [1234], [70, 2999]])
def test_the_worst_of_equals(digits: int, text: str, bumps: list[int]) -> None:
    random = np.random.default_rng(digits)
    a, b = random.integers(0, 10**6, (2, ROWS)) / 1000
    c = a + b - 12.1
    if digits < 17:
        a, b = (np.round(one, min(digits, 3)) for one in (a, b))
        c = np.round(a + b - 12.1, digits)
    for row in bumps:
        c[row] -= 10.0 ** -min(digits, 9)
    columns = {name: NumericColumn(cells) for name, cells in zip("abc", (a, b, c), strict=True)}
    requirements = parse_requirements(text)
    verdicts = evaluate(compile_requirements(requirements), columns, ROWS, floors=[-1.0])
    (literal,) = next(iter(requirements.clauses))
    exact = [
        float(
            literal.constant
            - sum(t * decimal_value(columns[n].values[row]) for n, t in literal.terms)
        )
        for row in range(ROWS)
    ]
    worst = verdicts[0].farthest
    assert worst is not None
    assert isinstance(literal.constant, Fraction)
    assert exact[worst.row] >= max(exact) - 1e-11
    assert worst.by == pytest.approx(max(exact), rel=0, abs=1e-11)
    if bumps and digits:
        assert worst.row in bumps


CELLS = st.sampled_from([1e308, -1e308, float("inf"), float("-inf"), float("nan"), 0.5, 2.0])
CLAUSES = st.sampled_from(
    ["a <= b", "a + b + c <= 4", "b < c or c < 0.5", "a >= 1", "2*a - 3*c >= 1 or a == b"]
)


@examples(150)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.sets(CLAUSES, min_size=1)
)
def test_no_sum_that_overflows_hides_the_worst_row(rows, clauses) -> None:
    columns = {
        name: NumericColumn(np.array(cells))
        for name, cells in zip("abc", zip(*rows, strict=False), strict=False)
    }
    text = " and ".join(f"({clause})" for clause in sorted(clauses))
    compiled = compile_requirements(parse_requirements(text))
    (verdict,) = evaluate(compiled, columns, len(rows), floors=[-1.0])
    if verdict.violated is None:
        assert verdict.farthest is None
    else:
        (one,), violating = compiled.requirements, np.flatnonzero(verdict.violated)
        by = dict(zip(violating.tolist(), shortfall(one, columns, violating).tolist(), strict=True))
        assert verdict.farthest is not None
        assert by[verdict.farthest.row] == max(by.values())
