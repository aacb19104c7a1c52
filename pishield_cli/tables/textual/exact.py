"""Exact cells of a column of floats, from the texts that it was read from."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, decimal_value
from pishield_cli.tables.arrow.arrays import plain_array
from pishield_cli.tables.textual.numbers import SHORT, has_many_digits, is_whole, number_of

WrittenCells = Callable[[Array | Sequence[int]], list[str]]
"""The texts of some rows, given by number."""

StoredCells = Callable[[Array], pa.Array]
"""The same as an array: a hundred thousand of them are had at once."""

_UNTOLD, _SHORT, _LONG = range(3)

_FEW = 1_000
"""So many cells are compared one by one."""


def exact_cells(written: WrittenCells, stored: StoredCells, values: Array) -> ExactCells:
    """What cells are whose floats only come near.

    Args:
        written: The cells' texts.
        stored: The same, for many of them.
        values: The floats nearest to them, float64, shape `(rows,)`.
    """
    return ExactCells(
        lambda row: number_of(written([row])[0]),
        LongCells(written, stored, values),
        partial(_rounded, written),
        nearest=True,
    )


class LongCells:
    """Which cells are other numbers than the shortest decimals of their floats; each told once.

    Args:
        written: The cells' texts.
        stored: The same, for many of them.
        values: The floats nearest to them, float64, shape `(rows,)`.
    """

    def __init__(self, written: WrittenCells, stored: StoredCells, values: Array) -> None:
        self._written, self._stored, self._values = written, stored, values
        # No number but zero is read as zero.
        told = ~np.isfinite(values) | (values == 0)
        self._known = np.where(told, np.uint8(_SHORT), np.uint8(_UNTOLD))

    def __call__(self, rows: Array) -> Array:
        """Which of some rows' cells are, given by number; bool, of the rows' shape."""
        new = rows[self._known[rows] == _UNTOLD]
        if len(new):
            self._known[new] = np.where(self._are_long(new), _LONG, _SHORT)
        return np.asarray(self._known[rows] == _LONG)

    def _are_long(self, rows: Array) -> Array:
        odd = np.arange(len(rows))
        if len(rows) > _FEW:
            odd = _unlike_floats(self._stored(rows), self._values[rows])
        some = rows[odd]
        pairs = zip(self._written(some), self._values[some].tolist(), strict=True)
        found = np.zeros(len(rows), dtype=bool)
        found[odd] = [_is_longer(text, value) for text, value in pairs]
        return found


def _unlike_floats(texts: pa.Array, values: Array) -> Array:
    """Places of texts of many characters that are not what pyarrow writes for their floats."""
    import pyarrow.compute as pc

    shortest = plain_array(values).cast(pa.string()).cast(texts.type)
    odd = pc.and_(pc.not_equal(texts, shortest), pc.greater(pc.binary_length(texts), SHORT))
    return np.flatnonzero(odd.to_numpy(zero_copy_only=False))


def _is_longer(text: str, value: float) -> bool:
    """Whether a text says another number than the shortest decimal of its float."""
    if len(text) <= SHORT or text == repr(value):
        return False
    return number_of(text) != decimal_value(value)


def are_whole(written: WrittenCells, column: NumericColumn) -> bool:
    """Whether all cells of a column of floats are written as whole numbers."""
    absent = np.isnan(column.values)
    if column.missing is not None:
        absent |= column.missing
    rows = np.flatnonzero(~absent)
    if not len(rows) or any(_have_fractions(column.values[some]) for some in (rows[:1], rows)):
        return False
    texts = (written(some) for some in (rows[:1], rows))
    return all(all(map(is_whole, some)) for some in texts)


def _rounded(written: WrittenCells, rows: Array) -> Array:
    texts = written(rows)
    found = [has_many_digits(text) and not is_whole(text) for text in texts]
    return np.array(found, dtype=bool)


def _have_fractions(values: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return not (values % 1 == 0).all()
