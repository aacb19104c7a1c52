"""One pass of sequential correction: each variable in order to the nearest value it is allowed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.sequential.float_steps import Affine, FloatClause, FloatStep
from pishield_cli.kernels.sequential.forbidden import (
    all_hold,
    limits,
    nearest_allowed,
    rounded_bound,
)
from pishield_cli.kernels.sequential.placement import at_exponent, grid_exponent, snapped
from pishield_cli.kernels.sequential.repeated_rows import alike_rows
from pishield_cli.logic.rows.grids import Grid

Values = dict[str, Array]

MANY_CLAUSES = 32
"""Clauses of a step from which on it is worth while to look for rows that are alike."""

EASING = 12
"""How many times less far inside its bounds each column goes than the one before it. Bounds shrink
by the coefficients of what moved, which are seldom smaller, and seldom such that ends meet."""


def forward(
    steps: Iterable[FloatStep],
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float = 0,
    *,
    exactly: bool = False,
) -> Values:
    """Correct rows, one column after the other.

    Args:
        steps: In the order of correction.
        values: Every column that the steps name, float64, shape `(rows,)`, finite.
        grids: What each column can hold.
        push: Further grid steps to move inside each bound; fewer from step to step, so that
            what an earlier column gave up leaves room for the later ones.
        exactly: Whether what equalities define is added up in decimals, so that it follows cells
            of 16 and 17 digits to the last one.

    Returns:
        Columns that the steps moved, and all others as they were; no array of `values` is
        written to. A value that its step allows stays bit for bit. Floating-point error may leave
        a row violating, so the result has to be checked.
    """
    result = dict(values)
    for step in steps:
        if step.fixed:
            continue
        column = result[step.variable]
        grid = grids[step.variable]
        if step.equality is not None:
            defined = step.exactly_defined(result) if exactly else None
            if defined is None:
                defined = _defined(step.equality, column, result, grid, grids)
            result[step.variable] = defined
        elif step.convex:
            result[step.variable] = _clipped(step, column, result, grids, push)
        else:
            result[step.variable] = _hopped(step, column, result, grids, push)
        push /= EASING
    return result


def _defined(
    equality: Affine, column: Array, values: Values, grid: Grid, grids: Mapping[str, Grid]
) -> Array:
    rows = len(column)
    target = equality.closely_at(values, rows)
    if not equality.lands_on(grid, grids):
        target = snapped(target, equality.scale_at(values, rows), grid)
    return np.where(column == target, column, target)


def _clipped(
    step: FloatStep, column: Array, values: Values, grids: Mapping[str, Grid], push: float
) -> Array:
    rows = len(column)
    grid = grids[step.variable]
    lowers = [bound for clause in step.clauses for bound in clause.lowers]
    uppers = [bound for clause in step.clauses for bound in clause.uppers]
    if not push and all(bound.lands_on(grid, grids) for bound in (*lowers, *uppers)):
        for bound in lowers:
            column = np.maximum(column, bound.at(values, rows))
        for bound in uppers:
            column = np.minimum(column, bound.at(values, rows))
        return column
    wrong = np.zeros(rows, dtype=bool)
    for bound in lowers:
        at = bound.at(values, rows)
        wrong |= (column <= at) if bound.strict else (column < at)
    for bound in uppers:
        at = bound.at(values, rows)
        wrong |= (column >= at) if bound.strict else (column > at)
    moved = np.flatnonzero(wrong)
    if not len(moved):
        return column
    here = _taken(values, (*lowers, *uppers), moved)
    old = column[moved]
    result = column.copy()
    result[moved] = nearest_between(old, lowers, uppers, here, grid, grids, push)
    return result


def nearest_between(
    column: Array,
    lowers: Sequence[Affine],
    uppers: Sequence[Affine],
    values: Mapping[str, Array],
    grid: Grid,
    grids: Mapping[str, Grid],
    push: float,
) -> Array:
    """The nearest values between bounds: at a bound, a short decimal inside it.

    Args:
        column: The values, shape `(rows,)`.
        lowers: Lower bounds.
        uppers: Upper bounds.
        values: The columns that the bounds name.
        grid: What the column can hold.
        grids: What the columns can hold that the bounds name.
        push: Further grid steps to move inside.
    """
    rows = len(column)
    low, low_inside = _tightest(lowers, values, rows, grid, grids, upper=False, push=push)
    high, high_inside = _tightest(uppers, values, rows, grid, grids, upper=True, push=push)
    new = np.minimum(np.maximum(column, low_inside), high_inside)
    narrow = low_inside > high_inside
    return np.where(narrow, between(low, high, grid), new) if narrow.any() else new


def between(low: Array, high: Array, grid: Grid) -> Array:
    """The middle of intervals too narrow for the grid, as a decimal no longer than they ask for.

    Args:
        low: Left ends, shape `(rows,)`; infinite where there is none.
        high: Right ends, same shape.
        grid: What the column can hold.
    """
    with np.errstate(invalid="ignore"):
        width = high - low
        middle = low + width / 2
    scale = np.maximum(np.abs(low), np.abs(high))
    nearest = snapped(middle, scale, grid)
    if grid.places is not None:
        return nearest
    exponent = grid_exponent(width, 2)
    short = (width > 0) & (exponent >= grid_exponent(scale, grid.digits))
    rounded = at_exponent(middle, exponent)
    return np.where(short, rounded, np.where(np.abs(width) <= scale * 1e-14, nearest, middle))


def _tightest(
    bounds: Sequence[Affine],
    values: Mapping[str, Array],
    rows: int,
    grid: Grid,
    grids: Mapping[str, Grid],
    *,
    upper: bool,
    push: float,
) -> tuple[Array, Array]:
    """The tightest of several bounds: as computed, and rounded to the allowed side."""
    low, high = limits(grid)
    limit = high if upper else low
    tightest = np.minimum if upper else np.maximum
    raw, rounded = np.full(rows, limit), np.full(rows, limit)
    for bound in bounds:
        at = bound.at(values, rows)
        raw = tightest(raw, at)
        rounded = tightest(
            rounded, rounded_bound(bound, at, values, rows, grid, grids, upper, push)
        )
    return raw, rounded


def _hopped(
    step: FloatStep, column: Array, values: Values, grids: Mapping[str, Grid], push: float
) -> Array:
    """The nearest allowed values; of many clauses over few whole numbers, alike rows at once."""
    alike = None
    if len(step.clauses) >= MANY_CLAUSES:
        names = sorted({name for bound in _bounds(step.clauses) for name in bound.names})
        alike = alike_rows([column, *(values[name] for name in names)])
    if alike is None:
        return _hopped_each(step, column, values, grids, push)
    old = column[alike.first]
    some = {name: values[name][alike.first] for name in names}
    new = _hopped_each(step, old, some, grids, push)
    # What may stay does so bit for bit, also the sign of a zero.
    return np.where((new != old)[alike.kind], new[alike.kind], column)


def _bounds(clauses: Iterable[FloatClause]) -> Iterator[Affine]:
    for clause in clauses:
        yield from (*clause.lowers, *clause.uppers, *chain.from_iterable(clause.others))


def _hopped_each(
    step: FloatStep, column: Array, values: Values, grids: Mapping[str, Grid], push: float
) -> Array:
    rows = len(column)
    wrong = np.zeros(rows, dtype=bool)
    for clause in step.clauses:
        wrong |= ~allowed_by(clause, column, values)
    moved = np.flatnonzero(wrong)
    if not len(moved):
        return column
    here = _taken(values, _bounds(step.clauses), moved)
    result = column.copy()
    result[moved] = nearest_allowed(step, column[moved], here, grids, push)
    return result


def allowed_by(clause: FloatClause, column: Array, values: Mapping[str, Array]) -> Array:
    """Where a clause allows a column's values, for the columns before it; bool, shape `(rows,)`.

    Args:
        clause: The clause.
        column: The column's values, shape `(rows,)`.
        values: At least the columns before it that the clause names, same shape each.
    """
    rows = len(column)
    allowed = np.zeros(rows, dtype=bool)
    for bound in clause.lowers:
        at = bound.at(values, rows)
        allowed |= (column > at) if bound.strict else (column >= at)
    for bound in clause.uppers:
        at = bound.at(values, rows)
        allowed |= (column < at) if bound.strict else (column <= at)
    for other in clause.others:
        allowed |= all_hold(other, values, rows)
    return allowed


def _taken(values: Mapping[str, Array], bounds: Iterable[Affine], rows: Array) -> Values:
    names = dict.fromkeys(name for bound in bounds for name in bound.names)
    return {name: values[name][rows] for name in names}
