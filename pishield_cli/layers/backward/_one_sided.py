"""The gradient without what would push the raw values further out."""

import torch
from torch import Tensor

from pishield_cli.layers.active import Faces, Shielding, faces_of
from pishield_cli.layers.backward._rule import BeforeAndAfter, Directed
from pishield_cli.layers.precision import WORKING
from pishield_cli.layers.rules import RuleName


class OneSided(Directed):
    """Hand on `g - min(0, g.v) v`, with v the unit vector from y to z.

    What a step along `-g` would add to the distance between z and y is taken off; what shortens it
    stays. On the nearest point, where `v.(t - y) <= 0` for every feasible t::

        (z - t).r = (y - t).g - min(0, g.v) (y - t).v + norm(z - y) max(0, g.v)  >=  (y - t).g

    whatever g is. Under squared error, `g = y - t`, the middle term vanishes: r is g, the gradient
    of the Fenchel-Young loss of the distance. On the sequential correction it need not hold.

    References:
        Blondel, Structured Prediction with Projection Oracles, NeurIPS 2019.
    """

    name = RuleName.ONE_SIDED

    def prepare(self, shield: Shielding) -> Faces:
        return faces_of(shield)

    def apply(self, state: Faces, rows: BeforeAndAfter, gradient: Tensor) -> Tensor:
        del state
        working = WORKING.get(gradient.dtype, gradient.dtype)
        way, g = rows.z.to(working) - rows.y.to(working), gradient.to(working)
        v = way / _lengths(way).clamp(min=torch.finfo(working).tiny)
        outward = (g * v).sum(1, keepdim=True).clamp(max=0.0)
        return torch.addcmul(g, outward, v, value=-1.0).to(gradient.dtype)

    def advance(self, state: Faces, rows: BeforeAndAfter, tangent: Tensor) -> Tensor:
        """Along the active inequalities: the rule's map is not linear, and has no transpose."""
        return state.tangent(tangent, state.active(rows.corrected))


def _lengths(way: Tensor) -> Tensor:
    """The rows' lengths, whose squares would overflow in single precision."""
    wide = None if way.device.type == "mps" else torch.float64
    found: Tensor = torch.linalg.vector_norm(way, dim=1, keepdim=True, dtype=wide)
    return found.to(way.dtype)
