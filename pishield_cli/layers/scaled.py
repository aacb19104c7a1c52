"""A shield behind a network that works in standardised units."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pishield_cli.errors import ShapeError, UsageError
from pishield_cli.layers.backward import BeforeAndAfter, Directed, ScaledCorrection
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.nearest import NearestShield, corrected_to_nearest
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.layers.opaque import is_opaque, searched
from pishield_cli.layers.shield import Shield
from pishield_cli.layers.state import Declared
from pishield_cli.logic.requirements import Requirements, RequirementType


class Scaled(NamedTuple):
    """Corrected values.

    Attributes:
        standard: In standardised units.
        table: In the table's, in which requirements hold.
    """

    standard: Tensor
    table: Tensor


class ScaledShield(Declared):
    """Correct values given in standardised units, `table = mean + scale * standard`.

    Requirements hold in the table's units; gradients, projections and distances are taken in the
    standardised ones, so that columns of different units weigh alike. It is the shield of
    `A diag(scale) h >= b - A mean`.

    Args:
        shield: A `Shield` or a `NearestShield`, with its backward rule.
        mean: One number for each column.
        scale: One number above zero a column.

    Attributes:
        shield: As given.
        columns: The columns' names.

    Raises:
        ShapeError: If there is not one number for each column, or a scale is not above zero.
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
        self.declare("mean", self._one_each("mean", mean))
        self.declare("scale", self._one_each("scale", scale))
        if not bool((self.constants("scale") > 0).all()):
            raise ShapeError("A scale is above zero in every column, but this one is not.")
        if shield.requirements.type is RequirementType.PROPOSITIONAL:
            raise UsageError("Scores are not standardised, but these are propositional.")
        self.fixed = shield.fixed
        self.weighted = isinstance(shield, NearestShield) and shield.weighted
        self.nearest: NearestPoint | None = None
        if isinstance(shield, NearestShield):
            clauses, fixed = shield.requirements.clauses, shield.fixed
            self.nearest = NearestPoint(clauses, self.columns, fixed=fixed, units=self.units)
        rule = shield.backward_rule
        # A rule that sweeps does so in the table's units, with what its shield has prepared.
        self.rule_state = rule.prepare(self) if isinstance(rule, Directed) else None

    @property
    def requirements(self) -> Requirements:
        """Of the shield, in the table's units."""
        return self.shield.requirements

    @property
    def units(self) -> Tensor:
        """For each column the unit of gradients and distances."""
        return self.constants("scale") * self.shield.units

    @property
    def sweeps(self) -> nn.ModuleList:
        """What the sequential correction consists of."""
        return self.shield.sweeps

    def _one_each(self, name: str, values: Tensor | Sequence[float]) -> Tensor:
        numbers = torch.as_tensor(values, dtype=torch.float64).detach()
        if numbers.shape != (len(self.columns),):
            raise ShapeError(
                f"A {name} has {len(self.columns)} numbers, one for each column, "
                f"but this has shape "
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
        mean, scale = self.constants("mean").to(h), self.constants("scale").to(h)
        if goal is not None:
            table = sequential((h * scale + mean), goal.to(h.dtype) * scale + mean)
            return Scaled((table - mean) / scale, table)
        # Distances are taken in the standardised unit, or in a part of it where columns weigh.
        weigh = self.shield.units.to(h) if self.weighted else None
        unit = scale if weigh is None else scale * weigh
        correction = ScaledCorrection(self._clip, mean, unit, self.number)
        given = flat if weigh is None else flat / weigh
        found = self.shield.backward_rule.correct(self.rule_state, correction, given)
        standard = found.y if weigh is None else found.y * weigh
        return Scaled(standard.view(h.shape), found.corrected.view(h.shape))

    @property
    def _sequential(self) -> Shield:
        return self.shield.shield if isinstance(self.shield, NearestShield) else self.shield

    def smooth(self, h: Tensor) -> Tensor:
        """Corrected values whose derivative is the correction's own, whatever the backward rule.

        It can be differentiated in either mode, and one within the other; fixed columns count.

        Args:
            h: In standardised units, shape `(rows, columns)`.

        Returns:
            Likewise.
        """
        mean, scale = self.constants("mean").to(h), self.constants("scale").to(h)
        if self.nearest is None:
            found: Tensor = (self.shield.clip(h * scale + mean) - mean) / scale
            return found
        fixed = h.detach()
        with torch.no_grad():
            standard: Tensor = self(fixed).standard
            held = self.nearest.held(self.nearest(fixed * scale + mean))
        return standard + self.nearest.faces.carried(h - fixed, self.nearest.units, held)

    def _clip(self, z: Tensor, placing: Placing = clamp) -> Tensor:
        """Correct in the table's units, to what is nearest in the shield's own."""
        if self.nearest is None:
            return self.shield.clip(z, placing)
        return searched(z, self.number) if is_opaque() else self.search(z)

    def search(self, z: Tensor) -> Tensor:
        """The nearest rows; see `Searching`."""
        assert self.nearest is not None
        return corrected_to_nearest(self.nearest, self._sequential, z)

    def hand(self, gradient: Tensor, *rows: Tensor) -> Tensor:
        """What the rule hands to raw values; see `Searching`."""
        rule = self.shield.backward_rule
        assert isinstance(rule, Directed)
        return rule.apply(self.rule_state, BeforeAndAfter(*rows), gradient)
