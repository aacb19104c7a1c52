"""One trial: split, fit the preprocessing, train, judge on the test part."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pishield_cli.errors import PishieldError
from pishield_cli.kernels.changes import moved
from pishield_cli.kernels.columns import Array
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.evaluation import Score, score, validation_error
from pishield_cli.training.features import FeatureEncoder, TargetScaler, stacked
from pishield_cli.training.idempotent import (
    IdempotentObjective,
    applied,
    idempotent_figures,
)
from pishield_cli.training.loop import (
    Diverged,
    EpochNote,
    Fitted,
    Validation,
    fit,
    in_pieces,
    seeded,
)
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.monotone import Slope, find_slopes, parse_monotone, wrong_shares
from pishield_cli.training.objectives import Minibatch, PredictObjective, batch_of, moved_rows
from pishield_cli.training.outline import Outline, fillers
from pishield_cli.training.problem import Problem
from pishield_cli.training.results import MonotoneShare, TrialResult
from pishield_cli.training.settings import SIGNED, LossChoice, Objective, TrainSettings
from pishield_cli.training.splits import Split, split_rows

_MONOTONE_POINTS = 2048


@dataclass(frozen=True, slots=True)
class TrialParts:
    """The three parts as tensors on the device, and what judging needs in the table's units."""

    training: Minibatch
    validation: Minibatch
    test: Minibatch
    truths: Array
    given: dict[str, Array]
    spread: Array


@dataclass(frozen=True, slots=True)
class _Trained:
    model: ShieldedNetwork
    fitted: Fitted
    warnings: tuple[str, ...]


def run_trial(
    problem: Problem,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    progress: Callable[[EpochNote], None] | None = None,
) -> tuple[TrialResult, ShieldedNetwork]:
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
    trained = _trained(outline, parts, settings, seed, device, progress)
    model, fitted = trained.model, trained.fitted
    seconds = time.perf_counter() - started
    y, z = predictions(model, parts.test)
    method = _score(problem, outline, parts, y, settings)
    free = corrected = None
    free_seconds = 0.0
    free_history: tuple[EpochNote, ...] = ()
    if settings.baseline:
        free, corrected, free_seconds, free_history = _baseline(
            problem, outline, parts, settings, seed, device, (model, seconds)
        )
    best = min(note.validation_error for note in fitted.history)
    result = TrialResult(
        seed=seed,
        method=method,
        free=free,
        corrected=corrected,
        corrected_share=_moved_share(z, y),
        seconds=seconds,
        free_seconds=free_seconds,
        epochs=len(fitted.history),
        validation_error=best,
        history=fitted.history,
        free_history=free_history,
        monotone=_monotone(model, parts, settings, seed),
        far=far,
        locked=tuple(
            name
            for place, name in enumerate(outline.scaler.names)
            if place in fitted.locked and name not in model.defined
        ),
        detail=_detail(model, parts, settings),
        warnings=trained.warnings,
    )
    return result, model


def _moved_share(before: Array, after: Array) -> float:
    moved = moved_rows(torch.from_numpy(before), torch.from_numpy(after))
    return float(moved.double().mean())


def _detail(model: ShieldedNetwork, parts: TrialParts, settings: TrainSettings) -> dict[str, Any]:
    if settings.objective is not Objective.IDEMPOTENT:
        return {}
    return idempotent_figures(model, parts.test).as_json()


def predictions(model: ShieldedNetwork, batch: Minibatch) -> tuple[Array, Array]:
    """What a model predicts, and its raw outputs, both in the table's units."""
    shielded, raw = [], []
    with torch.no_grad():
        for some in in_pieces(len(batch.inputs)):
            z = model.raw(batch.inputs[some])
            given = batch.given[some]
            shielded.append(model.predicted(z, given).table.cpu().numpy())
            raw.append(model.unscaled(z).cpu().numpy())
    return np.concatenate(shielded), np.concatenate(raw)


def _prepared(
    problem: Problem, settings: TrainSettings, split: Split, device: torch.device
) -> tuple[Outline, TrialParts, dict[str, float]]:
    roles, cells = problem.roles, problem.cells
    training = cells.take(split.training)
    encoder, fitted, scaler = _fitted(problem, settings, training)
    slopes: tuple[Slope, ...] = ()
    if settings.monotone_guarantee:
        slopes = find_slopes(parse_monotone(settings.monotone), encoder, roles.targets)
    outline = Outline(
        encoder,
        scaler,
        problem.requirements,
        roles.given,
        slopes,
        settings.arch,
        fillers(training, roles.given),
        roles.texts,
        problem.written,
    )
    batches: list[Minibatch] = []
    truths: list[Array] = []
    far: dict[str, float] = {}
    for rows in (split.training, split.validation, split.test):
        part = cells.take(rows)
        # Of targets that are features too, cells may be missing.
        own = encoder.raw(part, roles.numbers) if roles.own else stacked(part, roles.numbers)
        own = np.concatenate([own, roles.texts.places(part)], axis=1)
        truths.append(own)
        batches.append(batch_of(outline, part, own, device))
        far |= encoder.far(batches[-1].inputs.cpu().numpy())
    test = cells.take(split.test)
    parts = TrialParts(
        training=batches[0],
        validation=batches[1],
        test=batches[2],
        truths=truths[-1],
        given={name: test.numbers[name] for name in roles.given},
        spread=fitted.scale,
    )
    return outline, parts, far


