"""What a batch is judged by: the error of the targets, and what is added to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pishield_cli.errors import UsageError
from pishield_cli.kernels.changes import moved
from pishield_cli.kernels.columns import Array
from pishield_cli.layers.penalties import ViolationPenalty
from pishield_cli.layers.signed_errors import SignedErrors
from pishield_cli.layers.tnorms import TNormLoss
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.terms import Clause, Inequality, Literal, Term
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.features import TargetScaler
from pishield_cli.training.losses import target_loss, text_losses
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.monotone import Slope, draw_points, monotone_penalty
from pishield_cli.training.outline import Outline, within
from pishield_cli.training.settings import SIGNED, LossChoice, TrainSettings

_PLAIN = TrainSettings()


@dataclass(frozen=True, slots=True)
class Minibatch:
    """Some rows as tensors on the device.

    Attributes:
        inputs: Encoded features, single precision.
        given: Columns that never move, in the table's units.
        truths: Targets in the network's units, then for each of texts its place among the values;
            NaN where they are missing.
    """

    inputs: Tensor
    given: Tensor
    truths: Tensor

    @property
    def present(self) -> Tensor:
        """Which targets are there, bool, `(rows, targets)`."""
        return ~self.truths.isnan()


def batch_of(
    outline: Outline, cells: EncodedCells, truths: Array, device: torch.device
) -> Minibatch:
    """A batch of all rows of some cells.

    Args:
        outline: What encodes them.
        cells: The rows.
        truths: Their targets, in the table's units, places of texts last, `(rows, targets)`.
        device: Where to.
    """
    encoder, first = outline.encoder, outline.numbers
    scaled = np.concatenate([outline.scaler.scaled(truths[:, :first]), truths[:, first:]], axis=1)
    arrays = (encoder.encode(cells), outline.given_cells(cells), scaled)
    return Minibatch(*(torch.from_numpy(each).to(device) for each in arrays))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The loss of a batch, and which of its rows the shield moved."""

    loss: Tensor
    corrected: Tensor


class PredictObjective:
    """The loss of `train --objective predict`.

    The error of the shielded outputs (mean squared in standardised units; binary cross-entropy for
    propositional requirements; cross-entropy for texts), plus `restore` times half the mean squared
    way that the shield had to go, which keeps raw outputs from drifting where no gradient sees
    them; plus what else was asked for.

    Args:
        model: The model.
        settings: The weights.
        box: The least and greatest inputs of the training part.
        slopes: Rules that the penalty asks for.
        generator: Where random points come from.
    """

    def __init__(
        self,
        model: ShieldedNetwork,
        settings: TrainSettings,
        box: tuple[Tensor, Tensor],
        slopes: Sequence[Slope],
        generator: torch.Generator,
    ) -> None:
        self._model = model
        self._settings = settings
        self._box = box
        self._slopes = slopes
        self._generator = generator
        self._penalty = violation_penalty(model.outline) if settings.penalty else None
        self._tnorm = _tnorm_loss(model.outline, settings)
        self._signs = None
        if settings.loss in SIGNED:
            self._signs = signed_errors(model.outline, settings.loss)
        for module in (self._penalty, self._tnorm, self._signs):
            if module is not None:
                module.to(model.get_buffer("mean").device)

    def __call__(self, batch: Minibatch) -> Judgement:
        """The loss of a batch."""
        model, settings = self._model, self._settings
        z = model.raw(batch.inputs)
        y = model.learning(z, batch.given, batch.truths)
        loss = self._error(z, y, batch)
        if settings.restore and model.shields:
            loss = loss + settings.restore * (z - self._settled(z, y, batch)).square().mean() / 2
        loss = loss + self._extras(z, batch)
        return Judgement(loss, moved_rows(z.detach(), y.detach()))

    def _settled(self, z: Tensor, y: Tensor, batch: Minibatch) -> Tensor:
        """Where the shield moves raw outputs to, without gradient."""
        if self._model.looks_ahead:
            # What is learnt from then is not what the shield makes of them.
            y = self._model.shielded(z.detach(), batch.given).standard
        return y.detach()

    def _error(self, z: Tensor, y: Tensor, batch: Minibatch) -> Tensor:
        if self._signs is None:
            return prediction_error(self._model, y, batch, self._settings)
        return _joined(self._model, self._signed(z, y, batch), y, batch)

    def _signed(self, z: Tensor, y: Tensor, batch: Minibatch) -> Tensor:
        assert self._signs is not None
        model, first = self._model, len(self._model.outline.fixed)
        (truths, _), (numbers, texts) = model.parts(batch.truths), model.parts(y)
        # Where a target is missing, nothing is wrong.
        known = torch.where(truths.isnan(), numbers.detach(), truths)
        rows = (z, y, torch.cat([known, texts], dim=1))
        whole = (model.whole(one, batch.given) for one in rows)
        mean = self._signs.of_cells(*whole)[:, first:].mean()
        return mean / (~truths.isnan()).to(mean.dtype).mean()

    def _extras(self, z: Tensor, batch: Minibatch) -> Tensor:
        settings, total = self._settings, z.new_zeros(())
        whole = self._model.whole(z, batch.given)
        if self._penalty is not None:
            total = total + settings.penalty * self._penalty(whole)
        if self._tnorm is not None:
            total = total + settings.tnorm_weight * self._tnorm(whole)
        if self._slopes and settings.monotone_weight:
            points = draw_points(
                settings.monotone_points, batch.inputs, *self._box, self._generator
            )
            total = total + settings.monotone_weight * monotone_penalty(
                self._model.smooth, points, self._slopes
            )
        return total


