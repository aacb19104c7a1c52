"""The gradient without what would push the raw values further out."""

import torch
from torch import Tensor

from pishield_cli.layers.backward._rule import TINY, Clipping, Rows, replaced


def one_sided(shield: Clipping, z: Tensor) -> Tensor:
    """Hand on `g - min(0, g.v) v`, with v the unit vector from y to z.

    What a step along `-g` would add to the distance between z and y is taken off; what shortens it
    stays. On the nearest point, where `v.(t - y) <= 0` for every feasible t::

        (z - t).r = (y - t).g - min(0, g.v) (y - t).v + norm(z - y) max(0, g.v)  >=  (y - t).g

    whatever g is. Under squared error, `g = y - t`, the middle term vanishes: r is g, the gradient
    of the Fenchel-Young loss of the distance. On the sequential correction it need not hold.

    Args:
        shield: What corrects.
        z: Shape `(rows, columns)`.

    References:
        Blondel, Structured Prediction with Projection Oracles, NeurIPS 2019.
    """
    return replaced(shield, z, _inward)


def _inward(shield: Clipping, rows: Rows, g: Tensor) -> Tensor:
    del shield
    way = rows.z - rows.y
    if way.device.type != "mps":
        way = way.double()
    length = torch.linalg.vector_norm(way, dim=1, keepdim=True)
    v = torch.where(length > TINY, way / length.clamp(min=TINY), 0.0)
    outward = (g.to(v.dtype) * v).sum(1, keepdim=True).clamp(max=0.0)
    return g - (outward * v).to(g.dtype)
