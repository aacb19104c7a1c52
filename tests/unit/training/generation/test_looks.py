"""How made cells look in a file of texts."""

from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.domains import MICROSECONDS, Date
from pishield_cli.training.dates import DateForm
from pishield_cli.training.generation.looks import decimal_texts
from tests.laws import examples


@examples(200)
@given(st.lists(st.floats(-1e9, 1e9) | st.decimals(-99, 99, places=2).map(float)))
def test_decimal_places_are_shown_where_they_change_no_number(numbers):
    written = decimal_texts(pa.array(numbers, pa.float64()), 2)
    assert [float(cell) for cell in written] == numbers
    for cell, number in zip(written, numbers, strict=True):
        if round(number, 2) == number:
            assert len(cell.partition(".")[2]) == 2


MOMENTS = (
    ("2024-01-02T03:04:05", "2024-05-06T07:08:09"),
    ("2024-01-02 03:04:05", "2024-05-06 07:08:09"),
    ("2024-01-02", "2024-05-06T07:08:09"),
)


@pytest.mark.parametrize(("example", "text"), MOMENTS)
@pytest.mark.parametrize("unit", ["s", "us"])
def test_moments_are_written_in_the_style_of_the_table(example, text, unit):
    moments = pa.array([datetime(2024, 5, 6, 7, 8, 9), None], pa.timestamp(unit))  # noqa: DTZ001
    assert DateForm(Date(MICROSECONDS), example).texts_of(moments) == [text, ""]
