"""What may stand in missing cells, as their columns' types and declarations say."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.classes import counted
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import Grid, grid_of
from pishield_cli.logic.terms import Clause, Inequality, Term


class Fillable:
    """The values that the cells of columns can hold.

    Floats count as real numbers, and so do cells of texts that say numbers: how many digits they
    keep is left to what is forgiven of them.

    Args:
        requirements: They tell what tables' types say of columns, and what is declared of them.
    """

    def __init__(self, requirements: Requirements) -> None:
        self._grids = _grids({**requirements.stored, **requirements.domains})
        self.typed = {
            name: grid.places for name, grid in self._grids.items() if grid.places is not None
        }
        """Decimal places of columns, as their types limit them."""
        declared = dict(requirements.decimals) | dict.fromkeys(requirements.integers, 0)
        self.places = {
            **self.typed,
            **{name: min(some, self.typed.get(name, some)) for name, some in declared.items()},
        }
        """The same, as declarations limit them too."""

    def grid(self, name: str) -> Grid:
        """What a missing cell of a column can hold, but for the limits of its width."""
        return replace(self._grids.get(name, Grid()), places=self.places.get(name))

    def limits(
        self, names: Collection[str], columns: Mapping[str, NumericColumn]
    ) -> Iterator[Clause]:
        """That cells of columns lie within what their types can hold."""
        for name in sorted(names):
            low, high = self._ends(name, columns.get(name))
            if low is not None:
                yield Clause((Inequality((Term(name, Fraction(1)),), Fraction(low)),))
            if high is not None:
                yield Clause((Inequality((Term(name, Fraction(-1)),), Fraction(-high)),))

    def _ends(
        self, name: str, column: NumericColumn | None
    ) -> tuple[int | Fraction | None, int | Fraction | None]:
        grid = self._grids.get(name, Grid())
        if grid.low is None and grid.high is None and grid.integer and not grid.endless:
            kind = None if column is None else column.values.dtype
            if kind is not None and kind.kind in "iu":
                return int(np.iinfo(kind).min), int(np.iinfo(kind).max)
        return grid.low, grid.high


def _grids(domains: Schema) -> dict[str, Grid]:
    """What columns can hold; texts that stand for any number of classes are no numbers."""
    return {name: grid_of(one) for name, one in domains.items() if not counted(one)}
