"""A network and the shield behind it, in the units that the network works in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.layers.backward import Masked, MaskedSweeps
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.layers.scaled import ScaledShield
from pishield_cli.layers.shield import Shield
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.features import FeatureEncoder, TargetScaler
from pishield_cli.training.monotone import Slope
from pishield_cli.training.monotone_network import MonotoneNetwork
from pishield_cli.training.networks import build_network, hidden_widths
from pishield_cli.training.settings import MaskChoice, TrainSettings

COLDEST = 0.1
"""The temperature of a learnt choice of masks at the end; it begins with 1."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What has to be known to build a model again.

    Attributes:
        encoder: From cells to inputs.
        scaler: From the targets' units to those of the network.
        requirements: Over column names; None for none.
        given: Columns that requirements name and that are not targets; they never move.
        slopes: Rules that the network keeps by construction.
        arch: The architecture.
        fillers: What stands for a missing cell of each given column; 0 where there is none.
    """

    encoder: FeatureEncoder
    scaler: TargetScaler
    requirements: Requirements | None
    given: tuple[str, ...]
    slopes: tuple[Slope, ...]
    arch: str
    fillers: Mapping[str, float] = field(default_factory=dict)

    def given_cells(self, cells: EncodedCells) -> Array:
        """What never moves, `(rows, given)`, missing cells filled."""
        columns = [cells.numbers[name] for name in self.given]
        filled = [
            np.where(np.isfinite(one), one, self.fillers.get(name, 0.0))
            for name, one in zip(self.given, columns, strict=True)
        ]
        return np.stack(filled, axis=1) if filled else np.zeros((cells.rows, 0))

    @property
    def propositional(self) -> bool:
        """Whether targets are truth values, learnt as scores."""
        return (
            self.requirements is not None
            and self.requirements.type is RequirementType.PROPOSITIONAL
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The shield's columns: what never moves, then the targets."""
        return (*self.given, *self.scaler.names)


class Outputs(NamedTuple):
    """What a model gives for some rows, double precision, `(rows, targets)`.

    Attributes:
        standard: In the network's units, in which errors are taken.
        table: In the table's units, in which requirements hold.
    """

    standard: Tensor
    table: Tensor


class ShieldedNetwork(nn.Module):
    """From encoded rows to targets.

    The network computes in single precision; its outputs, the shield and all errors are in double
    precision. Outputs are in standardised units, scores in [0, 1] for propositional requirements.

    Args:
        outline: What to build.
        settings: Which shield and backward.

    Attributes:
        looks_ahead: Whether the shield sees the targets while learning.
    """

    def __init__(self, outline: Outline, settings: TrainSettings) -> None:
        super().__init__()
        settings = settings.settled(outline.requirements)
        self.outline = outline
        inputs, outputs = outline.encoder.width, len(outline.scaler.names)
        self.network: nn.Module
        if outline.slopes:
            self.network = MonotoneNetwork(
                hidden_widths(outline.arch), inputs, outputs, outline.slopes
            )
        else:
            self.network = build_network(outline.arch, inputs, outputs)
        self.shield = self._learning_shield(settings)
        self.after = self._finishing_shield(settings)
        masked = settings.resolved_backward is RuleName.MASKED
        self.looks_ahead = outline.propositional or masked
        self._chooses = masked and settings.masks is not MaskChoice.RANDOM
        self.register_buffer("mean", torch.from_numpy(outline.scaler.mean), persistent=False)
        self.register_buffer("scale", torch.from_numpy(outline.scaler.scale), persistent=False)

    def behind(self, settings: TrainSettings) -> "ShieldedNetwork":
        """The same network behind the shield of other settings."""
        other = ShieldedNetwork(self.outline, settings).to(self.get_buffer("mean").device)
        other.network = self.network
        return other

    @property
    def defined(self) -> frozenset[str]:
        """Targets that equalities move on nearly every row: all of theirs to the nearest point."""
        shield = self.shield.shield if isinstance(self.shield, ScaledShield) else self.shield
        nearest = isinstance(shield, NearestShield)
        if isinstance(shield, NearestShield):
            shield = shield.shield
        plans = shield.plan if isinstance(shield, Shield) else ()
        bounds = [
            (step.variable, step.equality)
            for plan in plans
            for steps in (plan.steps or (), *plan.parts)
            for step in steps
            if step.equality is not None
        ]
        shared = [name for _, bound in bounds for name, _ in bound.terms] if nearest else []
        return frozenset((*(name for name, _ in bounds), *shared))

    def raw(self, rows: Tensor) -> Tensor:
        """The outputs before any shield, double precision, `(rows, targets)`."""
        outputs: Tensor = self.network(rows).double()
        return outputs.sigmoid() if self.outline.propositional else outputs

    def shielded(self, z: Tensor, given: Tensor) -> Outputs:
        """Raw outputs behind the shield that the network learns with, if there is one.

        Args:
            z: As `raw` gives them.
            given: What never moves, in the table's units, `(rows, given)`.
        """
        if self.shield is None:
            return Outputs(z, self.unscaled(z))
        return self._applied(self.shield, z, given)

    def learning(self, z: Tensor, given: Tensor, truths: Tensor) -> Tensor:
        """Likewise in the network's units, as they are while learning.

        Some methods look at the targets then: scores are corrected only as far as these agree, and
        masked variables are replaced by them.

        Args:
            z: As `raw` gives them.
            given: What never moves.
            truths: The targets, in the network's units; NaN where they are missing, for which the
                raw outputs stand.
        """
        if self.shield is None or not self.looks_ahead:
            return self.shielded(z, given).standard
        truths = torch.where(truths.isnan(), z.detach(), truths)
        goal = torch.cat([given, truths], dim=1)
        if self.outline.propositional:
            goal = goal.clamp(0, 1).round()
        return self._applied(self.shield, z, given, goal=goal).standard

    def smooth(self, rows: Tensor, *, finished: bool = False) -> Tensor:
        """The outputs as a function of encoded rows that can be differentiated either way.

        They are behind the shield, whose derivative is the correction's own; before it where it
        also looks at what cannot be told from encoded rows: what requirements work out from cells.

        Args:
            rows: As the encoder makes them.
            finished: Whether they are corrected even if the network learns freely.
        """
        z = self.raw(rows)
        shield = self.after if finished and self.shield is None else self.shield
        given = self._given_in(rows)
        if not isinstance(shield, ScaledShield) or given is None:
            return z
        return shield.smooth(torch.cat([given, z], dim=1))[:, given.shape[1] :]

    def _given_in(self, rows: Tensor) -> Tensor | None:
        """What never moves, from encoded rows; None where these do not tell it."""
        found = self.outline.encoder.placed(self.outline.given)
        if found is None:
            return None
        places, mean, scale = found
        like = self.get_buffer("mean")
        columns = rows[:, places].double() * torch.from_numpy(scale).to(like)
        return columns + torch.from_numpy(mean).to(like)

    def anneal(self, share: float) -> None:
        """Make a learnt choice of masks the more decided, the more of the training is over.

        Args:
            share: How much is over, from 0 to 1.
        """
        for module in self.modules() if self._chooses else ():
            if isinstance(module, MaskedSweeps):
                module.anneal(COLDEST**share)

    def finished(self, z: Tensor, given: Tensor) -> Outputs:
        """Raw outputs corrected after training, whatever the network learnt with."""
        if self.after is None:
            return Outputs(z, self.unscaled(z))
        return self._applied(self.after, z, given)

    def predicted(self, z: Tensor, given: Tensor) -> Outputs:
        """What the method makes of raw outputs: freely learnt ones are corrected afterwards."""
        return self.finished(z, given) if self.shield is None else self.shielded(z, given)

    def unscaled(self, outputs: Tensor) -> Tensor:
        """Outputs in the table's units."""
        return outputs * self.get_buffer("scale") + self.get_buffer("mean")

    def _applied(self, shield: nn.Module, z: Tensor, given: Tensor, **more: Tensor) -> Outputs:
        found = shield(torch.cat([given.to(z), z], dim=1), **more)
        standard, table = found if isinstance(found, tuple) else (found, found)
        first = given.shape[1]
        return Outputs(standard[:, first:], table[:, first:])

    def _learning_shield(self, settings: TrainSettings) -> nn.Module | None:
        if self.outline.requirements is None or settings.shield is ShieldChoice.NONE:
            return None
        return build_shield(self.outline, settings)

    def _finishing_shield(self, settings: TrainSettings) -> nn.Module | None:
        if self.outline.requirements is None:
            return None
        linear = self.outline.requirements.type is RequirementType.LINEAR
        choice = ShieldChoice.NEAREST if linear else ShieldChoice.LAYER
        return build_shield(self.outline, replace(settings, shield=choice, backward=None))


