"""A shield behind a network that works in standardised units."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pishield_cli.errors import ShapeError
from pishield_cli.layers.active import Faces
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.nearest import NearestShield, nearest_rows
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.layers.shield import Shield
from pishield_cli.layers.units import InUnits, unit_tensor


class Scaled(NamedTuple):
    """Corrected values.

    Attributes:
        standard: In standardised units.
        table: In the table's, in which requirements hold.
    """

    standard: Tensor
    table: Tensor


class ScaledShield(FixedBuffers):
    """Correct values given in standardised units, `table = mean + scale * standard`.

    Requirements hold in the table's units; gradients, projections and distances are taken in the
    standardised ones, so that columns of different units weigh alike. It is the shield of
    `A diag(scale) h >= b - A mean`.

    Args:
        shield: A `Shield` or a `NearestShield`, with its backward rule.
        mean: One number a column.
        scale: One number above zero a column.

    Attributes:
        shield: As given.
        columns: The columns' names.

    Raises:
        ShapeError: If there is not one number a column, or a scale is not above zero.

    Examples:
        >>> import torch
        >>> from pishield_cli.language import parse_requirements
        >>> shield = Shield(parse_requirements("low <= high"), ["low", "high"])
        >>> scaled = ScaledShield(shield, [0.0, 10.0], [1.0, 10.0])
        >>> scaled(torch.tensor([[3.0, -1.0]]))
        Scaled(standard=tensor([[ 3.0000, -0.7000]]), table=tensor([[3., 3.]]))
    """

    def __init__(
        self,
        shield: Shield | NearestShield,
        mean: Tensor | Sequence[float],
        scale: Tensor | Sequence[float],
    ) -> None:
        super().__init__()
        self.shield = shield
        self.columns = shield.columns
        self.register_buffer("mean", self._one_each("mean", mean))
        self.register_buffer("scale", self._one_each("scale", scale))
        if not bool((self.constants("scale") > 0).all()):
            raise ShapeError("A scale is above zero in every column, but this one is not.")
        self._faces: Faces | None = None
        self.nearest: NearestPoint | None = None
        if isinstance(shield, NearestShield):
            self._find_nearest(shield)

    def _one_each(self, name: str, values: Tensor | Sequence[float]) -> Tensor:
        numbers = unit_tensor(values)
        if numbers.shape != (len(self.columns),):
            raise ShapeError(
                f"A {name} has {len(self.columns)} numbers, one a column, but this has shape "
                f"{tuple(numbers.shape)}."
            )
        return numbers

    def _find_nearest(self, shield: NearestShield) -> None:
        units = self.constants("scale") * shield.nearest.get_buffer("units")
        self.nearest = NearestPoint(
            shield.requirements.clauses, self.columns, fixed=shield.fixed, units=units
        )

    def forward(self, h: Tensor, targets: Tensor | None = None) -> Scaled:
        """Correct values.

        Args:
            h: In standardised units, floating, shape `(..., columns)`.
            targets: Likewise, for a rule that learns with them.

        Returns:
            Same shape, dtype and device; both with the gradient of the shield's rule.
        """
        self.shield.check(h)
        flat = h.reshape(-1, len(self.columns))
        inside = InUnits(
            self.shield,
            self._corrected,
            faces=self.faces,
            nearest=self.nearest,
            mean=self.constants("mean").to(h.dtype),
            scale=self.constants("scale").to(h.dtype),
        )
        rule = self.shield.backward_rule
        more = () if targets is None else (targets.reshape(flat.shape),)
        standard = rule(inside, flat, *more)
        table = inside.exactly(standard)
        return Scaled(standard.view(h.shape), table.view(h.shape))

    @property
    def faces(self) -> Faces:
        """The inequalities, in standardised units; made when first asked for."""
        raise NotImplementedError

    def _corrected(self, z: Tensor, placing: Placing = clamp) -> Tensor:
        if self.nearest is None or not isinstance(self.shield, NearestShield):
            assert isinstance(self.shield, Shield)
            return self.shield.clip(z, placing)
        return nearest_rows(self.nearest, self.shield.shield, z)
