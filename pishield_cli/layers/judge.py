"""Which rows satisfy their requirements when their values are judged as decimals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.layers.affine import FixedBuffers, Slots
from pishield_cli.layers.edges import Certain
from pishield_cli.layers.precision import DIGITS, Precision, decimal_of
from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import GRID_DIGITS, Grid
from pishield_cli.logic.terms import Clause

HALF = DIGITS[torch.float16]
"""The fewest digits that cells of a table have."""


class Judge(FixedBuffers):
    """Tell apart rows that satisfy all but the equalities from those that do not, exactly.

    Floats tell of nearly every row; what they leave open is evaluated as `check --exact` does.

    Args:
        requirements: Over the columns' names.
        columns: The columns' names.
    """

    def __init__(self, requirements: Requirements, columns: Sequence[str]) -> None:
        super().__init__()
        positions = {name: place for place, name in enumerate(columns)}
        self._requirements = without_equalities(requirements, positions)
        self._compiled = compile_requirements(self._requirements)
        self._columns = tuple(columns)
        clauses = [
            [one for one in clause.as_inequalities() if one.terms]
            for clause in self._requirements.clauses
        ]
        literals = list(dict.fromkeys(one for clause in clauses for one in clause))
        numbers = {one: number for number, one in enumerate(literals)}
        named = list(dict.fromkeys(name for one in literals for name, _ in one.terms))
        lines = {name: line for line, name in enumerate(named)}
        inputs = torch.tensor([positions[name] for name in named]).long()
        self.register_buffer("inputs", inputs, persistent=False)
        self.certain = Certain(literals, lines) if literals else None
        if self.certain is not None:
            order = self.certain.order
            groups = [[order[numbers[one]] for one in clause] for clause in clauses if clause]
            self.clauses = Slots(groups, len(literals))

    def wrong(self, y: Tensor, precision: Precision) -> Tensor:
        """The numbers of the rows that violate something.

        Args:
            y: Shape `(rows, columns)`.
            precision: Exact.
        """
        if self.certain is None:
            return torch.zeros(0, dtype=torch.long, device=y.device)
        state = y.detach().index_select(1, self.constants("inputs")).t()
        state = state.to(torch.float64, memory_format=torch.contiguous_format)
        sure = self.clauses.any(self.certain(state, precision)).all(0)
        left = (~sure).nonzero().squeeze(1)
        if not len(left):
            return left
        violating = torch.from_numpy(self._violating(y.detach()[left]))
        return left[violating.to(y.device)]

    def _violating(self, y: Tensor) -> Array:
        """Which rows violate something, exactly."""
        cells = _cells(y.cpu())
        named: Mapping[str, NumericColumn] = {
            name: NumericColumn(cells[:, place]) for place, name in enumerate(self._columns)
        }
        mask: Array = np.zeros(len(y), dtype=bool)
        for verdict in evaluate(self._compiled, named, len(y)):
            if verdict.violated is not None:
                mask |= verdict.violated
        return mask


class RowByRow:
    """Correct rows as tables are corrected: slowly, in fractions, to decimals that a dtype keeps.

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
        self._clauses, self._named = requirements.clauses, requirements.variables
        self._columns, self._ordering = tuple(columns), tuple(ordering)
        self._fixed = frozenset(fixed)
        self._correctors: dict[int, PlannedCorrector] = {}

    def correct(self, z: Tensor) -> Tensor:
        """Rows corrected, shape `(rows, columns)`; those without a solution stay."""
        corrector = self._corrector(DIGITS[z.dtype])
        cells = _cells(z.detach().cpu())
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

    def _corrector(self, digits: int) -> PlannedCorrector:
        if digits not in self._correctors:
            grids = {
                name: Grid(digits=max(digits, HALF), placed=min(digits, GRID_DIGITS))
                for name in self._named
            }
            self._correctors[digits] = PlannedCorrector(
                self._clauses, self._ordering, grids, fixed=self._fixed
            )
        return self._correctors[digits]


def without_equalities(requirements: Requirements, positions: Mapping[str, int]) -> Requirements:
    """The requirements without the clauses that two by two make equalities."""
    units = [
        half_of(clause.literals[0].as_inequality(), positions)
        for clause in requirements.clauses
        if len(clause.literals) == 1
    ]
    sides = frozenset(equated(units))

    def kept(clause: Clause) -> bool:
        alone = len(clause.literals) == 1
        return not (alone and half_of(clause.literals[0].as_inequality(), positions) in sides)

    return replace(
        requirements,
        requirements=tuple(
            replace(one, clauses=tuple(clause for clause in one.clauses if kept(clause)))
            for one in requirements.requirements
        ),
    )


def _cells(y: Tensor) -> Array:
    """Values as an array whose shortest decimals are theirs."""
    if y.dtype != torch.bfloat16:
        return _numbers(y)
    distinct, places = torch.unique(y.double(), return_inverse=True)
    decimals = [
        float(decimal_of(value, y.dtype)) if np.isfinite(value) else value
        for value in distinct.tolist()
    ]
    found: Array = np.asarray(decimals, dtype=np.float64)[_numbers(places)]
    return found.reshape(y.shape)


def _numbers(values: Tensor) -> Array:
    """Values as an array, also those that `jvp` and `grad` have wrapped."""
    try:
        return np.asarray(values.numpy())
    except RuntimeError:
        dtype = str(values.dtype).removeprefix("torch.")
        return np.asarray(values.tolist(), dtype=dtype).reshape(values.shape)
