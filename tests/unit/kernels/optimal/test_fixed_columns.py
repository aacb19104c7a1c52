"""Groups all of whose columns are fixed have nothing to move."""

import pytest

from pishield_cli import correct_table


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_a_fixed_column_by_itself_is_left(method: str) -> None:
    table = {"b": [-9.0, 1.0], "c": [-3, 4]}
    rules = "3*b >= -18.5\n1000*c >= -12.5\n"
    new, report = correct_table(table, rules, fixed=["c"], method=method)
    assert report.uncorrected_rows == (0,)
    assert {name: list(cells) for name, cells in new.items()} == table
