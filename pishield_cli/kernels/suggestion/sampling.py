"""Some rows of a table, chosen by their numbers alone, and what all of its cells say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.expressions import Kind


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a table.

    Attributes:
        names: The columns.
        values: float64, shape `(rows, columns)`; NaN where a cell is missing.
        rows: Their numbers in the table, ascending.
        total: How many rows the table has.
        kinds: What columns hold that do not hold numbers: dates as days since 1970, or texts as
            their places in `levels`.
        levels: The texts of such a column; none where there are too many.
        above_zero: The least value above zero in all rows, for columns of whole numbers.
    """

    names: tuple[str, ...]
    values: Array
    rows: Array
    total: int
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    above_zero: Mapping[str, float] = field(default_factory=dict)


def hashes(rows: Array, seed: int) -> Array:
    """A number for each row that looks drawn by chance, and depends on nothing but its own.

    The finalizer of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number
    generators, OOPSLA 2014).

    Args:
        rows: Row numbers.
        seed: Another seed, other numbers.

    Returns:
        uint64, of the same shape.
    """
    start = (rows.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    return _mixed(start + np.uint64(seed * 0xD1B54A32D192ED03 % 2**64))


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mixed(numbers: Array) -> Array:
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Array = mixed ^ (mixed >> np.uint64(31))
    return found


def in_canonical_order(sample: Sample) -> Sample:
    """The same rows in an order that depends on their cells alone.

    Neither the order of rows in the table, nor that of columns, nor columns of one value change it.
    """
    keys = np.zeros(len(sample.rows), np.uint64)
    for name, values in zip(sample.names, sample.values.T, strict=True):
        texts = sample.levels.get(name)
        if len(values) and not np.array_equal(values, np.full(len(values), values[0]), True):
            bits = _bits_of_texts(texts)[_places(values)] if texts else _bits(values)
            keys += _mixed((bits + np.uint64(crc32(name.encode()))) * _GOLDEN)
    order = np.argsort(keys, kind="stable")
    return replace(sample, values=sample.values[order], rows=sample.rows[order])


def _places(values: Array) -> Array:
    """Places as whole numbers, -1 where missing."""
    return np.where(np.isnan(values), -1, values).astype(int)


def _bits(values: Array) -> Array:
    whole = np.where(np.isnan(values), np.nan, values + 0.0)
    bits: Array = np.ascontiguousarray(whole).view(np.uint64)
    return bits


def _bits_of_texts(texts: Sequence[str]) -> Array:
    """A number for each text, and for a missing one last."""
    return np.array([*(crc32(text.encode()) for text in texts), 0], np.uint64)


class HashSampler:
    """Keeps the rows with the smallest hashes, batch by batch.

    Args:
        names: The columns.
        size: How many rows to keep; all where the table has no more.
        seed: What to choose by.
    """

    def __init__(self, names: Sequence[str], size: int, seed: int) -> None:
        self._names = tuple(names)
        self._size = size
        self._seed = seed
        self._rows = 0
        self._kept: list[tuple[Array, Array, Array]] = []
        self._count = 0
        self._limit = np.uint64(2**64 - 1)

    def add(self, columns: Mapping[str, NumericColumn], start: int, rows: int) -> None:
        """Look at a batch of consecutive rows.

        Args:
            columns: At least the columns that are sampled, shape `(rows,)` each.
            start: The number of the first row in the table.
            rows: How many rows the batch has.
        """
        self._rows += rows
        numbers = np.arange(start, start + rows)
        keys = hashes(numbers, self._seed)
        chosen = np.flatnonzero(keys <= self._limit)
        if not len(chosen):
            return
        values = np.empty((len(chosen), len(self._names)))
        for place, name in enumerate(self._names):
            values[:, place] = floats(columns[name], chosen)
        self._kept.append((keys[chosen], numbers[chosen], values))
        self._count += len(chosen)
        if self._count > 2 * self._size:
            self._shrink()

    def sample(self) -> Sample:
        """The rows kept."""
        if self._count > self._size:
            self._shrink()
        if not self._kept:
            return Sample(self._names, np.empty((0, len(self._names))), np.empty(0, int), 0)
        _, rows, values = (np.concatenate(part) for part in zip(*self._kept, strict=True))
        order = np.argsort(rows)
        return Sample(self._names, values[order], rows[order], self._rows)

    def _shrink(self) -> None:
        keys, rows, values = (np.concatenate(part) for part in zip(*self._kept, strict=True))
        smallest = np.argsort(keys, kind="stable")[: self._size]
        self._kept = [(keys[smallest], rows[smallest], values[smallest])]
        self._count = len(smallest)
        self._limit = keys[smallest].max()


def floats(column: NumericColumn, rows: Array | None = None) -> Array:
    """A column's cells as floats, NaN where missing.

    Args:
        column: The column.
        rows: Which rows of it; None for all.
    """
    values = column.values if rows is None else column.values[rows]
    found: Array = values.astype(np.float64)
    if column.missing is not None:
        found[column.missing if rows is None else column.missing[rows]] = np.nan
    return found
