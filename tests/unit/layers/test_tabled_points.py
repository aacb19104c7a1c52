"""Nearest points by arrays are those by tensors."""

import pytest
import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.layers.precision import gap_of

STAR = "\n".join(f"y_0 >= y_{place}" for place in range(1, 6))
CASES = {
    "one above five": STAR,
    "with a pair, and bounds": f"{STAR}\ny_6 > y_7\ny_8 >= 0\ny_8 <= 1",
    "strict": STAR.replace(">=", ">"),
    "an equality among them": f"{STAR}\ny_6 == y_1 + y_2",
    "two alike": f"{STAR}\ny_6 >= y_7\ny_6 >= y_8 + 1\ny_6 >= 2 * y_9\ny_6 >= y_10\ny_6 >= 0",
}
COLUMNS = tuple(f"y_{place}" for place in range(12))


def pair(text):
    """What finds points by arrays, and the same by tensors alone."""
    clauses = parse_requirements(text).clauses
    arrays, tensors = (NearestPoint(clauses, COLUMNS) for _ in range(2))
    tensors.tabled = {}
    return arrays, tensors


def rows(count, dtype=torch.float64):
    z = torch.randn(count, len(COLUMNS), generator=torch.Generator().manual_seed(3)) * 3
    # Whole numbers tie.
    z[::2] = z[::2].round()
    return z.to(dtype)


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_points_and_multipliers_are_those_of_tensors(text, dtype):
    arrays, tensors = pair(text)
    assert arrays.tabled
    z = rows(2500, dtype)
    found, asked = arrays(z), tensors(z)
    # Strict bounds are kept by gaps of what is added up, which may be next to nothing.
    rounding = 32 * (gap_of(dtype) if "> " in text else torch.finfo(dtype).eps)
    assert found.values.dtype == dtype
    largest = float(z.abs().max())
    assert torch.allclose(found.values, asked.values, rtol=rounding, atol=rounding * largest)
    for one, other in zip(found.multipliers, asked.multipliers, strict=True):
        assert torch.allclose(one, other, atol=max(1e-9, rounding))


def test_rows_that_hold_stay_bit_for_bit():
    arrays, _ = pair(STAR)
    z = rows(500)
    z[:, 0] = 100.0
    assert torch.equal(arrays(z).values, z)


def test_a_value_that_is_not_finite_moves_no_other_component():
    arrays, tensors = pair(CASES["two alike"])
    z = rows(50)
    z[3, 7], z[4, 2] = torch.inf, torch.nan
    found, asked = arrays(z).values, tensors(z).values
    assert torch.allclose(found, asked, equal_nan=True)
    assert found[0].isfinite().all()
    assert not torch.equal(found[0], z[0])


def test_no_rows_have_no_points():
    shield = NearestShield(parse_requirements(STAR), COLUMNS)
    assert shield(torch.zeros(0, len(COLUMNS))).shape == (0, len(COLUMNS))
