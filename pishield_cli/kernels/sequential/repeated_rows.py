"""Correcting rows of whole numbers that occur many times, such as codes of texts, once each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort

MANY = 1_000
"""Rows below which it is not worth while to look for repetitions."""

FEWER = 2
"""How many times fewer the distinct rows have to be."""

LARGEST = 2**62
"""Kinds of rows that can be told apart by a number."""


class CorrectsRows(Protocol):
    """Corrects rows of a batch, each by its own cells alone."""

    def correct(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort | None = None
    ) -> Correction:
        """New cells for rows that violate a clause.

        Args:
            columns: At least those that the clauses name, shape `(rows,)` each.
            wrong: The rows to correct, bool, same shape.
            effort: The work that is left for each row; all of it by default.
        """


def correct_once(
    corrector: CorrectsRows,
    names: Sequence[str],
    columns: Mapping[str, NumericColumn],
    wrong: Array,
    effort: Effort,
) -> Correction:
    """Correct rows, those with equal cells once where all cells are whole numbers.

    Args:
        corrector: Corrects rows.
        names: The columns that it looks at.
        columns: At least these, shape `(rows,)` each.
        wrong: The rows to correct, bool, same shape; none of these cells is missing in them.
        effort: The work that is left for each row of the batch.
    """
    rows = np.flatnonzero(wrong)
    keys = _keys([columns[name] for name in names], rows, effort)
    if keys is None:
        return corrector.correct(columns, wrong, effort)
    _, first, kind = np.unique(keys, return_index=True, return_inverse=True)
    if FEWER * len(first) > len(rows):
        return corrector.correct(columns, wrong, effort)
    taken = {name: columns[name].take(rows[first]) for name in names}
    mine = effort.take(rows[first]).apart()
    found = corrector.correct(taken, np.ones(len(first), dtype=bool), mine)
    effort.take(rows).settle(mine.take(kind.reshape(-1)))
    return _spread(found, rows, kind.reshape(-1))


@dataclass(frozen=True, slots=True)
class AlikeRows:
    """Which rows have equal cells.

    Attributes:
        first: One row of each kind, shape `(kinds,)`.
        kind: The kind of each row, shape `(rows,)`.
    """

    first: Array
    kind: Array


def alike_rows(columns: Sequence[Array]) -> AlikeRows | None:
    """Rows of whole numbers by their kinds; None where these are not far fewer than the rows.

    Args:
        columns: At least one, float64, shape `(rows,)` each, finite.
    """
    rows = len(columns[0])
    if rows < MANY:
        return None
    keys, kinds = np.zeros(rows, dtype=np.int64), 1
    for column in columns:
        low, high = float(column.min()), float(column.max())
        if high - low >= rows or not (np.floor(column) == column).all():
            return None
        width = int(high - low) + 1
        kinds *= width
        if FEWER * kinds > rows:
            return None
        keys = keys * width + (column - low).astype(np.int64)
    first = np.zeros(kinds, dtype=np.int64)
    first[keys] = np.arange(rows)
    found = np.flatnonzero(np.bincount(keys, minlength=kinds))
    number = np.zeros(kinds, dtype=np.int64)
    number[found] = np.arange(len(found))
    return AlikeRows(first[found], number[keys])


def _keys(columns: Sequence[NumericColumn], rows: Array, effort: Effort) -> Array | None:
    """A number for each row, equal for equal cells and as much work left; None for none."""
    if len(rows) < MANY or not columns:
        return None
    if any(one.values.dtype.kind not in "iub" or one.exact is not None for one in columns):
        return None
    keys = effort.take(rows).kinds
    kinds = int(keys.max()) + 1
    for column in columns:
        cells = column.values[rows]
        low, high = int(cells.min()), int(cells.max())
        kinds *= high - low + 1
        if kinds > LARGEST or max(abs(low), abs(high)) > LARGEST:
            return None
        keys = keys * (high - low + 1) + (cells.astype(np.int64) - low)
    return keys


def _spread(found: Correction, rows: Array, kind: Array) -> Correction:
    """A correction of distinct rows as one of all, whose kinds are their numbers."""
    changes = {}
    for name, change in found.changes.items():
        place = np.full(int(kind.max()) + 1, -1)
        place[change.rows] = np.arange(len(change.rows))
        here = place[kind]
        changes[name] = ColumnChange(rows[here >= 0], change.values[here[here >= 0]])
    parts = (found.violating, found.uncorrected, found.unproven)
    return Correction(changes, *(rows[np.isin(kind, part)] for part in parts))
