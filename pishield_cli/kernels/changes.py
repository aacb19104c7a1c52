"""New values for some cells of a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, as_floats, decimal_value


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """New values for some cells of one column of a batch.

    Attributes:
        rows: Row numbers within the batch, ascending, shape `(changes,)`.
        values: The new values, same shape; float64, or int64 for integer and boolean columns, or
            objects: some of them fractions, decimals of more digits than a float keeps.
    """

    rows: Array
    values: Array


Changes = Mapping[str, ColumnChange]

_ROUNDING = 1e-9


def moved(before: Any, after: Any, unit: Any = 1.0) -> Any:
    """Where a correction in floats moved values by more than rounding.

    Args:
        before: Values, an array or a tensor of any shape.
        after: The same values corrected.
        unit: What counts as one beside values near zero; a number, or one for each column.

    Returns:
        bool, of the same kind and shape.
    """
    return abs(after - before) > _ROUNDING * (unit + abs(before))


def replaced(column: NumericColumn, change: ColumnChange | None) -> NumericColumn:
    """A column with some cells replaced; the column itself where there is nothing to replace.

    Columns of whole numbers become floats where a fraction is put into them. A missing cell that
    is given a value is missing no more.
    """
    if change is None or not len(change.rows):
        return column
    new = change.values
    column = _with_room(_there(column, change.rows), new)
    cells = column.values.copy()
    cells[change.rows] = new
    exact, beside = column.exact, frozenset[int]()
    if new.dtype.kind == "O":
        beside = frozenset(
            row
            for row, value in zip(change.rows.tolist(), new.tolist(), strict=True)
            if not isinstance(value, float)
        )
    if exact is None and not beside:
        return NumericColumn(cells, column.missing)
    values = dict(zip(change.rows.tolist(), new.tolist(), strict=True))

    def cell(row: int) -> Fraction:
        if exact is not None and row not in values:
            return exact(row)
        return decimal_value(values.get(row, cells[row])) or Fraction(0)

    def long(rows: Array) -> Array:
        kept = np.zeros(len(rows), dtype=bool) if exact is None else exact.long(rows)
        return (kept & ~np.isin(rows, change.rows)) | np.isin(rows, list(beside))

    return NumericColumn(cells, column.missing, ExactCells(cell, long))


def _there(column: NumericColumn, rows: Array) -> NumericColumn:
    """A column in which some cells are not missing."""
    if column.missing is None or not column.missing[rows].any():
        return column
    missing = column.missing.copy()
    missing[rows] = False
    left = missing if missing.any() else None
    return NumericColumn(column.values, left, column.exact)


def _with_room(column: NumericColumn, new: Array) -> NumericColumn:
    """A column in a type that new values fit in: floats, but for whole numbers of 64 bits."""
    if column.values.dtype.kind == "f":
        return column
    limits = np.iinfo(np.int64 if column.values.dtype.kind == "b" else column.values.dtype)
    if (new % 1).any() or min(new) < limits.min or max(new) > limits.max:
        return as_floats(column)
    return NumericColumn(column.values.astype(limits.dtype), column.missing)


@dataclass(frozen=True, slots=True)
class Correction:
    """What correcting a batch changes.

    Attributes:
        changes: The cells that change, by column.
        violating: Rows that violated a clause before, ascending.
        uncorrected: Those of them that could not be corrected; none of their cells change.
        unproven: Corrected rows whose correction was not shown to be what its method promises:
            the nearest, or the one of fewest cells.
    """

    changes: Changes
    violating: Array
    uncorrected: Array
    unproven: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def joined(parts: Iterable[Correction], rows: int) -> Correction:
    """Corrections of the same batch put together; a row that failed in one changes in none.

    Args:
        parts: No cell changes in two of them.
        rows: How many rows the batch has.
    """
    given = list(parts)
    if len(given) == 1 and not (len(given[0].uncorrected) and len(given[0].unproven)):
        return given[0]
    violating = np.zeros(rows, dtype=bool)
    failed, unproven = violating.copy(), violating.copy()
    listed: dict[str, list[ColumnChange]] = {}
    for part in given:
        violating[part.violating] = True
        failed[part.uncorrected] = True
        unproven[part.unproven] = True
        for name, change in part.changes.items():
            listed.setdefault(name, []).append(change)
    some_failed = any(len(part.uncorrected) for part in given)
    changes = {}
    for name, pieces in listed.items():
        if len(pieces) == 1 and not some_failed:
            changes[name] = pieces[0]
            continue
        where = np.concatenate([piece.rows for piece in pieces])
        values = np.concatenate([piece.values for piece in pieces])
        kept = ~failed[where]
        order = np.argsort(where[kept], kind="stable")
        if len(order):
            changes[name] = ColumnChange(where[kept][order], values[kept][order])
    return Correction(
        changes,
        np.flatnonzero(violating),
        np.flatnonzero(failed),
        np.flatnonzero(unproven & ~failed),
    )


def among(some: Array, rows: Array) -> Array:
    """Which of some row numbers are among others; bool, of the shape of `some`.

    Args:
        some: Row numbers, in any order.
        rows: The others, ascending.
    """
    if not len(some) or not len(rows):
        return np.zeros(len(some), dtype=bool)
    places = np.searchsorted(rows, some)
    found: Array = rows[np.minimum(places, len(rows) - 1)] == some
    return found


def only(correction: Correction, rows: Array) -> Correction:
    """What a correction says of some of its violating rows, ascending numbers in the batch."""
    if len(rows) == len(correction.violating):
        return correction
    uncorrected, unproven = correction.uncorrected, correction.unproven
    return Correction(
        _kept(correction.changes, rows),
        rows,
        uncorrected[among(uncorrected, rows)],
        unproven[among(unproven, rows)],
    )


def _kept(changes: Changes, rows: Array) -> dict[str, ColumnChange]:
    """The changes in some rows, ascending."""
    found = {}
    for name, change in changes.items():
        kept = among(change.rows, rows)
        if kept.any():
            found[name] = ColumnChange(change.rows[kept], change.values[kept])
    return found


def taken(changes: Changes, rows: Array) -> dict[str, ColumnChange]:
    """The changes in some rows, numbered by their place among these.

    Args:
        changes: Of a batch.
        rows: Row numbers in the batch, ascending, shape `(taken,)`.
    """
    return {
        name: ColumnChange(np.searchsorted(rows, change.rows), change.values)
        for name, change in _kept(changes, rows).items()
    }


def placed(correction: Correction, rows: Array) -> Correction:
    """A correction of some rows as one of their batch.

    Args:
        correction: Of rows that are numbered by their place among `rows`.
        rows: Their numbers in the batch, ascending.
    """
    changes = {n: ColumnChange(rows[one.rows], one.values) for n, one in correction.changes.items()}
    return Correction(
        changes,
        rows[correction.violating],
        rows[correction.uncorrected],
        rows[correction.unproven],
    )


def composed(
    stages: Sequence[Changes], old: Mapping[str, NumericColumn], kept: Array
) -> dict[str, ColumnChange]:
    """Changes that were made one after the other, as changes of the cells before them.

    Args:
        stages: The earliest first.
        old: The cells before them.
        kept: The rows whose changes count, bool, shape `(rows,)`.
    """
    found = {}
    for name in dict.fromkeys(n for one in stages for n, part in one.items() if len(part.rows)):
        parts = [one[name] for one in stages if name in one]
        change = _latest(parts)
        differs = kept[change.rows] & _differs(change, old[name])
        if differs.any():
            found[name] = ColumnChange(change.rows[differs], change.values[differs])
    return found


def _latest(parts: Sequence[ColumnChange]) -> ColumnChange:
    """Of the changes of each cell the last."""
    alike = len({part.values.dtype for part in parts}) == 1
    values = [part.values if alike else part.values.astype(object) for part in parts]
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows, kind="stable")
    ends = np.append(np.diff(rows[order]) > 0, True)
    return ColumnChange(rows[order][ends], np.concatenate(values)[order][ends])


def _differs(change: ColumnChange, old: NumericColumn) -> Array:
    filled = False if old.missing is None else old.missing[change.rows]
    if change.values.dtype.kind != "O" and old.plain:
        differs: Array = (change.values != old.values[change.rows]) | filled
        return differs
    pairs = zip(change.rows.tolist(), change.values.tolist(), strict=True)
    return np.array([old.cell(row) != decimal_value(value) for row, value in pairs], dtype=bool)
