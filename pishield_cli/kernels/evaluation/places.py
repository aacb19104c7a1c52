"""Whether cells are whole numbers, or decimals of so many places, exactly."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.comparison import RowTruth, conjunction, occurring
from pishield_cli.kernels.evaluation.decimals import (
    POWERS,
    UNIQUE,
    scaled_to_integers,
    short_float_decimals,
)

_MOST = len(POWERS) - 1


def keep_places(block: Block, names: Sequence[str], places: int) -> RowTruth:
    """Whether all cells of some columns have at most so many decimal places.

    A missing cell leaves it unknown, an infinite one makes it false.

    Args:
        block: The rows.
        names: The columns, at least one.
        places: How many; 0 for whole numbers.
    """
    return conjunction([_keep_places(block, name, places) for name in names])


def _keep_places(block: Block, name: str, places: int) -> RowTruth:
    (one,) = block.stretches([name])
    absent = one.absent
    false: Array | None = None
    if one.values.dtype.kind == "f":
        column = one.column.take(np.arange(block.start, block.start + block.rows))
        false = ~within_places(column, places)
        if absent is not None:
            false &= ~absent
    return RowTruth(None if false is None else occurring(false), absent)


def within_places(column: NumericColumn, places: int) -> Array:
    """Which cells have at most so many decimal places; bool, shape `(rows,)`.

    What is said of missing cells means nothing; infinite ones have no such number.
    """
    values = column.values
    if values.dtype.kind != "f":
        return np.ones(len(values), dtype=bool)
    finite = np.isfinite(values)
    known = np.where(finite, values, 0)
    if places == 0:
        found: Array = np.rint(known) == known
        sure = np.ones(len(values), dtype=bool)
    else:
        found, sure = _on_grid(known.astype(values.dtype), min(places, _MOST))
        sure &= places <= _MOST
    long = column.long()
    if long is not None:
        sure &= ~long
    for row in np.flatnonzero(finite & ~sure).tolist():
        cell = column.cell(row)
        found[row] = cell is not None and _lacking(cell, places) == 0
    return found & finite


def least_places(column: NumericColumn, most: int) -> Array:
    """How many decimal places cells have; int64, shape `(rows,)`.

    Args:
        column: float64; what is said of missing and infinite cells means nothing.
        most: The most that is told apart; cells of more have `most + 1`.
    """
    fits = within_places(column, most)
    found = np.where(fits, most, most + 1)
    left = np.flatnonzero(fits)
    with np.errstate(over="ignore"):
        whole = np.rint(column.values[left] * POWERS[most])
    if column.long() is not None or (np.abs(whole) > UNIQUE).any():
        for places in range(most - 1, -1, -1):
            left = left[within_places(column.take(left), places)]
            found[left] = places
        return found
    digits = whole.astype(np.int64)
    for places in range(most - 1, -1, -1):
        ends = digits % 10 == 0
        left, digits = left[ends], digits[ends] // 10
        found[left] = places
    return found


def _on_grid(values: Array, places: int) -> tuple[Array, Array]:
    """Which floats' decimals have so many places, and where that is sure."""
    if values.dtype == np.float32:
        doubles, sure = short_float_decimals(values)
    else:
        doubles = values.astype(np.float64)
        sure = np.full(len(values), values.dtype == np.float64)
    _, found = scaled_to_integers(doubles, float(POWERS[places]), UNIQUE)
    # Of more digits, a decimal of so many places is not always the integer that was tried.
    sure &= found | (np.abs(doubles) < UNIQUE / 2 / POWERS[places])
    return found, sure


def beyond_places(columns: Sequence[NumericColumn], places: int) -> Array:
    """How far rows are from decimals of so many places: over the columns the most; float64."""
    rows = len(columns[0])
    return np.array(
        [max(_beyond(column, row, places) for column in columns) for row in range(rows)]
    )


def _beyond(column: NumericColumn, row: int, places: int) -> float:
    cell = column.cell(row)
    if cell is None:
        return inf if np.isinf(column.values[row]) else 0.0
    return float(_lacking(cell, places))


def _lacking(cell: Fraction, places: int) -> Fraction:
    return abs(cell - Fraction(round(cell * 10**places), 10**places))


def farthest_beyond(
    block: Block, names: Sequence[str], places: int, violated: Array
) -> tuple[int, float]:
    """Which violating row of a block is farthest from decimals of so many places, by floats.

    Args:
        block: The rows.
        names: The columns, at least one.
        places: How many decimal places; 0 for whole numbers.
        violated: Which rows violate it, bool, shape `(rows,)`; at least one.

    Returns:
        The first such row's number in the block, and about how far it is.
    """
    power = float(POWERS[min(places, _MOST)])
    most = np.zeros(block.rows)
    for name in names:
        values, (one,) = block.floats(name), block.stretches([name])
        with np.errstate(over="ignore", invalid="ignore"):
            away = np.abs(values - np.rint(values * power) / power)
        away[np.isinf(values)] = inf
        if one.missing is not None:
            away[one.missing] = 0.0  # what stands there means nothing
        np.fmax(most, away, out=most)
    most[~violated] = -1.0
    row = int(most.argmax())
    return row, float(most[row])
