"""PiShield: its formats, and what its layers correct, on small inputs of our own.

Source: Stoian, Tatomir, Giunchiglia and others, PiShield (IJCAI 2024) and its documentation.
"""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli import correct_table
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import RequirementType

LINEAR = "ordering y_0 y_1 y_2\n-y_0 >= -3\ny_0 - 3 y_1 >= 0\ny_1 + y_2 > 1\n"
DISJUNCTIVE = "ordering y_0 y_1\ny_0 >= 2 or y_1 >= 4\nneg y_0 > 1 or y_1 >= 3\n"
CLAUSES = "y_0 or not y_1\nnot y_0 or y_2\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LINEAR, RequirementType.LINEAR),
        (DISJUNCTIVE, RequirementType.QFLRA),
        (CLAUSES, RequirementType.PROPOSITIONAL),
        ("0 :- 1 n2\n", RequirementType.PROPOSITIONAL),
        ("c7 0 :- 1 n2\nn3 :-\n", RequirementType.PROPOSITIONAL),
    ],
)
def test_the_type_of_a_file(text: str, kind: RequirementType) -> None:
    assert parse_requirements(text).type is kind


def corrected(text: str, rows: list[list[float]]) -> list[list[float]]:
    names = [f"y_{place}" for place in range(len(rows[0]))]
    columns = {n: np.array(cells) for n, cells in zip(names, zip(*rows, strict=True), strict=True)}
    result, report = correct_table(columns, parse_requirements(text))
    assert not report.uncorrected_rows
    found = [[float(result[name][row]) for name in names] for row in range(len(rows))]
    for row in found:
        values = {name: Fraction(str(value)) for name, value in zip(names, row, strict=True)}
        assert all(clause.holds(values) for clause in parse_requirements(text).clauses)
    return found


def test_each_column_moves_as_little_as_those_before_it_allow() -> None:
    found = corrected(LINEAR, [[5.0, 2.0, 7.0], [1.0, 0.0, 2.0], [3.0, 1.0, -4.0]])
    assert found[0] == [3.0, 1.0, 7.0]
    assert found[1] == [1.0, 0.0, 2.0]
    assert found[2][:2] == [3.0, 1.0]
    assert 0.0 < found[2][2] < 1e-6


def test_a_disjunction_leaves_the_nearer_side() -> None:
    found = corrected(DISJUNCTIVE, [[1.5, 3.5], [0.5, 3.5], [2.5, 2.0], [2.5, 9.0]])
    assert found == [[1.5, 4.0], [0.5, 4.0], [2.5, 3.0], [2.5, 9.0]]


def test_scores_become_coherent() -> None:
    found = corrected("0 :- 1 n2\n", [[0.1, 0.9, 0.2], [0.9, 0.9, 0.2], [0.1, 0.9, 0.8]])
    assert found[1] == [0.9, 0.9, 0.2]
    assert found[2] == [0.1, 0.9, 0.8]
    assert found[0][0] > 0.5 or found[0][1] <= 0.5 or found[0][2] > 0.5
