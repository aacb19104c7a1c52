"""How good a model is on rows that it has not learnt from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.training.labels import LabelFigures, label_figures
from pishield_cli.training.losses import target_loss
from pishield_cli.training.settings import SIGNED, LossChoice, StopChoice, TrainSettings


@dataclass(frozen=True, slots=True)
class Score:
    """Errors and violations of predictions.

    Attributes:
        rmse: Root of the mean squared error over rows and targets, in the table's units.
        rmse_standardised: Likewise in standard deviations of the training part.
        targets: The error of each target, in the table's units.
        violating_rows: The share of rows that violate a requirement.
        loss: The mean loss that was asked for, in standard deviations; of scores of truth values
            the log loss.
        labels: Figures of truth values; None for numbers.
    """

    rmse: float
    rmse_standardised: float
    targets: Mapping[str, float]
    violating_rows: float
    loss: float
    labels: LabelFigures | None = None


def score(
    predicted: Array,
    truths: Array,
    names: Sequence[str],
    spread: Array,
    requirements: Requirements | None,
    given: Mapping[str, Array],
    settings: TrainSettings | None = None,
) -> Score:
    """Judge predictions.

    Args:
        predicted: In the table's units, `(rows, targets)`.
        truths: Same shape, NaN where a target is missing: such cells do not count.
        names: The targets.
        spread: The targets' standard deviations, `(targets,)`.
        requirements: Over targets and given columns; None for none.
        given: The other columns that requirements name.
        settings: The loss that was asked for; the squared error by default.
    """
    settings = settings or TrainSettings()
    labels = None
    if requirements is not None and requirements.type is RequirementType.PROPOSITIONAL:
        labels = label_figures(predicted, truths)
    errors = predicted - truths
    there = ~np.isnan(truths)
    each = [_rms(errors[there[:, place], place]) for place in range(len(names))]
    columns = {name: predicted[:, place] for place, name in enumerate(names)}
    return Score(
        _rms(errors[there]),
        _rms((errors / spread)[there]),
        dict(zip(names, each, strict=True)),
        float(violating(requirements, {**given, **columns}, len(predicted)).mean()),
        _loss(errors / spread, there, settings) if labels is None else labels.log_loss,
        labels,
    )


def _rms(errors: Array) -> float:
    """The root of the mean square; NaN where there is no error."""
    return float(np.sqrt(np.mean(errors**2))) if errors.size else math.nan


def _loss(errors: Array, there: Array, settings: TrainSettings) -> float:
    values, present = torch.from_numpy(errors), torch.from_numpy(there)
    return float(target_loss(settings.loss, values, settings.level, present))


def validation_error(
    outputs: Tensor, truths: Tensor, settings: TrainSettings, *, labels: bool
) -> float:
    """What decides which epoch is kept; the less, the better.

    Args:
        outputs: In the network's units, `(rows, targets)`.
        truths: Same shape, NaN where a target is missing.
        settings: What was asked for.
        labels: Whether the targets are truth values.
    """
    errors, present = outputs - truths, ~truths.isnan()
    if settings.stop_by.of_labels or (labels and settings.stop_by is StopChoice.LOSS):
        found = label_figures(outputs.cpu().numpy(), truths.cpu().numpy())
        if settings.stop_by is StopChoice.LOSS:
            return found.log_loss
        return 1 - float(getattr(found, settings.stop_by.replace("-", "_")))
    if settings.stop_by is StopChoice.RMSE or settings.loss in {LossChoice.MSE, *SIGNED}:
        return float(errors[present].square().mean().sqrt())
    return float(target_loss(settings.loss, errors, settings.level, present))


def violating(requirements: Requirements | None, columns: Mapping[str, Array], rows: int) -> Array:
    """Which rows violate a requirement, bool, shape `(rows,)`.

    Args:
        requirements: Over column names; none are violated by no row.
        columns: At least the columns that they name, shape `(rows,)` each; NaN is missing.
        rows: How many rows.
    """
    mask = np.zeros(rows, dtype=bool)
    if requirements is None:
        return mask
    compiled = compile_requirements(requirements)
    cells = {name: NumericColumn(columns[name]) for name in requirements.variables}
    for verdict in evaluate(compiled, cells, rows, tolerance=FLOAT_ROUNDING):
        if verdict.violated is not None:
            mask |= verdict.violated
    return mask
