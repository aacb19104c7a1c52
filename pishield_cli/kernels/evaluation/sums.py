"""Weighted sums of columns, in floats or integers, with rigorous bounds of their error."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

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


def float_bounds(form: Form, spreads: Sequence[Spread]) -> FormBounds:
    """Bound the float sum of a form, from the spread of each of its columns."""
    largest, least = abs(form.offset), 0.0
    error = TINY * (len(spreads) + 2)
    inexact = 0.0 if form.exact else 1.0
    for weight, spread in zip(form.weights, spreads, strict=True):
        size, span = abs(weight), spread.largest
        largest += size * span
        least += size * spread.least
        error += size * (span * spread.relative + spread.absolute) + TINY * (span * inexact + size)
    roundings = len(spreads) + 2 + 2 * inexact
    error += roundings * UNIT * largest
    error = 2 * TINY + error * (1 + 2.0**-20)
    return FormBounds(error, max(0.0, least - error) / SLACK, (largest + error) * SLACK)


def integer_magnitude(form: Form, largest: Sequence[int]) -> int:
    """No less than any magnitude of a form, from the greatest of each of its integer columns."""
    sizes = zip(form.coefficients, largest, strict=True)
    return abs(form.constant) + sum(abs(weight) * max(size, 1) for weight, size in sizes)


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


def magnitudes(form: Form, columns: Sequence[Array]) -> Array:
    """`|c| + sum |a_i x_i|` in float64, in units of the divisor; shape `(rows,)`."""
    total = np.full(len(columns[0]), abs(form.offset))
    for weight, column in zip(form.weights, columns, strict=True):
        total += np.abs(column) * abs(weight)
    return total
