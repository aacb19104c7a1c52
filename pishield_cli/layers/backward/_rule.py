"""What backward rules have in common: outputs by the shield, gradients by a rule of their own."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pishield_cli.layers.active import Shielding

TINY = 1e-300
"""Below this a length counts as zero."""


class Clipping(Shielding, Protocol):
    """A shield, in the units that gradients are taken in."""

    def clip(self, z: Tensor) -> Tensor:
        """Corrected values, shape `(rows, columns)`."""
        ...


@runtime_checkable
class Restated(Protocol):
    """A shield in other units than its table's."""

    def table(self, values: Tensor) -> Tensor:
        """Values in the table's units."""
        ...


Direction = Callable[[Clipping, Tensor, Tensor, Tensor], Tensor]
"""From a shield, raw values, corrected values and the gradient of those, to the gradient of the raw
ones; all of shape `(rows, columns)`."""


def in_table(shield: Clipping, values: Tensor) -> Tensor:
    """Values in the units in which requirements are written."""
    return shield.table(values) if isinstance(shield, Restated) else values


def replaced(shield: Clipping, z: Tensor, direction: Direction) -> Tensor:
    """Correct values, with a gradient of its own.

    Args:
        shield: What corrects.
        z: Shape `(rows, columns)`.
        direction: The gradient; it is not differentiated again.
    """
    corrected: Tensor = _Replaced.apply(z, shield, direction)
    return corrected


class _Replaced(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, shield: Clipping, direction: Direction) -> Tensor:
        y = shield.clip(z)
        ctx.save_for_backward(z, y)
        ctx.shield, ctx.direction = shield, direction
        return y

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        z, y = ctx.saved_tensors
        return ctx.direction(ctx.shield, z, y, g), None, None
