"""The derivative of the nearest point."""

from torch import Tensor

from pishield_cli.layers.active import faces_of, kept_by
from pishield_cli.layers.backward._rule import Clipping, Rows, replaced
from pishield_cli.layers.nearest_point import NearestPoint


def implicit(shield: Clipping, z: Tensor) -> Tensor:
    """Hand on `P g`, the derivative of the projection onto the nearest point.

    P projects, as `projection` does, but onto what is orthogonal to the inequalities that *hold*
    the nearest point of z, those of positive multipliers and the equalities; others may be active
    at y and do not count. Nearest points of disjunctions are held by those of one convex part.
    Outputs of a shield that corrects one value after the other get the derivative of the nearest
    point of z all the same.

    The part of the error across those inequalities is not seen, as with `projection`.

    Args:
        shield: What corrects.
        z: Shape `(rows, columns)`.

    References:
        Amos and Kolter, OptNet: Differentiable Optimization as a Layer in Neural Networks, ICML
        2017.
    """
    return replaced(shield, z, _held)


def _held(shield: Clipping, rows: Rows, g: Tensor) -> Tensor:
    held = kept_by(shield, "nearest", NearestPoint)(rows.raw).held
    return faces_of(shield).tangent(g, held)
