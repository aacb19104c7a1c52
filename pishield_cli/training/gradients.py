"""What backward rules do to a network's gradients, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from pishield_cli.kernels.changes import moved
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.matrices import matrix_of
from pishield_cli.layers.rules import RuleName, ShieldChoice, rules_of
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.training.features import FeatureEncoder, TargetScaler, stacked
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.objectives import Minibatch, batch_of, prediction_error, standardised
from pishield_cli.training.outline import Outline, fillers, within
from pishield_cli.training.problem import Problem
from pishield_cli.training.settings import TrainSettings

_NEAR = 1e-6
"""How near a bound an output lies on it, relative to what is added up."""


@dataclass(frozen=True, slots=True)
class ShieldWithRule:
    """A shield with its backward rule.

    Attributes:
        name: Such as `projection`, or `nearest one_sided`.
        model: The network, behind that shield.
    """

    name: str
    model: ShieldedNetwork


@dataclass(frozen=True, slots=True)
class Handed:
    """What a method hands back on a batch.

    Attributes:
        z: Raw outputs, `(rows, targets)`, in the network's units.
        y: Corrected ones.
        g: The loss's derivative by y.
        r: What is handed to z.
        parameters: The derivative by the network's parameters, flat.
    """

    z: Tensor
    y: Tensor
    g: Tensor
    r: Tensor
    parameters: Tensor


def untrained(problem: Problem, settings: TrainSettings) -> ShieldedNetwork:
    """A network for a problem, with all of its rows to fit the preprocessing on.

    Its weights are drawn from torch's own random numbers.
    """
    roles, cells = problem.roles, problem.cells
    encoder = FeatureEncoder.fit(cells, roles.feature_domains, scale=settings.scale_features)
    scaler = TargetScaler.fit(cells, roles.targets)
    outline = Outline(
        encoder,
        scaler,
        problem.requirements,
        roles.given,
        (),
        settings.arch,
        fillers(cells, roles.given),
    )
    if outline.propositional or not settings.scale_targets:
        raw = TargetScaler.fit(cells, roles.targets, scale=False)
        outline = replace(outline, scaler=raw)
    return ShieldedNetwork(outline, settings)


def batches_of(
    problem: Problem, model: ShieldedNetwork, settings: TrainSettings, count: int
) -> Iterator[Minibatch]:
    """So many batches, without repeated rows while there are any, on the model's device.

    Args:
        problem: What is learnt.
        model: A network for it.
        settings: The seed, and how many rows a batch has.
        count: How many batches.
    """
    generator = np.random.default_rng(settings.seed)
    size = min(settings.batch_size, problem.cells.rows)
    device = model.get_buffer("mean").device
    order: Array = np.zeros(0, dtype=np.int64)
    for _ in range(count):
        if len(order) < size:
            order = generator.permutation(problem.cells.rows)
        rows, order = np.sort(order[:size]), order[size:]
        part = problem.cells.take(rows)
        yield batch_of(model.outline, part, stacked(part, problem.roles.targets), device)


def shield_methods(model: ShieldedNetwork, settings: TrainSettings) -> list[ShieldWithRule]:
    """Every method that suits the model's requirements; they share its network."""
    if model.outline.propositional:
        return [ShieldWithRule(RuleName.CLAMP.value, model)]
    wanted = [(ShieldChoice.LAYER, rule) for rule in rules_of(ShieldChoice.LAYER)]
    assert model.outline.requirements is not None
    if model.outline.requirements.type is RequirementType.LINEAR:
        wanted += [(ShieldChoice.NEAREST, rule) for rule in rules_of(ShieldChoice.NEAREST)]
    methods = []
    for choice, rule in wanted:
        chosen = replace(settings, shield=choice, backward=rule)
        methods.append(ShieldWithRule(chosen.method, model.behind(chosen)))
    return methods


def unshielded(model: ShieldedNetwork, batch: Minibatch) -> Tensor:
    """The gradient by the parameters without a shield, flat."""
    z = model.raw(batch.inputs)
    return _flat(prediction_error(model, z, batch), model.network)


