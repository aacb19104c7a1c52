"""Comparisons of years and rounded numbers with constants, as comparisons of what is rounded.

`year(d) >= 2024` says that `d` is the first of January 2024 or later, `floor(x) <= 3` that `x` is
below 4. So said, the date and the number may move.
"""

from datetime import date
from fractions import Fraction
from math import ceil, floor

from pishield_cli.language.context import EPOCH, Context
from pishield_cli.language.sums import ONE, ZERO, Sum
from pishield_cli.logic.expressions import Call, Cell, Function, Value

ComparedWith = tuple[str, Fraction]
"""A relation, and the number that is compared with."""


def unrounded(
    difference: Sum, relation: str, context: Context
) -> tuple[Sum, tuple[ComparedWith, ...]] | None:
    """What a comparison of one rounded cell with a number says of the cell itself.

    Args:
        difference: What is compared with 0.
        relation: Any but `!=`.
        context: Of the file.

    Returns:
        The cell, and the bounds that it keeps, all of them; None for any other comparison.
    """
    weights = [(name, weight) for name, weight in difference.terms.items() if weight]
    call = context.derived.get(weights[0][0]) if len(weights) == 1 else None
    if not isinstance(call, Call) or call.function not in _BOUNDS or not _is_plain(call, context):
        return None
    cell, *places = call.arguments
    assert isinstance(cell, Cell)
    unit = ONE
    if places:
        assert isinstance(places[0], Value)
        unit = Fraction(1, 10) ** int(places[0].value)
    limit = -difference.constant / weights[0][1] / unit
    if weights[0][1] < 0:
        relation = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}.get(relation, relation)
    try:
        steps = [_BOUNDS[call.function](*step, unit) for step in _whole(relation, limit)]
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
    is_date = call.function is Function.YEAR
    per_day = context.per_day(cell.name) or 1
    return Sum({cell.name: Fraction(1, per_day)}, dates=ONE if is_date else ZERO), tuple(steps)


def _is_plain(call: Call, context: Context) -> bool:
    """Whether a cell is rounded, and not a sum, and to places that are known."""
    cell, *places = call.arguments
    known = all(isinstance(one, Value) for one in places)
    return isinstance(cell, Cell) and known and not context.is_mixed(cell.name)


def _whole(relation: str, limit: Fraction) -> list[tuple[str, int]]:
    """The least or the greatest whole number with which a relation holds, or both."""
    if relation == "==":
        return [(">=", ceil(limit)), ("<=", floor(limit))]
    if relation in {">=", ">"}:
        return [(">=", ceil(limit) if relation == ">=" else floor(limit) + 1)]
    return [("<=", floor(limit) if relation == "<=" else ceil(limit) - 1)]


def _of_year(relation: str, year: int, _: Fraction) -> ComparedWith:
    first = date(year if relation == ">=" else year + 1, 1, 1)
    return ">=" if relation == ">=" else "<", Fraction((first - EPOCH).days)


def _of_floor(relation: str, number: int, _: Fraction) -> ComparedWith:
    return (">=", Fraction(number)) if relation == ">=" else ("<", Fraction(number + 1))


def _of_ceil(relation: str, number: int, _: Fraction) -> ComparedWith:
    return (">", Fraction(number - 1)) if relation == ">=" else ("<=", Fraction(number))


def _of_round(relation: str, number: int, unit: Fraction) -> ComparedWith:
    """Halves are rounded away from zero."""
    if relation == ">=":
        return ">=" if number > 0 else ">", (number - Fraction(1, 2)) * unit
    return "<=" if number < 0 else "<", (number + Fraction(1, 2)) * unit


_BOUNDS = {
    Function.YEAR: _of_year,
    Function.FLOOR: _of_floor,
    Function.CEIL: _of_ceil,
    Function.ROUND: _of_round,
}
