"""The arrays of a group's clauses for rows of a table, and how changes in each row are weighed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.optimal.systems import System
from pishield_cli.kernels.optimal.weights import Weights, alike
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.kernels.sequential.placement import narrowed, widened
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid


class Systems:
    """The arrays of a group's clauses, made again when the columns' types change.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
        weights: What changes are multiplied by.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid], weights: Weights) -> None:
        self._plan, self._grids, self.weights = plan, grids, weights
        self._known: dict[tuple[bool, tuple[np.dtype[Any], ...]], System] = {}

    def prepare(
        self, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[System, Array, Values]]:
        """Rows with the arrays for columns of their types, and the columns' cells as float64.

        Rows whose columns of whole numbers hold fractions come apart from the others.
        """
        names = self._plan.variables
        dtypes = tuple(columns[name].values.dtype for name in names)
        floats = {name: widened(columns[name].values[rows]) for name in names}
        odd = np.zeros(len(rows), dtype=bool)
        for name in names:
            if self._grids[name].integer and dtypes[names.index(name)].kind == "f":
                odd |= floats[name] % 1 != 0
        for whole, here in ((True, np.flatnonzero(~odd)), (False, np.flatnonzero(odd))):
            if len(here):
                part = {name: values[here] for name, values in floats.items()}
                yield self._system(dtypes, whole), rows[here], part

    def weighted(
        self, system: System, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[System, Array]]:
        """Rows by their weights, as places among them, each with its arrays.

        Args:
            system: The columns and inequalities.
            columns: At least those of the system, and those that hold weights.
            rows: Row numbers, shape `(rows,)`.
        """
        if self.weights.same_in_all_rows:
            yield system, np.arange(len(rows))
            return
        names, count = system.columns, len(system.columns)
        both = (self.weights, self.weights.costs)
        stacked = np.hstack([one.of(columns, rows, names) for one in both])
        for one, some in alike(stacked):
            yield system.weighted(one[:count], one[count:]), some

    def _system(self, dtypes: tuple[np.dtype[Any], ...], whole: bool) -> System:
        names = self._plan.variables
        if (whole, dtypes) not in self._known:
            grids = {
                name: narrowed(self._grids[name], dtype)
                for name, dtype in zip(names, dtypes, strict=True)
            }
            self._known[whole, dtypes] = System(
                self._plan.clauses, names, grids, self.weights.by_column, whole_cells=whole
            )
        return self._known[whole, dtypes]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Rows whose changes are weighed.

    Attributes:
        system: Their clauses; its weights are theirs where all rows weigh the same.
        weights: What changes of their cells are multiplied by, shape `(rows, columns)`.
        same: Whether all rows weigh the same.
    """

    system: System
    weights: Array
    same: bool

    @classmethod
    def of(
        cls,
        systems: Systems,
        columns: Mapping[str, NumericColumn],
        system: System,
        rows: Array,
        floats: Values,
    ) -> "Weighed":
        """Rows of a batch with what weighs their changes.

        Args:
            systems: Knows the weights.
            columns: At least the system's columns and those that hold weights, whole batch.
            system: The rows' clauses.
            rows: Row numbers within the batch, shape `(rows,)`.
            floats: Not needed; other ways of weighing look at the cells.
        """
        del floats
        shape = (len(rows), len(system.columns))
        if systems.weights.same_in_all_rows:
            return cls(system, np.broadcast_to(system.weights, shape), same=True)
        return cls(system, systems.weights.of(columns, rows, system.columns), same=False)

    def take(self, rows: Array) -> "Weighed":
        """Some of the rows."""
        return Weighed(self.system, self.weights[rows], self.same)

    def items(self) -> Iterator[tuple[str, Array]]:
        """By column, the weights of its cells."""
        return zip(self.system.columns, self.weights.T, strict=True)

    def parts(self) -> Iterator[tuple[System, Array]]:
        """Rows that weigh the same, as places among them, each with its arrays."""
        if self.same:
            yield self.system, np.arange(len(self.weights))
            return
        for one, some in alike(self.weights):
            yield self.system.weighted(one, one), some
