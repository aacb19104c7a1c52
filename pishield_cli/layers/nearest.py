"""The shield whose output is the nearest point that satisfies requirements."""

from collections.abc import Collection, Sequence
from os import PathLike

import torch
from torch import Tensor, nn

from pishield_cli.errors import ShapeError, UsageError
from pishield_cli.layers.backward import (
    BackwardRule,
    BeforeAndAfter,
    Directed,
    ScaledCorrection,
    rule_of,
)
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.layers.opaque import is_opaque, searched
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.layers.shield import Shield
from pishield_cli.layers.state import Declared
from pishield_cli.logic.requirements import Requirements, RequirementType

RESTS = 2.0**-46
"""What rounding leaves of a sum that is zero, relative to the largest value of a row."""

SLACK = 64.0
"""Units in the last place to stay inside disjunctions where rounding matters."""

STORED = 2.0
"""Units in the last place that storing a value can take."""


class NearestShield(Declared):
    """Move each row to the nearest one that satisfies linear or disjunctive requirements.

    The least of `sum((weight * (y - z))**2)`, found in double precision; then the correction of
    `Shield` takes away what rounding left. Values that satisfy the requirements stay bit for bit.

    Args:
        requirements: Requirements, or the path of a file of them.
        columns: The name of each column, or how many there are, as in `Shield`.
        weights: For each column what a step of one in it counts, above zero; ones if not given.
        backward: A rule, or its name: `one_sided`, `implicit`, `cone`, `projection` or `ste`.
        fixed: Columns that never move.
        check_nan: Whether a NaN in a column that requirements name raises an error.
        exact: As in `Shield`: whether outputs hold exactly; None for so in `eval()`.

    Attributes:
        shield: The sequential correction.
        nearest: Finds nearest points.
        columns: The columns' names.
        requirements: Over the columns' names.

    Raises:
        RequirementError: If the requirements cannot be read, or name what is not a column.
        ContradictionError: If no values satisfy them.
        ShapeError: If there is not one positive weight a column.
        UsageError: If the requirements are propositional, or the rule belongs to `Shield` alone.

    References:
        Boyd and Vandenberghe, Convex Optimization, 2004, section 8.1; Blondel, Structured
        Prediction with Projection Oracles, NeurIPS 2019.

    Examples:
        >>> import torch
        >>> from pishield_cli.language import parse_requirements
        >>> shield = NearestShield(parse_requirements("low <= high"), ["low", "high"])
        >>> shield(torch.tensor([[3.0, 1.0], [1.0, 3.0]]))
        tensor([[2., 2.],
                [1., 3.]])
    """

    def __init__(
        self,
        requirements: Requirements | str | PathLike[str],
        columns: Sequence[str] | int,
        *,
        weights: Tensor | None = None,
        backward: str | BackwardRule = "one_sided",
        fixed: Collection[str] = (),
        check_nan: bool = True,
        exact: bool | None = None,
    ) -> None:
        super().__init__()
        self.shield = Shield(requirements, columns, fixed=fixed, check_nan=check_nan, exact=exact)
        self.requirements, self.columns = self.shield.requirements, self.shield.columns
        if self.requirements.type is RequirementType.PROPOSITIONAL:
            raise UsageError(
                "Nearest points are for linear and disjunctive requirements, but these are "
                "propositional."
            )
        self.backward_rule = rule_of(backward, ShieldChoice.NEAREST)
        self.fixed = self.shield.fixed
        self.weighted = weights is not None
        units = torch.ones(len(self.columns), dtype=torch.float64)
        if weights is not None:
            units = 1.0 / self._checked(weights)
        self.nearest = NearestPoint(
            self.requirements.clauses, self.columns, fixed=fixed, units=units
        )
        self.declare("weights", 1.0 / units)
        self.rule_state = self.backward_rule.prepare(self)

    def _checked(self, weights: Tensor) -> Tensor:
        if weights.shape != (len(self.columns),) or not bool((weights > 0).all()):
            raise ShapeError(
                f"Weights are {len(self.columns)} numbers above zero, one for each column, "
                f"but these are "
                f"{weights.tolist()}."
            )
        return weights.detach().double()

    @property
    def units(self) -> Tensor:
        """For each column the unit of distances."""
        return self.nearest.units

    @property
    def sweeps(self) -> nn.ModuleList:
        """What the sequential correction consists of."""
        return self.shield.sweeps

    def forward(self, z: Tensor) -> Tensor:
        """The nearest rows.

        Args:
            z: Floating, shape `(..., columns)`.

        Returns:
            Same shape, dtype and device.

        Raises:
            ShapeError: If the last dimension is not the number of columns, or the dtype not
                floating.
            PishieldError: If NaN is checked for and found.
        """
        self.shield.check(z)
        flat = z.reshape(-1, len(self.columns))
        return self._corrected(flat).view(z.shape)

    def _corrected(self, z: Tensor) -> Tensor:
        rule, state = self.backward_rule, self.rule_state
        if not self.weighted:
            return rule.correct(state, ScaledCorrection(self.clip, owner=self.number), z).y
        scale = self.units.to(z)
        weighed = ScaledCorrection(self.clip, torch.zeros_like(scale), scale, self.number)
        return rule.correct(state, weighed, z / scale).corrected

    def clip(self, z: Tensor, placing: Placing = clamp) -> Tensor:
        """The nearest rows, without checks; no value is placed one after the other."""
        del placing
        return searched(z, self.number) if is_opaque() else self.search(z)

    def search(self, z: Tensor) -> Tensor:
        """The nearest rows; see `Searching`."""
        return corrected_to_nearest(self.nearest, self.shield, z)

    def hand(self, gradient: Tensor, *rows: Tensor) -> Tensor:
        """What the rule hands to raw values; see `Searching`."""
        assert isinstance(self.backward_rule, Directed)
        return self.backward_rule.apply(self.rule_state, BeforeAndAfter(*rows), gradient)


