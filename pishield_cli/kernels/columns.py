"""A numeric column of a batch of rows, and the exact value of a cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LONG_WHOLE = 10**15
"""Floats from here on have more than 15 digits: whole numbers among them are not roundings."""

_EXACT_FLOAT = 2**53
_LARGEST_INTEGER = 2.0**63


def _everywhere(rows: Array) -> Array:
    return np.ones(len(rows), dtype=bool)


def _nowhere(rows: Array) -> Array:
    return np.zeros(len(rows), dtype=bool)


@dataclass(frozen=True, slots=True)
class ExactCells:
    """What a column's cells are, where its values only come near.

    Attributes:
        cell: The exact value of a row's cell, which is neither missing nor infinite.
        long: Of some rows, given by number, where the cell may be another number than the shortest
            decimal of its value; bool, of the rows' shape.
        rounded: Of some rows, where the cell is a float's rounding; see `float_roundings`.
        nearest: Whether each value is the float64 nearest to its cell; else it is within four
            units in the last place.
    """

    cell: Callable[[int], Fraction]
    long: Callable[[Array], Array] = _everywhere
    rounded: Callable[[Array], Array] = _nowhere
    nearest: bool = False

    def __call__(self, row: int) -> Fraction:
        """The exact value of a row's cell."""
        return self.cell(row)

    def take(self, rows: Array) -> "ExactCells":
        """The cells of some rows, given by number, as cells of their own."""
        return ExactCells(
            lambda row: self.cell(int(rows[row])),
            lambda some: self.long(rows[some]),
            lambda some: self.rounded(rows[some]),
            self.nearest,
        )


class NumericColumn:
    """One column of a batch; nothing of it is ever changed.

    Args:
        values: Shape `(rows,)`; a float, integer or boolean dtype. Where `missing` is true the
            value means nothing. NaN is missing as well, marked or not.
        missing: Shape `(rows,)`, bool; None if no cell is marked missing.
        exact: What the cells are, where some `values` only come near them, as of decimals of
            more than 15 digits; None where each value's shortest decimal is its cell.
        seek: Finds `exact` once it is asked for, if the values are the floats nearest to cells
            which may be longer.

    Attributes:
        plain: Whether each value is known to be its cell, without looking for longer ones.
        nearest: Whether each value is the number of its type that is nearest to its cell.
    """

    __slots__ = ("_exact", "_seek", "missing", "nearest", "plain", "values")

    def __init__(
        self,
        values: Array,
        missing: Array | None = None,
        exact: ExactCells | None = None,
        seek: Callable[[], ExactCells | None] | None = None,
    ) -> None:
        self.values = values
        self.missing = missing
        self._exact = exact
        self._seek = seek
        self.plain = exact is None and seek is None
        self.nearest = exact is None or exact.nearest

    def __len__(self) -> int:
        return len(self.values)

    @property
    def exact(self) -> ExactCells | None:
        """What the cells are, where some values only come near them; None where none does."""
        if self._seek is not None:
            self._exact, self._seek = self._seek(), None
            self.plain = self._exact is None
        return self._exact

    def cell(self, row: int) -> Fraction | None:
        """The exact value of a cell as a decimal; None if missing or infinite."""
        if self.missing is not None and self.missing[row]:
            return None
        value = self.values[row]
        exact = self.exact if np.isfinite(value) else None
        return decimal_value(value) if exact is None else exact(row)

    def long(self) -> Array | None:
        """Where a cell may be another number than its value's shortest decimal; None if nowhere.

        What is said of missing and infinite cells means nothing.
        """
        if self.exact is None:
            return None
        found = self.exact.long(np.arange(len(self)))
        return found if found.any() else None

    def take(self, rows: Array) -> "NumericColumn":
        """The cells of some rows, as a column of their own.

        Args:
            rows: Row numbers, any order, shape `(taken,)`.
        """

        def seek() -> ExactCells | None:
            return None if self.exact is None else self.exact.take(rows)

        missing = None if self.missing is None else self.missing[rows]
        if self._seek is not None:
            return NumericColumn(self.values[rows], missing, seek=seek)
        return NumericColumn(self.values[rows], missing, seek())


def as_floats(column: NumericColumn) -> NumericColumn:
    """A column of whole numbers as the floats that it would be beside a fraction.

    What a row's cells become then does not depend on other rows. Cells that are not floats are
    kept beside.
    """
    whole = column.values
    if whole.dtype.kind not in "iub":
        return column
    floats = whole.astype(np.float64)
    if whole.dtype.itemsize < floats.dtype.itemsize or not (np.abs(floats) >= _LONG_WHOLE).any():
        return NumericColumn(floats, column.missing)
    exact = ExactCells(
        lambda row: Fraction(int(whole[row])),
        lambda rows: np.abs(floats[rows]) >= _EXACT_FLOAT,
        nearest=True,
    )
    return NumericColumn(floats, column.missing, exact)


def as_integers(column: NumericColumn) -> NumericColumn:
    """A column of floats that are all whole as 64-bit integers, if they fit."""
    values = column.values
    if values.dtype.kind != "f":
        return column
    absent = np.isnan(values)
    if column.missing is not None:
        absent |= column.missing
    floats = np.where(absent, 0, values)
    if (np.abs(floats) >= _LARGEST_INTEGER).any() or (floats % 1 != 0).any():
        return column
    whole = floats.astype(np.int64)
    large = np.flatnonzero(np.abs(floats) >= _EXACT_FLOAT)
    whole[large] = [int(column.cell(row) or 0) for row in large.tolist()]
    return NumericColumn(whole, absent if absent.any() else None)


def decimal_value(value: Any) -> Fraction | None:
    """The number that a cell stands for: an integer itself, a float its shortest decimal.

    Args:
        value: A numpy or Python scalar, or a fraction, which is itself.

    Returns:
        The shortest decimal that reads back as the float in its own width, as a fraction; None
        for NaN and infinities.
    """
    if isinstance(value, float | np.floating):
        return Fraction(decimal_text(value)) if np.isfinite(value) else None
    return value if isinstance(value, Fraction) else Fraction(int(value))


def number_text(value: Any) -> str:
    """A new cell as text: a whole number as one, a float as its shortest decimal.

    Args:
        value: A numpy or Python scalar, or a fraction that is a decimal.
    """
    if isinstance(value, float):  # by far the most
        return float.__repr__(value)
    if isinstance(value, np.floating):
        return str(value)
    return _written_out(value) if isinstance(value, Fraction) else str(int(value))


def _written_out(value: Fraction) -> str:
    """All digits of a decimal, without an exponent."""
    places = 0
    while (value * 10**places).denominator > 1:
        places += 1
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def decimal_text(value: Any) -> str:
    """The shortest decimal that reads back as a float in its own width, as text.

    Args:
        value: A numpy or Python float.
    """
    # Python's own text of a double is as short as numpy's, and several times faster to write.
    return float.__repr__(value) if isinstance(value, float) else str(value)


Columns = Mapping[str, NumericColumn]
"""The columns of a batch, by name."""
