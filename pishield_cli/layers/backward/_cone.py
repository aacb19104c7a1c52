"""The gradient without what leads out of the requirements."""

from torch import Tensor

from pishield_cli.layers.active import Faces, Shielding, faces_of
from pishield_cli.layers.backward._rule import BeforeAndAfter, Directed
from pishield_cli.layers.rules import RuleName


class Cone(Directed):
    """Hand on `g - A' x` with `x >= 0` of least squares and A the rows active at y.

    So `-r` is the step nearest to `-g` that stays inside the requirements: only the part of the
    gradient that leads outwards goes. It is found exactly, by exchanging active sets.

    On the nearest point, with `z - y = -A' m` and `m >= 0`, and for every feasible t::

        (z - t).r = (y - t).g + x.(A t - A y) - m.(A r)  >=  (y - t).g

    since `A t >= A y` on active rows, and `A r <= 0`. On the sequential correction `z - y` is no
    such combination, and this does not hold.

    References:
        Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.
    """

    name = RuleName.CONE

    def prepare(self, shield: Shielding) -> Faces:
        return faces_of(shield)

    def apply(self, state: Faces, rows: BeforeAndAfter, gradient: Tensor) -> Tensor:
        return state.inward(gradient, state.active(rows.corrected))

    def advance(self, state: Faces, rows: BeforeAndAfter, tangent: Tensor) -> Tensor:
        """Along the active rows: a cone's map is not linear, and has no transpose."""
        return state.tangent(tangent, state.active(rows.corrected))