def build_shield(outline: Outline, settings: TrainSettings) -> nn.Module:
    """A shield over what never moves, in the table's units, and targets in standardised ones."""
    requirements = outline.requirements
    assert requirements is not None
    columns = outline.columns
    requirements = within(requirements, columns)
    if outline.propositional:
        _refuse_for_scores(settings)
        return Shield(requirements, columns, fixed=outline.given, check_nan=False)
    mean = torch.cat([torch.zeros(len(outline.given)), torch.from_numpy(outline.scaler.mean)])
    scale = torch.cat([torch.ones(len(outline.given)), torch.from_numpy(outline.scaler.scale)])
    rule: str | Masked = settings.resolved_backward.value
    if settings.resolved_backward is RuleName.MASKED:
        rule = Masked(settings.masks.value)
    shield: Shield | NearestShield
    if settings.shield is ShieldChoice.NEAREST:
        shield = NearestShield(
            requirements, columns, backward=str(rule), fixed=outline.given, check_nan=False
        )
    else:
        shield = Shield(requirements, columns, backward=rule, fixed=outline.given, check_nan=False)
    return ScaledShield(shield, mean, scale)


def _refuse_for_scores(settings: TrainSettings) -> None:
    if settings.shield is ShieldChoice.NEAREST:
        raise UsageError(
            "--shield nearest is for numbers, but these requirements are propositional."
        )
    if settings.backward not in {None, RuleName.CLAMP}:
        raise UsageError(
            f"--backward {settings.backward} is for numbers, but these requirements are "
            "propositional.",
            hint="leave it out",
        )


def within(requirements: Requirements, columns: Sequence[str]) -> Requirements:
    """The requirements as a plan takes them: over columns of numbers, derived or not.

    Args:
        requirements: Over a table's columns.
        columns: Those that the ordering may list.
    """
    return replace(over(requirements, columns), derived={}, uses={}, domains={})


def over(requirements: Requirements, columns: Sequence[str]) -> Requirements:
    """The requirements, with an ordering that lists only these columns."""
    if requirements.ordering is None:
        return requirements
    kept = tuple(name for name in requirements.ordering if name in columns)
    return replace(requirements, ordering=kept or None)


def fillers(cells: EncodedCells, names: Iterable[str]) -> dict[str, float]:
    """What stands for missing cells of some columns: the lower of the two middle values."""
    found = {}
    for name in names:
        present = np.sort(cells.numbers[name][np.isfinite(cells.numbers[name])])
        if len(present):
            found[name] = float(present[(len(present) - 1) // 2])
    return found
