"""Where exactly to put a value that has to move: on a short decimal, just inside its bound.

A cell counts as the shortest decimal that reads back as it. Decimals of up to 15 significant
digits survive a double unchanged (6 digits a single, 3 a half), so a value put on a grid of 11
digits at the scale of what bounds it is exactly that decimal, reads well, and lies far enough
inside its bound for floating point to see it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, decimal_text
from pishield_cli.kernels.evaluation.decimals import short_float_decimals
from pishield_cli.logic.rows.grids import GRID_DIGITS, Grid

ON_GRID = 1e-3
"""A bound within this part of a grid step is taken to lie on the grid: its rounding error."""

GRID_ERROR = ON_GRID * 10.0 ** (2 - GRID_DIGITS)
"""How far a value on the grid may lie outside its bound, relative to the bound's scale."""

_EXACT_POWERS = 22

_EXACT_WHOLE = 2.0**53

_LOWEST = -308
"""No grid is finer than the powers of ten that a double holds in full."""

_POWERS = np.array([float(10**exponent) for exponent in range(309)])


def inside(
    raw: Array, scale: Array, grid: Grid, *, upper: bool, strict: bool, push: float
) -> Array:
    """Round bounds to the grid, to the allowed side.

    Args:
        raw: Bounds as computed in float64, shape `(rows,)`.
        scale: The sum of the magnitudes of what was added up, same shape.
        grid: What the column can hold.
        upper: Whether values below the bound are the allowed ones.
        strict: Whether the bound itself is excluded.
        push: How many further grid steps inside, to be clear of rounding in other columns.

    Returns:
        Same shape. A bound that is on the grid within the rounding error stays there unless strict.
    """
    if upper:
        return -inside(-raw, scale, grid, upper=False, strict=strict, push=push)
    if grid.places is not None:
        unit = 10.0**grid.places
        slack = np.minimum(scale * unit * 1e-13, 0.25)
        steps = raw * unit
        return (np.floor(steps + slack) + 1.0 if strict else np.ceil(steps - slack)) / unit
    exponent = grid_exponent(np.maximum(scale, np.abs(raw)), grid.placed)
    if grid.digits < grid.placed:
        exponent = np.maximum(exponent, grid_exponent(np.abs(raw), grid.digits))
    steps = scaled(raw, -exponent)
    near = ON_GRID * 10.0 ** (grid.placed - GRID_DIGITS)
    steps = np.floor(steps + near) + 1.0 if strict else np.ceil(steps - near)
    return scaled(steps + push, exponent)


def snapped(values: Array, scale: Array, grid: Grid) -> Array:
    """Round to the nearest decimal of 15 digits at a scale, or of the grid's decimal places.

    Args:
        values: Any shape.
        scale: The largest magnitude that went into each, same shape; digits are counted from it.
        grid: What the column can hold.
    """
    if grid.places is not None:
        return at_places(values, grid.places)
    exponent = grid_exponent(np.maximum(scale, np.abs(values)), min(grid.digits, 15))
    return at_exponent(values, exponent)


def at_places(values: Array, places: int) -> Array:
    """Round to decimals of so many places."""
    found: Array = np.rint(values * 10.0**places) / 10.0**places
    return found


def at_exponent(values: Array, exponent: Array) -> Array:
    """Round each value to a multiple of ten to its exponent; ties to even."""
    return scaled(np.rint(scaled(values, -exponent)), exponent)


def significant(values: Array, digits: int) -> Array:
    """Round to so many significant digits, each the float nearest to that decimal.

    NaN, infinities and zeros of both signs stay.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return at_exponent(values, grid_exponent(np.abs(values), digits))


def decade(magnitudes: Array) -> Array:
    """The exponent of ten of each magnitude's leading digit, int64; 0 for zero and infinity."""
    usable = np.where((magnitudes > 0) & np.isfinite(magnitudes), magnitudes, 1.0)
    return np.floor(np.log10(usable)).astype(np.int64)


def grid_exponent(magnitudes: Array, digits: int) -> Array:
    """The exponent of ten of the last of so many digits, int64."""
    exponent: Array = np.maximum(decade(magnitudes) - (digits - 1), _LOWEST)
    return exponent


