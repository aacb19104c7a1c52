"""One trial: split, fit the preprocessing, train, judge on the test part."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pishield_cli.errors import PishieldError
from pishield_cli.kernels.columns import Array
from pishield_cli.training.evaluation import Score, score
from pishield_cli.training.features import FeatureEncoder, TargetScaler, stacked
from pishield_cli.training.loop import (
    Diverged,
    EpochNote,
    Fitted,
    Validation,
    fit,
    in_pieces,
    seeded,
)
from pishield_cli.training.model import Model, Outline
from pishield_cli.training.monotone import find_slopes, parse_monotone, wrong_shares
from pishield_cli.training.objectives import Batch, PredictObjective, moved_rows
from pishield_cli.training.problem import Problem
from pishield_cli.training.settings import LossChoice, ShieldChoice, TrainSettings
from pishield_cli.training.splits import split_rows

_MONOTONE_POINTS = 2048


@dataclass(frozen=True, slots=True)
class MonotoneShare:
    """How often an output is not monotone as it should be.

    Attributes:
        rule: Such as `price:+area`.
        held_out: Share of test rows where the derivative has the wrong sign.
        uniform: Share of uniform points of the training part's box.
    """

    rule: str
    held_out: float
    uniform: float


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What one trial found, all on its test part.

    Attributes:
        seed: Its seed.
        method: The chosen method's score.
        free: The score of a network trained freely, not corrected; None where that was not asked.
        corrected: The score of that network, corrected afterwards.
        corrected_share: Share of rows that the method's shield moved.
        seconds: Of training with the chosen method.
        free_seconds: Of training freely.
        epochs: How many epochs the chosen method took.
        validation_error: The least validation error of the chosen method.
        history: Of the chosen method.
        monotone: One a rule.
        far: Features beyond 1e3 after preprocessing, and how far.
        locked: Targets that were clipped nearly always for some epochs.
        detail: Figures of the idempotent objective.
    """

    seed: int
    method: Score
    free: Score | None
    corrected: Score | None
    corrected_share: float
    seconds: float
    free_seconds: float
    epochs: int
    validation_error: float
    history: tuple[EpochNote, ...]
    monotone: tuple[MonotoneShare, ...] = ()
    far: dict[str, float] = field(default_factory=dict)
    locked: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts as tensors on the device, and what judging needs in the table's units."""

    training: Batch
    validation: Batch
    test: Batch
    truths: Array
    validation_truths: Array
    given: dict[str, Array]
    spread: Array


def run_trial(
    problem: Problem,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    progress: Callable[[EpochNote], None] | None = None,
) -> tuple[TrialResult, Model]:
    """Train and judge.

    Args:
        problem: The table.
        settings: The choices.
        seed: Decides the split, the weights, the order of rows, and all else that is random.
        device: Where.
        progress: Told of each epoch of the chosen method.

    Raises:
        PishieldError: If the loss diverged.
    """
    split = split_rows(
        problem.cells.rows, validation=settings.val_size, test=settings.test_size, seed=seed
    )
    outline, parts, far = _prepared(problem, settings, split, device)
    started = time.perf_counter()
    model, fitted = _trained(outline, parts, settings, seed, device, progress)
    seconds = time.perf_counter() - started
    y, z = predictions(model, parts.test)
    method = _score(problem, outline, parts, y)
    free = corrected = None
    free_seconds = 0.0
    if settings.baseline:
        free, corrected, free_seconds = _baseline(
            problem, outline, parts, settings, seed, device, (model, seconds)
        )
    best = min(note.validation_error for note in fitted.history)
    result = TrialResult(
        seed=seed,
        method=method,
        free=free,
        corrected=corrected,
        corrected_share=float(np.mean(moved_rows(torch.from_numpy(z), torch.from_numpy(y)).numpy())),
        seconds=seconds,
        free_seconds=free_seconds,
        epochs=len(fitted.history),
        validation_error=best,
        history=fitted.history,
        monotone=_monotone(model, parts, settings, seed),
        far=far,
        locked=tuple(outline.scaler.names[place] for place in fitted.locked),
    )
    return result, model


def predictions(model: Model, batch: Batch) -> tuple[Array, Array]:
    """What a model predicts, and its raw outputs, both in the network's units."""
    shielded, raw = [], []
    with torch.no_grad():
        for some in in_pieces(len(batch.inputs)):
            z = model.raw(batch.inputs[some])
            given = batch.given[some]
            shielded.append(model.predicted(z, given).cpu().numpy())
            raw.append(z.cpu().numpy())
    return np.concatenate(shielded), np.concatenate(raw)


