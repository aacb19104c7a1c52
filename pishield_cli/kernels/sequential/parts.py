"""One pass of sequential correction over a union of convex parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.sequential.float_steps import Affine, FloatStep, float_steps
from pishield_cli.kernels.sequential.forward import EASING, Values, allowed_by, nearest_between
from pishield_cli.logic.plans.plan import Step
from pishield_cli.logic.rows.grids import Grid


@dataclass(frozen=True, slots=True)
class FloatPart:
    """A convex part's steps in float64, by variable."""

    steps: Mapping[str, FloatStep]
    fixed: frozenset[str]


def float_part(steps: Iterable[Step], fixed: frozenset[str]) -> FloatPart:
    """A part's steps in float64.

    Args:
        steps: In the order of correction.
        fixed: Variables that never move.
    """
    return FloatPart({step.variable: step for step in float_steps(steps, fixed)}, fixed)


def forward_parts(
    parts: Sequence[FloatPart],
    variables: Sequence[str],
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float = 0,
) -> Values:
    """Correct rows, one column after the other, into the nearest of the parts still in reach.

    Args:
        parts: At least one.
        variables: In the order of correction.
        values: Every column, float64, shape `(rows,)`, finite.
        grids: What each column can hold.
        push: Further grid steps to move inside each bound, fewer from step to step.

    Returns:
        All columns. A value that some part in reach allows stays bit for bit; otherwise it moves
        to the nearest value that one allows, the lesser of two. Floating-point error may leave a
        row violating, so the result has to be checked.
    """
    result = dict(values)
    rows = len(next(iter(result.values())))
    reached = np.ones((len(parts), rows), dtype=bool)
    for name in variables:
        column = result[name]
        holding = reached & _holding(parts, name, column, result)
        stuck = np.flatnonzero(~holding.any(axis=0))
        if len(stuck) and name not in parts[0].fixed:
            here = {other: array[stuck] for other, array in result.items()}
            new, chosen = _nearest(parts, name, here, grids, push, reached[:, stuck])
            result[name] = column.copy()
            result[name][stuck] = new
            here[name] = new
            inside = reached[:, stuck] & _holding(parts, name, new, here)
            inside[chosen, np.arange(len(stuck))] |= reached[chosen, stuck]
            holding[:, stuck] = inside
            push /= EASING
        reached = holding
    return result


def _holding(
    parts: Sequence[FloatPart], name: str, column: Array, values: Mapping[str, Array]
) -> Array:
    """Which parts allow each value, for what stands before it; shape `(parts, rows)`."""
    holding = np.ones((len(parts), len(column)), dtype=bool)
    for index, part in enumerate(parts):
        step = part.steps.get(name)
        for clause in step.clauses if step is not None else ():
            holding[index] &= allowed_by(clause, column, values)
    return holding


def _nearest(
    parts: Sequence[FloatPart],
    name: str,
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float,
    reached: Array,
) -> tuple[Array, Array]:
    """The nearest value that a part in reach allows, and that part."""
    column = values[name]
    best, chosen = column, np.zeros(len(column), dtype=np.int64)
    distance = np.full(len(column), np.inf)
    for index, part in enumerate(parts):
        step = part.steps.get(name)
        if step is None:
            continue
        lowers, uppers = _bounds(step)
        candidate = nearest_between(column, lowers, uppers, values, grids[name], grids, push)
        away = np.where(reached[index], np.abs(candidate - column), np.inf)
        nearer = (away < distance) | ((away == distance) & (candidate < best) & reached[index])
        best, distance = np.where(nearer, candidate, best), np.where(nearer, away, distance)
        chosen = np.where(nearer, index, chosen)
    return best, chosen


def _bounds(step: FloatStep) -> tuple[list[Affine], list[Affine]]:
    lowers = [bound for clause in step.clauses for bound in clause.lowers]
    return lowers, [bound for clause in step.clauses for bound in clause.uppers]
