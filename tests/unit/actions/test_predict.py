import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.actions.predict import DIGITS, rounded


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (0.1234567894, 0.123456789),
        (-123456789.4, -123456789.0),
        (1234567894.0, 1234567890.0),
        (1e-30, 1e-30),
        (0.0, 0.0),
        (float("inf"), float("inf")),
    ],
)
def test_nine_digits(value, short):
    assert rounded(np.array([value]), DIGITS)[0] == short


@given(st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-12))
def test_law_rounding_is_that_of_decimals(value):
    found = float(rounded(np.array([value]), DIGITS)[0])
    assert found == pytest.approx(value, rel=1e-8)
    # What is written has no more digits than asked for.
    assert float(f"{found:.{DIGITS - 1}e}") == found
