"""The one value that clauses leave a variable, if they leave it just one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

from pishield_cli.logic.classes import class_at, code_of
from pishield_cli.logic.ranges import Ranges
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause, Conjunction, Literal

_EVERYTHING = Ranges(unbounded_below=True)
_NOTHING = Ranges(unbounded_below=False)


def allowed_values(clauses: Iterable[Clause], name: str, known: Mapping[str, Fraction]) -> Ranges:
    """The values of one variable with which clauses hold.

    Args:
        clauses: A conjunction.
        name: The variable.
        known: A value for each other variable of theirs.
    """
    return ~Ranges.union(
        ~Ranges.union(_allowed(literal, name, known) for literal in clause) for clause in clauses
    )


def only_value(values: Ranges, grid: Grid) -> Fraction | None:
    """The only value of a column's grid in a set; None if there are several, or none.

    Args:
        values: The set.
        grid: What the column can hold.
    """
    if grid.places is None:
        points = list(_single_points(values))
        return points[0] if len(points) == 1 and None not in points else None
    found = list(_first(points_of(values, grid), 2))
    return found[0] if len(found) == 1 else None


def only_text(values: Ranges, grid: Grid, classes: Sequence[Sequence[str]]) -> Fraction | None:
    """The same of a column of texts: the number of the one class left, if it has one text.

    Args:
        values: Numbers of classes, as `logic.classes` counts them.
        grid: What the column can hold.
        classes: The texts of each class.
    """
    places = {class_at(int(point), len(classes)) for point in points_of(values, grid)}
    place = places.pop() if len(places) == 1 else -1
    if place < 0 or len(classes[place]) > 1:
        return None
    return Fraction(code_of(place, len(classes)))


def points_of(values: Ranges, grid: Grid) -> Iterator[Fraction]:
    """The values of a grid with places that lie in a set, ascending; endless if the set is."""
    unit = Fraction(1, 10 ** (grid.places or 0))
    for interval in values.intervals():
        low, high = _within(interval, grid)
        if low is None or high is None:
            yield from (Fraction(0), unit)  # more than one, whichever
            continue
        (first, open_below), (last, closed_above) = low, high
        start = floor(first / unit) + 1 if open_below else ceil(first / unit)
        stop = floor(last / unit) if closed_above else ceil(last / unit) - 1
        yield from (step * unit for step in range(start, stop + 1))


def _within(
    interval: tuple[tuple[Fraction, bool] | None, tuple[Fraction, bool] | None], grid: Grid
) -> tuple[tuple[Fraction, bool] | None, tuple[Fraction, bool] | None]:
    """An interval's cuts, no farther than the grid's limits."""
    low, high = interval
    if grid.low is not None:
        low = max(low, (Fraction(grid.low), False)) if low else (Fraction(grid.low), False)
    if grid.high is not None:
        high = min(high, (Fraction(grid.high), True)) if high else (Fraction(grid.high), True)
    return low, high


def _single_points(values: Ranges) -> Iterator[Fraction | None]:
    """The intervals' only points; None for an interval of several."""
    for low, high in values.intervals():
        yield low[0] if low is not None and high is not None and low[0] == high[0] else None


def _first(points: Iterator[Fraction], count: int) -> Iterator[Fraction]:
    for _, point in zip(range(count), points, strict=False):
        yield point


def _allowed(literal: Literal, name: str, known: Mapping[str, Fraction]) -> Ranges:
    """The values of one variable with which a literal holds."""
    if isinstance(literal, Conjunction):
        both = ~Ranges.union(~_allowed(part, name, known) for part in literal.parts)
        return both if literal.positive else ~both
    one = literal.as_inequality()
    rest, weight = one.constant, Fraction(0)
    for other, coefficient in one.terms:
        if other == name:
            weight = coefficient
        else:
            rest -= coefficient * known[other]
    if not weight:
        return _EVERYTHING if (rest < 0 if one.strict else rest <= 0) else _NOTHING
    if weight > 0:
        return Ranges.above(rest / weight, strict=one.strict)
    return ~Ranges.above(rest / weight, strict=not one.strict)
