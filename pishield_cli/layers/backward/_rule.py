"""What backward rules have in common: outputs by the shield, gradients by a rule of their own."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

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
    """A shield in other units than its table's, and what it saw and made last in the table's."""

    raw: Tensor
    corrected: Tensor


class Rows(NamedTuple):
    """Values before and after correction, shape `(rows, columns)`.

    Attributes:
        z: Before, in the units of the gradient.
        y: After, likewise.
        raw: Before, in the units in which requirements are written.
        corrected: After, likewise.
    """

    z: Tensor
    y: Tensor
    raw: Tensor
    corrected: Tensor


Direction = Callable[[Clipping, Rows, Tensor], Tensor]
"""From a shield, its rows, and the gradient of corrected values, to that of raw ones."""


def replaced(shield: Clipping, z: Tensor, direction: Direction) -> Tensor:
    """Correct values, with a gradient of its own.

    Args:
        shield: What corrects.
        z: Shape `(rows, columns)`.
        direction: The gradient; it is not differentiated again.
    """
    args = (z, shield, direction)
    corrected: Tensor = _Replaced.apply(*args)  # type: ignore[no-untyped-call]
    return corrected


class _Replaced(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, shield: Clipping, direction: Direction) -> Tensor:
        y = shield.clip(z)
        tables = (shield.raw, shield.corrected) if isinstance(shield, Restated) else (z, y)
        ctx.save_for_backward(z, y, *tables)
        ctx.shield, ctx.direction = shield, direction
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        return ctx.direction(ctx.shield, Rows(*ctx.saved_tensors), g), None, None
