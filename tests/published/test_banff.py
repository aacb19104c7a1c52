"""Banff: error localisation, consistency of edits and prorating, on inputs of our own.

Source: Statistics Canada's Banff system for edit and imputation, procedures VerifyEdits, Errorloc
and Prorate. Errorloc finds the fewest fields whose change satisfies linear edits; VerifyEdits tells
contradictory and redundant edits; Prorate moves the parts of a total, which itself stays.
"""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli import correct_table
from pishield_cli.errors import ContradictionError
from pishield_cli.language import parse_requirements
from pishield_cli.logic.solver.analysis import contradictory_core, satisfiable

EDITS = """profit == turnover - cost
cost >= 0.6*turnover
cost <= 1.1*turnover
turnover >= 0
profit >= 0.1*turnover
"""


def localised(text: str, row: dict[str, float], **weights: float) -> set[str]:
    """The columns that the fewest changes touch."""
    columns = {name: np.array([value], dtype=float) for name, value in row.items()}
    result, report = correct_table(
        columns, parse_requirements(text), method="fewest", weights=weights
    )
    assert not report.uncorrected_rows
    assert not report.unproven_rows
    after = {name: Fraction(str(result[name][0])) for name in row}
    assert all(clause.holds(after) for clause in parse_requirements(text).clauses)
    return {name for name in row if result[name][0] != row[name]}


def test_a_wrong_balance_blames_one_field() -> None:
    assert localised(EDITS, {"turnover": 100.0, "cost": 80.0, "profit": 250.0}) == {"profit"}


def test_a_turnover_in_another_unit_is_found_by_both_ratios() -> None:
    assert localised(EDITS, {"turnover": 100_000.0, "cost": 80.0, "profit": 20.0}) == {"turnover"}


def test_weights_move_the_blame() -> None:
    row = {"a": 10.0, "b": 20.0}
    assert localised("a >= b\n", row, a=1.0, b=2.0) == {"a"}
    assert localised("a >= b\n", row, a=2.0, b=1.0) == {"b"}


def test_two_fields_are_blamed_where_one_is_not_enough() -> None:
    text = "x1 + x2 == x3\nx4 + x5 == x6\nx1 >= 0\n"
    row = {"x1": 3.0, "x2": 4.0, "x3": 9.0, "x4": 1.0, "x5": 1.0, "x6": 5.0}
    touched = localised(text, row)
    assert len(touched & {"x1", "x2", "x3"}) == len(touched & {"x4", "x5", "x6"}) == 1


def test_edits_that_no_record_passes_are_refused() -> None:
    text = "x + y <= 10\nx >= 8\ny >= 4\n"
    assert satisfiable(parse_requirements(text)) is False
    assert contradictory_core(parse_requirements(text)) == (1, 2, 3)
    with pytest.raises(ContradictionError):
        correct_table({"x": np.array([1.0]), "y": np.array([1.0])}, parse_requirements(text))


def test_edits_that_fix_a_value_still_have_a_solution() -> None:
    assert satisfiable(parse_requirements("x >= 5\nx <= 5\ny - x <= 0\n")) is True


@pytest.mark.parametrize("method", ["nearest", "shield"])
def test_prorated_parts_add_up_to_a_total_that_stays(method: str) -> None:
    columns = {"q1": [30.0], "q2": [30.0], "q3": [30.0], "year": [100.0]}
    arrays = {name: np.array(cells) for name, cells in columns.items()}
    text = "q1 + q2 + q3 == year\n"
    result, report = correct_table(arrays, parse_requirements(text), fixed=["year"], method=method)
    after = {name: Fraction(str(result[name][0])) for name in columns}
    assert after["year"] == 100
    assert after["q1"] + after["q2"] + after["q3"] == 100
    assert not report.uncorrected_rows
    if method == "nearest":
        third, parts = Fraction(100, 3), ("q1", "q2", "q3")
        assert all(abs(after[name] - third) < Fraction(1, 1000) for name in parts)


def test_weights_in_proportion_prorate() -> None:
    arrays = {"a": np.array([10.0]), "b": np.array([40.0]), "t": np.array([60.0])}
    result, _ = correct_table(
        arrays,
        parse_requirements("a + b == t\n"),
        fixed=["t"],
        method="nearest",
        weights={"a": 10.0**-0.5, "b": 40.0**-0.5},
    )
    # Squares over sizes: each part moves in proportion to its size.
    assert result["a"][0] == pytest.approx(12.0, abs=1e-6)
    assert result["b"][0] == pytest.approx(48.0, abs=1e-6)
