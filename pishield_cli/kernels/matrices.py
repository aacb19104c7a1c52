"""Inequalities as a matrix and bounds: `A x >= b`."""

from collections.abc import Sequence

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.logic.terms import Inequality

BLOCK = 32
"""Rows that are multiplied by a matrix together."""


def matrix_of(inequalities: Sequence[Inequality], columns: Sequence[str]) -> tuple[Array, Array]:
    """The nearest floats of inequalities' coefficients and constants.

    Args:
        inequalities: Over the columns.
        columns: In the order of the matrix.

    Returns:
        A, float64, shape `(inequalities, columns)`, and b, shape `(inequalities,)`.
    """
    matrix = np.zeros((len(inequalities), len(columns)))
    place = {name: index for index, name in enumerate(columns)}
    for index, one in enumerate(inequalities):
        for name, coefficient in one.terms:
            matrix[index, place[name]] += float(coefficient)
    return matrix, np.array([float(one.constant) for one in inequalities], dtype=np.float64)


def product(left: Array, right: Array) -> Array:
    """Multiply matrices, each row of the result depending on its own row alone, bit for bit.

    Libraries round otherwise for other numbers of rows, so they are given the same number each
    time.

    Args:
        left: Shape `(rows, inner)`.
        right: Shape `(inner, columns)`.
    """
    (rows, inner), columns = left.shape, right.shape[1]
    blocks = np.zeros((-(-rows // BLOCK), BLOCK, inner))
    blocks.reshape(len(blocks) * BLOCK, inner)[:rows] = left
    return np.asarray((blocks @ right).reshape(len(blocks) * BLOCK, columns)[:rows])
