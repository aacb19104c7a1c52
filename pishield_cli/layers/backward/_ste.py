"""The gradient of the corrected values, straight through."""

from torch import Tensor

from pishield_cli.layers.backward._rule import BeforeAndAfter, Directed
from pishield_cli.layers.rules import RuleName


class StraightThrough(Directed):
    """Hand on `g`, as if nothing had been corrected.

    With the nearest point and squared error towards feasible targets this is as good as
    `one_sided`, to which it is equal. On the sequential correction it is not: a moved variable's
    error is not the doing of its own raw value, which then drifts without end.

    References:
        Bengio, Leonard and Courville, Estimating or Propagating Gradients Through Stochastic
        Neurons, 2013.
    """

    name = RuleName.STE

    def apply(self, state: None, rows: BeforeAndAfter, gradient: Tensor) -> Tensor:
        del state, rows
        return gradient