def _prepared(
    problem: Problem, settings: TrainSettings, split: Any, device: torch.device
) -> tuple[Outline, Parts, dict[str, float]]:
    roles, cells = problem.roles, problem.cells
    training = cells.take(split.training)
    encoder = FeatureEncoder.fit(training, roles.feature_kinds, scale=settings.scale_features)
    fitted = TargetScaler.fit(training, roles.targets)
    propositional = Outline(encoder, fitted, problem.requirements, (), (), "").propositional
    unscaled = propositional or not settings.scale_targets
    scaler = TargetScaler.fit(training, roles.targets, scale=False) if unscaled else fitted
    slopes = ()
    if settings.monotone_guarantee:
        slopes = find_slopes(parse_monotone(settings.monotone), encoder, roles.targets)
    outline = Outline(encoder, scaler, problem.requirements, roles.given, slopes, settings.arch)
    batches = []
    far: dict[str, float] = {}
    for rows in (split.training, split.validation, split.test):
        part = cells.take(rows)
        inputs = encoder.encode(part)
        far |= encoder.far(inputs)
        given = encoder.raw(part, roles.given)
        truths = scaler.scaled(stacked(part, roles.targets))
        batches.append(Batch(*(torch.from_numpy(each).to(device) for each in (inputs, given, truths))))
    test, validation = cells.take(split.test), cells.take(split.validation)
    parts = Parts(
        *batches,
        truths=stacked(test, roles.targets),
        validation_truths=stacked(validation, roles.targets),
        given={name: test.numbers[name] for name in roles.given},
        spread=fitted.scale,
    )
    return outline, parts, far


def _trained(
    outline: Outline,
    parts: Parts,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    progress: Callable[[EpochNote], None] | None,
) -> tuple[Model, Fitted]:
    started = time.perf_counter()
    with seeded(seed, [device]) as generator:
        model = Model(outline, settings).to(device)
        box = (parts.training.inputs.amin(dim=0), parts.training.inputs.amax(dim=0))
        slopes = find_slopes(
            parse_monotone(settings.monotone), outline.encoder, outline.scaler.names
        )
        judge = PredictObjective(model, settings, box, slopes, generator)
        try:
            fitted = fit(
                model.network,
                parts.training,
                judge,
                lambda: _validate(model, parts),
                settings,
                generator,
                lambda: time.perf_counter() - started,
                progress,
            )
        except Diverged as error:
            raise PishieldError(
                f"Training diverged: {error}.", hint="try a smaller --lr, or scale the targets"
            ) from error
    return model, fitted


def _validate(model: Model, parts: Parts) -> Validation:
    batch = parts.validation
    error, square = 0.0, 0.0
    clipped = torch.zeros(batch.truths.shape[1])
    for some in in_pieces(len(batch.inputs)):
        z, given, truths = model.raw(batch.inputs[some]), batch.given[some], batch.truths[some]
        y = model.shielded(z, given)
        error += float((y - truths).square().sum())
        square += float(((y - truths) * model.get_buffer("scale")).square().sum())
        clipped += ((y - z).abs() > 1e-9 * (1 + z.abs())).sum(dim=0).cpu()
    count = batch.truths.numel()
    return Validation((error / count) ** 0.5, (square / count) ** 0.5, clipped / len(batch.inputs))


def _score(problem: Problem, outline: Outline, parts: Parts, outputs: Array) -> Score:
    predicted = outputs * outline.scaler.scale + outline.scaler.mean
    return score(
        predicted,
        parts.truths,
        outline.scaler.names,
        parts.spread,
        problem.requirements,
        parts.given,
    )


def _baseline(
    problem: Problem,
    outline: Outline,
    parts: Parts,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    own: tuple[Model, float],
) -> tuple[Score, Score, float]:
    """A network trained freely: as it is, and corrected afterwards."""
    model, seconds = own
    free = replace(
        settings, shield=ShieldChoice.NONE, backward=None, loss=LossChoice.MSE
    )
    if model.shield is not None:
        started = time.perf_counter()
        model, _ = _trained(outline, parts, free, seed, device, None)
        seconds = time.perf_counter() - started
    y, z = predictions(model, parts.test)
    return _score(problem, outline, parts, z), _score(problem, outline, parts, y), seconds


def _monotone(
    model: Model, parts: Parts, settings: TrainSettings, seed: int
) -> tuple[MonotoneShare, ...]:
    rules = parse_monotone(settings.monotone)
    if not rules:
        return ()
    outline = model.outline
    slopes = find_slopes(rules, outline.encoder, outline.scaler.names)
    points = parts.test.inputs[:_MONOTONE_POINTS]
    low, high = parts.training.inputs.amin(dim=0), parts.training.inputs.amax(dim=0)
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand((_MONOTONE_POINTS, points.shape[1]), generator=generator)
    uniform: Tensor = low + share.to(low) * (high - low)
    held_out = wrong_shares(model.network, points, slopes)
    spread = wrong_shares(model.network, uniform, slopes)
    return tuple(
        MonotoneShare(rule.title, one, other)
        for rule, one, other in zip(rules, held_out, spread, strict=True)
    )
