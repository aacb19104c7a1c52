"""Finishing values proposed in floats: as short decimals, corrected and verified exactly."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, joined
from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, decimal_value
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.kernels.sequential.placement import decade, scaled
from pishield_cli.logic.rows.grids import Grid

DIGITS = 12
"""Significant digits of a proposed value."""


def shortened(old: Array, moves: Array, grid: Grid) -> Array:
    """Moved values as decimals that the cells can hold; a move too small to show is none."""
    values = old + moves
    if grid.places is not None:
        return np.rint(values * 10.0**grid.places) / 10.0**grid.places
    largest = np.maximum(np.abs(values), np.abs(old))
    exponent = decade(largest) - (min(grid.digits, DIGITS) - 1)
    short = scaled(np.rint(scaled(values, -exponent)), exponent)
    # Adding 0.0 makes a negative zero a plain one.
    return np.where(np.abs(moves) <= 1e-15 * largest, old, short + 0.0)


def finished(
    finisher: GroupCorrector,
    columns: Mapping[str, NumericColumn],
    rows: Array,
    floats: Values,
    start: Values,
) -> Correction:
    """Correct rows exactly, starting from other values than their cells.

    Args:
        finisher: Corrects along the group's plan.
        columns: The group's columns, shape `(batch rows,)` each.
        rows: Row numbers, ascending.
        floats: These rows' cells, as float64.
        start: The values to start from; tried again from the cells where that fails.
    """
    trial, moved = {}, {}
    for name, column in columns.items():
        where = rows[start[name] != floats[name]]
        trial[name] = overlaid(column, where, start[name][start[name] != floats[name]])
        moved[name] = where
    wrong = np.zeros(len(next(iter(columns.values()))), dtype=bool)
    wrong[rows] = True
    second = finisher.correct(trial, wrong)
    changes = {}
    for name, column in columns.items():
        again = second.changes.get(name)
        result = trial[name].values
        touched = np.zeros(len(wrong), dtype=bool)
        touched[moved[name]] = True
        if again is not None:
            result = result.astype(np.result_type(result, again.values))
            result[again.rows] = again.values
            touched[again.rows] = True
        touched[second.uncorrected] = False
        where = np.flatnonzero(touched)
        where = where[result[where] != column.values[where]]
        if len(where):
            changes[name] = ColumnChange(where, result[where])
    parts = [Correction(changes, rows, rows[:0])]
    if len(second.uncorrected):
        left = np.zeros(len(wrong), dtype=bool)
        left[second.uncorrected] = True
        parts.append(finisher.correct(columns, left))
    return joined(parts, len(wrong))


def overlaid(column: NumericColumn, where: Array, values: Array) -> NumericColumn:
    """A column with some cells replaced."""
    if not len(where):
        return column
    whole = column.values.dtype.kind in "iub" and not (values % 1).any()
    cells = column.values.copy() if whole else column.values.astype(_float_type(column.values))
    if cells.dtype.kind == "b":
        cells = cells.astype(np.int64)
    cells[where] = values
    exact = column.exact
    if exact is None:
        return NumericColumn(cells, column.missing)
    new = frozenset(where.tolist())
    kept = ExactCells(
        lambda row: decimal_value(cells[row]) or Fraction(0) if row in new else exact(row),
        lambda rows: exact.long(rows) & ~np.isin(rows, where),
    )
    return NumericColumn(cells, column.missing, kept)


def _float_type(values: Array) -> "np.dtype[Any]":
    return values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
