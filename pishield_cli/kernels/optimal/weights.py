"""What changes of cells are multiplied by: by column, by cell, or by the cell's own size."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.sequential.placement import widened

SMALLEST = 1e-6
"""Of the largest cell of its row, the least size that a cell is taken to have: zeros have none."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of changes.

    Attributes:
        by_column: By column, more than zero; 1 for the others.
        by_cell: By column, the column that holds a weight for each of its cells.
        sized: Columns whose changes are divided by the square root of the cell's size, so that
            what a sum is off by is shared out in proportion to what is there.
    """

    by_column: Mapping[str, float] = field(default_factory=dict)
    by_cell: Mapping[str, str] = field(default_factory=dict)
    sized: Collection[str] = ()

    @property
    def same_in_all_rows(self) -> bool:
        """Whether a column's cells all weigh the same."""
        return not self.by_cell and not self.sized

    @property
    def costs(self) -> "Weights":
        """What changing a cell at all costs, whatever its size."""
        return Weights(self.by_column, self.by_cell)

    def of(self, columns: Mapping[str, NumericColumn], rows: Array, names: Sequence[str]) -> Array:
        """The weights of cells, shape `(rows, names)`.

        Args:
            columns: The columns named, and those that hold weights.
            rows: Row numbers.
            names: Columns.
        """
        found = np.ones((len(rows), len(names)))
        sizes = self._sizes(columns, rows, names)
        for place, name in enumerate(names):
            found[:, place] = self.by_column.get(name, 1.0)
            if name in self.by_cell:
                found[:, place] *= _there(columns[self.by_cell[name]], rows)
            if name in self.sized:
                found[:, place] /= np.sqrt(sizes[:, place])
        return found

    def _sizes(
        self, columns: Mapping[str, NumericColumn], rows: Array, names: Sequence[str]
    ) -> Array:
        """The sizes of cells, zero raised to a small part of the row's largest."""
        sizes = np.zeros((len(rows), len(names)))
        for place, name in enumerate(names):
            if name in self.sized:
                sizes[:, place] = np.abs(widened(columns[name].values[rows]))
        largest = sizes.max(axis=1, initial=0.0, keepdims=True)
        return np.where(largest > 0, np.maximum(sizes, SMALLEST * largest), 1.0)


def weights_of(given: "Weights | Mapping[str, float]") -> Weights:
    """Weights as such, of which only those by column may be given."""
    return given if isinstance(given, Weights) else Weights(given)


def alike(weights: Array) -> Iterator[tuple[Array, Array]]:
    """Different weights, and the rows that have them; weights of shape `(rows, columns)`."""
    different, which = np.unique(weights, axis=0, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(which.reshape(-1), minlength=len(different)))
    for one, start, end in zip(different, (0, *ends), ends, strict=False):
        yield one, order[start:end]


def _there(column: NumericColumn, rows: Array) -> Array:
    """Weights of cells; 1 where none is given."""
    values = widened(column.values[rows])
    if column.missing is not None:
        values = np.where(column.missing[rows], 1.0, values)
    return np.where(np.isnan(values), 1.0, values)
