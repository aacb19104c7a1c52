"""The rows in which the bounds of a cell may meet, as far as floats tell."""

from collections.abc import Mapping

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.filling.filling_rules import FillingRule
from pishield_cli.kernels.sequential.forbidden import limits
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause, Conjunction, Inequality

_NEAR = 1e-9
"""Of the size of its terms, more than all errors of a sum in floats."""


def meeting(rule: FillingRule, here: Mapping[str, NumericColumn], rows: int, grid: Grid) -> Array:
    """Rows in which a cell may have one value only, as far as floats tell; bool.

    Args:
        rule: What is required of the cell.
        here: The other columns that the rule names, shape `(rows,)` each.
        rows: How many rows.
        grid: What the cell can hold.
    """
    floats = {name: column.values.astype(np.float64) for name, column in here.items()}
    low, high = np.full(rows, -np.inf), np.full(rows, np.inf)
    unclear = np.zeros(rows, dtype=bool)
    if grid.places is not None:
        least, most = limits(grid)
        low[:], high[:] = float(least), float(most)
    with np.errstate(invalid="ignore", over="ignore"):
        for clause in rule.bounding():
            if any(isinstance(one, Conjunction) for one in clause):
                unclear[:] = True
                continue
            idle, below, above = _sides(clause, rule.name, floats, rows)
            unclear |= ~idle & np.isfinite(below) & np.isfinite(above)
            low = np.where(~idle & np.isinf(above), np.maximum(low, below), low)
            high = np.where(~idle & np.isinf(below), np.minimum(high, above), high)
        room = 0.0 if grid.places is None else 2.0 * 10.0**-grid.places
        meet = high - low <= room + _NEAR * (1 + np.abs(high) + np.abs(low))
    found: Array = unclear | meet
    return found


def _sides(
    clause: Clause, name: str, floats: Mapping[str, Array], rows: int
) -> tuple[Array, Array, Array]:
    """Where a clause holds anyway; else from where on upwards it does, and from where downwards."""
    idle = np.zeros(rows, dtype=bool)
    below, above = np.full(rows, np.inf), np.full(rows, -np.inf)
    upward = downward = False
    for literal in clause:
        one = literal.as_inequality()
        rest, size, weight = _rest(one, name, floats, rows)
        if not weight:
            idle |= rest < -_NEAR * size
        elif weight > 0:
            below, upward = np.minimum(below, rest / weight), True
        else:
            above, downward = np.maximum(above, rest / weight), True
    return (
        idle,
        below if upward else np.full(rows, -np.inf),
        above if downward else np.full(rows, np.inf),
    )


def _rest(
    one: Inequality, name: str, floats: Mapping[str, Array], rows: int
) -> tuple[Array, Array, float]:
    """What a literal asks of one column's part of its sum, how large the parts are, its weight."""
    rest, size = np.full(rows, float(one.constant)), np.full(rows, abs(float(one.constant)))
    weight = 0.0
    for other, coefficient in one.terms:
        if other == name:
            weight = float(coefficient)
        else:
            part = float(coefficient) * floats[other]
            rest, size = rest - part, size + np.abs(part)
    return rest, size, weight
