"""Networks n with n(n(x)) = n(x) on a table's rows: a learnt corrector, and a detector beside."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.objectives import Judgement, Minibatch, moved_rows, violation_penalty
from pishield_cli.training.settings import IdempotentBackward, TrainSettings

BASIN = ((1 - math.sqrt(3)) / 2, (1 + math.sqrt(3)) / 2)
"""Eigenvalues from which `3 s**2 - 2 s**3`, applied again and again, leads to 0 or 1."""

LONGEST_STEP = 1.0
"""The modified rule asks for a step of at most this times a row's own length."""

_OFTEN = 0.01


class IdempotentObjective:
    """The loss of `train --objective idempotent`.

    With y = n(x) the error is `mean((n(y) - y)**2)`. `ordinary` minimises it as it is. `modified`
    puts `-(3 n(y) - 2 n(n(y)) - y) / rows` in place of its derivative by y, and goes back through
    the first pass only: for a linear n a full step replaces each eigenvalue s by `3 s**2 - 2 s**3`,
    which leads to 0 or 1 from inside `BASIN` and away from outside, so a row's step is clipped to
    its own length and rows outside are counted. `m1` is that rule for one matrix W, without
    automatic differentiation: its gradient is the sum of outer products `g x'`.

    `reconstruction` times `mean((n(x) - x)**2)` keeps the null map from being the answer. Beside
    `modified` and `m1`, whose gradients are divided by the rows alone, what is added counts half
    the columns times as much.

    Args:
        model: From a row in standardised units to a row likewise.
        settings: The rule and the weights.

    Attributes:
        outside: How many rows, and of how many, were outside the basin.

    References:
        McWeeny, Some Recent Advances in Density Matrix Theory, Rev. Mod. Phys. 32, 1960.
    """

    def __init__(self, model: ShieldedNetwork, settings: TrainSettings) -> None:
        self._model = model
        self._settings = settings
        self._rule = settings.idempotent_backward
        self._matrix = matrix_of(model)
        if self._rule is IdempotentBackward.M1 and (
            self._matrix is None or model.shield is not None
        ):
            raise UsageError(
                "--idempotent-backward m1 is for a single matrix without a shield.",
                hint="add --arch linear, and --shield none where there are requirements",
            )
        self._penalty = None
        if settings.penalty:
            self._penalty = violation_penalty(model.outline).to(model.get_buffer("mean").device)
        self.outside = (0, 0)

    def __call__(self, batch: Minibatch) -> Judgement:
        """The loss of a batch; its value is the error's, whatever its gradient is."""
        model, settings = self._model, self._settings
        z = model.raw(batch.inputs)
        y = model.shielded(z, batch.given).standard
        if self._rule is IdempotentBackward.ORDINARY:
            error = (self._again(y) - y).square().mean()
        else:
            error = self._modified(y, batch)
        beside = settings.reconstruction * (y - batch.truths).square().mean()
        if settings.restore and model.shield is not None:
            beside = beside + settings.restore * (z - y.detach()).square().mean() / 2
        loss = error + self._weight(y.shape[1]) * beside
        if self._penalty is not None:
            loss = loss + settings.penalty * self._penalty(z)
        return Judgement(loss, moved_rows(z.detach(), y.detach()))

    def _weight(self, columns: int) -> float:
        """What brings gradients of means over cells to the length of the rule's own.

        `modified` and `m1` divide by the rows alone: their counterpart is half the mean over rows
        of a squared distance.
        """
        return 1.0 if self._rule is IdempotentBackward.ORDINARY else columns / 2

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know of the basin."""
        rows, total = self.outside
        if self._rule is IdempotentBackward.ORDINARY or rows <= _OFTEN * total:
            return ()
        text = (
            f"the {self._rule} rule left its basin on {100 * rows / total:.3g}% of the rows it "
            "saw, where it leads away from idempotent maps; try a smaller --lr, or "
            "--idempotent-backward ordinary"
        )
        return (text,)

    def _again(self, y: Tensor) -> Tensor:
        return applied(self._model, y)

    def _modified(self, y: Tensor, batch: Minibatch) -> Tensor:
        with torch.no_grad():
            fixed = y.detach()
            second = self._again(fixed)
            third = self._again(second)
            step = 3 * second - 2 * third - fixed
            length = step.norm(dim=1, keepdim=True)
            most = LONGEST_STEP * fixed.norm(dim=1, keepdim=True)
            step = step * (most / length.clamp_min(1e-300)).clamp_max(1)
            gradient = -step / len(y)
            self._count_outside(fixed, second)
            error = (second - fixed).square().mean()
        if self._rule is IdempotentBackward.M1:
            assert self._matrix is not None
            outer = (gradient.T @ batch.inputs.double()).to(self._matrix)
            steered = (self._matrix * outer).sum().double()
        else:
            steered = (y * gradient).sum()
        shown: Tensor = steered - steered.detach() + error
        return shown

    def _count_outside(self, y: Tensor, second: Tensor) -> None:
        square = y.square().sum(dim=1)
        quotient = (y * second).sum(dim=1) / square.clamp_min(1e-300)
        outside = (quotient < BASIN[0]) | (quotient > BASIN[1])
        rows, total = self.outside
        self.outside = (rows + int(outside.sum()), total + len(y))


@dataclass(frozen=True, slots=True)
class IdempotentFigures:
    """What became of the objective, in standardised units.

    Attributes:
        idempotent_error: Root of `mean((n(n(x)) - n(x))**2)`.
        reconstruction_error: Root of `mean((n(x) - x)**2)`.
        output_variance: The mean variance of outputs; that of the rows themselves is about 1, and a
            collapsed map's is 0.
        norm: The Frobenius norm of n applied to the unit matrix; None for networks with layers.
        trace: Its trace: the number of directions that are kept, for a projection.
    """

    idempotent_error: float
    reconstruction_error: float
    output_variance: float
    norm: float | None
    trace: float | None

    def as_json(self) -> dict[str, Any]:
        """As plain values; what is None is left out."""
        listed = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in listed.items() if value is not None}


def idempotent_figures(model: ShieldedNetwork, batch: Minibatch) -> IdempotentFigures:
    """Judge an idempotent network on some rows."""
    with torch.no_grad():
        y = model.predicted(model.raw(batch.inputs), batch.given).standard
        again = applied(model, y)
        matrix = matrix_of(model)
        return IdempotentFigures(
            float((again - y).square().mean().sqrt()),
            float((y - batch.truths).square().mean().sqrt()),
            float(y.var(dim=0).mean()) if len(y) > 1 else 0.0,
            None if matrix is None else float(matrix.norm()),
            None if matrix is None else float(matrix.trace()),
        )


def applied(model: ShieldedNetwork, rows: Tensor) -> Tensor:
    """What n makes of rows, in standardised units."""
    z = model.raw(rows.float())
    return model.predicted(z, rows.new_zeros((len(rows), 0))).standard


def matrix_of(model: ShieldedNetwork) -> Tensor | None:
    """The weight matrix of a network that is nothing else."""
    parameters = list(model.network.named_parameters())
    layers = list(model.network.children())
    single = len(parameters) == 1 and len(layers) == 1 and isinstance(layers[0], nn.Linear)
    return parameters[0][1] if single else None
