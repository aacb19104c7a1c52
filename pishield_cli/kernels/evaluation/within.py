"""Whether a form is zero within a tolerance, exactly: for the rows near a boundary."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.exact import (
    KnownCells,
    cells_of,
    exact_total,
    float_sums,
    settle_decimals,
    signs,
)
from pishield_cli.kernels.evaluation.sums import Form
from pishield_cli.kernels.evaluation.tolerance import Tolerance

_OPEN = 2
_SAMPLE = 16


def sides(form: Form, columns: Sequence[NumericColumn], tolerance: Tolerance) -> Array:
    """On which side of zero a form is, within a tolerance, exactly.

    Args:
        form: The form.
        columns: Its columns; every cell known and finite, at least one row.
        tolerance: What is forgiven.

    Returns:
        int8, shape `(rows,)`: -1, 0 where it is zero within the tolerance, or 1.
    """
    found = np.full(len(columns[0]), _OPEN, dtype=np.int8)
    cells = cells_of(columns)
    if tolerance.share is None and not _are_mostly_roundings(columns, tolerance):
        _settle_short(found, form, cells)
    rows = np.flatnonzero(found == _OPEN)
    if len(rows):
        _settle_floats(found, rows, form, cells, tolerance)
    rows = np.flatnonzero(found == _OPEN)
    if len(rows):
        _settle_exactly(found, rows, form, columns, tolerance)
    return found


def _are_mostly_roundings(columns: Sequence[NumericColumn], tolerance: Tolerance) -> bool:
    sample = np.linspace(0, len(columns[0]) - 1, _SAMPLE).astype(np.int64)
    shares = (tolerance.shares(column.take(sample)) for column in columns)
    return all(np.count_nonzero(share) > _SAMPLE // 2 for share in shares)


def _settle_short(found: Array, form: Form, cells: KnownCells) -> None:
    """Settle the rows of short decimals that are zero: most rows near a boundary are at it."""
    exact = np.zeros(len(found), dtype=np.int8)
    left = settle_decimals(exact, form, cells)
    zero = exact == 0
    zero[left] = False
    found[zero] = 0


def _settle_floats(
    found: Array, rows: Array, form: Form, cells: KnownCells, tolerance: Tolerance
) -> None:
    """Settle the rows of which floats tell."""
    total, _, error = float_sums(form, cells, rows)
    with np.errstate(over="ignore", invalid="ignore"):
        forgiven = _forgiven(rows, form, cells, tolerance, np.abs(total) + error)
        within = np.abs(total) + error < forgiven
        beyond = np.abs(total) - error > forgiven
    found[rows[within]] = 0
    found[rows[beyond]] = np.sign(total[beyond])


def _forgiven(
    rows: Array, form: Form, cells: KnownCells, tolerance: Tolerance, enough: Array
) -> Array:
    """How much is forgiven on some rows, in floats; or part of it where that is enough."""
    forgiven = np.zeros(len(rows))
    for weight, floats, column in zip(form.weights, cells.floats, cells.columns, strict=True):
        left = np.flatnonzero(~(forgiven > enough))
        if not len(left):
            break
        taken = rows[left]
        shares = tolerance.shares(column.take(taken))
        forgiven[left] += np.abs(floats[taken]) * shares * abs(weight)
    return forgiven


def _settle_exactly(
    found: Array,
    rows: Array,
    form: Form,
    columns: Sequence[NumericColumn],
    tolerance: Tolerance,
) -> None:
    """Settle rows by exact arithmetic."""
    found[rows] = signs(form, [column.take(rows) for column in columns])
    rows = rows[found[rows] != 0]
    shares = [tolerance.shares(column.take(rows)) for column in columns]
    for row in rows[np.logical_or.reduce([share > 0 for share in shares])].tolist():
        if _is_forgiven(form, columns, tolerance, row):
            found[row] = 0


def _is_forgiven(
    form: Form, columns: Sequence[NumericColumn], tolerance: Tolerance, row: int
) -> bool:
    """Whether a form is zero within a tolerance on one row, in fractions."""
    forgiven = Fraction(0)
    for weight, column in zip(form.coefficients, columns, strict=True):
        share = tolerance.share_of(column, row)
        if share:
            forgiven += share * abs(weight * (column.cell(row) or Fraction(0)))
    return bool(forgiven) and abs(Fraction(exact_total(form, columns, row))) <= forgiven
