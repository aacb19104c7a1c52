"""What a tolerance forgives, and how it is given."""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli.errors import UsageError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.tolerance import (
    EXACT,
    FLOAT_ROUNDING,
    Tolerance,
    tolerance_of,
)


@pytest.mark.parametrize("wrong", [-0.1, 1.0, float("nan"), float("inf"), Fraction(3, 2)])
def test_a_tolerance_is_at_least_0_and_less_than_1(wrong: float | Fraction) -> None:
    with pytest.raises(UsageError, match="tolerance must be at least 0 and less than 1"):
        tolerance_of(wrong)


def test_a_float_is_its_shortest_decimal_and_none_is_the_default() -> None:
    assert tolerance_of(1e-9) == Tolerance(Fraction(1, 10**9))
    assert tolerance_of(0) == EXACT
    assert tolerance_of(None) is FLOAT_ROUNDING
    assert EXACT.exact
    assert not FLOAT_ROUNDING.exact
    assert not Tolerance(Fraction(1, 2)).exact
    assert [one.figure for one in (FLOAT_ROUNDING, EXACT)] == ["float rounding", 0.0]


@pytest.mark.parametrize(
    ("kind", "cells", "share"),
    [
        ("f8", [0.1 + 0.2, 0.3, 12000000.02, 123456789012345.0], "1e-9"),
        ("f4", [16777.217, 16777.2, 0.5, 1.0], "1e-6"),
        ("f2", [6.836, 6.5, 2.0, 100.0], "1e-2"),
        ("i8", [2**53 + 1, 7, 0, 1], "0"),
    ],
)
def test_only_cells_of_more_digits_than_a_decimal_keeps_are_forgiven(
    kind: str, cells: list[float], share: str
) -> None:
    column = NumericColumn(np.array(cells, kind))
    expected = [Fraction(share), *[Fraction(0)] * (len(cells) - 1)]
    assert [FLOAT_ROUNDING.share_of(column, row) for row in range(len(cells))] == expected
    assert FLOAT_ROUNDING.shares(column).tolist() == [float(one) for one in expected]
