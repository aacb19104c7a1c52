"""Loan-reporting edits of the Home Mortgage Disclosure Act: validity and quality edits.

Source: the filing instructions guide of the CFPB, edits V618, V656, V691, V704 and Q605 to Q631.
Each edit is rewritten in the requirement language; the loans are our own.
"""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli import check_table, correct_table
from pishield_cli.language import parse_requirements

EDITS = """
[V656-1] purchaser in (0, 1, 2, 3, 4, 5, 6, 8, 9, 71, 72)
[V656-2] if action in (2, 3, 4, 5, 7, 8) then purchaser == 0
[V691] property_value > 0
[V704-1] aus_1 in (1, 2, 3, 4, 5, 6, 7, 1111)
[V704-2] if purchaser_loan == 1 then aus_1 == 6
[Q606] income <= 3000
[Q607] if lien == 2 then amount <= 250000
[Q608] if action == 1 then action_date > application_date
[Q612] if purchaser in (1, 3) then high_cost == 3 or high_cost == 2
"""

NAMES = (
    "purchaser",
    "action",
    "property_value",
    "aus_1",
    "purchaser_loan",
    "income",
    "lien",
    "amount",
    "action_date",
    "application_date",
    "high_cost",
)
LOAN = (1, 1, 250_000, 1, 0, 90, 1, 200_000, 20_180_302, 20_180_102, 2)


def loan(**cells: int) -> dict[str, np.ndarray]:
    row = {**dict(zip(NAMES, LOAN, strict=True)), **cells}
    return {name: np.array([value], dtype=np.int64) for name, value in row.items()}


@pytest.mark.parametrize(
    ("cells", "violated"),
    [
        ({}, []),
        ({"purchaser": 7}, ["V656-1"]),
        ({"purchaser": 71}, []),
        ({"action": 3}, ["V656-2"]),
        ({"property_value": 0}, ["V691"]),
        ({"aus_1": 8}, ["V704-1"]),
        ({"purchaser_loan": 1}, ["V704-2"]),
        ({"purchaser_loan": 1, "aus_1": 6}, []),
        ({"income": 3001}, ["Q606"]),
        ({"lien": 2, "amount": 250_001}, ["Q607"]),
        ({"lien": 2, "amount": 250_000}, []),
        ({"action_date": 20_180_101}, ["Q608"]),
        ({"high_cost": 1}, ["Q612"]),
    ],
)
def test_each_edit_is_checked_and_corrected(cells: dict[str, int], violated: list[str]) -> None:
    requirements = parse_requirements(EDITS)
    columns = loan(**cells)
    report = check_table(columns, requirements)
    assert [one.requirement.label for one in report.results if one.violations] == violated
    for method in ("shield", "nearest", "fewest"):
        result, done = correct_table(columns, requirements, method=method)
        after = {name: Fraction(int(result[name][0])) for name in NAMES}
        assert not done.uncorrected_rows
        assert all(clause.holds(after) for clause in requirements.clauses)
        assert bool(violated) == bool(done.corrected_rows)
        assert violated or after == {name: Fraction(int(columns[name][0])) for name in NAMES}
