"""Years and rounded numbers that are compared with constants: the date and the number move."""

from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.api import check_table, correct_table
from tests.laws import examples

RELATIONS = {
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
NUMBERS = st.integers(-400, 400).map(lambda number: Fraction(number, 100))


def rounded(number: Fraction, places: int) -> Fraction:
    unit = 10**places
    sign = -1 if number < 0 else 1
    return Fraction(sign * floor(abs(number) * unit + Fraction(1, 2)), unit)


FUNCTIONS: dict[str, Any] = {
    "floor(x)": floor,
    "ceil(x)": ceil,
    "round(x, 0)": lambda number: rounded(number, 0),
    "round(x, 1)": lambda number: rounded(number, 1),
    "2*floor(x) + 1": lambda number: 2 * floor(number) + 1,
    "3 - round(x, 1)": lambda number: 3 - rounded(number, 1),
}


@given(
    st.sampled_from(sorted(FUNCTIONS)),
    st.sampled_from(sorted(RELATIONS)),
    st.integers(-30, 30).map(lambda number: Fraction(number, 10)),
    st.lists(NUMBERS, min_size=1, max_size=8),
)
@examples(100)
def test_rounded_numbers_are_compared_as_python_rounds_them_and_move(
    function: str, relation: str, limit: Fraction, numbers: list[Fraction]
) -> None:
    rule = f"{function} {relation} {float(limit)}"
    holds = [RELATIONS[relation](FUNCTIONS[function](one), limit) for one in numbers]
    table = {"x": [float(one) for one in numbers]}
    report = check_table(table, rule)
    assert report.mask.tolist() == [not one for one in holds]
    whole = limit.denominator == 1 or relation != "=="
    if whole and function.startswith(("floor", "ceil", "round")):
        found, corrected = correct_table(table, rule)
        assert corrected.holds
        for new, old, held in zip(found["x"], table["x"], holds, strict=True):
            assert new == old or not held
        assert check_table(found, rule, tolerance=0).holds


@given(
    st.sampled_from(sorted(RELATIONS)),
    st.integers(1998, 2003),
    st.lists(st.integers(-900, 900), min_size=1, max_size=8),
)
@examples(60)
def test_years_are_compared_as_the_calendar_has_them_and_dates_move(
    relation: str, year: int, days: list[int]
) -> None:
    dates = [date(2000, 1, 1) + timedelta(days=one) for one in days]
    holds = [RELATIONS[relation](one.year, year) for one in dates]
    rule = f"year(d) {relation} {year}"
    report = check_table({"d": dates}, rule)
    assert report.mask.tolist() == [not one for one in holds]
    found, corrected = correct_table({"d": dates}, rule)
    assert corrected.holds
    for new, old, held in zip(found["d"], dates, holds, strict=True):
        assert RELATIONS[relation](new.year, year)
        assert new == old or not held
