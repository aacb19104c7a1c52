"""Unions of forbidden intervals, one for each clause, and the nearest value outside them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pishield_cli.kernels.columns import Array, decimal_text, decimal_value
from pishield_cli.kernels.sequential.float_steps import Affine, FloatClause, FloatStep
from pishield_cli.kernels.sequential.placement import GRID_ERROR, inside, narrowed
from pishield_cli.logic.rows.grids import Grid

CHUNK_ROWS = 1 << 11
"""Rows whose ends are compared at a time, so that they stay in the processor's cache."""


CHUNK_ENDS = 1 << 21
"""Ends of one kind that are held at a time."""


class _Ends(NamedTuple):
    """The ends of the intervals that clauses forbid, shape `(clauses, rows)` each.

    Attributes:
        left: The greatest upper bound of a clause; infinite where it forbids nothing.
        right: Its smallest lower bound.
        left_forgiven: The left end with its rounding error forgiven.
        right_forgiven: The right end likewise.
        left_inside: The left end put on the grid, to the allowed side.
        right_inside: The right end likewise.
    """

    left: Array
    right: Array
    left_forgiven: Array
    right_forgiven: Array
    left_inside: Array
    right_inside: Array


def nearest_allowed(
    step: FloatStep,
    target: Array,
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float,
    start: Array | None = None,
) -> Array:
    """The allowed value nearest to a target: itself, or an end of a forbidden interval.

    Args:
        step: The column's clauses.
        target: Shape `(rows,)`.
        values: The columns that the clauses name besides.
        grids: What each column can hold.
        push: Further grid steps to move inside each bound.
        start: Values that are kept where nothing is allowed; the target by default.

    Returns:
        Shape `(rows,)`; of equally near values the lesser. Ends that lie on the grid count as
        allowed within their rounding error, so the result has to be checked.
    """
    best = target.copy() if start is None else start.copy()
    chunk = max(CHUNK_ROWS, CHUNK_ENDS // max(1, len(step.clauses)))
    for first in range(0, len(target), chunk):
        part = slice(first, first + chunk)
        near = {name: column[part] for name, column in values.items()}
        ends = _ends(step, near, grids, push, len(target[part]))
        best[part] = _in_turn(target[part], ends, best[part], limits(grids[step.variable]))
    return best


class Reach(NamedTuple):
    """The allowed values nearest to targets, and how near any can be; shape `(rows,)` each.

    Attributes:
        values: The values, of equally near ones the lesser; NaN where nothing is allowed.
        least: The distance of the nearest end that is allowed, on the grid or not, as far as floats
            tell; infinite where surely nothing is allowed.
    """

    values: Array
    least: Array


def reach(
    step: FloatStep, target: Array, values: Mapping[str, Array], grids: Mapping[str, Grid]
) -> Reach:
    """Find the allowed value nearest to each of some targets that are not allowed.

    Args:
        step: The column's clauses.
        target: Shape `(rows,)`.
        values: The columns that the clauses name besides.
        grids: What each column can hold.
    """
    found, least = np.full(len(target), np.nan), np.full(len(target), np.inf)
    for first in range(0, len(target), CHUNK_ROWS):
        part = slice(first, first + CHUNK_ROWS)
        near = {name: column[part] for name, column in values.items()}
        ends = _without_idle(_ends(step, near, grids, 0.0, len(target[part])))
        found[part] = _nearest(target[part], ends, found[part], limits(grids[step.variable]))
        raw = np.concatenate([ends.left, ends.right])
        away = np.where(_fits(raw, ends), np.abs(raw - target[part]), np.inf)
        least[part] = away.min(axis=0, initial=np.inf)
    return Reach(found, least)


def allowed_among(
    step: FloatStep,
    candidates: Sequence[Array],
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
) -> list[Array]:
    """Which candidates a column's clauses allow, rounding errors forgiven; bool, `(rows,)` each.

    Args:
        step: The column's clauses.
        candidates: Values of the column, at least one array of shape `(rows,)`.
        values: The columns that the clauses name besides, same shape.
        grids: What each column can hold.
    """
    rows = len(candidates[0])
    ends = _ends(step, values, grids, 0.0, rows)
    return [_fits(one[None], ends)[0] for one in candidates]


def _fits(candidates: Array, ends: _Ends) -> Array:
    """Which finite candidates lie in no forbidden interval, rounding errors forgiven."""
    fits: Array = np.isfinite(candidates)
    for left, right in zip(ends.left_forgiven, ends.right_forgiven, strict=True):
        fits &= (candidates <= left) | (candidates >= right)
    return fits


def _in_turn(target: Array, ends: _Ends, start: Array, limits: tuple[float, float]) -> Array:
    """The nearest allowed values, a few rows at a time."""
    best = start.copy()
    for first in range(0, len(target), CHUNK_ROWS):
        part = slice(first, first + CHUNK_ROWS)
        here = _without_idle(_Ends(*(each[:, part] for each in ends)))
        best[part] = _nearest(target[part], here, best[part], limits)
    return best


def _without_idle(ends: _Ends) -> _Ends:
    """The ends of the intervals that forbid anything, which are few of many clauses."""
    active = ends.left < np.inf
    count = int(active.sum(axis=0).max(initial=1))
    if count == len(active):
        return ends
    clause, row = np.nonzero(active)
    place = (np.cumsum(active, axis=0) - 1)[clause, row]
    found = []
    for each in ends:
        kept = np.full((count, active.shape[1]), np.inf)
        kept[place, row] = each[clause, row]
        found.append(kept)
    return _Ends(*found)


def _nearest(target: Array, ends: _Ends, start: Array, limits: tuple[float, float]) -> Array:
    with np.errstate(invalid="ignore"):
        stays = ~((target > ends.left) & (target < ends.right)).any(axis=0)
    candidates = np.concatenate([ends.left_inside, ends.right_inside])
    fits = _fits(candidates, ends) & (candidates >= limits[0]) & (candidates <= limits[1])
    away = np.where(fits, np.abs(candidates - target), np.inf)
    least = away.min(axis=0)
    nearest = np.where((away == least) & fits, candidates, np.inf).min(axis=0)
    return np.where(stays, target, np.where(np.isfinite(least), nearest, start))


def _ends(
    step: FloatStep,
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float,
    rows: int,
) -> _Ends:
    parts = [
        _clause_ends(clause, step.variable, values, grids, push, rows) for clause in step.clauses
    ]
    if not parts:
        return _Ends(*(np.empty((0, rows)) for _ in _Ends._fields))
    return _Ends(*(np.array(column) for column in zip(*parts, strict=True)))


def _clause_ends(
    clause: FloatClause,
    name: str,
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float,
    rows: int,
) -> tuple[Array, ...]:
    lefts = _outermost(clause.uppers, name, values, grids, push, rows, upper=True)
    rights = _outermost(clause.lowers, name, values, grids, push, rows, upper=False)
    for other in clause.others:
        idle = all_hold(other, values, rows)
        lefts = tuple(np.where(idle, np.inf, left) for left in lefts)
    return tuple(end for pair in zip(lefts, rights, strict=True) for end in pair)


def all_hold(parts: Sequence[Affine], values: Mapping[str, Array], rows: int) -> Array:
    """Where some combinations are all at least 0, or above 0 if strict; bool, shape `(rows,)`.

    Args:
        parts: The combinations; none at all hold everywhere.
        values: At least the columns that they name, shape `(rows,)` each.
        rows: How many rows.
    """
    holds = np.ones(rows, dtype=bool)
    for one in parts:
        at = one.at(values, rows)
        holds &= (at > 0) if one.strict else (at >= 0)
    return holds


def _outermost(
    bounds: Sequence[Affine],
    name: str,
    values: Mapping[str, Array],
    grids: Mapping[str, Grid],
    push: float,
    rows: int,
    *,
    upper: bool,
) -> tuple[Array, ...]:
    """The loosest of a clause's bounds: as it is, with its rounding error forgiven, on the grid."""
    worst = -np.inf if upper else np.inf
    loosest = np.maximum if upper else np.minimum
    end, forgiven, end_inside = (np.full(rows, worst) for _ in range(3))
    for bound in bounds:
        at = bound.at(values, rows)
        # A strict bound is excluded itself, and so is all but the next float within it.
        edge = np.nextafter(at, worst) if bound.strict else at
        slack = GRID_ERROR * bound.scale_at(values, rows)
        end = loosest(end, edge)
        forgiven = loosest(forgiven, edge + slack if upper else edge - slack)
        rounded = rounded_bound(bound, at, values, rows, grids[name], grids, upper, push)
        end_inside = loosest(end_inside, rounded)
    return end, forgiven, end_inside


def limits(grid: Grid) -> tuple[float, float]:
    """The least and the greatest float within a grid's limits, infinite where there is none."""
    low = -np.inf if grid.low is None else -_float_below(-Fraction(grid.low))
    return low, np.inf if grid.high is None else _float_below(Fraction(grid.high))


@lru_cache(64)
def _float_below(limit: Fraction) -> float:
    """The greatest float whose shortest decimal is not beyond a limit."""
    nearest = float(limit)
    beyond = Fraction(decimal_text(nearest)) > limit
    return float(np.nextafter(nearest, -np.inf)) if beyond else nearest


def rounded_bound(
    bound: Affine,
    at: Array,
    values: Mapping[str, Array],
    rows: int,
    grid: Grid,
    grids: Mapping[str, Grid],
    upper: bool,
    push: float,
) -> Array:
    """A bound as a value that the column can hold, to the allowed side.

    Args:
        bound: The bound.
        at: Where it is in each row, shape `(rows,)`.
        values: At least the columns that it names, same shape each.
        rows: How many rows.
        grid: What the bounded column can hold.
        grids: The same of all columns.
        upper: Whether the column has to be at most there.
        push: How many units of its last digit the value goes further inside; whole ones count.
    """
    if bound.lands_on(grid, grids):
        return at
    scale = bound.scale_at(values, rows)
    return inside(at, scale, grid, upper=upper, strict=bound.strict, push=np.floor(push))


def fitting(cells: Array, grid: Grid) -> Array | None:
    """Which cells are finite, and within what their column holds; None if all are."""
    fits = None if np.isfinite(np.add.reduce(cells)) else np.isfinite(cells)
    if cells.dtype.kind == "f" and grid.digits < np.finfo(cells.dtype).precision:
        # Cells of a type that numpy has not are kept in a wider one.
        values = map(decimal_value, cells)
        fits = np.array([one is not None and grid.fits(one) for one in values], dtype=bool)
    whole = cells.dtype.kind in "iu"
    if grid.places is None or (whole and grid.covers(narrowed(Grid(0), cells.dtype))):
        return fits
    low, high = limits(grid)
    within = (cells >= low) & (cells <= high)
    if not whole:  # a copy of a cell that kept more places
        unit = 10.0**grid.places
        within &= np.rint(cells * unit) / unit == cells
    return within if fits is None else fits & within
