"""The derivative of the correction itself."""

from pishield_cli.layers.backward._rule import Swept
from pishield_cli.layers.rules import RuleName


class Clamp(Swept):
    """Hand on `J'g`, the derivative of the sequential clipping, by autograd.

    A value that stays has gradient 1; one that moves has none, its gradient goes to the variables
    of the bound it moves to. A value held on its bound from outside can therefore never come back
    by itself, and one variable that bounds many others collects the gradients of them all.

    References:
        Stoian et al., How Realistic Is Your Synthetic Data?, ICLR 2024 (PiShield).
    """

    name = RuleName.CLAMP
