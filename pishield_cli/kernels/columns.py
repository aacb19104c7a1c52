"""A numeric column of a batch of rows, and the exact value of a cell."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """One column of a batch.

    Attributes:
        values: Shape `(rows,)`; a float, integer or boolean dtype. Where `missing` is true the
            value means nothing. NaN is missing as well, marked or not.
        missing: Shape `(rows,)`, bool; None if no cell is marked missing.
        exact: Where `values` only approximate the cells (decimals of more than 15 digits), to
            within four units in the last place, the exact value of a row's cell; None where
            `values` are the cells.
    """

    values: Array
    missing: Array | None = None
    exact: Callable[[int], Fraction] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def cell(self, row: int) -> Fraction | None:
        """The exact value of a cell as a decimal; None if missing or infinite."""
        if self.missing is not None and self.missing[row]:
            return None
        return self.exact(row) if self.exact is not None else decimal_value(self.values[row])

    def take(self, rows: Array) -> "NumericColumn":
        """The cells of some rows, as a column of their own.

        Args:
            rows: Row numbers, any order, shape `(taken,)`.
        """
        exact = self.exact
        return NumericColumn(
            self.values[rows],
            None if self.missing is None else self.missing[rows],
            None if exact is None else lambda row: exact(int(rows[row])),
        )


def as_floats(column: NumericColumn) -> NumericColumn:
    """A column of whole numbers as the floats that it would be beside a fraction.

    What a row's cells become then does not depend on other rows.
    """
    if column.values.dtype.kind not in "iu":
        return column
    return NumericColumn(column.values.astype(np.float64), column.missing)


def decimal_value(value: Any) -> Fraction | None:
    """The number that a cell stands for: an integer itself, a float its shortest decimal.

    Args:
        value: A numpy or Python scalar.

    Returns:
        The shortest decimal that reads back as the float in its own width, as a fraction; None
        for NaN and infinities.
    """
    if isinstance(value, float | np.floating):
        return Fraction(decimal_text(value)) if np.isfinite(value) else None
    return Fraction(int(value))


def decimal_text(value: Any) -> str:
    """The shortest decimal that reads back as a float in its own width, as text.

    Args:
        value: A numpy or Python float.
    """
    # Python's own text of a double is as short as numpy's, and several times faster to write.
    return float.__repr__(value) if isinstance(value, float) else str(value)
