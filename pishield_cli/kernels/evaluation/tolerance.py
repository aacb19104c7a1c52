"""What a comparison forgives: by default the rounding of floats, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pishield_cli.errors import UsageError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.roundings import float_roundings

ROUNDING = {8: Fraction(1, 10**9), 4: Fraction(1, 10**6), 2: Fraction(1, 10**2)}
"""What is forgiven of a float's rounding, by its bytes: some million roundings in 64 bits, and some
ten in narrower ones, whose digits leave no room for more."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far from holding `a.x >= c` counts as holding: `a.x - c >= -sum s_i |a_i x_i|`.

    A strict inequality is exact at every tolerance: a tie violates it.

    Attributes:
        share: `s_i` of every cell, in [0, 1); None for the rounding of floats: 1e-9 for a binary
            float, or number of a CSV file, with more than 15 significant digits, 1e-6 for one with
            more than 6 in 32 bits, 1e-2 for one with more than 3 in 16 bits, 0 for all other cells.

    Raises:
        UsageError: If the share is outside its range.
    """

    share: Fraction | None = None

    def __post_init__(self) -> None:
        if self.share is not None and not 0 <= self.share < 1:
            raise UsageError(
                f"A tolerance must be at least 0 and less than 1, but it is {float(self.share)!r}.",
                hint="0 compares exactly; by default the rounding of floats is forgiven",
            )

    @property
    def exact(self) -> bool:
        """Whether nothing is forgiven."""
        return self.share == 0

    @property
    def figure(self) -> str | float:
        """What reports say: `float rounding`, or the share."""
        return "float rounding" if self.share is None else float(self.share)

    def most(self, columns: Sequence[NumericColumn]) -> Fraction:
        """The greatest share of any cell of the columns."""
        if self.share is not None:
            return self.share
        return max(_width_share(column) for column in columns)

    def shares(self, column: NumericColumn) -> Array:
        """The share of each of a few cells, float64, shape `(rows,)`."""
        if self.share is not None:
            return np.full(len(column), float(self.share))
        most = _width_share(column)
        return (
            np.where(float_roundings(column), float(most), 0.0) if most else np.zeros(len(column))
        )

    def share_of(self, column: NumericColumn, row: int) -> Fraction:
        """The share of one cell, exactly."""
        if self.share is not None:
            return self.share
        return _width_share(column) if float_roundings(column.take(np.array([row])))[0] else _NONE


def tolerance_of(given: "Tolerance | Fraction | float | None") -> Tolerance:
    """A tolerance as a caller gives it: a float is its shortest decimal, None the default.

    Raises:
        UsageError: If it is outside [0, 1).
    """
    if given is None:
        return FLOAT_ROUNDING
    if isinstance(given, Tolerance):
        return given
    if not 0 <= given < 1:  # NaN and infinities are not fractions
        raise UsageError(
            f"A tolerance must be at least 0 and less than 1, but it is {given!r}.",
            hint="0 compares exactly; by default the rounding of floats is forgiven",
        )
    return Tolerance(given if isinstance(given, Fraction) else Fraction(repr(float(given))))


_NONE = Fraction(0)


def _width_share(column: NumericColumn) -> Fraction:
    values = column.values
    return ROUNDING.get(values.dtype.itemsize, _NONE) if values.dtype.kind == "f" else _NONE


FLOAT_ROUNDING = Tolerance()
"""The default: the rounding of floats."""

EXACT = Tolerance(Fraction(0))
