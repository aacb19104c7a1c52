"""Finishing values proposed in floats: as short decimals, corrected and verified exactly."""

from collections.abc import Mapping

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, joined, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.kernels.sequential.placement import at_exponent, at_places, decade
from pishield_cli.logic.rows.grids import Grid

DIGITS = 12
"""Significant digits of a proposed value."""


def shortened(old: Array, moves: Array, grid: Grid) -> Array:
    """Moved values as decimals that the cells can hold; a move too small to show is left out.

    Args:
        old: Values before, float64, any shape.
        moves: By how much each moves, same shape.
        grid: What the cells can hold.
    """
    values = old + moves
    if grid.places is not None:
        return at_places(values, grid.places)
    largest = np.maximum(np.abs(values), np.abs(old))
    exponent = decade(largest) - (min(grid.digits, DIGITS) - 1)
    short = at_exponent(values, exponent)
    # Adding 0.0 makes a negative zero a plain one.
    return np.where(np.abs(moves) <= 1e-15 * largest, old, short + 0.0)


def finished(
    finisher: GroupCorrector,
    columns: Mapping[str, NumericColumn],
    rows: Array,
    floats: Values,
    start: Values,
    effort: Effort,
) -> Correction:
    """Correct rows exactly, starting from other values than their cells.

    Args:
        finisher: Corrects along the group's plan.
        columns: The group's columns, shape `(batch rows,)` each.
        rows: Row numbers, ascending.
        floats: These rows' cells, as float64.
        start: The values to start from; tried again from the cells where that fails. Rows of
            values beyond the range of their types start from the cells.
        effort: The work that is left for each row of the batch.
    """
    trial, first = {}, {}
    held = _are_held(columns, start)
    for name, column in columns.items():
        there = held & (start[name] != floats[name])
        first[name] = ColumnChange(rows[there], start[name][there])
        trial[name] = replaced(column, first[name])
    wrong = np.zeros(len(next(iter(columns.values()))), dtype=bool)
    wrong[rows] = True
    second = finisher.correct(trial, wrong, effort)
    changes = {}
    for name, column in columns.items():
        again = second.changes.get(name)
        result = replaced(trial[name], again).values
        touched = np.zeros(len(wrong), dtype=bool)
        touched[first[name].rows] = True
        if again is not None:
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
        parts.append(finisher.correct(columns, left, effort))
    return joined(parts, len(wrong))


def _are_held(columns: Mapping[str, NumericColumn], start: Values) -> Array:
    """Rows whose values are all finite in their columns' types."""
    held = np.ones(len(next(iter(start.values()))), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for name, column in columns.items():
            dtype = column.values.dtype
            cells = start[name].astype(dtype) if dtype.kind == "f" else start[name]
            held &= np.isfinite(cells)
    return held
