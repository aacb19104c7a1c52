"""The derivative of the correction itself."""

from torch import Tensor

from pishield_cli.layers.backward._rule import Clipping


def clamp(shield: Clipping, z: Tensor) -> Tensor:
    """Hand on `J'g`, the derivative of the sequential clipping, by autograd.

    A value that stays has gradient 1; one that moves has none, its gradient goes to the variables
    of the bound it moves to. A value held on its bound from outside can therefore never come back
    by itself, and one variable that bounds many others collects the gradients of them all.

    Args:
        shield: What corrects.
        z: Shape `(rows, columns)`.

    References:
        Stoian et al., How Realistic Is Your Synthetic Data?, ICLR 2024 (PiShield).
    """
    return shield.clip(z)
