"""One trial of a generator: split, fit the columns, train, judge on the test part."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from pishield_cli.errors import PishieldError, TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.generation.columns import (
    EncodedColumn,
    encoded,
    fit_columns,
    numbers_among,
)
from pishield_cli.training.generation.energy import energy_distance
from pishield_cli.training.generation.generator import Generator, Plan
from pishield_cli.training.generation.objective import GenerateObjective
from pishield_cli.training.generation.problem import GenerateProblem
from pishield_cli.training.loop import (
    Diverged,
    EpochNote,
    Fitted,
    Validation,
    fit,
    seeded,
)
from pishield_cli.training.objectives import Minibatch
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.splits import Split, split_rows

LEAST_STEPS = 50
"""Of an epoch: rows of a small table are seen more than once."""

MOST_JUDGED = 1024
"""Rows that a sample is compared with; distances are between all pairs."""


_FEWEST_JUDGED = 2


@dataclass(frozen=True, slots=True)
class Sampled:
    """How far a sample is from held-out rows.

    Attributes:
        energy: The energy distance of features.
        moved: The share of rows that a shield moved.
    """

    energy: float
    moved: float


@dataclass(frozen=True, slots=True)
class GenerateTrial:
    """What a trial found, all on its test part.

    Attributes:
        seed: Its seed.
        method: Of the chosen method.
        free: Of a generator that learnt freely, as it is; None where that was not asked.
        corrected: Of that generator, corrected afterwards.
        seconds: Of training with the chosen method.
        epochs: How many it took.
        validation_error: The least energy distance to the validation part.
        history: Of the chosen method.
    """

    seed: int
    method: Sampled
    free: Sampled | None
    corrected: Sampled | None
    seconds: float
    epochs: int
    validation_error: float
    history: tuple[EpochNote, ...]


@dataclass(frozen=True, slots=True)
class GenerationParts:
    """The three parts of a table as features and numbers on the device."""

    training: Minibatch
    validation: Minibatch
    test: Minibatch


def run_generate_trial(
    problem: GenerateProblem,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    progress: Callable[[EpochNote], None] | None = None,
) -> tuple[GenerateTrial, Generator, Split]:
    """Train and judge.

    Args:
        problem: The table.
        settings: The choices.
        seed: Decides the split, the weights, the noise, and all else that is random.
        device: Where.
        progress: Told of each epoch of the chosen method.

    Raises:
        PishieldError: If the loss diverged.
        TableError: If fewer than two rows are held out.
    """
    split = split_rows(
        problem.cells.rows, validation=settings.val_size, test=settings.test_size, seed=seed
    )
    if len(split.test) < _FEWEST_JUDGED:
        raise TableError(
            f"A generator is judged by at least {_FEWEST_JUDGED} held-out rows, but --test-size "
            f"{settings.test_size:g} of {problem.cells.rows} rows is {len(split.test)}.",
            hint="train on more rows, or hold out a larger part",
        )
    training = problem.cells.take(split.training)
    columns = fit_columns(training, problem.domains, problem.forms)
    plan = Plan.of(columns, training, problem.requirements, settings.arch)
    parts = parts_of(columns, problem.cells, split, seed, device)
    started = time.perf_counter()
    generator, fitted = trained_generator(plan, parts, settings, seed, device, progress)
    seconds = time.perf_counter() - started
    free = corrected = None
    if settings.baseline:
        other = generator
        if generator.shield is not None:
            freely = replace(settings, shield=ShieldChoice.NONE, backward=None)
            other, _ = trained_generator(plan, parts, freely, seed, device, None)
        free = _sampled(other, parts.test, seed, finished=False)
        corrected = _sampled(other, parts.test, seed, finished=True)
    result = GenerateTrial(
        seed=seed,
        method=_sampled(generator, parts.test, seed, finished=True),
        free=free,
        corrected=corrected,
        seconds=seconds,
        epochs=len(fitted.history),
        validation_error=min(note.validation_error for note in fitted.history),
        history=fitted.history,
    )
    return result, generator, split


def parts_of(
    columns: tuple[EncodedColumn, ...],
    cells: EncodedCells,
    split: Split,
    seed: int,
    device: torch.device,
) -> GenerationParts:
    """The parts of a table; the seed spreads equal numbers over their scores.

    Args:
        columns: As they were fitted.
        cells: All rows.
        split: Which of them are for what.
        seed: Decides how equal numbers are spread.
        device: Where the tensors go.
    """
    rows = (split.training, split.validation, split.test)
    return GenerationParts(*(_batch(columns, cells.take(some), seed, device) for some in rows))


def _batch(
    columns: tuple[EncodedColumn, ...], cells: EncodedCells, seed: int, device: torch.device
) -> Minibatch:
    features = torch.from_numpy(encoded(columns, cells, np.random.default_rng(seed))).to(device)
    numbers = torch.from_numpy(_number_cells(columns, cells)).to(device)
    return Minibatch(features, numbers, features)


def _number_cells(columns: tuple[EncodedColumn, ...], cells: EncodedCells) -> Array:
    """The numbers of rows, `(rows, number columns)`, NaN where missing."""
    found = [cells.numbers[one.name] for one in numbers_among(columns)]
    return np.stack(found, axis=1) if found else np.zeros((cells.rows, 0))


def trained_generator(
    plan: Plan,
    parts: GenerationParts,
    settings: TrainSettings,
    seed: int,
    device: torch.device,
    progress: Callable[[EpochNote], None] | None = None,
) -> tuple[Generator, Fitted]:
    """A generator that has learnt.

    Args:
        plan: What is made.
        parts: The rows to learn from, and to judge by.
        settings: How to learn.
        seed: Decides weights, order and noise.
        device: Where the network is.
        progress: Told of each epoch; None for nobody.

    Raises:
        PishieldError: If the loss diverged.
    """
    started = time.perf_counter()
    with seeded(seed, [device]) as shuffled:
        generator = Generator(plan, settings).to(device)
        random = torch.Generator().manual_seed(seed)
        try:
            fitted = fit(
                generator.network,
                _often(parts.training, settings.batch_size),
                GenerateObjective(generator, settings, random),
                lambda: _validate(generator, parts.validation),
                settings,
                shuffled,
                lambda: time.perf_counter() - started,
                progress,
            )
        except Diverged as error:
            raise PishieldError(
                f"Training diverged: {error}.", hint="try a smaller --lr"
            ) from error
    return generator, fitted


def _often(batch: Minibatch, size: int) -> Minibatch:
    """The rows as often as an epoch of enough steps takes."""
    rows = len(batch.inputs)
    times = max(1, -(-LEAST_STEPS * min(size, rows) // rows))
    return Minibatch(*(one.repeat(times, 1) for one in (batch.inputs, batch.given, batch.truths)))


def _validate(generator: Generator, batch: Minibatch) -> Validation:
    found = _sampled(generator, batch, 0, finished=False)
    return Validation(found.energy, None, torch.zeros(1))


def _sampled(generator: Generator, batch: Minibatch, seed: int, *, finished: bool) -> Sampled:
    """A sample beside rows: as many, but enough to tell."""
    real = batch.inputs[:MOST_JUDGED].double()
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        rows = generator(generator.nothing_asked(MOST_JUDGED), random, finished=finished)
    energy = energy_distance(rows.features, real) if len(real) > 1 else rows.features.new_zeros(())
    return Sampled(float(energy), float(rows.moved.double().mean()))
