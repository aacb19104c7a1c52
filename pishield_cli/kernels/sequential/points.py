"""Correcting rows from points that are known to be allowed, one column at a time."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.sequential.float_steps import FloatStep
from pishield_cli.kernels.sequential.forbidden import nearest_allowed
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.logic.rows.grids import Grid

PASSES = 3
"""How often all columns are brought back towards the row's own values."""


def forward_points(
    points: Sequence[Mapping[str, Fraction]],
    steps: Sequence[FloatStep],
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float = 0,
) -> Values:
    """Start every row from the nearest point, and bring its columns back one after the other.

    Args:
        points: Each satisfies all clauses.
        steps: For each column all clauses that mention it, as bounds by all other columns; fixed
            columns keep the row's own values.
        values: Every column, float64, shape `(rows,)`, finite.
        grids: What each column can hold.
        push: Further grid steps to stay inside each bound.

    Returns:
        All columns. In the end no single column could be nearer to the row's own value, which
        does not make the row nearest. The result has to be checked.
    """
    result = _nearest_points(points, values)
    result.update({step.variable: values[step.variable] for step in steps if step.fixed})
    for _ in range(PASSES):
        for step in steps:
            if not step.fixed:
                name = step.variable
                result[name] = nearest_allowed(
                    step, values[name], result, grids, push, start=result[name]
                )
    return result


def _nearest_points(
    points: Sequence[Mapping[str, Fraction]], values: Mapping[str, Array]
) -> Values:
    names = list(values)
    rows = len(values[names[0]])
    best, chosen = np.full(rows, np.inf), np.zeros(rows, dtype=np.int64)
    coordinates = {
        name: np.array([float(point.get(name, Fraction(0))) for point in points]) for name in names
    }
    for index in range(len(points)):
        away = np.zeros(rows)
        for name in names:
            away += np.abs(values[name] - coordinates[name][index])
        chosen = np.where(away < best, index, chosen)
        best = np.minimum(best, away)
    return {name: coordinates[name][chosen] for name in names}
