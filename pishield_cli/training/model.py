"""A network and the shield behind it, in the units that the network works in."""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pishield_cli.layers.backward import MaskedSweeps
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.layers.scaled import ScaledShield
from pishield_cli.layers.shield import Shield
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.training.monotone_network import MonotoneNetwork
from pishield_cli.training.networks import build_network, hidden_widths
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import MaskChoice, TrainSettings
from pishield_cli.training.shields import build_shield, text_shield

COLDEST = 0.1
"""The temperature of a learnt choice of masks at the end; it begins with 1."""


class Outputs(NamedTuple):
    """What a model gives for some rows, double precision, `(rows, outputs)`.

    A target that is a number is one output; one of texts is as many as it has values: their
    probabilities, behind all numbers, the same in both units.

    Attributes:
        standard: In the network's units, in which errors are taken.
        table: In the table's units, in which requirements hold.
    """

    standard: Tensor
    table: Tensor


class ShieldedNetwork(nn.Module):
    """From encoded rows to targets.

    The network computes in single precision; its outputs, the shield and all errors are in double
    precision. Outputs are in standardised units, scores in [0, 1] for propositional requirements,
    and probabilities of texts. Texts are settled first, each to the likeliest one that leaves the
    numbers a solution; then the numbers, beside them.

    Args:
        outline: What to build.
        settings: Which shield and backward.

    Attributes:
        looks_ahead: Whether the shield sees the targets while learning.
        shields: Whether there is a shield while learning.
    """

    def __init__(self, outline: Outline, settings: TrainSettings) -> None:
        super().__init__()
        settings = settings.settled(outline.requirements, texts=bool(outline.texts))
        self.outline = outline
        inputs, outputs = outline.encoder.width, outline.numbers + outline.texts.width
        self.network: nn.Module
        if outline.slopes:
            self.network = MonotoneNetwork(
                hidden_widths(outline.arch), inputs, outputs, outline.slopes
            )
        else:
            self.network = build_network(outline.arch, inputs, outputs)
        self.texts = text_shield(outline, settings) if outline.texts else None
        self.shield = self._learning_shield(settings)
        self.after = self._finishing_shield(settings)
        masked = settings.resolved_backward is RuleName.MASKED
        self.looks_ahead = outline.propositional or masked
        self.shields = outline.requirements is not None and settings.shield is not ShieldChoice.NONE
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
        """The outputs before any shield, double precision, `(rows, outputs)`."""
        outputs: Tensor = self.network(rows).double()
        numbers, logits = self.parts(outputs)
        if self.outline.propositional:
            numbers = numbers.sigmoid()
        spans = self.outline.texts.spans
        return torch.cat([numbers, *(logits[:, span].softmax(1) for span in spans)], dim=1)

    def parts(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs of numbers, and those of texts."""
        first = self.outline.numbers
        return outputs[:, :first], outputs[:, first:]

    def shielded(self, z: Tensor, given: Tensor) -> Outputs:
        """Raw outputs behind the shield that the network learns with, if there is one.

        Args:
            z: As `raw` gives them.
            given: What never moves, in the table's units, `(rows, given)`.
        """
        if not self.shields:
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
        own, raw = (self.parts(one)[0] for one in (truths, z.detach()))
        goal = torch.where(own.isnan(), raw, own)
        if self.outline.propositional:
            goal = goal.clamp(0, 1).round()
        return self._applied(self.shield, z, given, goal).standard

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
        numbers, texts = self.parts(z)
        given = self._beside(given, self._settled(texts.detach(), given))
        found = shield.smooth(torch.cat([given, numbers], dim=1))[:, given.shape[1] :]
        return torch.cat([found, texts], dim=1)

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
        if self.outline.requirements is None:
            return Outputs(z, self.unscaled(z))
        return self._applied(self.after, z, given)

    def predicted(self, z: Tensor, given: Tensor) -> Outputs:
        """What the method makes of raw outputs: freely learnt ones are corrected afterwards."""
        return self.shielded(z, given) if self.shields else self.finished(z, given)

    def unscaled(self, outputs: Tensor) -> Tensor:
        """Outputs in the table's units."""
        numbers, texts = self.parts(outputs)
        table = numbers * self.get_buffer("scale") + self.get_buffer("mean")
        return torch.cat([table, texts], dim=1)

    def told(self, outputs: Tensor) -> Tensor:
        """Outputs as one value for each target: numbers, and the places of the likeliest texts."""
        if self.texts is None:
            return outputs
        numbers, texts = self.parts(outputs)
        return torch.cat([numbers, self.texts.likeliest(texts).to(numbers)], dim=1)

    def whole(self, outputs: Tensor, given: Tensor) -> Tensor:
        """Outputs as requirements see them: as `columns` of the outline are."""
        numbers, texts = self.parts(outputs)
        return torch.cat([self._beside(given, texts).to(numbers), numbers], dim=1)

    def _beside(self, given: Tensor, texts: Tensor) -> Tensor:
        """What does not move when numbers do."""
        return given if self.texts is None else torch.cat([given, self.texts.codes(texts)], dim=1)

    def _settled(self, texts: Tensor, given: Tensor) -> Tensor:
        if self.texts is None:
            return texts
        found: Tensor = self.texts(texts, given)
        return found

    def _applied(
        self, shield: nn.Module | None, z: Tensor, given: Tensor, goal: Tensor | None = None
    ) -> Outputs:
        numbers, texts = self.parts(z)
        texts = self._settled(texts, given)
        fixed = self._beside(given, texts).to(z)
        if shield is None:
            joined = torch.cat([numbers, texts], dim=1)
            return Outputs(joined, self.unscaled(joined))
        more = {} if goal is None else {"goal": torch.cat([fixed, goal], dim=1)}
        found = shield(torch.cat([fixed, numbers], dim=1), **more)
        both = found if isinstance(found, tuple) else (found, found)
        first = fixed.shape[1]
        return Outputs(*(torch.cat([one[:, first:], texts], dim=1) for one in both))

    def _learning_shield(self, settings: TrainSettings) -> nn.Module | None:
        if not self.outline.bounded or settings.shield is ShieldChoice.NONE:
            return None
        return build_shield(self.outline, settings)

    def _finishing_shield(self, settings: TrainSettings) -> nn.Module | None:
        if not self.outline.bounded:
            return None
        assert self.outline.requirements is not None
        linear = self.outline.requirements.type is RequirementType.LINEAR
        choice = ShieldChoice.NEAREST if linear else ShieldChoice.LAYER
        return build_shield(self.outline, replace(settings, shield=choice, backward=None))
