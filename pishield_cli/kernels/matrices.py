"""Inequalities as a matrix and bounds: `A x >= b`."""

from collections.abc import Sequence

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.logic.terms import Inequality


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
