"""A cache-sized block of rows: what literals share while it is being evaluated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.decimals import shared_places
from pishield_cli.kernels.evaluation.exact import signs
from pishield_cli.kernels.evaluation.roundings import sure_roundings
from pishield_cli.kernels.evaluation.sums import (
    EXACT_FLOAT,
    EXACT_INTEGER,
    LARGEST,
    SLACK,
    UNIT,
    Form,
    FormBounds,
    Spread,
    add_up,
    float_bounds,
    integer_magnitude,
    representation_error,
)
from pishield_cli.kernels.evaluation.tolerance import ROUNDING, Tolerance
from pishield_cli.kernels.evaluation.within import sides

APPROXIMATE = 2.0**-50
"""Relative error of values that only come near the cells beside them."""


class Buffers:
    """Arrays of one size that are used again, since fresh memory is slow to touch."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._free: dict[str, list[Array]] = {}

    def take(self, kind: str, rows: int) -> Array:
        """An array of `rows` entries of dtype `kind`, contents undefined."""
        free = self._free.setdefault(kind, [])
        return (free.pop() if free else np.empty(self._rows, kind))[:rows]

    def give(self, array: Array) -> None:
        """Let an array that was taken be used again."""
        base = array.base if array.base is not None else array
        self._free.setdefault(array.dtype.char, []).append(base)


