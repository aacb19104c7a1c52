"""Dates and times of Arrow as whole numbers of their unit, and back."""

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn
from pishield_cli.logic.domains import MICROSECONDS, Date, Times
from pishield_cli.tables.arrow.arrays import nothing, one_text, whole_scalar
from pishield_cli.tables.arrow.columns import decoded, in_one_array, numeric_column, spread
from pishield_cli.tables.arrow.formatted_dates import fits_format, formatted_dates

_BLANKS = " \t"
"""What may stand around a date, as around a number."""
_NARROW = 32
"""Bits of dates of days, and of coarse times of day; all others have twice as many."""

_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def date_domain(kind: pa.DataType) -> Date | None:
    """What a column of dates or times holds; None for a type of anything else."""
    if pa.types.is_dictionary(kind):
        return date_domain(kind.value_type)
    if pa.types.is_date32(kind):
        return Date()
    if pa.types.is_date64(kind):
        return Date(_PER_DAY["ms"])
    if pa.types.is_timestamp(kind):
        return Date(_PER_DAY[kind.unit], zoned=kind.tz is not None)
    if pa.types.is_time(kind):
        return Date(_PER_DAY[kind.unit], times=Times.CLOCK)
    if pa.types.is_duration(kind):
        return Date(_PER_DAY[kind.unit], times=Times.LENGTH)
    return None


def units_of(cells: pa.Array) -> NumericColumn:
    """Dates or times as whole numbers of their own unit since 1970-01-01, UTC where zoned."""
    if pa.types.is_dictionary(cells.type):
        return units_of(in_one_array(decoded(cells)))
    return numeric_column(cells.view(_integer(cells.type)))


def dates_of(column: NumericColumn, kind: pa.DataType) -> pa.Array:
    """Whole numbers of a type's unit as dates or times of that type, none of them missing."""
    integers = np.asarray(column.values).astype(np.int32 if kind.bit_width == _NARROW else np.int64)
    buffer = pa.py_buffer(integers.tobytes())
    return pa.Array.from_buffers(kind, len(integers), [None, buffer])


def _integer(kind: pa.DataType) -> pa.DataType:
    return pa.int32() if kind.bit_width == _NARROW else pa.int64()


def days_of(column: NumericColumn, domain: Date) -> NumericColumn:
    """Whole numbers of a unit as days, exactly."""
    if domain.per_day == 1:
        return column
    values, per_day = np.asarray(column.values), domain.per_day
    whole, rest = np.divmod(values, per_day)
    if not rest.any():
        return NumericColumn(whole, column.missing)

    def cell(row: int) -> Fraction:
        return Fraction(int(values[row]), per_day)

    return NumericColumn(values / per_day, column.missing, ExactCells(cell))


def parsed_dates(texts: pa.Array, domain: Date) -> tuple[pa.Array, Array]:
    """Texts as dates or times, in the domain's unit.

    Args:
        texts: As written, blanks around them or not; missing where there is nothing.
        domain: Days, or microseconds; its format where the texts are not ISO 8601.

    Returns:
        Dates of days, or timestamps or lengths of time in microseconds; and where a text says none
        of these, bool. Such a cell comes out missing.
    """
    if pa.types.is_dictionary(texts.type):
        found, bad = parsed_dates(texts.dictionary, domain)
        wrong = spread(NumericColumn(bad), texts.indices)
        known = wrong.values if wrong.missing is None else wrong.values & ~wrong.missing
        return found.take(texts.indices), known
    if pa.types.is_null(texts.type):  # no text at all
        return parsed_dates(texts.cast(pa.string()), domain)
    from pyarrow import compute as pc

    texts = pc.utf8_trim(texts, characters=_BLANKS)
    if domain.times is not Times.DATE:
        lengths = _lengths(texts)
        return lengths, numeric_column(pc.and_(texts.is_valid(), lengths.is_null())).values
    zone = "UTC" if domain.zoned else None
    if domain.format is not None:
        found = formatted_dates(texts, domain.format, zoned=domain.zoned)
    else:
        pattern = _ZONED if domain.zoned else _DAY if domain.per_day == 1 else _LOCAL
        fits = pc.match_substring_regex(texts, pattern)
        found = _cast(pc.if_else(fits, texts, nothing(texts.type)), pa.timestamp("us", zone))
    bad = numeric_column(pc.and_(texts.is_valid(), found.is_null())).values
    return found.cast(pa.date32()) if domain.per_day == 1 else found, bad


