"""Compare the gradients of backward rules with those of an unshielded network."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from pishield_cli.errors import UsageError
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import read_cells
from pishield_cli.training.dates import in_days
from pishield_cli.training.gradients import (
    Handed,
    RequirementRows,
    ShieldWithRule,
    batches_of,
    cosine,
    handed,
    shield_methods,
    unshielded,
    untrained,
)
from pishield_cli.training.loop import chosen_device, seeded, threads
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.networks import isometry
from pishield_cli.training.objectives import Minibatch
from pishield_cli.training.problem import Problem, Roles, load_problem, problem_of
from pishield_cli.training.runs import Run
from pishield_cli.training.settings import Objective, TrainSettings

ISOMETRY_POINTS = 8
_LARGEST_JACOBIAN = 2**28
_OFF = 1e-9


@dataclass(frozen=True, slots=True)
class MethodGradients:
    """What was found of one method.

    Attributes:
        name: The method.
        cosines: One for each batch, between its gradient by the parameters and the unshielded
            one; batches where one of the two vanishes are left out.
        zero: By target, the share of rows where nothing is handed to it though it is off.
    """

    name: str
    cosines: tuple[float, ...]
    zero: Mapping[str, float]

    @property
    def mean(self) -> float | None:
        """The mean cosine."""
        return statistics.fmean(self.cosines) if self.cosines else None

    @property
    def deviation(self) -> float | None:
        """Its standard deviation over batches."""
        if not self.cosines:
            return None
        return statistics.stdev(self.cosines) if len(self.cosines) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class RequirementGradients:
    """What was found of one requirement.

    Attributes:
        requirement: The requirement, over column names.
        active_rate: Share of rows where the clamp rests on it.
        competing_rate: Share of rows where it does, and moves a variable away from its target.
    """

    requirement: Requirement
    active_rate: float
    competing_rate: float


@dataclass(frozen=True, slots=True)
class GradientsReport:
    """The result of comparing gradients.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        run: The trained network's folder; None for an untrained one.
        arch: The architecture.
        batches: How many were looked at.
        batch_size: Rows each.
        methods: One each.
        requirements: One each, in file order.
        targets: Their names.
        mean_singular_value: Of the network's derivative by its parameters; None where it would not
            fit into memory.
        condition: The mean over points of the greatest singular value by the least.
    """

    data: str
    requirements_file: str | None
    run: str | None
    arch: str
    batches: int
    batch_size: int
    methods: tuple[MethodGradients, ...]
    requirements: tuple[RequirementGradients, ...]
    targets: tuple[str, ...]
    mean_singular_value: float | None
    condition: float | None

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, in a fixed order."""
        clamp = self.methods[0]
        return {
            "batches": self.batches,
            "methods": {
                one.name: {
                    "cosine_mean": one.mean,
                    "cosine_std": one.deviation,
                }
                for one in self.methods
            },
            "requirements": [
                {
                    "number": one.requirement.number,
                    "active_rate": one.active_rate,
                    "competing_rate": one.competing_rate,
                }
                for one in self.requirements
            ],
            "targets": [
                {
                    "name": name,
                    "zero_gradient_rate": clamp.zero[name],
                    "by_method": {one.name: one.zero[name] for one in self.methods},
                }
                for name in self.targets
            ],
            "isometry": {
                "mean_singular_value": self.mean_singular_value,
                "condition": self.condition,
            },
            "data": self.data,
            "run": self.run,
            "arch": self.arch,
            "batch_size": self.batch_size,
        }