@dataclass(frozen=True)
class BlockSum:
    """A form over the rows of a block.

    Attributes:
        values: Shape `(rows,)`, float64 or int64. Infinite where infinities make it so;
            undefined where unknown; NaN where floats overflow.
        bounds: What is known of it; an error of 0 means that `values` are exact.
        unknown: Where a cell is missing or infinities cancel; None if nowhere.
    """

    values: Array
    bounds: FormBounds
    unknown: Array | None

    @cached_property
    def low(self) -> float:
        """The least value; NaN if one is."""
        return self.values.min()  # type: ignore[no-any-return]

    @cached_property
    def high(self) -> float:
        """The greatest value; NaN if one is."""
        return self.values.max()  # type: ignore[no-any-return]


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
        self._values: dict[str, Array] = {}
        self._floats: dict[str, Array] = {}
        self._lows: dict[str, Any] = {}
        self._highs: dict[str, Any] = {}
        self._spreads: dict[str, Spread] = {}
        self._sums: dict[Form, BlockSum] = {}
        self._sides: dict[tuple[Form, Tolerance], tuple[Array, Array]] = {}
        self._places: dict[str, int | None] = {}
        self._forgiven: dict[Form, Array] = {}

    def column(self, name: str) -> NumericColumn:
        """The whole batch's column."""
        return self.columns[name]

    def values(self, name: str) -> Array:
        """A column's values, booleans as 0 and 1; shape `(rows,)`."""
        found = self._values.get(name)
        if found is None:
            whole = self.columns[name].values
            found = whole[self.start : self.start + self.rows]
            self._values[name] = found = found.view(np.uint8) if found.dtype.kind == "b" else found
        return found

    def missing(self, name: str) -> Array | None:
        """Where a column's cells are marked missing; None if none is."""
        marked = self.columns[name].missing
        if marked is None:
            return None
        part = marked[self.start : self.start + self.rows]
        return part if part.any() else None

    def absent(self, names: Sequence[str]) -> Array | None:
        """Where a cell of one of the columns is missing, marked or NaN; None if nowhere.

        A column that the batch lacks misses no cell.
        """
        given = [name for name in names if name in self.columns]
        found = self.marked(given)
        for name in given:
            values = self.values(name)
            if values.dtype.kind == "f" and not self.spread(name).finite:
                lost = np.isnan(values)
                found = lost if found is None else found | lost
        return found if found is not None and found.any() else None

    def floats(self, name: str) -> Array:
        """A column's values as float64, rounded where they are not."""
        values = self.values(name)
        if values.dtype == np.float64:
            return values
        found = self._floats.get(name)
        if found is None:
            self._floats[name] = found = self._buffers.take("d", self.rows)
            np.copyto(found, values, casting="same_kind")
        return found

    def low(self, name: str) -> Any:
        """A column's least value; NaN if one is."""
        if name not in self._lows:
            self._lows[name] = self.values(name).min()
        return self._lows[name]

    def high(self, name: str) -> Any:
        """A column's greatest value; NaN if one is."""
        if name not in self._highs:
            self._highs[name] = self.values(name).max()
        return self._highs[name]

    def spread(self, name: str) -> Spread:
        """What is known of a column's values."""
        found = self._spreads.get(name)
        if found is None:
            self._spreads[name] = found = self._measure(name)
        return found

    def quantum(self, form: Form) -> float:
        """What a form is a whole multiple of on every row; 0 if that is not seen at once."""
        if not form.exact:
            return 0.0
        most = 0
        for name in form.names:
            places = self._shared_places(name)
            if places is None:
                return 0.0
            most = max(most, places)
        return 10.0**-most

    def _shared_places(self, name: str) -> int | None:
        if name not in self._places:
            self._places[name] = self._seen_places(name)
        return self._places[name]

    def _seen_places(self, name: str) -> int | None:
        values = self.values(name)
        if values.dtype != np.float64:
            return 0 if values.dtype.kind in "iu" else None
        if self.column(name).exact is not None:
            return None
        return shared_places(values, self.absent([name]))

    def surely_forgiven(self, form: Form) -> Array:
        """Where a form is so near zero that one column's cells, roundings of floats, explain it."""
        found = self._forgiven.get(form)
        if found is None:
            found = np.zeros(self.rows, dtype=bool)
            self._forgiven[form] = found
            pairs = zip(form.weights, form.names, strict=True)
            sizes = [
                (abs(weight) * self.spread(name).largest, name, weight) for weight, name in pairs
            ]
            left: slice | Array = slice(None)
            # The largest cells tell of most rows, the others of what is left.
            for _, name, weight in sorted(sizes, reverse=True):
                found[left] = self._explains(form, name, weight, left)
                left = np.flatnonzero(~found)
                if not len(left) or len(left) > self.rows // 8:
                    break
        return found

    def _explains(self, form: Form, name: str, weight: float, rows: slice | Array) -> Array | bool:
        """Whether what is forgiven of one column's cells is more than a form is from zero."""
        total, values = self.sum(form), self.values(name)[rows]
        if values.dtype != np.float64 or not self.column(name).nearest:
            return False
        share = float(ROUNDING[values.dtype.itemsize]) * abs(weight) / SLACK
        with np.errstate(over="ignore", invalid="ignore"):
            forgiven = np.abs(values)
            within = sure_roundings(values, forgiven, plain=self.column(name).plain)
            forgiven *= share
            forgiven -= total.bounds.error
            within &= np.abs(total.values[rows]) <= forgiven
        return within

    def _measure(self, name: str) -> Spread:
        values = self.values(name)
        low, high = self.low(name).item(), self.high(name).item()
        if values.dtype.kind != "f":
            beyond = max(-low, high) > EXACT_FLOAT
            return Spread(low, high, finite=True, relative=UNIT if beyond else 0.0)
        finite = bool(np.isfinite(low) and np.isfinite(high))
        if not finite:
            known = values[np.isfinite(values)]
            low, high = (known.min().item(), known.max().item()) if len(known) else (0.0, 0.0)
        relative, absolute = representation_error(values.dtype)
        if not self.columns[name].nearest:
            relative += APPROXIMATE
        return Spread(low, high, finite, relative, absolute)

    def sum(self, form: Form) -> BlockSum:
        """A form over the rows; the same arrays until `forget`."""
        found = self._sums.get(form)
        if found is None:
            self._sums[form] = found = self._integer_sum(form) or self._float_sum(form)
        return found

    def taken(self, names: Sequence[str], rows: Array) -> list[NumericColumn]:
        """Some rows of some columns; `rows` are ascending numbers within the block."""
        if len(rows) == self.rows and all(self.columns[name].exact is None for name in names):
            return [NumericColumn(self.values(name)) for name in names]
        return [self.columns[name].take(rows + self.start) for name in names]

    def sides(self, form: Form, rows: Array, tolerance: Tolerance) -> Array:
        """A form's exact signs on some rows, all of whose cells are known and finite.

        Where it is zero within a tolerance, the sign is 0.
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

    def _integer_sum(self, form: Form) -> BlockSum | None:
        columns = [self.values(name) for name in form.names]
        if any(column.dtype.kind == "f" for column in columns):
            return None
        spreads = [self.spread(name) for name in form.names]
        magnitude = integer_magnitude(form, [int(spread.largest) for spread in spreads])
        if magnitude > EXACT_INTEGER:
            return None
        sizes = zip(form.coefficients, spreads, strict=True)
        least = sum(abs(weight) * spread.least for weight, spread in sizes)
        values = self._added("q", form, columns)
        bounds = FormBounds(0.0, float(least), float(magnitude))
        return BlockSum(values, bounds, self.marked(form.names))

    def _float_sum(self, form: Form) -> BlockSum:
        spreads = [self.spread(name) for name in form.names]
        bounds = float_bounds(form, spreads)
        columns = [self.floats(name) for name in form.names]
        marked = self.marked(form.names)
        if all(spread.finite for spread in spreads) and bounds.largest < LARGEST:
            return BlockSum(self._added("d", form, columns), bounds, marked)
        with np.errstate(all="ignore"):
            values = self._added("d", form, columns)
            infinite = infinite_part(form, columns)
        known = values if bounds.largest < LARGEST else np.nan
        values[:] = np.where(infinite == 0, known, infinite)
        lost = np.isnan(infinite)
        unknown = lost if marked is None else lost | marked
        return BlockSum(values, bounds, unknown if unknown.any() else None)

    def _added(self, kind: str, form: Form, columns: Sequence[Array]) -> Array:
        total, product = self._buffers.take(kind, self.rows), self._buffers.take(kind, self.rows)
        add_up(form, columns, total, product)
        self._buffers.give(product)
        return total

    def marked(self, names: Sequence[str]) -> Array | None:
        """Where a cell of one of the columns is marked missing; None if nowhere."""
        marks = [mark for name in names if (mark := self.missing(name)) is not None]
        return np.logical_or.reduce(marks) if marks else None


def infinite_part(form: Form, columns: Sequence[Array]) -> Array:
    """What cells that are not finite make of a form.

    Returns:
        Shape `(rows,)`: 0 where all cells are finite, the infinity that dominates, or NaN where a
        cell is NaN or infinities cancel.
    """
    total = np.zeros(len(columns[0]))
    with np.errstate(invalid="ignore"):
        for weight, column in zip(form.coefficients, columns, strict=True):
            if column.dtype.kind == "f" and not np.isfinite(column).all():
                part = np.where(np.isfinite(column), 0.0, column)
                total += part if weight > 0 else -part
    return total
