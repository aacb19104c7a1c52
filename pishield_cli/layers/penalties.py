"""Losses that draw raw outputs towards requirements, beside a shield or without one."""

from collections.abc import Sequence
from fractions import Fraction
from os import PathLike

import torch
from torch import Tensor

from pishield_cli.layers.affine import AffineForm, AffineLines, FixedBuffers, Slots
from pishield_cli.layers.inputs import named_columns, require_columns
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.numbers import over_columns
from pishield_cli.layers.shield import Shield
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import Clause


def infeasibility(z: Tensor, shield: Shield | NearestShield) -> Tensor:
    """Half the mean squared distance of raw outputs from their corrections.

    `mean((z - y)**2) / 2` with y the corrections, which count as constants: its gradient is
    `(z - y) / z.numel()`, straight towards them.

    Args:
        z: Raw outputs, shape `(..., columns)`, in the units that the distance is to be taken in.
        shield: What corrects them.

    Returns:
        A scalar, 0 exactly where no value needs to move; 0 for an empty batch.

    Raises:
        ShapeError, PishieldError: As the shield does.
    """
    y: Tensor = shield(z.detach()).detach()
    squares = (z - y).square()
    return (squares.mean() if z.numel() else squares.sum()) / 2


def violation_penalty(
    z: Tensor, requirements: Requirements | str | PathLike[str], columns: Sequence[str] | int
) -> Tensor:
    """The mean violation of raw outputs, as `ViolationPenalty`, for a single call.

    Args:
        z: Shape `(..., columns)`.
        requirements: Of any type, or the path of a file of them.
        columns: As of a `Shield`.
    """
    penalty: Tensor = ViolationPenalty(requirements, columns).to(z.device)(z)
    return penalty


class ViolationPenalty(FixedBuffers):
    """By how much rows violate requirements of any type: the soft baseline to a shield.

    For a row z it is `sum over requirements of max over its clauses of min over the clause's
    literals of relu(c - a.z)`, where a literal is `a.x >= c`; a boolean b is `b >= 1/2`. Zero
    exactly where every requirement holds, or fails by a tie under a strict inequality only.
    Piecewise linear; a tie's gradient goes to one clause and one literal.

    Args:
        requirements: Requirements, or the path of a file of them.
        columns: The name of each column, or how many there are, as of a `Shield`.

    Raises:
        RequirementError: If the requirements cannot be read, or name what is not a column.
    """

    def __init__(
        self, requirements: Requirements | str | PathLike[str], columns: Sequence[str] | int
    ) -> None:
        super().__init__()
        self.columns = named_columns(columns)
        bound = over_columns(requirements, self.columns)
        clauses = [clause for one in bound.requirements for clause in one.clauses]
        forms = [_shortfalls(clause) for clause in clauses]
        flat = [form for clause in forms for form in clause]
        named = dict.fromkeys(name for form in flat for name, _ in form.terms)
        positions = {name: place for place, name in enumerate(self.columns)}
        self.register_buffer("inputs", torch.tensor([positions[name] for name in named]).long())
        self.requirements: Slots | None = None
        if not flat:
            return
        self.literals = AffineLines(flat, {name: line for line, name in enumerate(named)})
        order = iter(self.literals.order)
        self.clauses = Slots([[next(order) for _ in clause] for clause in forms], len(flat))
        numbers = iter(range(len(clauses)))
        owned = [[next(numbers) for _ in one.clauses] for one in bound.requirements if one.clauses]
        self.requirements = Slots(owned, len(clauses))

    def forward(self, z: Tensor) -> Tensor:
        """The mean over rows, a scalar; 0 for an empty batch."""
        each = self.of_rows(z)
        return each.sum() / max(each.numel(), 1)

    def of_rows(self, z: Tensor) -> Tensor:
        """Each row's violation, shape `z.shape[:-1]`.

        Raises:
            ShapeError: If the last dimension is not the number of columns.
        """
        require_columns(z, self.columns)
        if self.requirements is None:
            return z.new_zeros(z.shape[:-1])
        flat = z.reshape(-1, len(self.columns))
        state = flat.index_select(1, self.constants("inputs")).t().contiguous()
        short = self.literals(state).relu()
        worst = self.requirements.greatest(self.clauses.least(short))
        return worst.sum(0).view(z.shape[:-1])


def _shortfalls(clause: Clause) -> list[AffineForm]:
    """`c - a.x` of each literal; 1 for a clause without any, which is false."""
    forms = []
    for literal in clause:
        one = literal.as_inequality()
        flipped = one.negated()
        forms.append(AffineForm(flipped.terms, one.constant))
    return forms or [AffineForm((), Fraction(1))]