def _fitted(
    problem: Problem, settings: TrainSettings, training: EncodedCells
) -> tuple[FeatureEncoder, TargetScaler, TargetScaler]:
    """The encoder, the targets' true spread, and the scaler that the network works with."""
    roles, requirements = problem.roles, problem.requirements
    propositional = requirements is not None and requirements.type is RequirementType.PROPOSITIONAL
    scale = settings.scale_targets and not propositional
    if roles.own:
        spread = TargetScaler.of_features(FeatureEncoder.fit_numbers(training, roles.targets))
        own = FeatureEncoder.fit_numbers(training, roles.targets, scale=scale)
        return own, spread, TargetScaler.of_features(own)
    encoder = FeatureEncoder.fit(training, roles.feature_domains, scale=settings.scale_features)
    fitted = TargetScaler.fit(training, roles.numbers)
    used = fitted if scale else TargetScaler.fit(training, roles.numbers, scale=False)
    return encoder, fitted, used


def _trained(
    outline: Outline,
    parts: TrialParts,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    progress: Callable[[EpochNote], None] | None,
) -> _Trained:
    started = time.perf_counter()
    with seeded(seed, [device]) as generator:
        model = ShieldedNetwork(outline, settings).to(device)
        box = (parts.training.inputs.amin(dim=0), parts.training.inputs.amax(dim=0))
        slopes = find_slopes(
            parse_monotone(settings.monotone), outline.encoder, outline.scaler.names
        )
        judge: PredictObjective | IdempotentObjective
        if settings.objective is Objective.IDEMPOTENT:
            judge = IdempotentObjective(model, settings)
        else:
            judge = PredictObjective(model, settings, box, slopes, generator)
        try:
            fitted = fit(
                model,
                parts.training,
                judge,
                lambda: _validate(model, parts, settings),
                settings,
                generator,
                lambda: time.perf_counter() - started,
                progress,
                model.anneal,
            )
        except Diverged as error:
            raise PishieldError(
                f"Training diverged: {error}.", hint="try a smaller --lr, or scale the targets"
            ) from error
    warnings = judge.warnings if isinstance(judge, IdempotentObjective) else ()
    return _Trained(model, fitted, warnings)


def _validate(model: ShieldedNetwork, parts: TrialParts, settings: TrainSettings) -> Validation:
    batch, outputs = parts.validation, []
    again = 0.0
    outline = model.outline
    clipped = torch.zeros(outline.numbers + outline.texts.width)
    for some in in_pieces(len(batch.inputs)):
        z = model.raw(batch.inputs[some])
        y = model.shielded(z, batch.given[some]).standard
        if settings.objective is Objective.IDEMPOTENT:
            again += float((applied(model, y) - y).square().sum())
        outputs.append(y)
        clipped += moved(z, y).sum(dim=0).cpu()
    (numbers, _), (truths, _) = model.parts(torch.cat(outputs)), model.parts(batch.truths)
    errors, rmse = numbers - truths, None
    if outline.numbers:
        squares = (errors * model.get_buffer("scale"))[~truths.isnan()].square()
        rmse = float(squares.mean().sqrt())
    if settings.objective is Objective.IDEMPOTENT:
        kept = settings.reconstruction * errors.square().mean()
        error = float(again / errors.numel() + kept) ** 0.5
    else:
        error = validation_error(
            torch.cat(outputs),
            batch.truths,
            settings,
            labels=outline.propositional,
            texts=outline.texts,
        )
    return Validation(error, rmse, clipped / len(batch.inputs))


def _score(
    problem: Problem, outline: Outline, parts: TrialParts, outputs: Array, settings: TrainSettings
) -> Score:
    return score(
        outputs,
        parts.truths,
        outline.scaler.names,
        parts.spread,
        problem.requirements,
        parts.given,
        settings,
        outline.texts,
    )


def _baseline(
    problem: Problem,
    outline: Outline,
    parts: TrialParts,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    own: tuple[ShieldedNetwork, float],
) -> tuple[Score, Score, float, tuple[EpochNote, ...]]:
    """A network trained freely, as it is and corrected afterwards; its time and its epochs."""
    model, seconds = own
    loss = LossChoice.MSE if settings.loss in SIGNED else settings.loss
    free = replace(settings, shield=ShieldChoice.NONE, backward=None, loss=loss)
    history: tuple[EpochNote, ...] = ()
    if model.shields:
        started = time.perf_counter()
        trained = _trained(outline, parts, free, seed, device, None)
        model, history = trained.model, trained.fitted.history
        seconds = time.perf_counter() - started
    y, z = predictions(model, parts.test)
    before, after = (_score(problem, outline, parts, one, settings) for one in (z, y))
    return before, after, seconds, history


def _monotone(
    model: ShieldedNetwork, parts: TrialParts, settings: TrainSettings, seed: int
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
    predicted = partial(model.smooth, finished=True)
    held_out = wrong_shares(predicted, points, slopes)
    spread = wrong_shares(predicted, uniform, slopes)
    return tuple(
        MonotoneShare(rule.title, one, other)
        for rule, one, other in zip(rules, held_out, spread, strict=True)
    )
