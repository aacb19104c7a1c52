"""A shield behind a network that works in standardised units."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from pishield_cli.errors import ShapeError, UsageError
from pishield_cli.layers.active import Faces
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.backward import implicit
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.nearest import NearestShield, nearest_rows
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.layers.shield import Shield
from pishield_cli.layers.units import InUnits, unit_tensor
from pishield_cli.logic.requirements import RequirementType


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
        UsageError: If the requirements are propositional.

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
        if shield.requirements.type is RequirementType.PROPOSITIONAL:
            raise UsageError("Scores are not standardised, but these are propositional.")
        units = self.constants("scale")
        self.weighted = isinstance(shield, NearestShield) and shield.weighted
        if isinstance(shield, NearestShield):
            units = units * shield.nearest.get_buffer("units")
        clauses, fixed = shield.requirements.clauses, shield.fixed
        self.faces = Faces(clauses, self.columns, fixed=fixed, units=units)
        self.nearest: NearestPoint | None = None
        if isinstance(shield, NearestShield) or shield.backward_rule is implicit:
            self.nearest = NearestPoint(clauses, self.columns, fixed=fixed, units=units)
            self.faces = self.nearest.faces

    def _one_each(self, name: str, values: Tensor | Sequence[float]) -> Tensor:
        numbers = unit_tensor(values)
        if numbers.shape != (len(self.columns),):
            raise ShapeError(
                f"A {name} has {len(self.columns)} numbers, one a column, but this has shape "
                f"{tuple(numbers.shape)}."
            )
        return numbers

    def forward(self, h: Tensor, goal: Tensor | None = None) -> Scaled:
        """Correct values.

        Args:
            h: In standardised units, floating, shape `(..., columns)`.
            goal: For the rule `masked`: the targets, in standardised units, same shape. None to
                predict.

        Returns:
            Same shape, dtype and device; both with the gradient of the shield's rule.
        """
        sequential = self._sequential
        sequential.check(h)
        flat = h.reshape(-1, len(self.columns))
        mean, scale = self.constants("mean").to(h.dtype), self.constants("scale").to(h.dtype)
        if goal is not None:
            table = sequential((h * scale + mean), goal.to(h.dtype) * scale + mean)
            return Scaled((table - mean) / scale, table)
        weigh = self._weighing(h)
        inside = InUnits(
            self.shield,
            self._corrected,
            faces=self.faces,
            nearest=self.nearest,
            mean=mean,
            scale=scale if weigh is None else scale * weigh,
        )
        rule = self.shield.backward_rule
        standard = rule(inside, flat if weigh is None else flat / weigh)
        table = inside.exactly(standard)
        if weigh is not None:
            standard = standard * weigh
        return Scaled(standard.view(h.shape), table.view(h.shape))

    @property
    def _sequential(self) -> Shield:
        return self.shield.shield if isinstance(self.shield, NearestShield) else self.shield

    def _weighing(self, h: Tensor) -> Tensor | None:
        """The unit of distances beside the standardised one, where columns are weighed."""
        if not self.weighted or not isinstance(self.shield, NearestShield):
            return None
        return self.shield.nearest.get_buffer("units").to(h.dtype)

    def _corrected(self, z: Tensor, placing: Placing = clamp) -> Tensor:
        if isinstance(self.shield, Shield):
            return self.shield.clip(z, placing)
        assert self.nearest is not None
        return nearest_rows(self.nearest, self._sequential, z)
