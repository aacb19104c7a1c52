"""The part of the gradient along the active faces."""

from torch import Tensor

from pishield_cli.layers.active import Faces, Shielding, faces_of
from pishield_cli.layers.backward._rule import BeforeAndAfter, Directed
from pishield_cli.layers.rules import RuleName


class Projection(Directed):
    """Hand on `g - A' (A A')^+ A g`, with A the rows active at y: the null space of A.

    Dependent active rows are dealt with by pseudo-inverses, looked up, in components of few rows;
    in larger ones by leaving out each row that depends on ones before it. Both are the exact
    projection.

    A face that is active is never left again by way of this gradient, even where the loss asks for
    it, and nothing sees how far the raw values have drifted behind it. Add an explicit loss on
    `z - y`, or use `cone`.

    References:
        Kohli, Improving Backpropagation in the PiShield package, 2025, method 2; there row by row.
    """

    name = RuleName.PROJECTION

    def prepare(self, shield: Shielding) -> Faces:
        return faces_of(shield)

    def apply(self, state: Faces, rows: BeforeAndAfter, gradient: Tensor) -> Tensor:
        return state.tangent(gradient, state.active(rows.corrected))
