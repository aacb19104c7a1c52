"""Values of one column to choose from, the others still being free."""

from collections.abc import Iterator
from fractions import Fraction

from pishield_cli.logic.rows.grids import Grid, Interval, points_near
from pishield_cli.logic.solver.answers import NearestValue

REMAINDERS = 7
"""Neighbours of a value that are tried where an equality asks for another remainder."""

MOST_PLACES = 15


def points_at(found: NearestValue, name: str, grid: Grid) -> Iterator[Fraction]:
    """Values on a column's grid at, or right beyond, the nearest one allowed.

    Args:
        found: The nearest value of the column that some values of the others go with.
        name: The column.
        grid: What it can hold.

    Yields:
        The nearest first, as a rule; then neighbours that leave other remainders.
    """
    if found.side == 0 or (not found.open and grid.fits(found.value)):
        yield found.value
    if found.side == 0:
        yield from _beside(found.value, grid)
        return
    beyond = found.model.values[name]
    ends = (found.value, beyond) if found.side > 0 else (beyond, found.value)
    stretches = [Interval(ends[0], None, found.open), Interval(ends[0], ends[1], found.open)]
    if found.side < 0:
        stretches = [
            Interval(None, ends[1], high_open=found.open),
            Interval(ends[0], ends[1], high_open=found.open),
        ]
    for stretch in stretches:
        points = points_near([stretch], found.value - found.side, grid)
        yield from points
        for point in points[:1]:
            yield from _beside(point, grid)


def _beside(value: Fraction, grid: Grid) -> Iterator[Fraction]:
    """The next decimals of as many digits, one of each remainder that thirds or sevenths leave."""
    if grid.places is not None:
        return
    last = Fraction(1, 10 ** _places(value))
    for step in range(1, REMAINDERS):
        yield from (one for one in (value - step * last, value + step * last) if grid.fits(one))


def _places(value: Fraction) -> int:
    """How many decimal places a cell shows, at most as many as are looked for."""
    return next((n for n in range(MOST_PLACES) if (value * 10**n).denominator == 1), MOST_PLACES)