def handed(model: ShieldedNetwork, batch: Minibatch) -> Handed:
    """What a method hands back on a batch."""
    z = model.raw(batch.inputs)
    raw = z.detach().requires_grad_()
    y = model.learning(raw, batch.given, batch.truths)
    loss = prediction_error(model, y, batch)
    found: tuple[Tensor | None, ...] = torch.autograd.grad(loss, (y, raw), allow_unused=True)
    g, own = (torch.zeros_like(raw) if one is None else one for one in found)
    flat = _flat((z * own).sum(), model.network)
    return Handed(raw.detach(), y.detach(), g, own, flat)


def cosine(first: Tensor, second: Tensor) -> float | None:
    """The cosine between two gradients; None where one of them vanishes.

    Coordinates where both are zero add nothing to it, so leaving them out or not is one.
    """
    a, b = first.double(), second.double()
    lengths = float(a.norm() * b.norm())
    return float(a @ b) / lengths if lengths else None


class RequirementRows(nn.Module):
    """Which requirements rows rest on.

    Args:
        model: Whose requirements and units.
    """

    def __init__(self, model: ShieldedNetwork) -> None:
        super().__init__()
        outline = model.outline
        assert outline.requirements is not None
        used = within(outline.requirements, outline.columns)
        rescaled = used if outline.propositional else standardised(used, outline.scaler)
        named = [
            (number, inequality)
            for number, one in enumerate(rescaled.requirements)
            for clause in one.clauses
            for inequality in clause.as_inequalities()
        ]
        found = matrix_of([inequality for _, inequality in named], outline.columns)
        self.count = len(rescaled.requirements)
        self._scores = outline.propositional
        self._given = len(outline.given)
        self.register_buffer("matrix", torch.from_numpy(found[0]))
        self.register_buffer("bounds", torch.from_numpy(found[1]))
        owners = [number for number, _ in named]
        self.register_buffer("owners", torch.tensor(owners, dtype=torch.long))

    def forward(self, given: Tensor, z: Tensor, y: Tensor, truths: Tensor) -> tuple[Tensor, Tensor]:
        """Where requirements are active, and where they compete with the targets.

        Args:
            given: Columns that never move.
            z: Raw outputs.
            y: Corrected ones.
            truths: Targets.

        Returns:
            Bool, `(requirements, rows)` each. A requirement is active where y lies on the bound of
            one of its inequalities and a variable of that one was moved (of a propositional one,
            where a variable of it was moved); it competes where such a variable was moved away from
            its target.
        """
        matrix, bounds = self.get_buffer("matrix"), self.get_buffer("bounds")
        whole = torch.cat([given, y], dim=1)
        named = (matrix[:, self._given :] != 0).double()
        far = moved(z, y)
        against = far & ((y - z) * (truths - z) < 0)
        touched = named @ far.double().T > 0
        opposed = named @ against.double().T > 0
        if not self._scores:
            size = matrix.abs() @ whole.abs().T + bounds.abs().unsqueeze(1) + 1
            touched &= (matrix @ whole.T - bounds.unsqueeze(1)).abs() <= _NEAR * size
        return self._owned(touched), self._owned(touched & opposed)

    def _owned(self, literals: Tensor) -> Tensor:
        """From literals to the requirements that they stand in."""
        owners = self.get_buffer("owners")
        counts = torch.zeros(self.count, literals.shape[1], dtype=torch.long, device=owners.device)
        return counts.index_add_(0, owners, literals.long()) > 0


def _flat(loss: Tensor, network: nn.Module) -> Tensor:
    parameters = list(network.parameters())
    parts: tuple[Tensor | None, ...] = torch.autograd.grad(loss, parameters, allow_unused=True)
    return torch.cat(
        [
            value.new_zeros(value.numel()) if part is None else part.flatten()
            for part, value in zip(parts, parameters, strict=True)
        ]
    )
