"""Literals that whole numbers alone move, as tight as whole numbers let them be.

Where the columns that may move make up `c . x`, and all of them hold whole numbers, `c . x >= r`
says as much as `c . x >= step * ceil(r / step)` with the greatest common divisor of `c` for a step:
a cut after Chvatal and Gomory. So an equation that no whole numbers solve is two inequalities that
contradict each other at once, where halving the range of its columns would never end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from pishield_cli.kernels.columns import Array, decimal_value
from pishield_cli.kernels.matrices import product
from pishield_cli.kernels.optimal.systems import FeasibleRegion, Standing, System
from pishield_cli.logic.terms import Inequality, common_divisor

UNSURE = 1e-12
"""By how much rounding moves a bound, by the magnitude of its parts."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """Rows with their literals rounded.

    Attributes:
        standing: The rows.
        strict: Literals that a tie still violates, bool, shape `(rows, literals)`.
        assumed: Sides of the region's normals that hold only if cells which are fractions change;
            bool, shape `(rows, sides)`.
    """

    standing: Standing
    strict: Array
    assumed: Array


def round_gaps(
    system: System, region: FeasibleRegion, standing: Standing, *, changing: bool
) -> Rounding | None:
    """Round what literals lack to what whole numbers can reach.

    Args:
        system: The clauses.
        region: The columns that may move.
        standing: The rows.
        changing: Whether every cell of these columns has to change. Otherwise a cell that is a
            fraction may also stay one, and its literals are left as they are.

    Returns:
        None if nothing can be rounded.
    """
    cells = standing.values[:, region.free]
    fraction = np.zeros(cells.shape, dtype=bool)
    fraction[:, region.whole] = cells[:, region.whole] % 1 != 0
    if not region.steps.any() or (system.whole.all() and not (standing.values % 1).any()):
        return None
    coefficients = system.coefficients[:, region.free]
    tied = fraction @ (coefficients != 0).T
    rounded = (region.steps > 0) & (changing | ~tied)
    least, error = _least_multiples(system, region, standing, rounded)
    steps = np.where(region.steps > 0, region.steps, 1.0)
    gaps = least * steps - product(cells, coefficients.T)
    tighter = rounded & (gaps > standing.gaps + error * steps)
    gaps = np.where(tighter, gaps, standing.gaps)
    ends = fraction[:, region.whole] & changing
    return Rounding(
        Standing(standing.values, gaps, standing.scales, standing.truth),
        system.strict & ~tighter,
        np.hstack([tighter & tied, ends, ends]),
    )


def _least_multiples(
    system: System, region: FeasibleRegion, standing: Standing, wanted: Array
) -> tuple[Array, Array]:
    """Of which multiple of its step on each literal holds, and the error of that in floats."""
    held = standing.values.copy()
    held[:, region.free] = 0.0
    steps = np.where(region.steps > 0, region.steps, 1.0)
    bound = (system.constants - product(held, system.coefficients.T)) / steps
    error = UNSURE * (1.0 + standing.scales / steps)
    nearest = np.rint(bound)
    least = np.ceil(bound)
    close = wanted & (np.abs(bound - nearest) <= error)
    # Sums of whole numbers are exact.
    sure = _add_up(system, held, standing.scales)
    least = np.where(close & sure, nearest + system.strict, least)
    free = frozenset(system.columns[place] for place in region.free)
    for row, index in np.argwhere(close & ~sure):
        cells = dict(zip(system.columns, standing.values[row], strict=True))
        least[row, index] = _decided(system.literals[index], free, cells)
    return least, error


def _add_up(system: System, values: Array, scales: Array) -> Array:
    """Where literals add up nothing but whole numbers that floats can tell apart."""
    whole = (system.coefficients % 1 == 0).all(axis=1) & (system.constants % 1 == 0)
    broken = (values % 1 != 0) @ system.named.T
    return np.asarray(whole & ~broken & (scales < 2.0**52))


def _decided(literal: Inequality, free: frozenset[str], cells: Mapping[str, float]) -> int:
    """Of which multiple of its step on a literal holds, from decimals."""
    held = sum(c * (decimal_value(cells[n]) or 0) for n, c in literal.terms if n not in free)
    step = common_divisor(c for n, c in literal.terms if n in free)
    bound = (literal.constant - held) / step
    return floor(bound) + 1 if literal.strict else ceil(bound)


def distance_step(region: FeasibleRegion, cells: Array) -> float:
    """What every distance between whole numbers is a multiple of; 0 if nothing is known."""
    squares = region.weights**2
    if len(region.whole) < len(region.free) or not len(squares) or (cells % 1).any():
        return 0.0
    step = float(squares.min())
    return step if (squares % step == 0).all() else 0.0
