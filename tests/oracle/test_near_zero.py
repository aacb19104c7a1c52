"""Sums near zero, many rows at once, are what fractions say: short decimals, roundings and both."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pishield_cli import check_table
from pishield_cli.kernels.columns import NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import EXACT, FLOAT_ROUNDING, Tolerance
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.terms import Inequality, Literal
from tests.laws import sampled

TEXTS = ("a + b == c", "2*a + b >= a + c", "a + b < c", "3*a - c > 2*a - b", "a + b <= c or a >= c")
ROWS = 1_500


def _columns(random: np.random.Generator, kind: str) -> dict[str, np.ndarray]:
    """Columns of which the third is about the sum of the others."""
    short = [np.round(random.random(ROWS) * 10.0 ** random.integers(-2, 5), 3) for _ in range(2)]
    long = [random.random(ROWS) * 10.0 ** random.integers(-6, 6) for _ in range(2)]
    a, b = {"short": short, "long": long, "mixed": [short[0], long[1]]}[kind]
    total = a + b
    shifts = np.array([0.0, 0.0, 0.0, 1e-3, -1e-3, 2e-9, -2e-9, 1e-15, -1e-15])
    c = total + random.choice(shifts, ROWS) * np.where(random.random(ROWS) < 0.5, 1, total)
    c = np.where(random.random(ROWS) < 0.4, np.round(c, 3), c)
    c[random.random(ROWS) < 0.01] = np.nan
    return {"a": a, "b": b, "c": c}


def _share(value: float, tolerance: Tolerance) -> Fraction:
    digits = repr(float(value)).lstrip("-").partition("e")[0].replace(".", "").strip("0")
    return Fraction(1, 10**9) if tolerance.share is None and len(digits) > 15 else Fraction(0)


@pytest.mark.parametrize("kind", ["short", "long", "mixed"])
@pytest.mark.parametrize("text", sampled(TEXTS, plain=2))
@pytest.mark.parametrize("tolerance", [EXACT, FLOAT_ROUNDING])
def test_sums_near_zero_are_judged_exactly(kind: str, text: str, tolerance: Tolerance) -> None:
    random = np.random.default_rng(len(kind) + len(text))
    columns = _columns(random, kind)
    requirements = parse_requirements(text)
    (verdict,) = evaluate(
        compile_requirements(requirements),
        {name: NumericColumn(values) for name, values in columns.items()},
        ROWS,
        tolerance=tolerance,
    )
    found = np.zeros(ROWS, bool) if verdict.violated is None else verdict.violated
    (one,) = requirements.requirements
    for row in range(ROWS):
        cells = {name: decimal_value(values[row]) for name, values in columns.items()}
        if cells["c"] is None:
            continue
        shares = {name: _share(values[row], tolerance) for name, values in columns.items()}
        assert found[row] != _holds(one, cells, shares), (row, cells)


def _holds(
    one: Requirement, cells: Mapping[str, Fraction | None], shares: Mapping[str, Fraction]
) -> bool:
    return all(any(_literal(each, cells, shares) for each in clause) for clause in one.clauses)


def _literal(
    one: Literal, cells: Mapping[str, Fraction | None], shares: Mapping[str, Fraction]
) -> bool:
    assert isinstance(one, Inequality)
    parts = [(weight * (cells[name] or 0), shares[name]) for name, weight in one.terms]
    margin = sum((part for part, _ in parts), Fraction(0)) - one.constant
    if one.strict:
        return margin > 0
    return margin >= -sum((share * abs(part) for part, share in parts), Fraction(0))


@pytest.mark.parametrize("kind", ["short", "long", "mixed"])
def test_a_csv_file_of_the_same_cells_is_judged_alike(kind: str, tmp_path: Path) -> None:
    columns = _columns(np.random.default_rng(5), kind)
    lines = zip(*(map(repr, values.tolist()) for values in columns.values()), strict=True)
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"{','.join(line)}\n" for line in lines))
    (tmp_path / "rules.txt").write_text("\n".join(TEXTS))
    counts = [
        [one.violations for one in check_table(table, tmp_path / "rules.txt").results]
        for table in (columns, str(tmp_path / "t.csv"))
    ]
    assert counts[0] == counts[1]
