"""The derivative of the nearest point."""

from torch import Tensor

from pishield_cli.layers.active import Shielding
from pishield_cli.layers.backward._rule import BeforeAndAfter, Directed
from pishield_cli.layers.nearest_point import NearestPoint, nearest_of
from pishield_cli.layers.rules import RuleName


class Implicit(Directed):
    """Hand on `P g`, the derivative of the projection onto the nearest point.

    P projects, as `projection` does, but onto what is orthogonal to the inequalities that *hold*
    the nearest point of z, those of positive multipliers and the equalities; others may be active
    at y and do not count. Nearest points of disjunctions are held by those of one convex part.
    Outputs of a shield that corrects one value after the other get the derivative of the nearest
    point of z all the same.

    The part of the error across those inequalities is not seen, as with `projection`.

    References:
        Amos and Kolter, OptNet: Differentiable Optimization as a Layer in Neural Networks, ICML
        2017.
    """

    name = RuleName.IMPLICIT

    def prepare(self, shield: Shielding) -> NearestPoint:
        return nearest_of(shield)

    def apply(self, state: NearestPoint, rows: BeforeAndAfter, gradient: Tensor) -> Tensor:
        return state.faces.tangent(gradient, state.held(state(rows.raw)))
