"""Which rows satisfy their requirements when their values are judged as decimals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import ROUNDING
from pishield_cli.layers.affine import AffineForm, AffineLines, FixedBuffers, Slots
from pishield_cli.layers.edges import Certain
from pishield_cli.layers.precision import Precision, decimal_of
from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import Clause


class Judge(FixedBuffers):
    """Tell apart rows that satisfy all but the equalities from those that do not, exactly.

    Floats tell of nearly every row; what they leave open is evaluated as `check --exact` does.
    Equalities are satisfied where `check` forgives what they lack.

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
        sides = equality_sides(requirements.clauses, positions)
        forms = [AffineForm.of_excess(one.literals[0].as_inequality()) for one in sides]
        self.equalities = AffineLines(forms, positions) if forms else None
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

    def astray(self, y: Tensor) -> Tensor:
        """The numbers of the rows, shape `(rows, columns)`, that no check takes for equal."""
        if self.equalities is None:
            return torch.zeros(0, dtype=torch.long, device=y.device)
        state = y.detach().double().t()
        off, sizes = self.equalities(state), self.equalities.sizes(state, 0.0)
        forgiven = float(ROUNDING[y.element_size()])
        beyond: Tensor = (off.abs() > forgiven * sizes).any(0)
        return beyond.nonzero().squeeze(1)

    def wrong(self, y: Tensor, precision: Precision) -> Tensor:
        """The numbers of the rows that violate something but an equality.

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
        cells = cells_of(y.cpu())
        named: Mapping[str, NumericColumn] = {
            name: NumericColumn(cells[:, place]) for place, name in enumerate(self._columns)
        }
        mask: Array = np.zeros(len(y), dtype=bool)
        for verdict in evaluate(self._compiled, named, len(y)):
            if verdict.violated is not None:
                mask |= verdict.violated
        return mask


def without_equalities(requirements: Requirements, positions: Mapping[str, int]) -> Requirements:
    """The requirements without the clauses that two by two make equalities."""
    sides = frozenset(equality_sides(requirements.clauses, positions))
    return replace(
        requirements,
        requirements=tuple(
            replace(one, clauses=tuple(clause for clause in one.clauses if clause not in sides))
            for one in requirements.requirements
        ),
    )


def equality_sides(clauses: Iterable[Clause], positions: Mapping[str, int]) -> list[Clause]:
    """The clauses that two by two make equalities, each of a single inequality."""
    units = [
        (clause, half_of(clause.literals[0].as_inequality(), positions))
        for clause in clauses
        if len(clause.literals) == 1
    ]
    sides = frozenset(equated(half for _, half in units))
    return [clause for clause, half in units if half in sides]


def cells_of(y: Tensor) -> Array:
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
