"""Ways to correct rows, and the cells as they read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.kernels.sequential.placement import widened

Proposal = Callable[[Values, Mapping[str, NumericColumn], Effort], Values]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to correct rows.

    Attributes:
        values: New values of the group's columns, from their values, the cells and the work
            left for them; None for one
            row after the other, in exact arithmetic.
        tolerance: What the result is held to.
        reading: How cells become float64 values.
        only: Which rows it is for, from their values; None for all.
    """

    values: Proposal | None
    tolerance: Tolerance = EXACT
    reading: Callable[[Array], Array] = widened
    only: Callable[[Values], Array] | None = None


class Readings:
    """Cells as attempts read them, each read once."""

    def __init__(self, columns: Mapping[str, NumericColumn]) -> None:
        self._columns = columns
        self._known: dict[Callable[[Array], Array], tuple[Array, Values]] = {}

    def chosen(self, attempt: Attempt, rows: Array) -> tuple[Array, Values]:
        """The rows that an attempt is for, of those given, and its reading of them.

        Args:
            attempt: The attempt.
            rows: Row numbers, ascending, all of them given in every earlier call as well.
        """
        reading = attempt.reading
        if reading not in self._known:
            columns = self._columns.items()
            read = {name: reading(column.values[rows]) for name, column in columns}
            self._known[reading] = rows, read
        floats = _at(*self._known[reading], rows)
        if attempt.only is None:
            return rows, floats
        here = rows[attempt.only(floats)]
        return here, _at(rows, floats, here)


def _at(rows: Array, values: Values, some: Array) -> Values:
    """The values of some of the rows."""
    if len(some) == len(rows):
        return values
    where = np.searchsorted(rows, some)
    return {name: column[where] for name, column in values.items()}
