"""Whether a literal holds on the rows of a block: in floats where they tell, exactly elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.blocks import Block, Stretch, alike
from pishield_cli.kernels.evaluation.compiled import Comparison
from pishield_cli.kernels.evaluation.roundings import float_roundings
from pishield_cli.kernels.evaluation.sums import LARGEST, SLACK, FormSum
from pishield_cli.kernels.evaluation.thresholds import Threshold, threshold
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance

_PART = 32
"""Of a block's rows: where more are near a boundary, columns are looked at, not single rows."""


@dataclass(frozen=True, slots=True)
class RowTruth:
    """A three-valued truth on each row; true where neither false nor unknown.

    Attributes:
        false: Where it is false, bool, shape `(rows,)`; None if nowhere.
        unknown: Where it is unknown; None if nowhere. Never where false.
    """

    false: Array | None = None
    unknown: Array | None = None

    @property
    def certain(self) -> bool:
        """Whether it is true on every row."""
        return self.false is None and self.unknown is None


TRUE = RowTruth()


def compare(comparison: Comparison, block: Block, tolerance: Tolerance) -> RowTruth:
    """Whether a literal holds on each row of a block.

    Args:
        comparison: The literal.
        block: The rows.
        tolerance: What is forgiven.

    Returns:
        The truth that exact arithmetic gives, on every row.
    """
    form = comparison.form
    columns = block.stretches(form.names)
    near = all(one.column.nearest for one in columns)
    pair = near and form.coefficients == (1, -1) and not form.constant and alike(*columns)
    if comparison.exact or not tolerance.most([one.column for one in columns]):
        tolerance = EXACT
    if near and len(columns) == 1:
        return _compare_threshold(comparison, block, columns[0], tolerance)
    found = _compare_pair(comparison, block, columns, tolerance) if pair else None
    return _compare_sum(comparison, block, tolerance) if found is None else found


def _any_long(block: Block, columns: Sequence[Stretch], where: Array) -> bool:
    """Whether a cell of some rows of a block may be another number than its value's decimal."""
    if not where.any():
        return False
    exact = [one.column.exact for one in columns]
    if all(one is None for one in exact):
        return False
    rows = np.flatnonzero(where) + block.start
    return any(bool(one.long(rows).any()) for one in exact if one is not None)


def _compare_threshold(
    comparison: Comparison, block: Block, one: Stretch, tolerance: Tolerance
) -> RowTruth:
    turn = _turn(comparison, tolerance.share or Fraction(0), one.values.dtype)
    if not one.column.plain and _any_long(block, [one], one.values == turn.nearest):
        return _compare_sum(comparison, block, tolerance)
    if turn.value is None:
        false = np.ones(block.rows, dtype=bool)
        lost = np.isnan(one.values) if one.values.dtype.kind == "f" else None
        return _truth(false, _either(one.missing, lost))
    extreme = one.high if turn.upper else one.low
    if extreme <= turn.value if turn.upper else extreme >= turn.value:
        return TRUE if one.missing is None else RowTruth(None, one.missing)
    false = one.values > turn.value if turn.upper else one.values < turn.value
    if tolerance.share is None and not _forgive(comparison, block, one, tolerance, false):
        return _compare_sum(comparison, block, tolerance)
    lost = np.isnan(one.values) if np.isnan(extreme) else None
    return _truth(false, _either(one.missing, lost))


def _turn(comparison: Comparison, share: Fraction, dtype: "np.dtype[Any]") -> Threshold:
    form = comparison.form
    return threshold(
        form.coefficients[0],
        form.constant,
        comparison.direction,
        strict=comparison.strict,
        tolerance=share,
        dtype=dtype,
    )


def _forgive(
    comparison: Comparison, block: Block, one: Stretch, tolerance: Tolerance, false: Array
) -> bool:
    """Unmark the rows of a threshold that hold as their cell is a float's rounding.

    Returns:
        Whether values tell; not so where some near the boundary only come near their cells.
    """
    turn = _turn(comparison, tolerance.most([one.column]), one.values.dtype)
    if turn.value is None:
        return True
    near = false & (one.values <= turn.value if turn.upper else one.values >= turn.value)
    if not one.column.plain and _any_long(block, [one], near | (one.values == turn.nearest)):
        return False
    rows = np.flatnonzero(near)
    if len(rows):
        false[rows] = ~float_roundings(one.column.take(rows + block.start))
    return True


def _compare_pair(
    comparison: Comparison, block: Block, columns: Sequence[Stretch], tolerance: Tolerance
) -> RowTruth | None:
    """Compare two columns of one type directly: shortest decimals are ordered as floats are."""
    first, second = columns if comparison.direction > 0 else reversed(columns)
    false = first.values <= second.values
    missing = _either(first.missing, second.missing)
    if not false.any():
        return _truth(None, missing)
    plain = first.column.plain and second.column.plain
    if not plain and _any_long(block, columns, first.values == second.values):
        return None
    if not comparison.strict:
        false = first.values < second.values
        if not false.any():
            return _truth(None, missing)
    return None if tolerance.share != 0 else _truth(false, missing)


