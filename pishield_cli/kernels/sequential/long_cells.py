"""Cells of more digits than a float keeps, told apart from those that floats stand for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.sums import EXACT_FLOAT

_WORD = 8
"""Bytes of whole numbers that floats may not tell apart."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Rows told apart by whether floats stand for their cells.

    Attributes:
        columns: The columns; in the rows that are not long all cells are their values.
        long: Rows with a cell that no float stands for, bool, shape `(batch rows,)`.
    """

    columns: Mapping[str, NumericColumn]
    long: Array


def tell_apart(columns: Mapping[str, NumericColumn], wrong: Array) -> Apart:
    """Tell rows with long cells from the others.

    Args:
        columns: Shape `(rows,)` each; no cell is missing in the rows that count.
        wrong: The rows that count, bool, same shape.
    """
    long = np.zeros(len(wrong), dtype=bool)
    found = {}
    for name, column in columns.items():
        found[name] = column
        if column.exact is not None:
            found[name] = NumericColumn(_shortened(column, np.flatnonzero(wrong), long))
        elif column.values.dtype.kind in "iu" and column.values.dtype.itemsize == _WORD:
            values = column.values
            long |= wrong & ((values > EXACT_FLOAT) | (values < -EXACT_FLOAT))
    return Apart(found, long)


def _shortened(column: NumericColumn, rows: Array, long: Array) -> Array:
    """The floats that stand for the cells of some rows; rows without such a float are marked."""
    values, exact = column.values, column.exact
    assert exact is not None
    pending = rows[exact.long(rows)]
    if len(pending):
        values = values.copy()
    for row in pending.tolist():
        cell = exact(row)
        values[row] = cell
        long[row] |= decimal_value(values[row]) != cell
    return values