def corrected_to_nearest(nearest: NearestPoint, shield: Shield, z: Tensor) -> Tensor:
    """Nearest points, and what rounding left corrected; without gradient.

    Over disjunctions a point that rounding puts just outside its cell may be corrected into another
    one, far away: such rows are tried a little further inside too. An exact shield always has the
    last word, and over disjunctions it is given points a little further inside.

    Args:
        nearest: What finds the points.
        shield: What corrects them.
        z: Raw values, shape `(rows, columns)`.
    """
    if z.is_meta:
        return torch.empty_like(z)
    if torch.compiler.is_exporting() and not nearest.portable:
        raise UsageError(
            "A graph takes the same steps for all values, but nearest points of disjunctions, or "
            "of many inequalities that share columns, are searched for.",
            hint="export a `Shield` instead",
        )
    eps = float(torch.finfo(z.dtype).eps)
    with torch.no_grad():
        if shield.is_exact(z):
            slack = 0.0 if nearest.faces.linear else SLACK * eps
            return shield.clip(_without_rests(nearest(z, slack).values, z))
        y: Tensor = nearest(z, 0.0 if nearest.faces.linear else STORED * eps).values
        if nearest.certain and z.dtype != torch.float64:
            return y
        if torch.compiler.is_exporting():
            return torch.where(nearest.holds(y).unsqueeze(1), y, shield.clip(y))
        rows = (~nearest.holds(y)).nonzero().squeeze(1)
        if not len(rows):
            return y
        raw, ends = z[rows], shield.clip(y[rows])
        if not nearest.faces.linear:
            inside = nearest(raw, SLACK * eps).values
            other = shield.clip(inside)
            nearer = nearest.distances(other - raw) < nearest.distances(ends - raw)
            ends = torch.where(nearer.unsqueeze(1), other, ends)
        y[rows] = ends
        return y


def _without_rests(y: Tensor, z: Tensor) -> Tensor:
    """Points, zero where only rounding is left; other values are corrected by their size."""
    rests = (y.abs() <= RESTS * z.abs().amax(1, keepdim=True)) & (y != z)
    return y.masked_fill(rests, 0.0)
