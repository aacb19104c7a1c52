"""A shield in other units than those of its table."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pishield_cli.layers.active import Clausal, Faces, Shielding
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.nearest_point import NearestPoint

Correction = Callable[[Tensor, Placing], Tensor]
"""From values in the table's units, and what is done with those that move, to corrected ones."""


class InUnits:
    """One call of a shield in other units: gradients and distances are taken in them.

    Args:
        shield: Whose requirements they are.
        correction: What corrects.
        faces: The inequalities, in these units.
        nearest: Makes what finds nearest points in these units, when asked.
        mean: The table's value of zero, column by column.
        scale: The table's unit, likewise.

    Attributes:
        raw: What was corrected last, in the table's units.
        corrected: What was made of it.
    """

    def __init__(
        self,
        shield: Shielding,
        correction: Correction,
        *,
        faces: Faces,
        nearest: NearestPoint | None,
        mean: Tensor | float,
        scale: Tensor,
    ) -> None:
        self.columns: tuple[str, ...] = shield.columns
        self.fixed: frozenset[str] = shield.fixed
        self.requirements: Clausal = shield.requirements
        self.faces = faces
        self.nearest = nearest
        self._correction = correction
        self._mean, self._scale = mean, scale
        self.raw = self.corrected = torch.empty(0)

    def clip(self, h: Tensor, placing: Placing = clamp) -> Tensor:
        """Corrected values in these units; differentiable where the correction is."""
        z = h * self._scale + self._mean
        y = self._correction(z, placing)
        self.raw, self.corrected = z.detach(), y.detach()
        # A value that stays keeps its bits.
        moved = self.corrected != self.raw
        return torch.where(moved, (y - self._mean) / self._scale, h + (y - z) / self._scale)

    def exactly(self, y: Tensor) -> Tensor:
        """Corrected values in the table's units, with the gradient of those in these."""
        args = (y, self.corrected, self._scale)
        exact: Tensor = _Exactly.apply(*args)  # type: ignore[no-untyped-call]
        return exact


class _Exactly(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, corrected: Tensor, scale: Tensor) -> Tensor:
        del y
        ctx.save_for_backward(scale)
        return corrected.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        (scale,) = ctx.saved_tensors
        return g * scale, None, None


def unit_tensor(values: Tensor | Sequence[float]) -> Tensor:
    """One number a column, double precision."""
    return torch.as_tensor(values, dtype=torch.float64).detach()
