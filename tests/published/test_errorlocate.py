"""errorlocate and validatetools: fewest changes over mixed rules, and what rules say of each other.

Source: van der Loo and de Jonge, the R packages errorlocate and validatetools. The inputs are our
own, built on the facts of their tests.
"""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli import correct_table
from pishield_cli.language import parse_requirements
from pishield_cli.logic.solver.analysis import contradictory_core, satisfiable


def changed(text: str, row: dict[str, float], **options: object) -> set[str]:
    columns = {name: np.array([value]) for name, value in row.items()}
    requirements = parse_requirements(text)
    result, report = correct_table(columns, requirements, method="fewest", **options)  # type: ignore[arg-type]
    assert not report.uncorrected_rows
    after = {name: Fraction(str(result[name][0])) for name in row}
    assert all(clause.holds(after) for clause in requirements.clauses)
    return {name for name in row if result[name][0] != row[name]}


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("age >= 18\n", {"age": 16.0}, {"age"}),
        ("x > 1\ny > x\nx < y\n", {"x": 0.0, "y": 3.0}, {"x"}),
        ("profit + cost == turnover\ncost >= 0.6*turnover\ncost >= 0\nturnover >= 0\n",
         {"profit": 755.0, "cost": 125.0, "turnover": 200.0}, {"profit"}),
        ("if married > 0.5 then age >= 16\n", {"married": 0.0, "age": 5.0}, set()),
    ],
)  # fmt: skip
def test_the_fewest_fields_change(text: str, row: dict[str, float], expected: set[str]) -> None:
    assert changed(text, row) == expected


def test_a_conditional_rule_is_mended_at_its_cheaper_end() -> None:
    text = "boolean married\nif married then age >= 16\n"
    row = {"married": 1, "age": 5}
    assert changed(text, row, weights={"married": 1.0, "age": 2.0}) == {"married"}
    assert changed(text, row, weights={"married": 2.0, "age": 1.0}) == {"age"}


def test_missing_fields_are_no_fault_of_the_others() -> None:
    columns = {"x": np.array([np.nan, 2.0]), "y": np.array([1.0, 1.0])}
    result, report = correct_table(columns, parse_requirements("x <= y\ny >= 0\n"), method="fewest")
    assert np.isnan(result["x"][0])
    assert result["y"].tolist()[0] == 1.0
    assert report.corrected_rows == 1


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("x > 1\nx < 1\n", (1, 2)),
        ("x >= 1\ny > 0\nx <= 0\n", (1, 3)),
        ("if x > 0 then y > 0\nx >= 1\ny <= 0\n", (1, 2, 3)),
    ],
)
def test_a_smallest_set_of_rules_that_contradict_each_other(
    text: str, core: tuple[int, ...]
) -> None:
    requirements = parse_requirements(text)
    assert satisfiable(requirements) is False
    assert contradictory_core(requirements) == core
