"""The gradient without what leads out of the requirements."""

from torch import Tensor

from pishield_cli.layers.active import faces_of
from pishield_cli.layers.backward._rule import Clipping, Rows, replaced


def cone(shield: Clipping, z: Tensor) -> Tensor:
    """Hand on `g - A' x` with `x >= 0` of least squares and A the rows active at y.

    So `-r` is the step nearest to `-g` that stays inside the requirements: only the part of the
    gradient that leads outwards goes. It is found exactly, by exchanging active sets.

    On the nearest point, with `z - y = -A' m` and `m >= 0`, and for every feasible t::

        (z - t).r = (y - t).g + x.(A t - A y) - m.(A r)  >=  (y - t).g

    since `A t >= A y` on active rows, and `A r <= 0`. On the sequential correction `z - y` is no
    such combination, and this does not hold.

    Args:
        shield: What corrects.
        z: Shape `(rows, columns)`.

    References:
        Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.
    """
    return replaced(shield, z, _inward)


def _inward(shield: Clipping, rows: Rows, g: Tensor) -> Tensor:
    faces = faces_of(shield)
    return faces.inward(g, faces.active(rows.corrected))
