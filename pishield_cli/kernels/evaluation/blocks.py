"""A cache-sized block of rows: what literals share while it is being evaluated."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.decimals import shared_places
from pishield_cli.kernels.evaluation.exact import signs
from pishield_cli.kernels.evaluation.roundings import sure_roundings
from pishield_cli.kernels.evaluation.sums import (
    EXACT_FLOAT,
    SLACK,
    UNIT,
    Buffers,
    Form,
    FormSum,
    Spread,
    float_sum,
    integer_sum,
    representation_error,
)
from pishield_cli.kernels.evaluation.tolerance import ROUNDING, Tolerance
from pishield_cli.kernels.evaluation.within import sides

APPROXIMATE = 2.0**-50
"""Relative error of values that only come near the cells beside them."""


class Stretch:
    """The cells of one column in consecutive rows.

    Args:
        column: The column of the whole batch.
        start: The first row.
        rows: How many rows, at least one.

    Attributes:
        values: Booleans as 0 and 1; shape `(rows,)`.
        missing: Where cells are marked missing, shape `(rows,)`; None if none is.
    """

    def __init__(self, column: NumericColumn, start: int, rows: int) -> None:
        self.column = column
        values = column.values[start : start + rows]
        self.values = values.view(np.uint8) if values.dtype.kind == "b" else values
        marked = None if column.missing is None else column.missing[start : start + rows]
        self.missing = marked if marked is not None and marked.any() else None

    @cached_property
    def low(self) -> Any:
        """The least value; NaN if one is."""
        return self.values.min()

    @cached_property
    def high(self) -> Any:
        """The greatest value; NaN if one is."""
        return self.values.max()

    @cached_property
    def spread(self) -> Spread:
        """What is known of the values."""
        low, high = self.low.item(), self.high.item()
        if self.values.dtype.kind != "f":
            beyond = max(-low, high) > EXACT_FLOAT
            return Spread(low, high, finite=True, relative=UNIT if beyond else 0.0)
        finite = bool(np.isfinite(low) and np.isfinite(high))
        if not finite:
            known = self.values[np.isfinite(self.values)]
            low, high = (known.min().item(), known.max().item()) if len(known) else (0.0, 0.0)
        relative, absolute = representation_error(self.values.dtype)
        if not self.column.nearest:
            relative += APPROXIMATE
        return Spread(low, high, finite, relative, absolute)

    @cached_property
    def absent(self) -> Array | None:
        """Where a cell is missing, marked or NaN; None if nowhere."""
        if self.values.dtype.kind != "f" or self.spread.finite:
            return self.missing
        lost = np.isnan(self.values)
        found = lost if self.missing is None else lost | self.missing
        return found if found.any() else None

    @cached_property
    def places(self) -> int | None:
        """So many decimal places as all cells have; None if that is not seen at once."""
        if self.values.dtype != np.float64:
            return 0 if self.values.dtype.kind in "iu" else None
        if self.column.exact is not None:
            return None
        return shared_places(self.values, self.absent)


def alike(first: Stretch, second: Stretch) -> bool:
    """Whether the cells of two columns are of one type, and all finite or missing."""
    same = first.values.dtype == second.values.dtype
    return same and first.spread.finite and second.spread.finite


class Block:
    """Consecutive rows of some columns.

    Args:
        columns: The columns of the whole batch, by name.
        start: The first row.
        stop: One past the last; there is at least one row.
        buffers: Where arrays of up to `stop - start` rows come from.
    """

    def __init__(
        self, columns: Mapping[str, NumericColumn], start: int, stop: int, buffers: Buffers
    ) -> None:
        self.start = start
        self.rows = stop - start
        self.columns = columns
        self._buffers = buffers
        self._stretches: dict[str, Stretch] = {}
        self._floats: dict[str, Array] = {}
        self._sums: dict[Form, FormSum] = {}
        self._sides: dict[tuple[Form, Tolerance], tuple[Array, Array]] = {}
        self._forgiven: dict[Form, Array] = {}

    def stretches(self, names: Sequence[str]) -> list[Stretch]:
        """The rows' cells in some columns."""
        known = self._stretches
        for name in names:
            if name not in known:
                known[name] = Stretch(self.columns[name], self.start, self.rows)
        return [known[name] for name in names]

    def absent(self, names: Sequence[str]) -> Array | None:
        """Where a cell of one of the columns is missing, marked or NaN; None if nowhere.

        A column that the batch lacks misses no cell.
        """
        given = self.stretches([name for name in names if name in self.columns])
        return _any_of([one.absent for one in given])

    def floats(self, name: str) -> Array:
        """A column's values as float64, rounded where they are not."""
        (one,) = self.stretches([name])
        if one.values.dtype == np.float64:
            return one.values
        found = self._floats.get(name)
        if found is None:
            self._floats[name] = found = self._buffers.take("d", self.rows)
            np.copyto(found, one.values, casting="same_kind")
        return found

    def quantum(self, form: Form) -> float:
        """What a form is a whole multiple of on every row; 0 if that is not seen at once."""
        if not form.exact:
            return 0.0
        most = 0
        for one in self.stretches(form.names):
            if one.places is None:
                return 0.0
            most = max(most, one.places)
        return 10.0**-most

    def sum(self, form: Form) -> FormSum:
        """A form over the rows; the same arrays until `forget`."""
        found = self._sums.get(form)
        if found is None:
            columns = self.stretches(form.names)
            values, spreads = [one.values for one in columns], [one.spread for one in columns]
            missing = _any_of([one.missing for one in columns])
            found = integer_sum(form, values, spreads, missing, self._buffers)
            if found is None:
                floats = [self.floats(name) for name in form.names]
                found = float_sum(form, floats, spreads, missing, self._buffers)
            self._sums[form] = found
        return found

    def surely_forgiven(self, form: Form) -> Array:
        """Where a form is so near zero that one column's cells, roundings of floats, explain it."""
        found = self._forgiven.get(form)
        if found is None:
            self._forgiven[form] = found = np.zeros(self.rows, dtype=bool)
            columns = zip(form.weights, self.stretches(form.names), strict=True)
            sizes = [(abs(weight), one) for weight, one in columns]
            # The largest cells tell of most rows, the others of what is left.
            sizes.sort(key=lambda each: each[0] * each[1].spread.largest, reverse=True)
            left: slice | Array = slice(None)
            for weight, one in sizes:
                found[left] = _explains(self.sum(form), one, weight, left)
                left = np.flatnonzero(~found)
                if not len(left) or len(left) > self.rows // 8:
                    break
        return found

    def taken(self, names: Sequence[str], rows: Array) -> list[NumericColumn]:
        """Some rows of some columns; `rows` are ascending numbers within the block."""
        columns = self.stretches(names)
        if len(rows) == self.rows and all(one.column.exact is None for one in columns):
            return [NumericColumn(one.values) for one in columns]
        return [one.column.take(rows + self.start) for one in columns]

    def sides(self, form: Form, rows: Array, tolerance: Tolerance) -> Array:
        """A form's exact signs on some rows, all of whose cells are known and finite.

        Where it is zero within a tolerance, the sign is 0.

        Args:
            form: The form.
            rows: Numbers of rows within the block, ascending, shape `(found,)`.
            tolerance: Within what it counts as zero.
        """
        known = self._sides.get((form, tolerance))
        if known is None or not np.array_equal(known[0], rows):
            columns = self.taken(form.names, rows)
            found = signs(form, columns) if tolerance.exact else sides(form, columns, tolerance)
            self._sides[form, tolerance] = known = rows, found
        return known[1]

    def forget(self, form: Form) -> None:
        """Free a form's arrays, if it has been summed."""
        self._forgiven.pop(form, None)
        for key in [key for key in self._sides if key[0] == form]:
            del self._sides[key]
        found = self._sums.pop(form, None)
        if found is not None:
            self._buffers.give(found.values)

    def close(self) -> None:
        """Free everything."""
        for form in tuple(self._sums):
            self.forget(form)
        for array in self._floats.values():
            self._buffers.give(array)
        self._floats.clear()


def _explains(total: FormSum, one: Stretch, weight: float, rows: slice | Array) -> Array | bool:
    """Whether what is forgiven of one column's cells is more than a form is from zero."""
    values = one.values[rows]
    if values.dtype != np.float64 or not one.column.nearest:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        forgiven = np.abs(values)
        within = sure_roundings(values, forgiven, plain=one.column.plain)
        forgiven *= float(ROUNDING[values.dtype.itemsize]) * weight / SLACK
        forgiven -= total.bounds.error
        within &= np.abs(total.values[rows]) <= forgiven
    return within


def _any_of(masks: Sequence[Array | None]) -> Array | None:
    """Where one of some masks is true; None where all are None."""
    kept = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(kept) if kept else None
