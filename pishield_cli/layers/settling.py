"""Rows that miss something after one correction, corrected again with more room."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from pishield_cli.layers.judge import Judge
from pishield_cli.layers.precision import DIGITS, Precision, replaced
from pishield_cli.layers.row_by_row import RowByRow
from pishield_cli.layers.sweep import Sweep

ROOMIER = (4.0, 16.0, 64.0)
"""Growths of room that are tried where later bounds did not find enough."""

WRONG, ASTRAY, HOLDING, EQUAL = range(4)
"""Rows that violate something; those that do not, but for an equality that a check would not
forgive; those whose equalities it forgives; those that hold exactly."""

NEAR = 2.0**-14
"""How far a column may be moved, relative to itself, so that an equality holds exactly."""

STEPS = 64.0
"""And how many of the last digits that the row's largest column has."""


class Settling:
    """Chooses the best of what rows are corrected to.

    Args:
        judge: Tells which rows violate something but equalities.
        row_by_row: Corrects the rows that no room helps.
        sweeps: Those with equalities on a grid.
        named: Numbers of the columns that requirements name.
    """

    def __init__(
        self, judge: Judge, row_by_row: RowByRow, sweeps: Sequence[Sweep], named: Tensor
    ) -> None:
        self._judge, self._row_by_row, self._sweeps, self._named = judge, row_by_row, sweeps, named

    def best(
        self,
        z: Tensor,
        y: Tensor,
        precision: Precision,
        swept: Callable[[Tensor, Precision], Tensor],
    ) -> Tensor:
        """Corrected values, or better ones where there are any.

        Args:
            z: Raw values, shape `(rows, columns)`.
            y: What they are corrected to, same shape.
            precision: How that was done.
            swept: Corrects raw values so, with more room or less.

        Returns:
            Same shape, with the gradient of `y`. Every inequality and disjunction holds exactly;
            equalities do wherever more room helps.
        """
        with torch.no_grad():
            settled, grades = y.detach(), self._grades(y, precision)
            for worst, attempt in self._attempts(precision, swept):
                left = (grades <= worst).nonzero().squeeze(1)
                if len(left):
                    again = attempt(z[left], settled[left])
                    settled = self._better(settled, grades, left, again, precision)
        return replaced(y, settled)

    def _attempts(
        self, precision: Precision, swept: Callable[[Tensor, Precision], Tensor]
    ) -> Iterator[tuple[int, Callable[[Tensor, Tensor], Tensor]]]:
        """Ways to correct raw rows, beside what was found; and up to which grade they are tried."""

        def roomier(z: Tensor, _: Tensor, growth: float) -> Tensor:
            return swept(z, replace(precision, growth=growth))

        def roomier_by_row(z: Tensor, y: Tensor, growth: float) -> Tensor:
            largest = y.index_select(1, self._named).abs().amax(1).double()
            how = replace(precision, growth=growth, least=largest, sparse=False)
            return swept(z, how)

        yield from ((HOLDING, partial(roomier, growth=one)) for one in ROOMIER)
        yield from ((WRONG, partial(roomier_by_row, growth=one)) for one in ROOMIER)
        yield ASTRAY, lambda z, _: self._row_by_row.correct(z)
        yield ASTRAY, self._row_by_row.loosened

    def _grades(self, y: Tensor, precision: Precision) -> Tensor:
        """How well each row satisfies the requirements, when its values are judged as decimals."""
        grades = torch.full((len(y),), EQUAL, dtype=torch.int8, device=y.device)
        for sweep in self._sweeps:
            grades[~sweep.grids.met(y)] = HOLDING
        grades[self._judge.astray(y)] = ASTRAY
        grades[self._judge.wrong(y, precision)] = WRONG
        return grades

    def _better(
        self, y: Tensor, grades: Tensor, rows: Tensor, again: Tensor, precision: Precision
    ) -> Tensor:
        """Rows, some of them replaced where others satisfy more; `grades` are written over."""
        found, before = self._grades(again, precision), y[rows]
        sizes = torch.maximum(before.abs(), again.abs())
        step = 10.0 ** -DIGITS[y.dtype] * sizes.index_select(1, self._named).amax(1)
        near = ((again - before).abs() <= NEAR * sizes + STEPS * step.unsqueeze(1)).all(1)
        better = (found > grades[rows]) & (near | (grades[rows] <= ASTRAY))
        grades[rows[better]] = found[better]
        return y.index_copy(0, rows[better], again[better])
