"""Rows corrected from known points."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import GroupPlan, plan_groups
from pishield_cli.logic.rows.grids import Grid

TEXT = "a >= 1 or b >= 2\na + b <= 2\nb <= a or a >= 0.5\n"


def from_points(fixed: str) -> GroupPlan:
    """A plan that knows one point only."""
    (plan,) = plan_groups(parse_requirements(TEXT).clauses, "ab", fixed=fixed)
    point = {"a": Fraction(1), "b": Fraction(1)}
    return replace(plan, steps=None, points=(point,), complete=False)


def test_rows_are_brought_back_from_a_point_as_far_as_clauses_allow() -> None:
    cells = {"a": NumericColumn(np.array([0.0])), "b": NumericColumn(np.array([0.5]))}
    corrector = GroupCorrector(from_points(""), dict.fromkeys("ab", Grid()))
    found = corrector.correct(cells, np.array([True]))
    assert not len(found.uncorrected)
    assert {name: change.values.tolist() for name, change in found.changes.items()} == {"a": [1.0]}


def test_fixed_columns_stay_where_they_are_and_not_at_the_point() -> None:
    cells = {"a": NumericColumn(np.array([0.6, 0.0])), "b": NumericColumn(np.array([5.0, -1.0]))}
    corrector = GroupCorrector(from_points("b"), dict.fromkeys("ab", Grid()))
    found = corrector.correct(cells, np.array([True, True]))
    assert "b" not in found.changes
    assert found.uncorrected.tolist() == [0]
    assert found.changes["a"].rows.tolist() == [1]
    assert found.changes["a"].values.tolist() == [1.0]