def _compare_sum(comparison: Comparison, block: Block, tolerance: Tolerance) -> RowTruth:
    total = block.sum(comparison.form)
    surely, never = _cuts(comparison, block, tolerance, total)
    upwards = comparison.direction > 0
    worst = total.low if upwards else -total.high
    if worst > surely if comparison.strict else worst >= surely:
        return _truth(None, total.unknown)
    true, false = _clear(comparison, total.values, surely, never)
    if total.unknown is not None:
        true |= total.unknown
    left = block.rows - int(np.count_nonzero(true))
    # Whole columns are looked at only for many rows.
    if left > block.rows // _PART and not tolerance.share:
        half = block.quantum(comparison.form) / 2
        if half > total.bounds.error:
            # Exact values are whole multiples of a number, and floats tell which.
            cut = half if comparison.strict else -half
            return _truth(_clear(comparison, total.values, cut, cut)[1], total.unknown)
        if tolerance.share is None and not comparison.strict:
            true |= block.surely_forgiven(comparison.form)
    if left:
        rows = np.flatnonzero(~true)
        if len(rows):
            _decide(comparison, block, tolerance, rows, false)
    return _truth(false, total.unknown)


def _cuts(
    comparison: Comparison, block: Block, tolerance: Tolerance, total: FormSum
) -> tuple[float, float]:
    """From where on a sum surely holds, and below what it never does, as told by bounds."""
    bounds = total.bounds
    if bounds.overflows:
        return LARGEST, -LARGEST
    columns = [one.column for one in block.stretches(comparison.form.names)]
    most = float(tolerance.most(columns))
    surely = bounds.error - float(tolerance.share or 0) * bounds.least / SLACK
    return surely, -(bounds.error + most * bounds.largest * SLACK)


def _clear(
    comparison: Comparison, values: Array, surely: float, never: float
) -> tuple[Array, Array]:
    """Which rows are decided by their sums, and which are false."""
    upwards, strict = comparison.direction > 0, comparison.strict
    if upwards:
        false = values <= never if strict else values < never
        true = values > surely if strict else values >= surely
    else:
        false = values >= -never if strict else values > -never
        true = values < -surely if strict else values <= -surely
    true |= false
    return true, false


def _decide(
    comparison: Comparison, block: Block, tolerance: Tolerance, rows: Array, false: Array
) -> None:
    """Fill in `false` on some rows, exactly."""
    form = comparison.form
    sides = block.sides(form, rows, EXACT if comparison.strict else tolerance)
    margins = comparison.direction * sides
    false[rows] = margins <= 0 if comparison.strict else margins < 0


def _either(first: Array | None, second: Array | None) -> Array | None:
    if first is None or second is None:
        return second if first is None else first
    return first | second


def _truth(false: Array | None, unknown: Array | None) -> RowTruth:
    """A truth from where it is false, unless unknown."""
    if unknown is not None and false is not None:
        false &= ~unknown
    return RowTruth(None if false is None else occurring(false), unknown)


def disjunction(truths: Sequence[RowTruth]) -> RowTruth:
    """Kleene's or of at least one: true if one is true, else unknown if one is, else false."""
    if any(truth.certain for truth in truths):
        return TRUE
    if len(truths) == 1:
        return truths[0]
    open_rows = np.logical_and.reduce([_any_of(truth.false, truth.unknown) for truth in truths])
    masks = [truth.false for truth in truths if truth.false is not None]
    if len(masks) < len(truths):
        return RowTruth(None, occurring(open_rows))
    false = occurring(np.logical_and.reduce(masks))
    return RowTruth(false, _without(open_rows, false))


def conjunction(truths: Sequence[RowTruth]) -> RowTruth:
    """Kleene's and: false if one is false, else unknown if one is unknown, else true."""
    if len(truths) == 1:
        return truths[0]
    false: Array | None = None
    unknown: Array | None = None
    for truth in truths:
        false, unknown = _either(false, truth.false), _either(unknown, truth.unknown)
    return RowTruth(false, None if unknown is None else _without(unknown, false))


def _any_of(first: Array | None, second: Array | None) -> Array:
    found = _either(first, second)
    assert found is not None  # the truth is not certain
    return found


def occurring(mask: Array) -> Array | None:
    """A mask of rows; None where it holds of none."""
    return mask if mask.any() else None


def _without(unknown: Array, false: Array | None) -> Array | None:
    return occurring(unknown if false is None else unknown & ~false)