def _lengths(texts: pa.Array) -> pa.Array:
    """Times of day, or lengths of time in hours, minutes and seconds."""
    from pyarrow import compute as pc

    parts = pc.extract_regex(texts, _HOURS)
    hours, minutes, seconds, rest = (pc.struct_field(parts, [place]) for place in range(4))
    whole = [
        pc.multiply(_or_zero(one).cast(pa.int64()), whole_scalar(unit))
        for one, unit in ((hours, 3_600), (minutes, 60), (seconds, 1))
    ]
    fraction = pc.utf8_rpad(rest, width=6, padding="0").cast(pa.int64())
    total = pc.multiply(pc.add(pc.add(*whole[:2]), whole[2]), whole_scalar(1_000_000))
    return pc.add(total, fraction).cast(pa.duration("us"))


def _or_zero(digits: pa.Array) -> pa.Array:
    """Digits, 0 where there are none."""
    from pyarrow import compute as pc

    none, zero = (one_text(text, digits.type) for text in ("", "0"))
    return pc.if_else(pc.equal(digits, none), zero, digits)


_HOURS = (
    r"^(?P<hours>[0-9]{1,3}):(?P<minutes>[0-5][0-9])"
    r"(?::(?P<seconds>[0-5][0-9])(?:\.(?P<rest>[0-9]{1,6}))?)?$"
)
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_LOCAL = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({_CLOCK})?$"
_ZONED = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_CLOCK}(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$"


def _cast(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Texts that look like times as such; those that no calendar has come out missing."""
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        values = [_one(text, kind) for text in texts]
        return pa.concat_arrays(values) if values else pa.nulls(0, kind)


def _one(text: pa.Scalar, kind: pa.DataType) -> pa.Array:
    try:
        single = pa.nulls(1, pa.string()) if not text.is_valid else pa.repeat(text, 1)
        return single.cast(kind)
    except pa.ArrowInvalid:
        return pa.nulls(1, kind)


def dates_among(
    texts: Sequence[str], date_format: str | None = None, *, most: bool = False
) -> Date | None:
    """What a column of texts holds by some of them: dates if all are; else None.

    Args:
        texts: At least one, or nothing is told.
        date_format: How they may say dates, besides ISO 8601.
        most: Whether it is enough that most of them say dates.
    """
    if date_format is not None and any(fits_format(text, date_format) for text in texts):
        return Date.written_as(date_format)
    found = [one for one in map(looks_like, texts) if one is not None]
    if not found or (len(found) < len(texts) and not (most and 2 * len(found) > len(texts))):
        return None
    if len({(one.zoned, one.times) for one in found}) > 1:
        return None
    return max(found, key=lambda one: one.per_day)


def looks_like(text: str) -> Date | None:
    """The domain of a column of texts like this one; None if it is not a date."""
    bare = text.strip(_BLANKS)
    return next((domain for pattern, domain in _LOOKS if pattern.match(bare)), None)


_LOOKS = (
    (re.compile(_DAY), Date(written=True)),
    (re.compile(_LOCAL), Date(MICROSECONDS, written=True)),
    (re.compile(_ZONED), Date(MICROSECONDS, zoned=True, written=True)),
    (re.compile(_HOURS), Date(MICROSECONDS, written=True, times=Times.CLOCK)),
)
