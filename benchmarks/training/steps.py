"""(c) What does one training step cost behind each shield?

A step is the deep network forward, the shield, the squared error, all of it backward, and Adam, on
rows in the table's units, single precision: what both sides can do. Steps of all methods take
turns, so that what else the machine does falls on all alike; the median counts.
"""

import contextlib
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Figures, Kept
from pishield_cli.layers import NearestShield, Shield
from pishield_cli.layers.rules import ShieldChoice, rules_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.training.features import FeatureEncoder, stacked
from pishield_cli.training.networks import build_network
from pishield_cli.training.outline import within
from pishield_cli.training.settings import TrainSettings

BATCHES = (64, 256, 1024)
SECONDS = 1.5
"""For all the steps of one method at one batch size."""

Step = Callable[[], object]


class Behind(nn.Module):
    """A network and a shield; a masked one sees the targets."""

    def __init__(self, network: nn.Module, shield: nn.Module | None, *, masked: bool) -> None:
        super().__init__()
        self.network, self.shield, self._masked = network, shield, masked

    def forward(self, rows: Tensor, goal: Tensor) -> Tensor:
        """Shielded outputs."""
        z: Tensor = self.network(rows)
        if self.shield is None:
            return z
        y: Tensor = self.shield(z, goal) if self._masked else self.shield(z)
        return y


def step_of(model: nn.Module, inputs: Sequence[Tensor], targets: Tensor) -> Step:
    """One training step of a model on a batch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        loss = functional.mse_loss(model(*inputs), targets)
        torch.autograd.backward(loss)
        optimizer.step()

    return step


def rows_of(dataset: Dataset, count: int) -> tuple[Tensor, Tensor, tuple[str, ...], Requirements]:
    """Encoded features and targets of so many rows, the targets' names, the requirements."""
    problem = dataset.problem(TrainSettings())
    some = problem.cells.take(torch.randperm(problem.cells.rows)[:count].numpy())
    encoder = FeatureEncoder.fit(problem.cells, problem.roles.feature_domains)
    targets = torch.from_numpy(stacked(some, problem.roles.targets)).float()
    assert problem.requirements is not None
    names = problem.roles.targets
    requirements = within(problem.requirements, names)
    return torch.from_numpy(encoder.encode(some)), targets, names, requirements


def steps_of(dataset: Dataset, batch: int, fyp: Path | None, fork: Path | None) -> dict[str, Step]:
    """A step of each method, on the same rows and from the same weights."""
    torch.manual_seed(0)
    rows, targets, names, requirements = rows_of(dataset, batch)
    inputs, outputs = rows.shape[1], targets.shape[1]
    shields: dict[str, nn.Module | None] = {"unshielded": None}
    for name in rules_of(ShieldChoice.LAYER):
        shields[name.value] = Shield(requirements, names, backward=name)
    for name in rules_of(ShieldChoice.NEAREST):
        shields[f"nearest {name}"] = NearestShield(requirements, names, backward=name)
    steps: dict[str, Step] = {}
    for name, shield in shields.items():
        torch.manual_seed(0)
        network = build_network("deep", inputs, outputs)
        behind = Behind(network, shield, masked=name == "masked")
        steps[name] = step_of(behind, (rows, targets), targets)
    if fyp is not None and fork is not None:
        steps |= _originals(dataset, fyp, fork, rows)
    return steps


def _originals(dataset: Dataset, fyp: Path, fork: Path, rows: Tensor) -> dict[str, Step]:
    """The published layer and the published projection, behind the published network."""
    for path in (fork, fyp / "src"):
        if str(path) not in sys.path:
            sys.path.insert(0, str(path))
    import models  # type: ignore[import-not-found]

    # Its outputs are the variables that its constraints name, renumbered.
    outputs = len(dataset.problem(TrainSettings()).roles.targets)
    targets = torch.randn(len(rows), outputs) * 10
    steps = {}
    for name, make in (
        ("original clamp", models.ShieldedMLP),
        ("original projection", models.ShieldWithProjGrad),
    ):
        torch.manual_seed(0)
        with contextlib.redirect_stdout(io.StringIO()):
            network = models.DeepMLP(rows.shape[1], outputs)
            model = make(network, outputs, str(dataset.requirements))
        steps[name] = step_of(model, (rows,), targets)
    return steps


def timed(steps: dict[str, Step], seconds: float) -> Figures:
    """The median milliseconds of each step, taking turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    until = time.perf_counter() + seconds * len(steps)
    while time.perf_counter() < until or min(map(len, times.values())) < 5:
        for name, step in steps.items():
            begin = time.perf_counter()
            step()
            times[name].append(1e3 * (time.perf_counter() - begin))
    return {name: statistics.median(found) for name, found in times.items()}


def tables(
    dataset: Dataset, kept: Kept, fyp: Path | None, fork: Path | None, seconds: float = SECONDS
) -> Iterator[str]:
    """Milliseconds of a step, and how many times that of `clamp`."""
    found: dict[int, Figures] = {}
    for batch in BATCHES:
        key = f"steps/{dataset.name}/{batch}/{'originals' if fyp else 'own'}"
        one = kept.once(key, lambda: timed(steps_of(dataset, batch, fyp, fork), seconds))  # noqa: B023
        if one is not None:
            found[batch] = one
    if not found:
        return
    threads = f"{torch.get_num_threads()} of {os.cpu_count()} cores"
    yield (
        f"**{dataset.name}**: milliseconds a step, median of steps that take turns, {threads}; in "
        "brackets how many times `clamp`."
    )
    names = dict.fromkeys(name for one in found.values() for name in one)
    rows = [
        [name, *(f"{one[name]:.2f} ({one[name] / one['clamp']:.2f})" for one in found.values())]
        for name in names
    ]
    yield markdown(["method", *(f"batch {batch:,}" for batch in found)], rows)
    if fyp is not None:
        times = ", ".join(f"{_beside(one):.1f} (batch {batch:,})" for batch, one in found.items())
        yield (
            "Of what a step takes beyond the unshielded one, the original projection takes so many "
            f"times ours: {times}."
        )


def _beside(one: Figures) -> float:
    free = float(one["unshielded"])
    return (float(one["original projection"]) - free) / (float(one["projection"]) - free)
