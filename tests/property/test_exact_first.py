"""The law that exact rows come first: the rounding of floats is forgiven only where it must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.api import correct_table
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import Clause
from tests.laws import examples
from tests.property.strategies import NAMES, WHOLE, satisfiable_systems

KINDS = {"half": np.float16, "single": np.float32, "double": np.float64, "whole": np.int64}
METHODS = ("shield", "nearest", "fewest")


@dataclass(frozen=True)
class Case:
    """Clauses that hold at a point of short decimals, and rows that need not satisfy them."""

    clauses: Sequence[Clause]
    cells: Mapping[str, np.ndarray]
    method: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = NAMES[: draw(st.integers(2, 3))]
    kinds = {name: draw(st.sampled_from(sorted(KINDS))) for name in names}
    clauses = draw(
        satisfiable_systems(
            names,
            WHOLE,
            most=1,
            largest=2,
            equalities=True,
            whole=[name for name, kind in kinds.items() if kind == "whole"],
        )
    )
    numbers = st.integers(-300, 300)
    cells = {
        name: np.array([draw(numbers) / 10 for _ in range(2)]).astype(KINDS[kind])
        for name, kind in kinds.items()
    }
    return Case(clauses, cells, draw(st.sampled_from(METHODS)))


def requirements_of(clauses: Sequence[Clause]) -> Requirements:
    whole = [Requirement(number, "", (clause,)) for number, clause in enumerate(clauses, 1)]
    return Requirements(tuple(whole), RequirementType.QFLRA)


def decimals(table: Mapping[str, np.ndarray], row: int) -> dict[str, Fraction]:
    return {name: Fraction(str(cells[row])) for name, cells in table.items()}


@examples(150, deadline=None)
@given(cases())
def test_what_short_decimals_satisfy_is_satisfied_exactly(case: Case) -> None:
    found, report = correct_table(case.cells, requirements_of(case.clauses), method=case.method)
    assert not report.uncorrected_rows
    for row in range(2):
        assert all(clause.holds(decimals(found, row)) for clause in case.clauses)


@pytest.mark.parametrize("method", METHODS)
def test_a_half_beside_whole_numbers_finds_the_decimals_that_do(method: str) -> None:
    lines = ["1000*a - 3*b + c == 9.5", "2*b - a + 0.3*c < -3", "3*c - 3*b >= -5"]
    text = "\n".join([*lines, "3*c - 2*a - 2*b >= 17 or 2*c - 2500000*b >= -0.5"])
    cells = {
        "a": np.array([-10.5], dtype=np.float16),
        "b": np.array([14.8], dtype=np.float16),
        "c": np.array([-6]),
    }
    requirements = parse_requirements(text)
    found, report = correct_table(cells, requirements, method=method)
    assert not report.uncorrected_rows
    assert all(clause.holds(decimals(found, 0)) for clause in requirements.clauses)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("lines", "cells"),
    [
        (
            [
                *("7*a - 2*c + 7*b == -15", "3*c - 2*a - 2*b <= -18.5"),
                *("-a - c - 3*b >= 7.5", "-2*a <= 5 or c + b < -8"),
            ],
            (-0.8, -30, -22),
        ),
        (
            [
                *("3*b - 3*a - c == 14", "-2*b - 2*a - c < -1"),
                *("2*a + b >= 8.5", "a - b - 2*c >= -16.5"),
            ],
            (18.9, -21, -25),
        ),
    ],
)
def test_a_search_cut_short_goes_on_before_roundings_are_forgiven(
    lines: list[str], cells: tuple[float, int, int], method: str
) -> None:
    single, *whole = cells
    columns = {
        "a": np.array([single], dtype=np.float32),
        "b": np.array([whole[0]]),
        "c": np.array([whole[1]]),
    }
    requirements = parse_requirements("\n".join(lines))
    found, report = correct_table(columns, requirements, method=method)
    assert not report.uncorrected_rows
    assert all(clause.holds(decimals(found, 0)) for clause in requirements.clauses)


def test_no_cell_becomes_infinite_where_floats_go_astray() -> None:
    lines = ["2*d - 2500000*a == -6", "3*a - 2500000*c == -12", "b - 2500000*d < -19"]
    text = "\n".join([*lines, "0.001*d - 2500000*a + 3*c < 4", "0.3*d <= 7"])
    cells = {
        "a": np.array([29.3], dtype=np.float32),
        "b": np.array([-0.2]),
        "c": np.array([8.3]),
        "d": pa.array([Decimal("24.10")], pa.decimal128(9, 2)),
    }
    found, _ = correct_table(pa.table(cells), parse_requirements(text), method="nearest")
    (row,) = found.to_pylist()
    assert all(np.isfinite(float(cell)) for cell in row.values())
