"""Batches of a table with the weights of its cells beside them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.tables.table import Batch, StoredTable

LEAST, MOST = 1e-9, 1e9
"""What a weight can be."""


def weight_name(name: str) -> str:
    """What the column is called that holds the weights of another one's cells."""
    return f"⟨weight of {name}⟩"


def weighed_batches(
    batches: Iterator[Batch],
    table: StoredTable,
    held: Collection[str],
    beside: StoredTable | None,
) -> Iterator[Batch]:
    """Batches of a table with weights that are fit to be used.

    Args:
        batches: The table's, with the columns that hold weights.
        table: The table.
        held: These columns.
        beside: A table with as many rows, whose columns are added by `weight_name`.

    Raises:
        TableError: If a weight is not a number from 1e-9 to 1e9, or the other table has more rows,
            or fewer.
    """
    others = None if beside is None else _WeighedRows(beside)
    for batch in batches:
        found = {name: batch.columns[name] for name in held}
        _refuse(found, table, batch)
        if others is not None and beside is not None:
            theirs = others.next(batch.rows, table)
            _refuse(theirs, beside, Batch(batch.start, batch.rows, theirs))
            named = {weight_name(name): column for name, column in theirs.items()}
            batch = replace(batch, columns={**batch.columns, **named})  # noqa: PLW2901
        yield batch
    if others is not None:
        others.require_end(table)


class _WeighedRows:
    """The rows of a table, as many at a time as another one has."""

    def __init__(self, table: StoredTable) -> None:
        self._table = table
        self._batches = table.batches(table.columns)
        self._left: list[Mapping[str, NumericColumn]] = []
        self._count = 0

    def next(self, rows: int, other: StoredTable) -> dict[str, NumericColumn]:
        """The next rows."""
        while self._count < rows:
            batch = next(self._batches, None)
            if batch is None:
                raise self._differ(other, "fewer")
            self._left.append(batch.columns)
            self._count += batch.rows
        whole = {name: _joined([one[name] for one in self._left]) for name in self._table.columns}
        self._left = [{n: one.take(np.arange(rows, self._count)) for n, one in whole.items()}]
        self._count -= rows
        return {name: one.take(np.arange(rows)) for name, one in whole.items()}

    def require_end(self, other: StoredTable) -> None:
        """Raise an error if rows are left."""
        if self._count or any(batch.rows for batch in self._batches):
            raise self._differ(other, "more")

    def _differ(self, other: StoredTable, how: str) -> TableError:
        return TableError(
            f"A table of weights has a row for each row of `{other.name}`, but "
            f"`{self._table.name}` has {how}.",
            hint="give one weight for each cell, row by row in the same order",
        )


def _joined(parts: list[NumericColumn]) -> NumericColumn:
    if len(parts) == 1:
        return parts[0]
    missing = np.concatenate(
        [np.zeros(len(one), bool) if one.missing is None else one.missing for one in parts]
    )
    values = np.concatenate([one.values for one in parts])
    return NumericColumn(values, missing if missing.any() else None)


def _refuse(columns: Mapping[str, NumericColumn], table: StoredTable, batch: Batch) -> None:
    for name, column in columns.items():
        wrong = _unfit(column)
        if wrong.any():
            row = int(wrong.argmax())
            raise TableError(
                f"A weight is a number from {LEAST:g} to {MOST:g}, but `{name}` of `{table.name}` "
                f"has {column.values[row]:g} in row {batch.start + row:,}.",
                hint="an empty cell weighs 1; a column that must not change belongs in --fixed",
            )


def _unfit(column: NumericColumn) -> Array:
    values = column.values.astype(np.float64)
    missing = missing_among(column, np.arange(len(column)))
    unfit: Array = ~((values >= LEAST) & (values <= MOST))
    return unfit if missing is None else unfit & ~missing
