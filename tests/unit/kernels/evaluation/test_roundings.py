"""Laws of which cells count as a float's rounding."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import ExactCells, NumericColumn
from pishield_cli.kernels.evaluation.roundings import float_roundings

KEPT = {"f8": 15, "f4": 6, "f2": 3}


def _digits(value: np.floating) -> int:
    digits = Decimal(str(value)).normalize().as_tuple().digits
    return len(digits) if value else 0


@st.composite
def _floats(draw: st.DrawFn) -> np.ndarray:
    kind = np.dtype(draw(st.sampled_from(sorted(KEPT))))
    any_bits = st.binary(min_size=kind.itemsize, max_size=kind.itemsize)
    bits = draw(st.lists(any_bits, min_size=1, max_size=9))
    decimals = st.decimals(allow_nan=False, allow_infinity=False, places=None)
    written = draw(st.lists(decimals | st.sampled_from([Decimal(10) ** k for k in range(-40, 40)])))
    with np.errstate(over="ignore"):
        short = np.array([float(one) for one in written]).astype(kind)
    found = np.concatenate([np.frombuffer(b"".join(bits), kind), short])
    return found[np.isfinite(found)]


@given(_floats())
def test_a_float_is_a_rounding_exactly_if_it_has_more_digits_than_it_keeps(
    values: np.ndarray,
) -> None:
    kept = KEPT[values.dtype.str[1:]]
    found = float_roundings(NumericColumn(values))
    assert found.tolist() == [_digits(value) > kept for value in values]


@pytest.mark.parametrize("kind", ["i8", "u8", "i1", "?"])
def test_whole_numbers_and_truth_values_are_no_roundings(kind: str) -> None:
    values = np.array([0, 1, -1]).astype(kind)
    assert not float_roundings(NumericColumn(values)).any()


def test_decimals_are_no_roundings() -> None:
    exact = ExactCells(lambda _: Fraction("0.30000000000000004"))
    column = NumericColumn(np.array([0.1 + 0.2]), None, exact)
    assert not float_roundings(column).any()
