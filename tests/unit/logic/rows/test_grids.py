"""What columns can hold, and the values that intervals leave."""

from fractions import Fraction

import pytest

from pishield_cli.logic.rows.grids import Grid, Interval, decade, points_near

F = Fraction
WHOLE = Grid(places=0)
DOUBLE = Grid()


@pytest.mark.parametrize(
    ("grid", "value", "holds", "fits"),
    [
        (WHOLE, "3", True, True),
        (WHOLE, "1/2", False, False),
        (Grid(places=2), "1.25", True, True),
        (Grid(places=2), "1.255", False, False),
        (DOUBLE, "0.1", True, True),
        (DOUBLE, "1/3", True, False),
        (DOUBLE, "123456789012345", True, True),
        (DOUBLE, "0.30000000000000004", True, True),
        (DOUBLE, "0.30000000000000001", True, False),
        (Grid(digits=6), "0.123456", True, True),
        (Grid(digits=6), "0.12345678", True, True),
        (Grid(digits=6), "0.1234567891", True, False),
        (Grid(digits=3), "0.123", True, True),
    ],
)
def test_what_a_column_holds(grid: Grid, value: str, holds: bool, fits: bool) -> None:
    assert grid.holds(F(value)) == holds
    assert grid.fits(F(value)) == fits


def test_only_no_decimal_places_are_whole_numbers() -> None:
    assert WHOLE.integer
    assert not DOUBLE.integer
    assert not Grid(places=1).integer


def test_an_interval_has_ends_or_not() -> None:
    assert F(10) ** 99 in Interval()
    assert F(1) in Interval(F(1), F(2))
    assert F(1) not in Interval(F(1), F(2), low_open=True)
    assert F(2) not in Interval(F(1), F(2), high_open=True)
    assert F(3) not in Interval(F(1), F(2))


def test_intervals_shrink_to_nothing() -> None:
    whole = Interval(F(0), F(4))
    assert whole.below(F(3), strict=True) == Interval(F(0), F(3), high_open=True)
    assert whole.above(F(3), strict=False) == Interval(F(3), F(4))
    assert whole.below(F(4), strict=True) == Interval(F(0), F(4), high_open=True)
    assert whole.below(F(9), strict=True) is whole
    assert whole.above(F(-1), strict=True) is whole
    assert whole.below(F(0), strict=False) == Interval(F(0), F(0))
    assert whole.below(F(0), strict=True) is None
    assert whole.above(F(4), strict=True) is None
    assert whole.above(F(5), strict=False) is None


@pytest.mark.parametrize(
    ("magnitude", "exponent"),
    [("1", 0), ("9.99", 0), ("10", 1), ("0.1", -1), ("0.099", -2), ("1/3", -1), ("1e300", 300)],
)
def test_the_decade_of_a_number(magnitude: str, exponent: int) -> None:
    assert decade(F(magnitude)) == exponent


def test_an_allowed_value_is_kept_alone() -> None:
    assert points_near([Interval(F(0), F(9))], F(1, 3), DOUBLE) == [F(1, 3)]
    assert points_near([Interval(F(0), F(9))], F(3), WHOLE) == [F(3)]


@pytest.mark.parametrize(
    ("intervals", "target", "grid", "nearest"),
    [
        ([Interval(F(5), None)], F(3), DOUBLE, F(5)),
        ([Interval(None, F(5))], F(7), DOUBLE, F(5)),
        ([Interval(F(1, 3), None)], F(0), DOUBLE, F("0.33333333334")),
        ([Interval(F(5), None, low_open=True)], F(3), DOUBLE, F("5.0000000001")),
        ([Interval(F(5), None, low_open=True)], F(3), WHOLE, F(6)),
        ([Interval(F("4.2"), None)], F(3), WHOLE, F(5)),
        ([Interval(F("4.21"), None)], F(3), Grid(places=1), F("4.3")),
        ([Interval(None, F(2)), Interval(F(5), None)], F(4), DOUBLE, F(5)),
        ([Interval(None, F(2)), Interval(F(4), None)], F(3), DOUBLE, F(2)),
        ([Interval(F(1, 3), F(1, 3))], F(0), DOUBLE, None),
        ([Interval(F("0.4"), F("0.6"))], F(0), WHOLE, None),
        ([Interval(F(300), None)], F(3), Grid(places=0, low=-128, high=127), None),
        ([Interval(F(-300), F(-100))], F(3), Grid(places=0, low=-128, high=127), F(-100)),
        ([Interval(F(0), F(1), True, True)], F(5), DOUBLE, F("0.9999999999")),
        ([], F(5), DOUBLE, None),
    ],
)
def test_the_nearest_value_comes_first(
    intervals: list[Interval], target: Fraction, grid: Grid, nearest: Fraction | None
) -> None:
    points = points_near(intervals, target, grid)
    assert (points[0] if points else None) == nearest
    assert points == sorted(points, key=lambda one: (abs(one - target), one))
    for point in points:
        assert any(point in interval for interval in intervals)
        assert grid.fits(point)


def test_intervals_narrower_than_short_decimals_hold_longer_ones() -> None:
    low = F(1)
    for width in ("1e-12", "1e-14", "4e-16"):
        one = Interval(low, low + F(width), low_open=True, high_open=True)
        points = points_near([one], F(9), DOUBLE)
        assert points
        assert all(DOUBLE.fits(point) for point in points)
    assert not points_near([Interval(low, low + F("1e-17"), True, True)], F(9), DOUBLE)


def test_singles_take_what_their_width_keeps() -> None:
    points = points_near([Interval(F("0.123456789"), None)], F(0), Grid(digits=6))
    assert points[0] == F("0.123457")


def test_the_range_of_a_type_does_not_set_the_scale() -> None:
    wide = Grid(low=-(10**308), high=10**308)
    assert points_near([Interval(F("-4.6"), None, low_open=True)], F(-7), wide)[0] == F(
        "-4.5999999999"
    )
    half = Grid(digits=3, low=-65504, high=65504)
    assert points_near([Interval(F(65500), None)], F(0), half)[0] == 65500
    assert points_near([Interval(F(70000), None)], F(0), half) == []
