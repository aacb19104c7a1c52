"""Training one network: epochs, early stopping, what is noted of each epoch."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from pishield_cli.errors import UsageError
from pishield_cli.training.objectives import Judgement, Minibatch
from pishield_cli.training.settings import DeviceChoice, OptimizerChoice, TrainSettings

LOCKED_SHARE = 0.99
LOCKED_EPOCHS = 3
"""A variable that is clipped on more than this share of rows for so many epochs is locked."""

_EVALUATED_ROWS = 1 << 14


@dataclass(frozen=True, slots=True)
class EpochNote:
    """What is noted of an epoch; a line of `history.csv`.

    Attributes:
        epoch: From 1.
        loss: Mean training loss.
        validation_rmse: Root mean squared error on the validation part, in the table's units;
            None where nothing is predicted.
        validation_error: What early stopping goes by, in the network's units.
        corrected_share: Share of training rows that the shield moved.
        seconds: Since the trial began.
    """

    epoch: int
    loss: float
    validation_rmse: float | None
    validation_error: float
    corrected_share: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Validation:
    """What a model does on the validation part.

    Attributes:
        error: What early stopping goes by; the less, the better.
        rmse: In the table's units; None where nothing is predicted.
        clipped: The share of rows on which each target is moved, shape `(targets,)`.
    """

    error: float
    rmse: float | None
    clipped: Tensor


@dataclass(frozen=True, slots=True)
class Fitted:
    """What training did; the network has the weights of the best epoch.

    Attributes:
        history: One note for each epoch.
        best_epoch: Whose weights were kept.
        locked: Places of targets that were locked.
    """

    history: tuple[EpochNote, ...]
    best_epoch: int
    locked: tuple[int, ...]


class Diverged(Exception):  # noqa: N818 - ends a loop, and is turned into an error by its reader
    """The loss was no longer finite."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"the loss was no longer finite in epoch {epoch}")
        self.epoch = epoch


def fit(
    network: nn.Module,
    batch: Minibatch,
    judge: Callable[[Minibatch], Judgement],
    validate: Callable[[], Validation],
    settings: TrainSettings,
    generator: torch.Generator,
    clock: Callable[[], float],
    progress: Callable[[EpochNote], None] | None = None,
    begin: Callable[[float], None] | None = None,
) -> Fitted:
    """Train a network's parameters in place.

    Args:
        network: Whose parameters learn.
        batch: The training part.
        judge: The loss of some of its rows.
        validate: Called after each epoch.
        settings: Epochs, batch size, optimizer, patience.
        generator: Shuffles the rows; on the CPU.
        clock: Seconds since the trial began.
        progress: Told of each epoch.
        begin: Told before each epoch what share of all epochs is over.

    Raises:
        Diverged: If the loss is not finite.
    """
    optimizer = _optimizer(network, settings)
    history: list[EpochNote] = []
    best, best_epoch, kept = math.inf, 0, _copied(network)
    locks: Tensor | None = None
    locked: set[int] = set()
    for epoch in range(1, settings.epochs + 1):
        network.train()
        if begin is not None:
            begin((epoch - 1) / settings.epochs)
        loss, corrected = _epoch(batch, judge, optimizer, settings, generator)
        network.eval()
        if not math.isfinite(loss):
            raise Diverged(epoch)
        with torch.no_grad():
            found = validate()
        note = EpochNote(epoch, loss, found.rmse, found.error, corrected, clock())
        history.append(note)
        if progress is not None:
            progress(note)
        always = found.clipped > LOCKED_SHARE
        locks = always.long() if locks is None else torch.where(always, locks + 1, 0)
        locked |= set((locks >= LOCKED_EPOCHS).nonzero().flatten().tolist())
        if found.error < best:
            best, best_epoch, kept = found.error, epoch, _copied(network)
        elif settings.patience is not None and epoch - best_epoch >= settings.patience:
            break
    with torch.no_grad():
        for name, value in network.named_parameters():
            value.copy_(kept[name])
    network.eval()
    return Fitted(tuple(history), best_epoch, tuple(sorted(locked)))


def _epoch(
    batch: Minibatch,
    judge: Callable[[Minibatch], Judgement],
    optimizer: torch.optim.Optimizer,
    settings: TrainSettings,
    generator: torch.Generator,
) -> tuple[float, float]:
    rows = len(batch.inputs)
    total = batch.truths.new_zeros(())
    moved = batch.truths.new_zeros(())
    order = torch.randperm(rows, generator=generator).to(batch.inputs.device)
    learnt = [value for group in optimizer.param_groups for value in group["params"]]
    for some in torch.split(order, settings.batch_size):
        part = Minibatch(batch.inputs[some], batch.given[some], batch.truths[some])
        judgement = judge(part)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(judgement.loss)
        if settings.longest_gradient:
            clip_grad_norm_(learnt, settings.longest_gradient)
        optimizer.step()
        total += judgement.loss.detach() * len(some)
        moved += judgement.corrected.sum()
    return float(total) / rows, float(moved) / rows


def _optimizer(network: nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    if settings.optimizer is OptimizerChoice.SGD:
        return torch.optim.SGD(network.parameters(), lr=settings.lr)
    return torch.optim.Adam(network.parameters(), lr=settings.lr)


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def in_pieces(rows: int) -> Iterator[slice]:
    """Slices that cover so many rows, each small enough to be evaluated at once."""
    for start in range(0, rows, _EVALUATED_ROWS):
        yield slice(start, min(start + _EVALUATED_ROWS, rows))


def chosen_device(choice: DeviceChoice) -> torch.device:
    """The device that `--device` stands for.

    Raises:
        UsageError: If it is not there.
    """
    there = torch.cuda.is_available()
    if choice is DeviceChoice.CUDA and not there:
        raise UsageError("--device cuda needs a GPU that torch can use, but there is none.")
    return torch.device("cuda" if there and choice is not DeviceChoice.CPU else "cpu")


def warm_up() -> None:
    """Let torch load what its first optimizer loads, so that no trial's seconds count it."""
    nothing = torch.zeros(1, requires_grad=True)
    torch.optim.Adam([nothing]).step()


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Let torch use so many threads within the block."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, devices: Sequence[torch.device] = ()) -> Iterator[torch.Generator]:
    """Seed torch's own random numbers within the block; a generator of the same seed beside."""
    cards = [device.index or 0 for device in devices if device.type == "cuda"]
    with torch.random.fork_rng(devices=cards):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)
