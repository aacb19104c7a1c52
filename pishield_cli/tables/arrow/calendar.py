"""Parts of dates and times, and whole months between them, worked out column by column."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from pishield_cli.kernels import arithmetic
from pishield_cli.kernels.arithmetic import Decimals, constant
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.expressions import Function
from pishield_cli.tables.arrow.arrays import plain_array, whole_scalar
from pishield_cli.tables.arrow.columns import numeric_column

_OF_DAYS: Mapping[Function, Callable[[pa.Array], pa.Array]] = {
    Function.YEAR: pc.year,
    Function.QUARTER: pc.quarter,
    Function.MONTH: pc.month,
    Function.DAY: pc.day,
    Function.WEEKDAY: lambda dates: pc.day_of_week(dates, count_from_zero=False, week_start=1),
}
_PER_DAY = {Function.HOUR: 24, Function.MINUTE: 24 * 60}
_PER_YEAR = 12

CALENDAR = frozenset({*_OF_DAYS, *_PER_DAY})
"""The functions of one date."""


def calendar_part(function: Function, dates: Decimals) -> Decimals:
    """A whole number that a date or a time of day has.

    Args:
        function: One of `CALENDAR`.
        dates: Days since 1970, with fractions where there are times.
    """
    if function in _PER_DAY:
        return _clock_part(dates, _PER_DAY[function])
    return _whole(_of_days(_OF_DAYS[function], dates), dates.missing)


def whole_months(first: Decimals, last: Decimals) -> Decimals:
    """Months from one date to another, rounded down: below 0 where the second comes before.

    A month is over on its day and at its time, or the day after where a month has no such day.
    """
    months = _of_days(_months, last) - _of_days(_months, first)
    days = _of_days(pc.day, last) - _of_days(pc.day, first)
    if not days.all():
        later = arithmetic.plus([_time(last), _negative(_time(first))])
        days = np.where(days == 0, arithmetic.sign(later).integers, days)
    return _whole(months - (days < 0), first.missing | last.missing)


def whole_years(first: Decimals, last: Decimals) -> Decimals:
    """Years from one date to another, rounded down."""
    months = whole_months(first, last)
    return _whole(months.integers // _PER_YEAR, months.missing)


def _months(dates: pa.Array) -> pa.Array:
    return pc.add(pc.multiply(pc.year(dates), whole_scalar(_PER_YEAR)), pc.month(dates))


def _of_days(function: Callable[[pa.Array], pa.Array], dates: Decimals) -> Array:
    days = plain_array(arithmetic.floors(dates).astype(np.int32)).view(pa.date32())
    found: Array = numeric_column(function(days)).values.astype(np.int64)
    return found


def _clock_part(dates: Decimals, per_day: int) -> Decimals:
    """Whole hours of a day, or whole minutes of an hour."""
    units = arithmetic.floors(_scaled(dates, Fraction(per_day)))
    size = per_day if per_day == _PER_DAY[Function.HOUR] else 60
    return _whole(units % size, dates.missing)


def _time(dates: Decimals) -> Decimals:
    """The share of its day that is over."""
    return arithmetic.plus([dates, _negative(_whole(arithmetic.floors(dates), dates.missing))])


def _negative(part: Decimals) -> Decimals:
    return _scaled(part, Fraction(-1))


def _scaled(part: Decimals, factor: Fraction) -> Decimals:
    return arithmetic.times(part, constant(factor, len(part.missing)))


def _whole(integers: Array, missing: Array) -> Decimals:
    return Decimals(integers, 0, ~missing, missing, lambda row: Fraction(int(integers[row])), None)
