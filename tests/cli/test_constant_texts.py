"""Requirements whose texts no cell decides, and tests of what a table's type settles already."""

import pyarrow as pa
import pytest

from pishield_cli.api import check_table

TABLE = pa.table({"s": ["a", "b", None], "n": [1, None, 3]})

VERDICTS = {
    'length("s") == 3': ([0, 1, 2], 0),
    'number("12") == 12': ([], 0),
    'number("x") == 2': ([], 3),
    '"abc" like "b%" or s == "a"': ([1], 1),
    '"abc" contains lower("B")': ([], 0),
    'lower("A") == s': ([1], 1),
    '"a" is null': ([0, 1, 2], 0),
    "n is number": ([], 1),
    "n is not number": ([0, 2], 1),
    "s is number": ([0, 1], 1),
    "years(2000-02-29, 2018-02-28) == 17": ([], 0),
    "hour(2020-01-01T09:59) == 9 and minute(2020-01-01T09:59) == 59": ([], 0),
}


@pytest.mark.parametrize("rule", VERDICTS)
def test_what_no_cell_decides_has_one_verdict(rule: str) -> None:
    [found] = check_table(TABLE, rule).results
    assert ([one.row for one in found.examples], found.unknown) == VERDICTS[rule]
