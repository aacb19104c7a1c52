"""New cells as a table stores them: dates and numbers in the look of the cells they replace."""

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import numpy as np

from pishield_cli.kernels.changes import Changes, ColumnChange
from pishield_cli.kernels.columns import NumericColumn, number_text
from pishield_cli.logic.domains import MICROSECONDS, Date, Schema, Times
from pishield_cli.tables.arrow.dates import date_domain, dates_of
from pishield_cli.tables.arrow.time_texts import time_texts
from pishield_cli.tables.table import Batch, TableReader, TableWriter

_DAY_LENGTH = len("2024-01-31")


def with_dates_as_stored(reader: TableReader, writer: TableWriter) -> TableWriter:
    """A writer of a stored table as a writer of the table that is derived from it.

    Args:
        reader: The table, derived or not.
        writer: Writes the table as it is stored.
    """
    if reader.stored is reader:
        return writer
    from pishield_cli.tables.derived import DerivedReader

    return DerivedWriter(reader.schema, writer) if isinstance(reader, DerivedReader) else writer


class DerivedWriter:
    """A table being written aside, its dates as its cells hold them.

    Args:
        schema: What the table's columns hold.
        stored: The writer of the table as it is stored.
    """

    def __init__(self, schema: Schema, stored: TableWriter) -> None:
        self._schema = schema
        self._stored = stored

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        cells = {n: stored_change(batch, n, one, self._schema) for n, one in changes.items()}
        self._stored.write(batch, cells)

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._stored.commit()

    def __enter__(self) -> Self:
        self._stored.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""
        self._stored.__exit__(exc_type, exc, traceback)


def stored_change(batch: Batch, name: str, change: ColumnChange, schema: Schema) -> ColumnChange:
    """New values of a column as its cells hold them: as texts, where the cells are texts.

    Args:
        batch: The rows.
        name: The column.
        change: Numbers; of dates, whole numbers of their unit.
        schema: What columns hold.
    """
    domain, old = schema.get(name), batch.raw.get(name)
    if old is None:
        return change
    if isinstance(domain, Date) and date_domain(old.type) is None:
        usual = next((text for text in old.to_pylist() if text), "")
        texts = [
            date_text(int(value), domain, old[row].as_py() or usual)
            for row, value in zip(change.rows.tolist(), change.values.tolist(), strict=True)
        ]
    else:
        return change
    return ColumnChange(change.rows, np.array(texts, dtype=object))


def told_texts(batch: Batch, name: str, change: ColumnChange, schema: Schema) -> list[str]:
    """New values of a column as an audit tells them: a date as its table writes it.

    Args:
        batch: The rows.
        name: The column.
        change: Its new values.
        schema: What columns hold.
    """
    stored = stored_change(batch, name, change, schema)
    domain = schema.get(name)
    if isinstance(domain, Date) and stored is change and name in batch.raw:
        return time_texts(dates_of(NumericColumn(change.values), batch.raw[name].type))
    return [one if isinstance(one, str) else number_text(one) for one in stored.values]


def date_text(units: int, domain: Date, old: str) -> str:
    """A date as text, in the style of the one that it replaces, or of another of its column.

    Args:
        units: Since 1970, in the domain's unit.
        domain: What the column holds.
        old: A cell of the column, as written; empty if there is none.
    """
    microseconds = units * (MICROSECONDS // domain.per_day)
    if domain.times is not Times.DATE:
        return _clock_text(microseconds, old)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    if domain.format is not None:
        return moment.strftime(domain.format)
    if domain.per_day == 1 or (len(old) == _DAY_LENGTH and not microseconds % MICROSECONDS):
        return moment.date().isoformat()
    separator = old[_DAY_LENGTH : _DAY_LENGTH + 1] or "T"
    clock = moment.replace(tzinfo=None).isoformat(sep=separator)
    return f"{clock}Z" if domain.zoned else clock


def _clock_text(microseconds: int, old: str) -> str:
    """A time of day as text, with seconds where another one has them, or it needs them."""
    seconds, rest = divmod(microseconds, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    width = len(old.partition(":")[0])
    text = f"{hours:0{width}}:{minutes:02}"
    if seconds or rest or old.count(":") > 1:
        text += f":{seconds:02}"
    return text + (f".{rest:06}" if rest else "")