def report_gradients(
    reader: TableReader,
    requirements: Requirements,
    *,
    settings: TrainSettings,
    run: Run | None = None,
    batches: int = 10,
) -> GradientsReport:
    """Compare gradients on batches of rows drawn at random.

    Args:
        reader: The table.
        requirements: Bound to the table's columns.
        settings: Architecture, batch size, seed and columns.
        run: A trained network, whose own columns and scalers are used; None for an untrained one.
        batches: How many.

    Raises:
        UsageError: If the run does not fit.
        TableError: If the table cannot be learnt from.
    """
    device = chosen_device(settings.device)
    with threads(settings.suited_threads), seeded(settings.seed, [device]):
        model, problem = _model(reader, requirements, settings, run)
        model = model.to(device)
        methods = shield_methods(model, settings)
        tallies = [_MethodTally(method, problem.roles.targets) for method in methods]
        rows = RequirementRows(model).to(device)
        active = np.zeros((2, rows.count))
        seen = 0
        for batch in batches_of(problem, model, settings, batches):
            free = unshielded(model, batch)
            for place, tally in enumerate(tallies):
                one = tally.add(batch, free)
                if place == 0:
                    found = rows(batch.given, one.z, one.y, batch.truths)
                    active += np.stack([mask.sum(dim=1).cpu().numpy() for mask in found])
            seen += len(batch.inputs)
        spread, condition = _isometry(model, problem)
    return GradientsReport(
        data=reader.name,
        requirements_file=requirements.source,
        run=None if run is None else run.path,
        arch=model.outline.arch,
        batches=batches,
        batch_size=settings.batch_size,
        methods=tuple(tally.result(seen) for tally in tallies),
        requirements=tuple(
            RequirementGradients(one, float(rests) / seen, float(competes) / seen)
            for one, rests, competes in zip(requirements.requirements, *active, strict=True)
        ),
        targets=problem.roles.targets,
        mean_singular_value=spread,
        condition=condition,
    )


class _MethodTally:
    def __init__(self, method: ShieldWithRule, targets: Sequence[str]) -> None:
        self._method = method
        self._targets = targets
        self._cosines: list[float] = []
        self._zero = np.zeros(len(targets))

    def add(self, batch: Minibatch, free: torch.Tensor) -> Handed:
        one = handed(self._method.model, batch)
        found = cosine(one.parameters, free)
        if found is not None:
            self._cosines.append(found)
        off = (one.y - batch.truths).abs() > _OFF * (1 + batch.truths.abs())
        self._zero += ((one.r == 0) & off).sum(dim=0).cpu().numpy()
        return one

    def result(self, rows: int) -> MethodGradients:
        zero = {
            name: float(count) / rows for name, count in zip(self._targets, self._zero, strict=True)
        }
        return MethodGradients(self._method.name, tuple(self._cosines), zero)


def _model(
    reader: TableReader, requirements: Requirements, settings: TrainSettings, run: Run | None
) -> tuple[ShieldedNetwork, Problem]:
    layer = replace(settings, shield=ShieldChoice.LAYER, backward=None)
    if run is None:
        problem = load_problem(reader, requirements, layer)
        _refuse_texts(problem.roles)
        return untrained(problem, layer), problem
    if run.settings.objective is not Objective.PREDICT:
        raise UsageError(
            f"Gradients are reported for networks that predict, but `{run.path}` is idempotent."
        )
    _refuse_texts(run.roles)
    named = frozenset(requirements.variables)
    known = frozenset((*run.roles.targets, *run.roles.given))
    if not named <= known:
        raise UsageError(
            f"The requirements name `{min(named - known)}`, which the run `{run.path}` does not "
            "predict.",
            hint="use the requirements that it was trained with",
        )
    roles, domains = run.roles, requirements.domains
    cells = read_cells(reader, roles.domains, roles.given, domains)
    requirements = in_days(requirements)
    problem = problem_of(roles, requirements, cells)
    model = ShieldedNetwork(replace(run.model.outline, requirements=requirements), layer)
    model.network.load_state_dict(run.model.network.state_dict())
    return model, problem


def _refuse_texts(roles: Roles) -> None:
    """Refuse targets of texts, which no rule of numbers moves.

    Raises:
        UsageError: If there are any.
    """
    for name in roles.texts.values:
        raise UsageError(
            f"Gradients are reported of targets that are numbers, but `{name}` holds texts.",
            hint="name numbers with --targets",
        )


def _isometry(model: ShieldedNetwork, problem: Problem) -> tuple[float | None, float | None]:
    learnt = sum(value.numel() for value in model.network.parameters())
    if learnt * len(problem.roles.targets) > _LARGEST_JACOBIAN:
        return None, None
    points = problem.cells.take(np.arange(min(ISOMETRY_POINTS, problem.cells.rows)))
    inputs = torch.from_numpy(model.outline.encoder.encode(points))
    values = isometry(model.network, inputs.to(model.get_buffer("mean").device))
    least = values[:, -1].clamp_min(1e-300)
    return float(values.mean()), float((values[:, 0] / least).mean())
