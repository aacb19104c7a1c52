"""Losses for propositional requirements, by triangular norms."""

from collections.abc import Sequence
from enum import StrEnum
from os import PathLike

import torch
from torch import Tensor

from pishield_cli.errors import UsageError
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.inputs import named_columns, require_columns
from pishield_cli.layers.numbers import over_columns
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.terms import BooleanLiteral


class TNorm(StrEnum):
    """How truths between 0 and 1 are combined."""

    GODEL = "godel"
    PRODUCT = "product"
    LUKASIEWICZ = "lukasiewicz"


class TNormLoss(FixedBuffers):
    """How far scores are from satisfying propositional requirements.

    A literal's truth t is its score p, or 1 - p if negated; a clause's truth is `max t` (Goedel),
    `1 - prod (1 - t)` (product) or `min(1, sum t)` (Lukasiewicz). The loss is one minus the mean
    truth over rows and clauses, in [0, 1], and 0 if every clause is true in every row.

    Args:
        requirements: Propositional requirements, or the path of a file of them: clauses, rules
            with or without identifiers, or formulas.
        columns: The name of each column, or how many there are, as of a `Shield`.
        tnorm: Which t-norm.

    Raises:
        RequirementError: If the requirements cannot be read as propositional ones, or name what is
            no column.
        UsageError: If there is no t-norm of this name, or the requirements are not propositional.

    References:
        Stoian, Giunchiglia and Lukasiewicz, Exploiting T-norms for Deep Learning in Autonomous
        Driving, NeSy 2023.
    """

    def __init__(
        self,
        requirements: Requirements | str | PathLike[str],
        columns: Sequence[str] | int,
        tnorm: str = TNorm.GODEL,
    ) -> None:
        super().__init__()
        if tnorm not in list(TNorm):
            raise UsageError(f"A t-norm is one of {', '.join(TNorm)}, but this is `{tnorm}`.")
        self.tnorm = TNorm(tnorm)
        self.columns = named_columns(columns)
        bound = over_columns(requirements, self.columns, type=RequirementType.PROPOSITIONAL)
        if bound.type is not RequirementType.PROPOSITIONAL:
            raise UsageError(
                f"T-norms are for propositional requirements, but these are {bound.type.value}."
            )
        position = {name: place for place, name in enumerate(self.columns)}
        size = len(position)
        clauses = [
            [
                position[one.variable] + (0 if one.positive else size)
                for one in clause
                if isinstance(one, BooleanLiteral)
            ]
            for clause in bound.clauses
        ]
        self.width = max((len(clause) for clause in clauses), default=0)
        self.count = len(clauses)
        # The line after all literals is false.
        padded = [[*clause, *[2 * size] * (self.width - len(clause))] for clause in clauses]
        flat = [line for clause in padded for line in clause]
        self.register_buffer("literals", torch.tensor(flat).long())

    def forward(self, preds: Tensor) -> Tensor:
        """The loss of scores in [0, 1], shape `(..., columns)`: a scalar; 0 for an empty batch.

        Raises:
            ShapeError: If the last dimension is not the number of columns.
        """
        require_columns(preds, self.columns)
        if not preds.numel() or not self.count:
            return preds.sum() * 0.0
        scores = preds.reshape(-1, len(self.columns)).t()
        table = torch.cat((scores, 1.0 - scores, torch.zeros_like(scores[:1])))
        rows = scores.shape[1]
        if not self.width:
            return preds.sum() * 0.0 + 1.0
        taken = table.index_select(0, self.constants("literals"))
        return 1.0 - self._truths(taken.view(self.count, self.width, rows)).mean()

    def _truths(self, literals: Tensor) -> Tensor:
        """Each clause's truth, from shape `(clauses, width, rows)` to `(clauses, rows)`."""
        if self.tnorm is TNorm.GODEL:
            return literals.max(1).values
        if self.tnorm is TNorm.PRODUCT:
            return 1.0 - (1.0 - literals).prod(1)
        return literals.sum(1).clamp(max=1.0)
