"""Forms on a few rows, exactly: for the rows that floats cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn, decimal_text
from pishield_cli.kernels.decimals import (
    UNIQUE,
    common_power,
    scaled_to_integers,
    short_float_decimals,
    widest_powers,
)
from pishield_cli.kernels.sums import (
    EXACT_FLOAT,
    EXACT_INTEGER,
    LARGEST,
    SLACK,
    TINY,
    UNIT,
    Form,
    add_up,
    magnitudes,
)

_EXACT = Context(prec=3000, Emax=10**6, Emin=-(10**6), traps=[Inexact, InvalidOperation, Overflow])


@dataclass(frozen=True, slots=True)
class Cells:
    """Known, finite cells of the columns of a form.

    Attributes:
        columns: The columns, all cells finite and none missing, at least one row.
        floats: The cells' decimals as nearest float64 numbers, each of shape `(rows,)`.
        near: Where `floats` are that, in all columns; shape `(rows,)`.
    """

    columns: tuple[NumericColumn, ...]
    floats: tuple[Array, ...]
    near: Array


def cells_of(columns: Sequence[NumericColumn]) -> Cells:
    """The cells of columns that are all known and finite."""
    near = np.ones(len(columns[0]), dtype=bool)
    floats = []
    for column in columns:
        decimals, found = _nearest_doubles(column)
        floats.append(decimals)
        near &= found
    return Cells(tuple(columns), tuple(floats), near)


def _nearest_doubles(column: NumericColumn) -> tuple[Array, Array]:
    values = column.values
    doubles = values.astype(np.float64)
    everywhere = np.full(len(values), column.exact is None)
    if values.dtype == np.float32 and column.exact is None:
        return short_float_decimals(values)
    if values.dtype.kind == "f":
        return doubles, everywhere & (values.dtype == np.float64)
    return doubles, everywhere & (np.abs(doubles) < EXACT_FLOAT)


def holding(
    form: Form,
    direction: int,
    columns: Sequence[NumericColumn],
    *,
    strict: bool,
    tolerance: Fraction,
) -> Array:
    """Where `direction * form >= 0` holds, or `> 0`, exactly.

    Args:
        form: The form.
        direction: 1 or -1.
        columns: Its columns; every cell known and finite.
        strict: Whether a tie violates; it is then exact at every tolerance.
        tolerance: Relative tolerance.

    Returns:
        Shape `(rows,)`, bool.
    """
    relative = Fraction(0) if strict else tolerance
    cells = cells_of(columns)
    holds = np.zeros(len(cells.near), dtype=bool)
    rows = np.arange(len(holds))
    if relative:
        rows = _settle_within(holds, rows, form, direction, cells, float(relative))
    rows = _settle_decimals(holds, rows, form, direction, cells, strict, float(relative))
    if len(rows) and not relative:
        rows = _settle_within(holds, rows, form, direction, cells, 0.0)
    if len(rows):
        holds[rows] = _each(form, direction, cells, rows, strict, relative)
    return holds


def _settle_within(
    holds: Array, rows: Array, form: Form, direction: int, cells: Cells, tolerance: float
) -> Array:
    """Decide the rows that floats place clearly in or out of the tolerance; return the others."""
    floats = cells.floats if len(rows) == len(holds) else [one[rows] for one in cells.floats]
    with np.errstate(over="ignore", invalid="ignore"):
        total, product = np.empty((2, len(rows)))
        add_up(form, floats, total, product)
        size = magnitudes(form, floats)
        error = (2 * len(floats) + 8) * UNIT * SLACK * size + TINY * 8
        for weight, column in zip(form.weights, floats, strict=True):
            error += TINY * (abs(weight) + np.abs(column))
        margin = direction * total + tolerance * size
        clear = cells.near[rows] & (np.abs(margin) > error) & (size < LARGEST)
    holds[rows[clear]] = margin[clear] > 0
    return rows[~clear]


def _settle_decimals(
    holds: Array,
    rows: Array,
    form: Form,
    direction: int,
    cells: Cells,
    strict: bool,
    tolerance: float,
) -> Array:
    """Decide the rows whose cells are short decimals; return the others."""
    for power in (common_power, widest_powers):
        candidates = rows[cells.near[rows]]
        if not len(candidates) or not form.exact:
            return rows
        floats = [column[candidates] for column in cells.floats]
        total, size, found = scaled_total(form, floats, power(floats))
        if strict:
            holds[candidates] = direction * total > 0
        else:
            holds[candidates] = reached = direction * total >= 0
            if tolerance:
                # A violation by at least one unit is within tolerance only if that is as much.
                found &= reached | (tolerance * SLACK * size < 1)
        left = np.ones(len(holds), dtype=bool)
        left[candidates] = ~found
        rows = rows[left[rows]]
    return rows


def scaled_total(
    form: Form, floats: Sequence[Array], power: Array | float
) -> tuple[Array, Array, Array]:
    """A form times a power of ten, exactly, where the cells are short decimals.

    Args:
        form: The form, its integers exact in float64.
        floats: The cells' decimals as nearest float64 numbers, each of shape `(rows,)`.
        power: One of the exact powers of ten, or one a row.

    Returns:
        The totals, float64 or int64; their magnitudes in float64; and where the totals are exact.
    """
    limit = float(EXACT_FLOAT) if isinstance(power, float) and power == 1 else UNIQUE
    size = np.abs(form.offset * power) + np.zeros(len(floats[0]))
    found = np.ones(len(floats[0]), dtype=bool)
    integers = []
    for weight, column in zip(form.weights, floats, strict=True):
        whole, fits = scaled_to_integers(column, power, limit)
        found &= fits
        whole[~fits] = 0.0
        size += np.abs(whole) * abs(weight)
        integers.append(whole)
    bound = float(size.max()) * SLACK
    kind, most = ("d", EXACT_FLOAT) if bound <= EXACT_FLOAT else ("q", EXACT_INTEGER)
    found &= size * SLACK <= most
    # What is too large for the arithmetic is not added up at all, so that nothing overflows.
    addends = [np.where(found, whole, 0.0).astype(kind) for whole in integers]
    total = np.zeros(len(found), kind)
    if form.constant:
        total -= np.where(found, power, 0.0).astype(kind) * form.constant
    for weight, whole in zip(form.coefficients, addends, strict=True):
        total += whole * weight
    return total, size, found


def _each(
    form: Form, direction: int, cells: Cells, rows: Array, strict: bool, tolerance: Fraction
) -> list[bool]:
    """Decide row by row, once for every combination of cells."""
    known: dict[tuple[Any, ...], bool] = {}
    verdicts = []
    for row in rows.tolist():
        key = _key(cells.columns, row)
        if key not in known:
            margin = _margin(form, direction, cells.columns, row, tolerance)
            known[key] = margin > 0 if strict else margin >= 0
        verdicts.append(known[key])
    return verdicts


def _key(columns: Sequence[NumericColumn], row: int) -> tuple[Any, ...]:
    return tuple(
        column.values[row].item() if column.exact is None else column.exact(row)
        for column in columns
    )


def _margin(
    form: Form, direction: int, columns: Sequence[NumericColumn], row: int, tolerance: Fraction
) -> Any:
    """`direction * form` on one row, plus the tolerance times its magnitude, exactly."""
    if all(column.exact is None for column in columns):
        try:
            with localcontext(_EXACT):
                values = [_decimal(column.values[row]) for column in columns]
                return _sum_up(form, direction, values, tolerance)
        except (Inexact, InvalidOperation, Overflow):
            pass  # Too many digits, or a tolerance that is no decimal.
    fractions = [column.cell(row) or Fraction(0) for column in columns]
    return _sum_up(form, direction, fractions, tolerance)


def _sum_up(form: Form, direction: int, values: Sequence[Any], tolerance: Fraction) -> Any:
    products = [weight * value for weight, value in zip(form.coefficients, values, strict=True)]
    total = direction * (sum(products) - form.constant)
    if not tolerance:
        return total
    size = sum(map(abs, products)) + abs(form.constant)
    return total + size * tolerance.numerator / tolerance.denominator


def _decimal(value: Any) -> Decimal:
    return Decimal(decimal_text(value) if isinstance(value, np.floating) else int(value))


def exact_values(form: Form, columns: Sequence[NumericColumn], unit: Fraction) -> Array:
    """A form on each row, times a unit, as the float64 number nearest to the exact value.

    Args:
        form: The form.
        columns: Its columns; every cell known and finite.
        unit: Any positive number.

    Returns:
        Shape `(rows,)`. Equal values are equal floats, and greater ones are never less.
    """
    cells = cells_of(columns)
    result = np.empty(len(cells.near))
    left = _short_values(form, cells, unit, result)
    known: dict[tuple[Any, ...], float] = {}
    for row in left.tolist():
        key = _key(columns, row)
        if key not in known:
            known[key] = rounded(Fraction(_margin(form, 1, columns, row, Fraction(0))) * unit)
        result[row] = known[key]
    return result


def rounded(number: Fraction) -> float:
    """The float64 number nearest to a number, infinite beyond its range."""
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def _short_values(form: Form, cells: Cells, unit: Fraction, result: Array) -> Array:
    """Fill in the rows whose cells are short decimals; return the others."""
    rows = np.flatnonzero(cells.near)
    others = np.flatnonzero(~cells.near)
    if not len(rows) or not form.exact:
        return np.arange(len(result))
    floats = [column[rows] for column in cells.floats]
    power = common_power(floats)
    total, _, found = scaled_total(form, floats, power)
    divisor = unit.denominator * int(power)
    if divisor.bit_length() > 1000 or float(divisor) != divisor:
        return np.arange(len(result))
    # With both sides exact in float64 the quotient is rounded once.
    product = np.abs(total) * float(unit.numerator)
    found &= (np.abs(total) <= EXACT_FLOAT) & (product <= EXACT_FLOAT / SLACK)
    result[rows[found]] = total[found] * float(unit.numerator) / float(divisor)
    return np.concatenate((rows[~found], others))
