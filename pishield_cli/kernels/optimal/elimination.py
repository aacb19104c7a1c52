"""Small systems of equations, one for each row, solved in steps of all rows.

A library's elimination would round otherwise beside larger systems, and stop at a singular one.
"""

import numpy as np

from pishield_cli.kernels.columns import Array

SINGULAR = 1e-13
"""The least pivot of a system between unit normals."""

SPARSE = 2
"""How many times fewer entries a step has to change to pick them out."""


def eliminated(systems: Array) -> tuple[Array, Array]:
    """Eliminate in one small symmetric, positive semidefinite system a row.

    Returns:
        Unit lower factors, below the diagonal, and the pivots.
    """
    factors, pivots = systems.copy(), np.empty(systems.shape[:2])
    for place in range(systems.shape[1]):
        pivots[:, place] = np.maximum(factors[:, place, place], SINGULAR)
        column = factors[:, place + 1 :, place] / pivots[:, place, None]
        row = factors[:, place, place + 1 :].copy()
        named = np.flatnonzero(column.any(axis=0))
        # Where few others share a column, as neighbours in a chain do, the rest stays as it is.
        if SPARSE * len(named) < column.shape[1]:
            change = column[:, named, None] * row[:, None, named]
            named = named + (place + 1)
            factors[:, named[:, None], named] -= change
        else:
            factors[:, place + 1 :, place + 1 :] -= column[:, :, None] * row[:, None, :]
        factors[:, place + 1 :, place] = column
    return factors, pivots


def substituted(factors: Array, pivots: Array, right: Array) -> Array:
    """Solve by factors and pivots.

    Args:
        factors: As `eliminated` gives them, shape `(systems, width, width)`.
        pivots: Likewise, shape `(systems, width)`.
        right: The right sides, same shape; kept.
    """
    solution = right.copy()
    width = right.shape[1]
    for place in range(width - 1):
        solution[:, place + 1 :] -= factors[:, place + 1 :, place] * solution[:, place, None]
    solution /= pivots
    for place in range(width - 1, 0, -1):
        solution[:, :place] -= factors[:, place, :place] * solution[:, place, None]
    return solution