def scaled(values: Array, exponent: Array) -> Array:
    """Values times ten to the exponent, rounded once where ten's power is exact."""
    # Powers of ten up to 22 are exact doubles; a division by one is correctly rounded, where a
    # multiplication by its inverse would not be.
    power = _POWERS[np.minimum(np.abs(exponent), len(_POWERS) - 1)]
    down = exponent < 0
    if not down.any():
        raised: Array = values * power
        return raised
    result: Array = values / power if down.all() else np.where(down, values / power, values * power)
    whole = (np.abs(values) < _EXACT_WHOLE) & (np.rint(values) == values)
    for index in np.flatnonzero(whole & (exponent < -_EXACT_POWERS)):
        # No power of ten is exact here, so the decimal is read from its text.
        result[index] = float(f"{int(values[index])}e{exponent[index]}")
    return result


def on_grid(
    values: Mapping[str, Array],
    names: Sequence[str],
    grids: Mapping[str, Grid],
    weight: float,
    places: int = 0,
) -> dict[str, Array]:
    """Put columns on one decimal grid a row, so that their sums are decimals that it keeps.

    An equality between them can then hold exactly.

    Args:
        values: Columns, shape `(rows,)` each.
        names: Those to put on the grid; columns of fixed decimal places stay.
        grids: What each column can hold.
        weight: How many times a row's largest magnitude a sum can be.
        places: Decimal places that weights add to those of the cells.

    Returns:
        All columns; a cell that is on the grid stays bit for bit.
    """
    result = dict(values)
    digits = min((grids[name].digits for name in names), default=15)
    # A double leaves one digit to spare for what is added to the sum.
    exponent = grid_exponent(_largest(values, names) * weight, min(digits, 14)) + places
    for name in names:
        if grids[name].places is None:
            result[name] = at_exponent(values[name], exponent)
    return result


def short_together(
    values: Mapping[str, Array], names: Sequence[str], grids: Mapping[str, Grid], weight: float
) -> Array:
    """Which rows have cells that are all decimals, and their sums too, that their type keeps.

    Args:
        values: Columns, shape `(rows,)` each.
        names: The columns that count.
        grids: What each column can hold.
        weight: How many times a row's largest magnitude a sum can be.

    Returns:
        bool, shape `(rows,)`.
    """
    digits = min((grids[name].digits for name in names), default=15)
    exponent = grid_exponent(_largest(values, names) * weight, digits)
    short = np.ones(len(exponent), dtype=bool)
    for name in names:
        short &= at_exponent(values[name], exponent) == values[name]
    return short


def _largest(values: Mapping[str, Array], names: Sequence[str]) -> Array:
    largest = np.abs(values[names[0]])
    for name in names[1:]:
        np.maximum(largest, np.abs(values[name]), out=largest)
    return largest


def narrowed(grid: Grid, dtype: np.dtype[Any]) -> Grid:
    """A column's grid, limited to what its cells' type can hold."""
    digits = grid.digits
    if dtype.kind == "f":
        digits = min(digits, int(np.finfo(dtype).precision))
        low, high = int(np.finfo(dtype).min), int(np.finfo(dtype).max)
    elif dtype.kind in "iu":
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    else:
        low, high = 0, 1
    return replace(
        grid,
        digits=digits,
        low=low if grid.low is None else max(low, grid.low),
        high=high if grid.high is None else min(high, grid.high),
    )


def widened(values: Array) -> Array:
    """Cells as float64, a narrower float as the shortest decimal that reads back as it."""
    if values.dtype == np.float32:
        with np.errstate(invalid="ignore"):  # infinite cells of rows that do not count
            return short_float_decimals(values)[0]
    if values.dtype == np.float16:
        distinct, back = np.unique(values, return_inverse=True)
        return np.array([float(decimal_text(one)) for one in distinct])[back.reshape(-1)]
    return plain(values)


def plain(values: Array) -> Array:
    """Cells as float64, each the number that it is in binary."""
    return values.astype(np.float64, copy=False)
