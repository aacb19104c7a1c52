"""Correcting rows of whole numbers that occur many times, such as codes of texts, once each."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.columns import Array, NumericColumn

MANY = 1_000
"""Rows below which it is not worth while to look for repetitions."""

FEWER = 2
"""How many times fewer the distinct rows have to be."""

LARGEST = 2**62
"""Kinds of rows that can be told apart by a number."""


class Corrects(Protocol):
    """Corrects rows of a batch, each by its own cells alone."""

    def correct(self, columns: Mapping[str, NumericColumn], wrong: Array) -> Correction:
        """New cells for rows that violate a clause."""


def correct_once(
    corrector: Corrects, names: Sequence[str], columns: Mapping[str, NumericColumn], wrong: Array
) -> Correction:
    """Correct rows, those with equal cells once where all cells are whole numbers.

    Args:
        corrector: Corrects rows.
        names: The columns that it looks at.
        columns: At least these, shape `(rows,)` each.
        wrong: The rows to correct, bool, same shape; none of these cells is missing in them.
    """
    rows = np.flatnonzero(wrong)
    keys = _keys([columns[name] for name in names], rows)
    if keys is None:
        return corrector.correct(columns, wrong)
    _, first, kind = np.unique(keys, return_index=True, return_inverse=True)
    if FEWER * len(first) > len(rows):
        return corrector.correct(columns, wrong)
    taken = {name: columns[name].take(rows[first]) for name in names}
    found = corrector.correct(taken, np.ones(len(first), dtype=bool))
    return _spread(found, rows, kind.reshape(-1))


def _keys(columns: Sequence[NumericColumn], rows: Array) -> Array | None:
    """A number for each row, equal for equal cells; None where there is none."""
    if len(rows) < MANY or not columns:
        return None
    if any(one.values.dtype.kind not in "iub" or one.exact is not None for one in columns):
        return None
    keys, kinds = np.zeros(len(rows), dtype=np.int64), 1
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
