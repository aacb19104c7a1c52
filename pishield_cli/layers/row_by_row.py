"""Rows corrected as tables are: slowly, in fractions, to decimals that a dtype keeps."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from math import floor, log2

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.layers.judge import cells_of, equality_sides
from pishield_cli.layers.precision import DIGITS
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import GRID_DIGITS, Grid
from pishield_cli.logic.terms import Clause, Inequality

_Bands = tuple[int | None, ...]
"""For each side of an equality the power of two by which it is loosened; None for not at all."""

REMEMBERED = 64
"""Correctors kept in mind, one for each dtype and bands."""


class RowByRow:
    """Correct rows one by one, where nothing that goes for all rows at once helps.

    Args:
        requirements: Over the columns' names.
        columns: The columns' names.
        ordering: In which they are corrected.
        fixed: Columns that never move.
    """

    def __init__(
        self,
        requirements: Requirements,
        columns: Sequence[str],
        ordering: Sequence[str],
        fixed: Collection[str],
    ) -> None:
        positions = {name: place for place, name in enumerate(columns)}
        self._clauses, self._named = requirements.clauses, requirements.variables
        self._columns, self._ordering = tuple(columns), tuple(ordering)
        self._fixed = frozenset(fixed)
        self._sides = equality_sides(self._clauses, positions)
        self._correctors: dict[tuple[int, _Bands], PlannedCorrector] = {}

    def correct(self, z: Tensor) -> Tensor:
        """Rows corrected, shape `(rows, columns)`; those without a solution stay."""
        return self._corrected(z, ())

    def loosened(self, z: Tensor, y: Tensor) -> Tensor:
        """Rows corrected, equalities to within rounding, but all else exactly.

        Args:
            z: Raw values, shape `(rows, columns)`.
            y: Values of about the size that is looked for, same shape.

        Returns:
            Same shape; rows without a solution stay.
        """
        if not self._sides:
            return z
        corrected = [
            self._corrected(z[row : row + 1], self._bands(near, y.dtype))
            for row, near in enumerate(y.detach().double().tolist())
        ]
        return torch.cat(corrected)

    def _bands(self, row: Sequence[float], dtype: torch.dtype) -> _Bands:
        """By how much each side of an equality is loosened: what storing its terms can take."""
        values = dict(zip(self._columns, map(abs, row), strict=True))
        unit = torch.finfo(dtype).eps
        sizes = (
            unit * sum(float(abs(value)) * values[name] for name, value in _side(one).terms)
            for one in self._sides
        )
        return tuple(floor(log2(size)) if 0 < size < float("inf") else None for size in sizes)

    def _corrected(self, z: Tensor, bands: _Bands) -> Tensor:
        corrector = self._corrector(DIGITS[z.dtype], bands)
        cells = cells_of(z.detach().cpu())
        named = {
            name: NumericColumn(cells[:, place])
            for place, name in enumerate(self._columns)
            if name in self._named
        }
        y = z.detach().clone()
        for name, change in corrector.correct(named, len(z)).changes.items():
            rows = torch.from_numpy(np.asarray(change.rows)).to(y.device)
            values = torch.from_numpy(np.asarray(change.values, dtype=np.float64))
            y[rows, self._columns.index(name)] = values.to(y)
        return y

    def _corrector(self, digits: int, bands: _Bands) -> PlannedCorrector:
        key = digits, bands
        if key not in self._correctors:
            if len(self._correctors) >= REMEMBERED:
                self._correctors.clear()
            grid = Grid(digits=digits, placed=min(digits, GRID_DIGITS))
            self._correctors[key] = PlannedCorrector(
                self._loosened(bands),
                self._ordering,
                dict.fromkeys(self._named, grid),
                fixed=self._fixed,
            )
        return self._correctors[key]

    def _loosened(self, bands: _Bands) -> list[Clause]:
        new = {
            side: Clause((_lowered(_side(side), Fraction(2) ** power),))
            for side, power in zip(self._sides, bands, strict=bool(bands))
            if power is not None
        }
        return [new.get(clause, clause) for clause in self._clauses]


def _side(clause: Clause) -> Inequality:
    return clause.literals[0].as_inequality()


def _lowered(one: Inequality, by: Fraction) -> Inequality:
    return Inequality(one.terms, one.constant - by, one.strict)
