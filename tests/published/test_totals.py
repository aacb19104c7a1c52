"""Totals and components, as the Office for National Statistics corrects them.

Source: the ONS method for totals and components: where parts do not add up to their total, a small
difference is taken for a mistake in the total, or spread over the parts in proportion; a large one
is left for an editor. Here the same is a matter of what may move. The figures are our own.
"""

from fractions import Fraction

import numpy as np
import pytest

from pishield_cli import correct_table
from pishield_cli.language import parse_requirements

TEXT = "c1 + c2 + c3 + c4 == total\n"


def corrected(rows: list[list[float]], **options: object) -> list[dict[str, Fraction]]:
    names = ("c1", "c2", "c3", "c4", "total")
    listed = zip(names, zip(*rows, strict=True), strict=True)
    columns = {name: np.array(cells) for name, cells in listed}
    result, report = correct_table(columns, parse_requirements(TEXT), **options)  # type: ignore[arg-type]
    assert not report.uncorrected_rows
    found = [{n: Fraction(str(result[n][row])) for n in names} for row in range(len(rows))]
    assert all(one["c1"] + one["c2"] + one["c3"] + one["c4"] == one["total"] for one in found)
    return found


def test_a_total_is_corrected_by_its_parts() -> None:
    parts = ["c1", "c2", "c3", "c4"]
    (row,) = corrected([[632.0, 732.0, 99.0, 162.0, 1600.0]], fixed=parts)
    assert row["total"] == 1625


def test_parts_are_corrected_by_their_total() -> None:
    rows = [[10.0, 20.0, 30.0, 40.0, 110.0], [0.0, 0.0, 0.0, 5.0, 4.0], [1.5, 2.5, 3.0, 3.0, 10.0]]
    found = corrected(rows, fixed=["total"], method="nearest")
    assert [row["total"] for row in found] == [110, 4, 10]
    assert found[2] == {"c1": Fraction("1.5"), "c2": Fraction("2.5"), "c3": 3, "c4": 3, "total": 10}
    assert found[0]["c1"] == Fraction("12.5")


@pytest.mark.parametrize("total", [100.02, 99.98])
def test_pence_are_enough_where_the_total_is_out_by_pence(total: float) -> None:
    (row,) = corrected([[25.0, 25.0, 25.0, 25.0, total]], method="fewest", weights={"total": 0.5})
    assert row["total"] == 100
