"""Putting cells onto what is declared of their columns: whole numbers, decimals of some places."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_value
from pishield_cli.kernels.evaluation.places import within_places
from pishield_cli.logic.rows.grids import Grid

_SURE = 2.0**30
"""Up to here a float's nearest multiple of a power of ten is told by floats, but near the middle
between two."""

_NEAR = 1e-6
"""How near a float can seem to the middle and be beyond it."""


class DeclaredRounding:
    """Moves cells to the nearest value that is declared possible; of two, to the smaller.

    Args:
        grids: What the columns can hold; of fixed decimal places each. Others stay.
    """

    def __init__(self, grids: Mapping[str, Grid]) -> None:
        self._grids = grids

    def correct(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        """New cells for those that have too many places, or lie outside a truth value's 0 and 1.

        Missing and infinite cells stay.

        Args:
            columns: At least those of the grids.
            rows: How many rows.
        """
        changes = {}
        moved = np.zeros(rows, dtype=bool)
        for name, grid in self._grids.items():
            column = columns[name]
            away = np.flatnonzero(_beyond(column, grid))
            if len(away):
                changes[name] = ColumnChange(away, _nearest(column.take(away), grid))
                moved[away] = True
        return Correction(changes, np.flatnonzero(moved), np.zeros(0, dtype=np.int64))


def _beyond(column: NumericColumn, grid: Grid) -> Array:
    """Which cells are known and finite, and none of a grid's values."""
    values = column.values
    beyond: Array = ~within_places(column, grid.places or 0)
    if _is_truth(grid):
        beyond |= (values < 0) | (values > 1)
    if values.dtype.kind == "f":
        beyond &= np.isfinite(values)
    return beyond if column.missing is None else beyond & ~column.missing


def _nearest(column: NumericColumn, grid: Grid) -> Array:
    places = grid.places or 0
    values, unit = column.values, 10.0**places
    if _is_truth(grid):
        return np.where(values > 0.5, 1, 0).astype(values.dtype)
    if column.plain and values.dtype == np.float64 and _are_clear(values * unit):
        rounded: Array = np.ceil(values * unit - 0.5) / unit
        return rounded + 0.0
    cells = (column.cell(row) or Fraction(0) for row in range(len(column)))
    return _as_cells(
        [Fraction(ceil(one * 10**places - Fraction(1, 2)), 10**places) for one in cells]
    )


def _are_clear(steps: Array) -> bool:
    """Whether floats tell of all of some numbers which whole number is the nearest."""
    middle = np.floor(steps) + 0.5
    return bool(((np.abs(steps) < _SURE) & (np.abs(steps - middle) > _NEAR)).all())


def _as_cells(values: list[Fraction]) -> Array:
    """Numbers as floats, but for those of more digits than a float keeps."""
    floats = [float(one) for one in values]
    if all(decimal_value(short) == one for short, one in zip(floats, values, strict=True)):
        return np.array(floats)
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _is_truth(grid: Grid) -> bool:
    return (grid.places, grid.low, grid.high) == (0, 0, 1)
