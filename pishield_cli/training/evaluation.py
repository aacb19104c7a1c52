"""How good a model is on rows that it has not learnt from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import any_violated, evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.logic.requirements import Requirements, RequirementType, by_clauses
from pishield_cli.training.labels import LabelFigures, label_figures
from pishield_cli.training.losses import target_loss
from pishield_cli.training.settings import SIGNED, LossChoice, StopChoice, TrainSettings
from pishield_cli.training.texts import NO_TEXTS, TextFigures, TextTargets, labels_of


@dataclass(frozen=True, slots=True)
class Score:
    """Errors and violations of predictions.

    Attributes:
        rmse: Root of the mean squared error over rows and targets, in the table's units.
        rmse_standardised: Likewise in standard deviations of the training part.
        targets: The error of each target, in the table's units.
        violating_rows: The share of rows that violate a requirement.
        loss: The mean loss that was asked for, in standard deviations; of scores of truth values
            and of texts the log loss. Each target weighs alike.
        labels: Figures of truth values, or of texts; None for numbers.
        texts: Figures of each target of texts.
    """

    rmse: float
    rmse_standardised: float
    targets: Mapping[str, float]
    violating_rows: float
    loss: float
    labels: LabelFigures | None = None
    texts: Mapping[str, TextFigures] = field(default_factory=dict)


def score(
    predicted: Array,
    truths: Array,
    names: Sequence[str],
    spread: Array,
    requirements: Requirements | None,
    given: Mapping[str, Array],
    settings: TrainSettings | None = None,
    texts: TextTargets = NO_TEXTS,
) -> Score:
    """Judge predictions.

    Args:
        predicted: In the table's units, then the probabilities of texts, `(rows, outputs)`.
        truths: Targets, then places of texts, `(rows, targets)`; NaN where a target is missing:
            such cells do not count.
        names: The targets that are numbers.
        spread: Their standard deviations, `(names,)`.
        requirements: Over targets and given columns; None for none.
        given: The other columns that requirements name.
        settings: The loss that was asked for; the squared error by default.
        texts: The targets of texts.
    """
    settings, first = settings or TrainSettings(), len(names)
    predicted, shares = np.split(predicted, [first], axis=1)
    truths, places = np.split(truths, [first], axis=1)
    label = None
    if requirements is not None and requirements.type is RequirementType.PROPOSITIONAL:
        label = label_figures(predicted, truths)
    errors = predicted - truths
    there = ~np.isnan(truths)
    each = [_rms(errors[there[:, place], place]) for place in range(first)]
    columns = {name: predicted[:, place] for place, name in enumerate(names)}
    if requirements is not None:
        columns |= texts.codes(requirements, texts.likeliest(shares))
    by_text = texts.figures(shares, places)
    loss = _loss(errors / spread, there, settings) if label is None else label.log_loss
    return Score(
        _rms(errors[there]),
        _rms((errors / spread)[there]),
        dict(zip(names, each, strict=True)),
        float(violating(requirements, {**given, **columns}, len(predicted)).mean()),
        _over_targets(loss, first, [one.log_loss for one in by_text.values()]),
        label or (labels_of(texts, shares, places) if texts else None),
        by_text,
    )


def _over_targets(of_numbers: float, numbers: int, of_texts: Sequence[float]) -> float:
    """The mean over targets of a mean over those that are numbers, and one for each text."""
    parts = [one for one in of_texts if not math.isnan(one)]
    if numbers:
        parts += [of_numbers] * numbers
    return float(np.mean(parts)) if parts else math.nan


def _rms(errors: Array) -> float:
    """The root of the mean square; NaN where there is no error."""
    return float(np.sqrt(np.mean(errors**2))) if errors.size else math.nan


def _loss(errors: Array, there: Array, settings: TrainSettings) -> float:
    values, present = torch.from_numpy(errors), torch.from_numpy(there)
    return float(target_loss(settings.loss, values, settings.level, present))


def validation_error(
    outputs: Tensor,
    truths: Tensor,
    settings: TrainSettings,
    *,
    labels: bool,
    texts: TextTargets = NO_TEXTS,
) -> float:
    """What decides which epoch is kept; the less, the better.

    Args:
        outputs: In the network's units, then the probabilities of texts, `(rows, outputs)`.
        truths: Targets, then places of texts, `(rows, targets)`; NaN where a target is missing.
        settings: What was asked for.
        labels: Whether the targets that are numbers are truth values.
        texts: The targets of texts.
    """
    first = truths.shape[1] - len(texts.values)
    numbers, known = outputs[:, :first], truths[:, :first]
    if not texts:
        return _number_error(numbers, known, settings, labels=labels)
    shares, places = outputs[:, first:].cpu().numpy(), truths[:, first:].cpu().numpy()
    if settings.stop_by.of_labels and not labels:
        return 1 - _figure(labels_of(texts, shares, places), settings)
    error = _number_error(numbers, known, settings, labels=labels) if first else 0.0
    if settings.stop_by is not StopChoice.LOSS:
        return error
    if not labels and settings.loss in {LossChoice.MSE, *SIGNED}:
        error *= error
    found = texts.figures(shares, places).values()
    return _over_targets(error, first, [one.log_loss for one in found])


def _number_error(
    outputs: Tensor, truths: Tensor, settings: TrainSettings, *, labels: bool
) -> float:
    errors, present = outputs - truths, ~truths.isnan()
    if labels and settings.stop_by is not StopChoice.RMSE:
        found = label_figures(outputs.cpu().numpy(), truths.cpu().numpy())
        if settings.stop_by is StopChoice.LOSS:
            return found.log_loss
        return 1 - _figure(found, settings)
    if settings.stop_by is StopChoice.RMSE or settings.loss in {LossChoice.MSE, *SIGNED}:
        return float(errors[present].square().mean().sqrt())
    return float(target_loss(settings.loss, errors, settings.level, present))


def _figure(found: LabelFigures, settings: TrainSettings) -> float:
    return float(getattr(found, settings.stop_by.replace("-", "_")))


def violating(requirements: Requirements | None, columns: Mapping[str, Array], rows: int) -> Array:
    """Which rows violate a requirement, bool, shape `(rows,)`.

    Args:
        requirements: Over column names; none are violated by no row.
        columns: At least the columns that they name, shape `(rows,)` each; NaN is missing.
        rows: How many rows.
    """
    if requirements is None:
        return np.zeros(rows, dtype=bool)
    compiled = compile_requirements(by_clauses(requirements))
    cells = {name: NumericColumn(columns[name]) for name in requirements.variables}
    return any_violated(evaluate(compiled, cells, rows, tolerance=FLOAT_ROUNDING), rows)
