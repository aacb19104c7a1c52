"""The values that a column's cells can take, and the intervals that steps leave them, exactly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from pishield_cli.logic.domains import Date, Domain, Number, Text, Truth
from pishield_cli.logic.floats import SMALLEST, cells_near, nearest_cell

GRID_DIGITS = 11
"""Significant digits, at the scale of its bound, of a value that had to move."""

LONGEST = 60
"""Significant digits up to which values are looked for in cells that hold any decimal."""

COARSER = (4, 7)
"""By how many digits coarser the grids are whose values are fallen back on."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values that a column's cells can take.

    Attributes:
        places: Decimal places that fit, 0 for whole numbers; None where only `digits` limits them.
        digits: Significant decimal digits that the column's width always keeps: 15 for a
            double, 6 for a single, 3 for a half, 2 for a bfloat16.
        placed: Significant digits, at the scale of its bound, of a value that has to move.
        low: Smallest value; None for no limit.
        high: Largest value; None for no limit.
        endless: Whether a cell holds decimals of any number of digits, as texts and decimals do,
            within what `places` and the limits allow.
        usual: Whether `places` are no more than usual: a cell holds more of them, but gets them
            only where nothing else does.
    """

    places: int | None = None
    digits: int = 15
    placed: int = GRID_DIGITS
    low: int | Fraction | None = None
    high: int | Fraction | None = None
    endless: bool = False
    usual: bool = False

    @property
    def integer(self) -> bool:
        """Whether only whole numbers fit."""
        return self.places == 0

    def covers(self, other: "Grid") -> bool:
        """Whether all that lies within another's limits lies within these."""
        return (self.low is None or (other.low is not None and other.low >= self.low)) and (
            self.high is None or (other.high is not None and other.high <= self.high)
        )

    def mirrored(self) -> "Grid":
        """The grid of the negated values."""
        low = None if self.high is None else -self.high
        return replace(self, low=low, high=None if self.low is None else -self.low)

    def holds(self, value: Fraction) -> bool:
        """Whether a value has no more decimal places than fit."""
        return self.places is None or (value * 10**self.places).denominator == 1

    def fits(self, value: Fraction) -> bool:
        """Whether a value can be written to a cell without being rounded."""
        if not self.holds(value):
            return False
        if self.places is not None:
            return True
        if self.endless:
            return _is_decimal(value)
        if (not value or abs(value) >= SMALLEST[self.digits]) and _has_digits(value, self.digits):
            return True
        return nearest_cell(value, self.digits) == value


def grid_of(domain: Domain | None) -> Grid:
    """The values that the cells of a column can take, by what it holds."""
    match domain:
        case Truth():
            return Grid(places=0, low=0, high=1)
        case Date():
            first, last = domain.limits
            return Grid(places=0, low=first, high=last)
        case Text(classes=classes) if classes is not None:
            return Grid(places=0, low=0, high=2 * len(classes) - 1)
        case Number(places=places, largest=high, endless=endless):
            low = None if high is None else -high
            return Grid(places=places, low=low, high=high, endless=endless)
        case _:
            return Grid()


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the line; an end of None is infinite."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: Fraction) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = (
            self.high is None or value < self.high or (value == self.high and not self.high_open)
        )
        return above and below

    def below(self, bound: Fraction, strict: bool) -> "Interval | None":
        """The part with `value <= bound`, or `<` if strict; None if that is empty."""
        if self.high is not None and (self.high, not self.high_open) <= (bound, not strict):
            return self
        return _interval(self.low, bound, self.low_open, strict)

    def above(self, bound: Fraction, strict: bool) -> "Interval | None":
        """The part with `value >= bound`, or `>` if strict; None if that is empty."""
        if self.low is not None and (self.low, self.low_open) >= (bound, strict):
            return self
        return _interval(bound, self.high, strict, self.high_open)


def _interval(
    low: Fraction | None, high: Fraction | None, low_open: bool, high_open: bool
) -> Interval | None:
    if (
        low is not None
        and high is not None
        and (low > high or (low == high and (low_open or high_open)))
    ):
        return None
    return Interval(low, high, low_open, high_open)


