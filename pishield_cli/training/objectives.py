"""What a batch is judged by: the error of the targets, and what is added to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor
from torch.nn import functional

from pishield_cli.errors import UsageError
from pishield_cli.layers.infeasibility import ViolationPenalty
from pishield_cli.layers.tnorms import TNormLoss
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.terms import Clause, Inequality, Literal, Term
from pishield_cli.training.features import TargetScaler
from pishield_cli.training.model import Model, Outline, within
from pishield_cli.training.monotone import Slope, draw_points, monotone_penalty
from pishield_cli.training.settings import LossChoice, TrainSettings


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as tensors on the device.

    Attributes:
        inputs: Encoded features, single precision.
        given: Columns that never move, in the table's units.
        truths: Targets in the network's units.
    """

    inputs: Tensor
    given: Tensor
    truths: Tensor


@dataclass(frozen=True, slots=True)
class Judgement:
    """The loss of a batch, and which of its rows the shield moved."""

    loss: Tensor
    corrected: Tensor


class PredictObjective:
    """The loss of `train --objective predict`.

    The error of the shielded outputs (mean squared in standardised units; binary cross-entropy for
    propositional requirements), plus `restore` times half the mean squared way that the shield had
    to go, which keeps raw outputs from drifting where no gradient sees them; plus what else was
    asked for.

    Args:
        model: The model.
        settings: The weights.
        box: The least and greatest inputs of the training part.
        slopes: Rules that the penalty asks for.
        generator: Where random points come from.
    """

    def __init__(
        self,
        model: Model,
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
        if settings.loss is not LossChoice.MSE:
            self._signs = SignedErrors(model.outline, settings.loss)
        for module in (self._penalty, self._tnorm, self._signs):
            if module is not None:
                module.to(model.get_buffer("mean").device)

    def __call__(self, batch: Batch) -> Judgement:
        """The loss of a batch."""
        model, settings = self._model, self._settings
        z = model.raw(batch.inputs)
        y = model.learning(z, batch.given, batch.truths)
        loss = self._error(z, y, batch)
        if settings.restore and model.shield is not None:
            settled = model.shielded(z.detach(), batch.given).standard.detach()
            loss = loss + settings.restore * (z - settled).square().mean() / 2
        loss = loss + self._extras(z, batch)
        return Judgement(loss, moved_rows(z.detach(), y.detach()))

    def _error(self, z: Tensor, y: Tensor, batch: Batch) -> Tensor:
        if self._signs is not None:
            signed: Tensor = self._signs(z, y, batch)
            return signed
        return prediction_error(self._model, y, batch)

    def _extras(self, z: Tensor, batch: Batch) -> Tensor:
        settings, total = self._settings, z.new_zeros(())
        whole = torch.cat([batch.given, z], dim=1)
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


def prediction_error(model: Model, y: Tensor, batch: Batch) -> Tensor:
    """The mean squared error; of scores the binary cross-entropy."""
    if model.outline.propositional:
        # A score of exactly 0 or 1 has no finite logarithm.
        return functional.binary_cross_entropy(y.clamp(1e-7, 1 - 1e-7), batch.truths)
    return (y - batch.truths).square().mean()


def moved_rows(z: Tensor, y: Tensor) -> Tensor:
    """Which rows a shield moved by more than rounding, bool, shape `(rows,)`."""
    return ((z - y).abs() > 1e-9 * (1 + z.abs())).any(dim=1)


def violation_penalty(outline: Outline) -> ViolationPenalty:
    """The mean violation of raw outputs, each inequality in units of its own length.

    Inequalities are rewritten for standardised targets and divided by the length of their
    coefficients, so that a violation is a distance there and columns of all units weigh alike.
    """
    assert outline.requirements is not None
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
    one = literal if isinstance(literal, Inequality) else literal.as_inequality()
    terms, constant, square = [], one.constant, 0.0
    for name, coefficient in one.terms:
        mean, scale = units.get(name, (Fraction(0), Fraction(1)))
        constant -= coefficient * mean
        terms.append(Term(name, coefficient * scale))
        square += float(coefficient * scale) ** 2 if name in units else 0.0
    length = Fraction(square**0.5) if square else Fraction(1)
    shortened = tuple(Term(name, coefficient / length) for name, coefficient in terms)
    return Inequality(shortened, constant / length, one.strict)


def _tnorm_loss(outline: Outline, settings: TrainSettings) -> TNormLoss | None:
    if settings.tnorm is None:
        return None
    if outline.requirements is None or not outline.propositional:
        raise UsageError("--tnorm needs propositional requirements.", hint="see --penalty")
    return TNormLoss(within(outline.requirements, outline.columns), outline.columns, settings.tnorm)


class SignedErrors(torch.nn.Module):
    """The loss of method 1, by the signs of errors; linear requirements only.

    A coordinate that the shield moved lies on a bound that other outputs make. With e its error
    and m the error that the others bring into the bound, `sign-corrected` counts
    `e**2 * sign(e) * sign(m)`: descending always draws the others towards their own targets, also
    where the coordinate's own error alone would send them away. Where the signs differ, that is
    `-e**2`, unbounded below, and the more it has erred the more it is rewarded.

    `sign-bounded` counts `-e**2 / (1 + e**2)` there. It has the same sign of the derivative
    everywhere, agrees to third order for small errors, is never below -1 a coordinate, and its
    derivative vanishes for large errors, so that running away does not pay.

    Args:
        outline: The model's outline.
        loss: Which of the two.
    """

    def __init__(self, outline: Outline, loss: LossChoice) -> None:
        super().__init__()
        requirements = outline.requirements
        if requirements is None or requirements.type is not RequirementType.LINEAR:
            raise UsageError(f"--loss {loss} needs linear requirements.", hint="use --loss mse")
        self._bounded = loss is LossChoice.SIGN_BOUNDED
        rescaled = standardised(within(requirements, outline.columns), outline.scaler)
        literals = [
            literal
            for clause in rescaled.clauses
            for literal in clause
            if isinstance(literal, Inequality) and literal.terms
        ]
        places = {name: place for place, name in enumerate(outline.columns)}
        matrix = torch.zeros(len(literals), len(places), dtype=torch.float64)
        for row, one in enumerate(literals):
            for name, coefficient in one.terms:
                matrix[row, places[name]] = float(coefficient)
        bounds = torch.tensor([float(one.constant) for one in literals], dtype=torch.float64)
        self.register_buffer("matrix", matrix)
        self.register_buffer("bounds", bounds)
        self._given = len(outline.given)

    def forward(self, z: Tensor, y: Tensor, batch: Batch) -> Tensor:
        """The mean over rows and targets."""
        error = y - batch.truths
        with torch.no_grad():
            moved = (z - y).abs() > 1e-9 * (1 + z.abs())
            sign = self._others(y, batch).sign() * error.sign()
            against = moved & (sign < 0)
        square = error.square()
        turned = square / (1 + square) if self._bounded else square
        return torch.where(against, -turned, square).mean()

    def _others(self, y: Tensor, batch: Batch) -> Tensor:
        """What the other outputs' errors bring into the bound that each coordinate lies on."""
        matrix, bounds = self.get_buffer("matrix"), self.get_buffer("bounds")
        whole = torch.cat([batch.given, y], dim=1)
        size = whole.abs() @ matrix.abs().T + bounds.abs() + 1
        active = (whole @ matrix.T - bounds).abs() <= 1e-6 * size
        own = matrix[:, self._given :]
        error = y - batch.truths
        along = error @ own.T
        # The first active row that names the coordinate; ties go to the file's order.
        candidates = active.unsqueeze(2) & (own != 0).unsqueeze(0)
        row = candidates.byte().argmax(dim=1)
        coefficient = own.gather(0, row)
        found = candidates.any(dim=1)
        brought = -(along.gather(1, row) - coefficient * error)
        return torch.where(found, brought / torch.where(found, coefficient, 1.0), 0.0)
