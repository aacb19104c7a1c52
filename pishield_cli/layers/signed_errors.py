"""Squared errors with the signs that the method of masks gives them."""

from collections.abc import Sequence
from os import PathLike

import torch
from torch import Tensor

from pishield_cli.errors import UsageError
from pishield_cli.kernels.changes import moved
from pishield_cli.kernels.matrices import matrix_of
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.inputs import named_columns
from pishield_cli.layers.numbers import over_columns
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.terms import Inequality

NEAR = 1e-6
"""How near a bound an output lies on it, relative to what is added up."""


class SignedErrors(FixedBuffers):
    """The loss of masked bounds, by the signs of errors; for linear requirements.

    A coordinate that a shield moved lies on a bound that other outputs make. With e its error and m
    the error that the others bring into the bound, it counts `e**2 * sign(e) * sign(m)`: descending
    always draws the others towards their own targets, also where the coordinate's own error alone
    would send them away. Where the signs differ, that is `-e**2`, unbounded below, and the more it
    has erred the more it is rewarded.

    `bounded` counts `-e**2 / (1 + e**2)` there. It has the same sign of the derivative everywhere,
    agrees to third order for small errors, is never below -1 a coordinate, and its derivative
    vanishes for large errors, so that running away does not pay.

    Args:
        requirements: Linear requirements, or the path of a file of them.
        columns: The name of each column, or how many there are, as of a `Shield`.
        bounded: Which of the two.

    Raises:
        RequirementError: If the requirements cannot be read, or name what is not a column.
        UsageError: If they are not linear.

    References:
        Kohli, Improving Backpropagation in the PiShield package, 2025, method 1.
    """

    def __init__(
        self,
        requirements: Requirements | str | PathLike[str],
        columns: Sequence[str] | int,
        *,
        bounded: bool = True,
    ) -> None:
        super().__init__()
        self.columns = named_columns(columns)
        self.bounded = bounded
        bound = over_columns(requirements, self.columns)
        if bound.type is not RequirementType.LINEAR:
            raise UsageError(
                f"Signed errors are for linear requirements, but these are {bound.type}."
            )
        literals = [
            literal
            for clause in bound.clauses
            for literal in clause
            if isinstance(literal, Inequality) and literal.terms
        ]
        matrix, bounds = map(torch.from_numpy, matrix_of(literals, self.columns))
        self.register_buffer("matrix", matrix, persistent=False)
        self.register_buffer("bounds", bounds, persistent=False)

    def forward(self, z: Tensor, y: Tensor, targets: Tensor) -> Tensor:
        """The mean over rows and columns, a scalar; arguments as of `of_cells`."""
        return self.of_cells(z, y, targets).mean()

    def of_cells(self, z: Tensor, y: Tensor, targets: Tensor) -> Tensor:
        """The loss of each cell.

        Args:
            z: Raw outputs, shape `(rows, columns)`.
            y: Shielded ones, same shape; their gradient is that of the shield's rule.
            targets: Same shape.

        Returns:
            Same shape.
        """
        error = y - targets
        with torch.no_grad():
            against = moved(z, y) & (self._others(y, error).sign() * error.sign() < 0)
        square = error.square()
        turned = square / (1 + square) if self.bounded else square
        return torch.where(against, -turned, square)

    def _others(self, y: Tensor, error: Tensor) -> Tensor:
        """What the other outputs' errors bring into the bound that each coordinate lies on."""
        matrix, bounds = (self.constants(name).to(y.dtype) for name in ("matrix", "bounds"))
        size = y.abs() @ matrix.abs().T + bounds.abs() + 1
        active = (y @ matrix.T - bounds).abs() <= NEAR * size
        # The first active row that names the coordinate; ties go to the file's order.
        candidates = active.unsqueeze(2) & (matrix != 0).unsqueeze(0)
        row = candidates.byte().argmax(dim=1)
        coefficient = matrix.gather(0, row)
        found = candidates.any(dim=1)
        brought = -((error @ matrix.T).gather(1, row) - coefficient * error)
        return torch.where(found, brought / torch.where(found, coefficient, 1.0), 0.0)
