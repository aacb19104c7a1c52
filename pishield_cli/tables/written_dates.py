"""Dates and times that texts say, as numbers, and the texts of such a column that say none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import MICROSECONDS, Date, Times
from pishield_cli.tables.arrow.arrays import nothing, one_text, plain_array, without_marks
from pishield_cli.tables.arrow.dates import date_domain, days_of, parsed_dates, units_of
from pishield_cli.tables.bad_columns import BadColumn, error_columns, in_one
from pishield_cli.tables.dialect import InputFormat
from pishield_cli.tables.table import StoredTable
from pishield_cli.tables.textual.meanings import COUNTED, date_hint, hint_beside_marks

_TIMES = Date(MICROSECONDS, written=True)
"""Texts that say a day, and may say a time."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CSV = frozenset({InputFormat.CSV, InputFormat.TSV})

NAMES: Mapping[Times, str] = {
    Times.DATE: "dates",
    Times.CLOCK: "times of day",
    Times.LENGTH: "lengths of time",
}
"""What cells are called, as many."""


def read_dates(cells: pa.Array, domain: Date) -> tuple[NumericColumn, Array]:
    """A column of dates in their unit; a time among texts of days is a part of its day.

    Args:
        cells: As they are stored.
        domain: What the column holds.

    Returns:
        The column; and where a text says no date, bool. Such a cell comes out missing.
    """
    if date_domain(cells.type) is not None:
        return units_of(cells), np.zeros(len(cells), dtype=bool)
    found, bad = parsed_dates(cells, domain)
    if bad.any() and domain.per_day == 1 and domain.format is None:
        found, bad = parsed_dates(cells, _TIMES)
        return days_of(units_of(found), _TIMES), bad
    return units_of(found), bad


def told_dates(cells: pa.Array, domain: Date) -> pa.Array:
    """What cells are: the text `0` for a date, `-` for anything else; missing for missing."""
    from pyarrow import compute

    _, bad = read_dates(cells, domain)
    told = compute.if_else(plain_array(bad), *map(_text, ("-", "0")))
    return compute.if_else(cells.is_null(), nothing(told.type), told)


def _text(text: str) -> pa.Scalar:
    return one_text(text, pa.string())


def with_bad_dates(
    error: ColumnTypeError, stored: StoredTable, numbers: Sequence[str], dates: Mapping[str, Date]
) -> ColumnTypeError:
    """All that is wrong with the columns of a table, once reading one of them has failed.

    Args:
        error: What reading said.
        stored: The table.
        numbers: Its columns of numbers.
        dates: Its columns of dates.

    Returns:
        What is wrong with each of these columns; the error itself if nothing is.
    """
    return in_one([*_bad_numbers(stored, numbers), *_bad_dates(stored, dates)]) or error


def _bad_numbers(stored: StoredTable, numbers: Sequence[str]) -> Sequence[ColumnTypeError]:
    try:
        for _ in stored.batches(numbers) if numbers else ():
            pass
    except ColumnTypeError as error:
        return error_columns(error)
    return ()


def _bad_dates(stored: StoredTable, dates: Mapping[str, Date]) -> Iterable[ColumnTypeError | None]:
    found = {name: BadColumn(name, NAMES[domain.times]) for name, domain in dates.items()}
    for batch in stored.batches([], raw=list(dates)) if dates else ():
        for name, one in found.items():
            _, bad = read_dates(without_marks(batch.raw[name], stored.missing_texts), dates[name])
            one.note(batch.raw[name], bad, partial(stored.place, batch))
    option = "add --na" if stored.format in _CSV else None
    return [
        one.error(stored.title, partial(_hint, one.name, dates[one.name], option))
        for one in found.values()
    ]


def _hint(name: str, domain: Date, option: str | None, texts: Sequence[str]) -> str:
    """What to do about cells that are not what a column of dates holds."""
    clock = "times of day are written 14:30, 14:30:59 or 14:30:59.5"
    day = (
        "dates are written 2024-01-31; another form is given by --date-format %d.%m.%Y, or "
        f'declared: date {name} "%d.%m.%Y"'
    )
    general = f"{day if domain.times is Times.DATE else clock}; {COUNTED}"
    return hint_beside_marks(texts, partial(_told, domain), general, option)


def _told(domain: Date, texts: Sequence[str]) -> str | None:
    if domain.format is not None:
        return f"they are read by the format {domain.format}, and every cell must fit it; {COUNTED}"
    if domain.zoned:
        return "its first cells tell their zone, as 2024-01-31T10:00Z does, and all must or none"
    if all(map(_DAY.fullmatch, texts)):
        return f"no calendar has this day: correct the cell; {COUNTED}"
    found = date_hint(texts)
    return (
        f"a column's dates are written in one way; if all are written so, {found}"
        if found
        else None
    )
