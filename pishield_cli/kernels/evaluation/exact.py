"""Forms on a few rows, exactly: for the rows that floats cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn, decimal_text
from pishield_cli.kernels.evaluation.decimals import (
    UNIQUE,
    common_power,
    scaled_to_integers,
    short_float_decimals,
    widest_powers,
)
from pishield_cli.kernels.evaluation.long_decimals import long_totals, long_values
from pishield_cli.kernels.evaluation.sums import (
    EXACT_FLOAT,
    EXACT_INTEGER,
    LARGEST,
    SLACK,
    TINY,
    UNIT,
    Form,
    add_up,
    infinite_part,
    rounded,
)

_MANY = 64
"""From so many rows on, arrays are worth more than a loop."""

_EXACT = Context(prec=3000, Emax=10**6, Emin=-(10**6), traps=[Inexact, InvalidOperation, Overflow])


@dataclass(frozen=True, slots=True)
class KnownCells:
    """Known, finite cells of the columns of a form.

    Attributes:
        columns: The columns, all cells finite and none missing, at least one row.
        floats: The cells' decimals as nearest float64 numbers, each of shape `(rows,)`.
        near: Where `floats` are that, in all columns, shape `(rows,)`; None if everywhere.
    """

    columns: tuple[NumericColumn, ...]
    floats: tuple[Array, ...]
    near: Array | None


def cells_of(columns: Sequence[NumericColumn]) -> KnownCells:
    """The cells of columns that are all known and finite."""
    near: Array | None = None
    floats = []
    for column in columns:
        decimals, found = _nearest_doubles(column)
        floats.append(decimals)
        if found is not None:
            near = found if near is None else near & found
    return KnownCells(tuple(columns), tuple(floats), near)


def _nearest_doubles(column: NumericColumn) -> tuple[Array, Array | None]:
    values = column.values
    if column.exact is not None:
        long = column.long()
        return values.astype(np.float64), None if long is None else ~long
    if values.dtype == np.float64:
        return values, None
    if values.dtype == np.float32:
        return short_float_decimals(values)
    doubles = values.astype(np.float64)
    if values.dtype.kind == "f":
        return doubles, np.zeros(len(values), dtype=bool)
    near = np.abs(doubles) < EXACT_FLOAT
    return doubles, None if near.all() else near


def signs(form: Form, columns: Sequence[NumericColumn]) -> Array:
    """Whether a form is negative, zero or positive on each row, exactly.

    Args:
        form: The form.
        columns: Its columns; every cell known and finite, at least one row.

    Returns:
        int8, shape `(rows,)`: -1, 0 or 1.
    """
    cells = cells_of(columns)
    found = np.zeros(len(columns[0]), dtype=np.int8)
    rows = settle_decimals(found, form, cells)
    if len(rows):
        rows = _settle_floats(found, rows, form, cells)
    if len(rows) >= _MANY:
        rows = _settle_long_decimals(found, rows, form, cells)
    if len(rows):
        found[rows] = _each(form, cells, rows)
    return found


def _settle_floats(found: Array, rows: Array, form: Form, cells: KnownCells) -> Array:
    """Fill in the signs that floats tell; return the other rows."""
    total, _, error = float_sums(form, cells, rows)
    with np.errstate(invalid="ignore"):
        clear = np.abs(total) > error
    found[rows[clear]] = np.sign(total[clear])
    return rows[~clear]


def float_sums(form: Form, cells: KnownCells, rows: Array) -> tuple[Array, Array, Array]:
    """A form on some rows, given by ascending numbers, in floats.

    Returns:
        The sums; their magnitudes `|c| + sum |a_i x_i|`; and how far a sum may be from the exact
        one, infinite where that cannot be told. In units of the form's divisor.
    """
    everywhere = len(rows) == len(cells.floats[0])
    floats = cells.floats if everywhere else [one[rows] for one in cells.floats]
    with np.errstate(over="ignore", invalid="ignore"):
        total, product = np.empty((2, len(rows)))
        add_up(form, floats, total, product)
        size = _magnitudes(form, floats)
        error = (2 * len(floats) + 8) * UNIT * SLACK * size + TINY * 8
        if not (form.exact and len(size) and size.max() < 1e280):
            for weight, column in zip(form.weights, floats, strict=True):
                error += TINY * (abs(weight) + np.abs(column))
        error[~(size < LARGEST)] = inf
    if cells.near is not None:
        error[~(cells.near if everywhere else cells.near[rows])] = inf
    return total, size, error


def _magnitudes(form: Form, columns: Sequence[Array]) -> Array:
    """`|c| + sum |a_i x_i|` in float64, in units of the divisor; shape `(rows,)`."""
    total = np.full(len(columns[0]), abs(form.offset))
    for weight, column in zip(form.weights, columns, strict=True):
        total += np.abs(column) * abs(weight)
    return total


def settle_decimals(found: Array, form: Form, cells: KnownCells) -> Array:
    """Fill in the signs of rows whose cells are short decimals; return the others, ascending.

    Args:
        found: Takes the signs, int8, one for each row of `cells`.
        form: The form.
        cells: Its columns' cells.
    """
    rows = np.arange(len(found)) if cells.near is None else np.flatnonzero(cells.near)
    others = np.zeros(0, np.int64) if cells.near is None else np.flatnonzero(~cells.near)
    if not form.exact:
        return np.arange(len(found))
    for power in (common_power, widest_powers):
        if not len(rows):
            break
        everywhere = len(rows) == len(found)
        floats = cells.floats if everywhere else [column[rows] for column in cells.floats]
        total, exact = scaled_total(form, floats, power(floats))
        if everywhere and exact.all():
            np.sign(total, out=found, casting="unsafe")
            return others
        found[rows[exact]] = np.sign(total[exact])
        rows = rows[~exact]
    return np.sort(np.concatenate((rows, others)))


def _settle_long_decimals(found: Array, rows: Array, form: Form, cells: KnownCells) -> Array:
    """Fill in the signs of rows whose cells are decimals of 16 or 17 digits; return the others."""
    if not form.exact:
        return rows
    total, _, exact = long_totals(form, [column[rows] for column in cells.floats])
    if cells.near is not None:
        exact &= cells.near[rows]
    found[rows[exact]] = np.sign(total[exact])
    return rows[~exact]


def scaled_total(form: Form, floats: Sequence[Array], power: Array | float) -> tuple[Array, Array]:
    """A form times a power of ten, exactly, where the cells are short decimals.

    Args:
        form: The form, its integers exact in float64.
        floats: The cells' decimals as nearest float64 numbers, each of shape `(rows,)`.
        power: One of the exact powers of ten, or one for each row.

    Returns:
        The totals, float64 or int64, and where they are exact, each of shape `(rows,)`.
    """
    limit = float(EXACT_FLOAT) if isinstance(power, float) and power == 1 else UNIQUE
    found = np.ones(len(floats[0]), dtype=bool)
    addends = []
    for column in floats:
        whole, fits = scaled_to_integers(column, power, limit)
        found &= fits
        addends.append(whole)
    if form.constant:
        addends.append(np.zeros(len(found)) + power)
    if not found.all():
        addends = [np.where(found, whole, 0.0) for whole in addends]
    weights = (*form.coefficients, -form.constant)[: len(addends)]
    pairs = list(zip(weights, addends, strict=True))
    largest = sum(abs(weight) * max(-whole.min(), whole.max()) for weight, whole in pairs)
    if largest * SLACK > EXACT_FLOAT:
        size = sum(np.abs(whole) * abs(weight) for weight, whole in pairs)
        found &= size * SLACK <= EXACT_INTEGER
        # What is too large for the arithmetic is not added up at all, so that nothing overflows.
        addends = [np.where(found, whole, 0.0).astype(np.int64) for whole in addends]
    total = np.zeros(len(found), addends[0].dtype)
    for weight, whole in zip(weights, addends, strict=True):
        product = whole if abs(weight) == 1 else np.multiply(whole, weight, out=whole)
        (np.subtract if weight == -1 else np.add)(total, product, out=total)
    return total, found


def _each(form: Form, cells: KnownCells, rows: Array) -> list[int]:
    """The signs row by row, once for every combination of cells."""
    known: dict[tuple[Any, ...], int] = {}
    found = []
    for row in rows.tolist():
        key = _key(cells.columns, row)
        if key not in known:
            total = exact_total(form, cells.columns, row)
            known[key] = (total > 0) - (total < 0)
        found.append(known[key])
    return found


def _key(columns: Sequence[NumericColumn], row: int) -> tuple[Any, ...]:
    return tuple(
        column.values[row].item() if column.exact is None else column.cell(row)
        for column in columns
    )


def exact_total(form: Form, columns: Sequence[NumericColumn], row: int) -> Any:
    """The form on one row, exactly.

    Args:
        form: The form.
        columns: Its columns.
        row: A row whose cells are all known and finite.
    """
    if all(column.exact is None for column in columns):
        try:
            with localcontext(_EXACT):
                return form.of([_decimal(column.values[row]) for column in columns])
        except (Inexact, InvalidOperation, Overflow):
            pass  # too many digits
    return form.of([column.cell(row) or Fraction(0) for column in columns])


def _decimal(value: Any) -> Decimal:
    return Decimal(decimal_text(value) if isinstance(value, np.floating) else int(value))


def exact_values(
    form: Form, columns: Sequence[NumericColumn], rows: Array, unit: Fraction
) -> Array:
    """A form on some rows, times a unit, as the float64 numbers nearest to the exact values.

    Args:
        form: The form.
        columns: Its columns.
        rows: Row numbers, shape `(rows,)`.
        unit: Any positive number.

    Returns:
        Shape `(rows,)`. Equal values are equal floats, and greater ones are never less. Infinite
        where the infinite cells of a row agree, NaN where they do not or a cell is missing.
    """
    if len(rows) < _MANY:
        return np.array([_value(form, columns, row, unit) for row in rows.tolist()], float)
    taken = [column.take(rows) for column in columns]
    result = infinite_part(form, [one.values for one in taken])
    for one in taken:
        if one.missing is not None:
            result[one.missing] = np.nan
    known = np.flatnonzero(result == 0)
    if len(known) == len(rows):
        return _known_values(form, taken, unit)
    result[known] = _known_values(form, [one.take(known) for one in taken], unit)
    return result


def _value(form: Form, columns: Sequence[NumericColumn], row: int, unit: Fraction) -> float:
    """A form on one row, times a unit."""
    values = [column.cell(row) for column in columns]
    if None not in values:
        return rounded(form.of(values) * unit)
    if any(column.missing is not None and column.missing[row] for column in columns):
        return nan
    return float(infinite_part(form, [column.values[row : row + 1] for column in columns])[0])


def _known_values(form: Form, columns: Sequence[NumericColumn], unit: Fraction) -> Array:
    """A form on rows, any number of them, whose cells are all known and finite."""
    cells = cells_of(columns)
    result = np.empty(len(columns[0]))
    left = _short_values(form, cells, unit, result)
    if len(left) >= _MANY and form.exact:
        left = _long_values(form, cells, unit, result, left)
    known: dict[tuple[Any, ...], float] = {}
    for row in left.tolist():
        key = _key(columns, row)
        if key not in known:
            known[key] = rounded(Fraction(exact_total(form, columns, row)) * unit)
        result[row] = known[key]
    return result


def _long_values(
    form: Form, cells: KnownCells, unit: Fraction, result: Array, rows: Array
) -> Array:
    """Fill in the rows whose cells are decimals of 16 or 17 digits; return the others."""
    values, sure = long_values(form, [column[rows] for column in cells.floats], unit)
    if cells.near is not None:
        sure &= cells.near[rows]
    result[rows[sure]] = values[sure]
    return rows[~sure]


def _short_values(form: Form, cells: KnownCells, unit: Fraction, result: Array) -> Array:
    """Fill in the rows whose cells are short decimals; return the others."""
    floats: Sequence[Array] = cells.floats
    rows = np.arange(len(result))
    if not form.exact:
        return rows
    if cells.near is not None:
        rows = np.flatnonzero(cells.near)
        floats = [column[rows] for column in floats]
    if not len(rows):
        return np.arange(len(result))
    power = common_power(floats)
    total, found = scaled_total(form, floats, power)
    divisor = unit.denominator * int(power)
    if max(divisor, unit.numerator).bit_length() > 1000 or float(divisor) != divisor:
        return np.arange(len(result))
    # With both sides exact in float64 the quotient is rounded once.
    found &= np.abs(total) <= EXACT_FLOAT / (SLACK * unit.numerator)
    result[rows] = total * float(unit.numerator) / float(divisor)
    settled = np.zeros(len(result), dtype=bool)
    settled[rows] = found
    return np.flatnonzero(~settled)
