"""Weighted sums of columns, in floats or integers, with rigorous bounds of their error."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import inf
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.logic.terms import Inequality, common_divisor

UNIT = 2.0**-53
"""Relative error of one rounding to float64."""

TINY = 2.0**-1070
"""Above the absolute error of a few roundings to subnormal float64 numbers."""

EXACT_FLOAT = 2**53
"""Integers up to this magnitude are float64 numbers."""

EXACT_INTEGER = 2**62
"""Sums of magnitudes up to this never overflow int64."""

LARGEST = 1e300
"""Magnitudes above this may overflow in a float sum."""

SLACK = 1 + 2.0**-40
"""Covers the roundings in computing a bound itself."""


@dataclass(frozen=True)
class Form:
    """`coefficients . columns - constant`, in integers without a common factor.

    Literals that differ by a factor or by direction share one form.

    Attributes:
        names: Distinct columns.
        coefficients: Nonzero integers, the first one positive.
        constant: What is subtracted.
    """

    names: tuple[str, ...]
    coefficients: tuple[int, ...]
    constant: int

    @cached_property
    def exact(self) -> bool:
        """Whether all the integers are float64 numbers."""
        return max(map(abs, (*self.coefficients, self.constant))) <= EXACT_FLOAT

    @cached_property
    def divisor(self) -> int:
        """A power of two that brings the float coefficients into range; 1 if they are exact."""
        if self.exact:
            return 1
        return 1 << max(map(abs, (*self.coefficients, self.constant))).bit_length()

    @cached_property
    def weights(self) -> tuple[float, ...]:
        """The coefficients over the divisor, rounded."""
        return tuple(value / self.divisor for value in self.coefficients)

    @cached_property
    def offset(self) -> float:
        """The constant over the divisor, rounded."""
        return self.constant / self.divisor

    def of(self, values: Sequence[Any]) -> Any:
        """The form of exact numbers, one for each column: fractions, decimals or integers."""
        products = (weight * value for weight, value in zip(self.coefficients, values, strict=True))
        return sum(products) - self.constant


def form_of(inequality: Inequality) -> tuple[Form, int, Fraction]:
    """Bring an inequality with terms to its form.

    Returns:
        The form; the direction, 1 or -1; and the positive unit, so that
        `a.x - c = direction * unit * (form)`.
    """
    numbers = [*(term.coefficient for term in inequality.terms), inequality.constant]
    unit = common_divisor(numbers)
    direction = 1 if numbers[0] > 0 else -1
    *coefficients, constant = (int(direction * number / unit) for number in numbers)
    form = Form(inequality.variables, tuple(coefficients), constant)
    return form, direction, unit


@dataclass(frozen=True, slots=True)
class Spread:
    """What is known of a column's finite values in some rows.

    Attributes:
        low: The least; 0 if there is none.
        high: The greatest; 0 if there is none.
        finite: Whether all values are.
        relative: Relative error of a value as a float64, against the cell's exact value.
        absolute: Absolute error, likewise, on top.
    """

    low: float
    high: float
    finite: bool
    relative: float = 0.0
    absolute: float = 0.0

    @property
    def largest(self) -> float:
        """The greatest magnitude."""
        return max(-self.low, self.high)

    @property
    def least(self) -> float:
        """No magnitude is less."""
        return max(self.low, -self.high, 0.0)


@lru_cache
def representation_error(dtype: np.dtype) -> tuple[float, float]:
    """How far a float is from its shortest decimal: a relative and an absolute bound."""
    if dtype.kind != "f":
        return 0.0, 0.0
    limits = np.finfo(dtype)
    return float(limits.eps) / 2, float(limits.smallest_subnormal)


@dataclass(frozen=True, slots=True)
class FormBounds:
    """Bounds on a form over some rows, in units of `Form.divisor`.

    Attributes:
        error: No float sum is farther from the exact one.
        least: No row's `sum |a_i x_i|` is less.
        largest: No row's `|c| + sum |a_i x_i|` is greater.
    """

    error: float
    least: float
    largest: float

    @property
    def overflows(self) -> bool:
        """Whether a sum in floats may overflow; bounds that did so themselves say so too."""
        return not self.largest <= LARGEST


def float_bounds(form: Form, spreads: Sequence[Spread]) -> FormBounds:
    """Bound the float sum of a form, from the spread of each of its columns."""
    largest, least = abs(form.offset), 0.0
    error = TINY * (len(spreads) + 2)
    inexact = 0.0 if form.exact else 1.0
    for weight, spread in zip(form.weights, spreads, strict=True):
        size, span = abs(weight), spread.largest
        largest += size * span
        least += size * spread.least
        error += size * (span * spread.relative + spread.absolute) + TINY * span * inexact
    roundings = len(spreads) + 2 + 2 * inexact
    error += roundings * UNIT * largest
    error = 2 * TINY + error * (1 + 2.0**-20)
    return FormBounds(error, max(0.0, least - error) / SLACK, (largest + error) * SLACK)


def integer_bounds(form: Form, spreads: Sequence[Spread]) -> FormBounds | None:
    """Bound the int64 sum of a form of integer columns; None if it may overflow."""
    sizes = list(zip(form.coefficients, spreads, strict=True))
    most = sum(abs(weight) * max(int(spread.largest), 1) for weight, spread in sizes)
    magnitude = abs(form.constant) + most
    if magnitude > EXACT_INTEGER or not form.exact:
        return None
    least = sum(abs(weight) * spread.least for weight, spread in sizes)
    return FormBounds(0.0, float(least), float(magnitude))


def add_up(form: Form, columns: Sequence[Array], total: Array, product: Array) -> None:
    """Evaluate a form into `total`, column after column.

    Args:
        form: The form.
        columns: Its columns, shape `(rows,)`: all float64 if `total` is, otherwise integers.
        total: The result, shape `(rows,)`; float64, or int64 if nothing overflows.
        product: Scratch, like `total`.
    """
    whole = total.dtype.kind == "i"
    weights: Sequence[float] = form.coefficients if whole else form.weights
    offset = form.constant if whole else form.offset
    kind = total.dtype
    first, *others = columns
    if len(others) and weights[0] == 1 and abs(weights[1]) == 1:
        combine = np.add if weights[1] == 1 else np.subtract
        combine(first, others[0], out=total, dtype=kind)
        others, weights = others[1:], weights[2:]
    else:
        np.multiply(first, weights[0], out=total, dtype=kind)
        weights = weights[1:]
    for weight, column in zip(weights, others, strict=True):
        if abs(weight) == 1:
            (np.add if weight == 1 else np.subtract)(total, column, out=total, dtype=kind)
        else:
            np.multiply(column, weight, out=product, dtype=kind)
            np.add(total, product, out=total)
    if offset:
        np.subtract(total, offset, out=total)


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
class FormSum:
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


def integer_sum(
    form: Form,
    columns: Sequence[Array],
    spreads: Sequence[Spread],
    missing: Array | None,
    buffers: Buffers,
) -> FormSum | None:
    """A form over integer columns, exactly; None if there are others, or if it may overflow.

    Args:
        form: The form.
        columns: Its columns, shape `(rows,)`.
        spreads: What is known of each.
        missing: Where a cell of one of them is missing; None if nowhere.
        buffers: Where the sum comes from.
    """
    if any(column.dtype.kind == "f" for column in columns):
        return None
    bounds = integer_bounds(form, spreads)
    if bounds is None:
        return None
    return FormSum(_added("q", form, columns, buffers), bounds, missing)


def float_sum(
    form: Form,
    columns: Sequence[Array],
    spreads: Sequence[Spread],
    missing: Array | None,
    buffers: Buffers,
) -> FormSum:
    """A form over columns in float64; see `integer_sum`.

    Args:
        form: The form.
        columns: Its columns as float64, shape `(rows,)`.
        spreads: What is known of each.
        missing: Where a cell of one of them is missing; None if nowhere.
        buffers: Where the sum comes from.
    """
    bounds = float_bounds(form, spreads)
    if all(spread.finite for spread in spreads) and not bounds.overflows:
        return FormSum(_added("d", form, columns, buffers), bounds, missing)
    with np.errstate(all="ignore"):
        values = _added("d", form, columns, buffers)
        infinite = infinite_part(form, columns)
    known = np.nan if bounds.overflows else values
    values[:] = np.where(infinite == 0, known, infinite)
    lost = np.isnan(infinite)
    unknown = lost if missing is None else lost | missing
    return FormSum(values, bounds, unknown if unknown.any() else None)


def _added(kind: str, form: Form, columns: Sequence[Array], buffers: Buffers) -> Array:
    rows = len(columns[0])
    total, product = buffers.take(kind, rows), buffers.take(kind, rows)
    add_up(form, columns, total, product)
    buffers.give(product)
    return total


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


def rounded(number: Fraction) -> float:
    """The float64 number nearest to a number, infinite beyond its range."""
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf
