"""Exact cells of a column of floats, from the texts that it was read from."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn, decimal_value
from pishield_cli.tables.textual.numbers import SHORT, has_many_digits, is_whole, number_of

WrittenCells = Callable[[Array | Sequence[int]], list[str]]
"""The texts of some rows, given by number."""


def exact_cells(written: WrittenCells, values: Array) -> ExactCells:
    """What cells are whose floats only come near.

    Args:
        written: The cells' texts.
        values: The floats nearest to them, shape `(rows,)`.
    """
    return ExactCells(
        lambda row: number_of(written([row])[0]),
        partial(_long, written, values),
        partial(_rounded, written),
        nearest=True,
    )


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


def _long(written: WrittenCells, values: Array, rows: Array) -> Array:
    found = np.zeros(len(rows), dtype=bool)
    # No number but zero is read as zero.
    some = np.flatnonzero(np.isfinite(values[rows]) & (values[rows] != 0))
    texts = written(rows[some])
    floats = values[rows[some]].tolist()
    found[some] = [
        len(text) > SHORT and text != repr(value) and number_of(text) != decimal_value(value)
        for text, value in zip(texts, floats, strict=True)
    ]
    return found


def _rounded(written: WrittenCells, rows: Array) -> Array:
    texts = written(rows)
    found = [has_many_digits(text) and not is_whole(text) for text in texts]
    return np.array(found, dtype=bool)


def _have_fractions(values: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return not (values % 1 == 0).all()