def prediction_error(
    model: ShieldedNetwork, y: Tensor, batch: Minibatch, settings: TrainSettings = _PLAIN
) -> Tensor:
    """The mean loss that was asked for, of the targets that are there.

    Of scores and of texts it is the cross-entropy. Each target weighs alike.

    Args:
        model: What predicted.
        y: Its predictions, shape `(rows, outputs)`.
        batch: The truths of these rows, and which are there.
        settings: The loss and its level.
    """
    (numbers, _), (truths, _) = model.parts(y), model.parts(batch.truths)
    if not model.outline.numbers:
        return _joined(model, y.new_zeros(()), y, batch)
    present = ~truths.isnan()
    if model.outline.propositional:
        # A score of exactly 0 or 1 has no finite logarithm.
        weight, known = present.to(y.dtype), torch.where(present, truths, 0.0)
        mean = functional.binary_cross_entropy(numbers.clamp(1e-7, 1 - 1e-7), known, weight)
        return _joined(model, mean / weight.mean(), y, batch)
    error = target_loss(settings.loss, numbers - truths, settings.level, present)
    return _joined(model, error, y, batch)


def _joined(model: ShieldedNetwork, numbers: Tensor, y: Tensor, batch: Minibatch) -> Tensor:
    """The mean loss of numbers, and that of texts, as one mean over all targets."""
    texts = model.outline.texts
    if not texts:
        return numbers
    (_, probabilities), (_, places) = model.parts(y), model.parts(batch.truths)
    losses = text_losses(texts, probabilities, places)
    return (numbers * model.outline.numbers + losses.sum()) / len(model.outline.targets)


def moved_rows(z: Tensor, y: Tensor) -> Tensor:
    """Which rows a shield moved by more than rounding, bool, shape `(rows,)`."""
    found: Tensor = moved(z, y).any(dim=1)
    return found


def violation_penalty(outline: Outline) -> ViolationPenalty:
    """The mean violation of raw outputs, each inequality in units of its own length.

    Inequalities are rewritten for standardised targets and divided by the length of their
    coefficients, so that a violation is a distance there and columns of all units weigh alike.

    Raises:
        UsageError: If there are no requirements.
    """
    if outline.requirements is None:
        raise UsageError("--penalty needs requirements.", hint="name their file after DATA")
    requirements = within(outline.requirements, outline.columns)
    if not outline.propositional:
        requirements = standardised(requirements, outline.scaler)
    return ViolationPenalty(requirements, outline.columns)


def standardised(requirements: Requirements, scaler: TargetScaler) -> Requirements:
    """Requirements over standardised targets, each inequality of length one in them."""
    units = {
        name: (Fraction(float(mean)), Fraction(float(scale)))
        for name, mean, scale in zip(scaler.names, scaler.mean, scaler.scale, strict=True)
    }
    listed = tuple(
        replace(
            one,
            clauses=tuple(
                Clause(tuple(_rescaled(literal, units) for literal in clause))
                for clause in one.clauses
            ),
        )
        for one in requirements.requirements
    )
    return replace(requirements, requirements=listed)


def _rescaled(literal: Literal, units: dict[str, tuple[Fraction, Fraction]]) -> Inequality:
    one = literal.as_inequality()
    terms, constant, square = [], one.constant, 0.0
    for name, coefficient in one.terms:
        mean, scale = units.get(name, (Fraction(0), Fraction(1)))
        constant -= coefficient * mean
        terms.append(Term(name, coefficient * scale))
        square += float(coefficient * scale) ** 2 if name in units else 0.0
    length = Fraction(square**0.5) if square else Fraction(1)
    shortened = tuple(Term(name, coefficient / length) for name, coefficient in terms)
    return Inequality(shortened, constant / length, one.strict)


def signed_errors(outline: Outline, loss: LossChoice) -> SignedErrors:
    """The loss of method 1 in standardised units, as it was published or bounded.

    Raises:
        UsageError: If the requirements are not linear.
    """
    requirements = outline.requirements
    if requirements is None or requirements.type is not RequirementType.LINEAR:
        raise UsageError(f"--loss {loss} needs linear requirements.", hint="use --loss mse")
    rescaled = standardised(within(requirements, outline.columns), outline.scaler)
    return SignedErrors(rescaled, outline.columns, bounded=loss is LossChoice.SIGN_BOUNDED)


def _tnorm_loss(outline: Outline, settings: TrainSettings) -> TNormLoss | None:
    if settings.tnorm is None:
        return None
    if outline.requirements is None or not outline.propositional:
        raise UsageError("--tnorm needs propositional requirements.", hint="see --penalty")
    return TNormLoss(within(outline.requirements, outline.columns), outline.columns, settings.tnorm)