def points_near(intervals: Sequence[Interval], target: Fraction, grid: Grid) -> list[Fraction]:
    """Values of the grid inside intervals, nearest to a target first; equally near, the smaller.

    Args:
        intervals: Where the value may lie.
        target: The value that the cell has; returned alone if it is allowed as it is.
        grid: What the column can hold.

    Returns:
        For every interval its nearest value on the grid and a few more to fall back on; empty if
        no interval holds a value of the grid.
    """
    if grid.holds(target) and any(target in interval for interval in intervals):
        return [target]
    found = {point for interval in intervals for point in _points(interval, target, grid)}
    return sorted(found, key=lambda point: (abs(point - target), point))


def _points(interval: Interval, target: Fraction, grid: Grid) -> Iterator[Fraction]:
    limited: Interval | None = interval
    if grid.low is not None and limited is not None:
        limited = limited.above(Fraction(grid.low), strict=False)
    if grid.high is not None and limited is not None:
        limited = limited.below(Fraction(grid.high), strict=False)
    if limited is None:
        return
    ends = [end for end in (limited.low, limited.high) if end is not None]
    clamped = (
        target
        if target in limited
        else min(ends, key=lambda end: abs(end - target), default=target)
    )
    if grid.places is not None:
        yield from _placed_points(limited, clamped, Fraction(1, 10**grid.places))
    else:
        # The ends of a type's range say nothing of the scale that values have.
        points = _decimal_points(interval, clamped, grid, abs(target))
        yield from (point for point in points if point in limited and grid.fits(point))


def _placed_points(
    interval: Interval, around: Fraction, quantum: Fraction, reach: int = 3
) -> Iterator[Fraction]:
    for steps in range(floor(around / quantum) - reach, ceil(around / quantum) + reach + 1):
        if (point := steps * quantum) in interval:
            yield point


def _decimal_points(
    interval: Interval, around: Fraction, grid: Grid, usual: Fraction
) -> Iterator[Fraction]:
    """Decimals in an interval, those first that are near a point and short for its size."""
    digits = LONGEST if grid.endless else grid.digits
    if around in interval and (grid.fits(around) if grid.endless else _has_digits(around, digits)):
        yield around
    scale = max(
        (abs(end) for end in (interval.low, interval.high) if end is not None), default=around
    )
    width = None
    if interval.low is not None and interval.high is not None:
        width = interval.high - interval.low
        middle = (interval.low + interval.high) / 2
        yield from _first_inside(interval, middle, scale, range(1, digits + 1))
    start = min(GRID_DIGITS, digits)
    short = list(
        _first_inside(interval, around, scale or width or Fraction(1), range(start, digits + 1))
    )
    yield from short
    for fewer in COARSER:  # further inside, where a narrower column finds room as well
        coarse = range(start - fewer, start)
        yield from _first_inside(interval, around, scale or Fraction(1), coarse)
    for larger in (usual, Fraction(1)):  # where a sum came out near zero, its parts were larger
        if larger > scale:
            yield from _first_inside(interval, around, larger, range(start, digits + 1))
    if not grid.endless and not any(
        map(grid.fits, short)
    ):  # only cells with more digits than their width always keeps lie inside
        yield from (point for point in cells_near(around, digits) if point in interval)


def _first_inside(
    interval: Interval, around: Fraction, scale: Fraction, digits: range
) -> Iterator[Fraction]:
    """The neighbours of a value on the coarsest decimal grid that has one inside."""
    leading = decade(abs(scale)) if scale else 0
    for count in digits:
        quantum = Fraction(10) ** (leading - count + 1)
        steps = floor(around / quantum)
        inside = [p for k in (0, 1, -1, 2) if (p := (steps + k) * quantum) in interval]
        if inside:
            yield from inside
            return


def rounded(value: Fraction, grid: Grid) -> Fraction:
    """The nearest decimal of as many digits as a moved cell of a column of floats gets."""
    if not value:
        return value
    quantum = Fraction(10) ** (decade(abs(value)) - min(grid.placed, grid.digits) + 1)
    return round(value / quantum) * quantum


def _has_digits(value: Fraction, digits: int) -> bool:
    """Whether a value is a decimal of at most so many significant digits."""
    if not value:
        return True
    scaled = value / Fraction(10) ** (decade(abs(value)) - digits + 1)
    return scaled.denominator == 1


def _is_decimal(value: Fraction) -> bool:
    """Whether a value is a decimal at all."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def decade(magnitude: Fraction) -> int:
    """The exponent of ten of a positive number's leading digit."""
    guess = len(str(magnitude.numerator)) - len(str(magnitude.denominator))
    return guess if Fraction(10) ** guess <= magnitude else guess - 1
