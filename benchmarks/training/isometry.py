"""(g) Does isometry tell when the projected gradient works?

A network's isometry: the singular values of the derivative of its outputs by its parameters, on one
batch. `spread` is the standard deviation of their squares over the mean: 0 where all directions of
outputs are learnt alike. Beside it the cosine of the projected gradient with the free one, and both
again as training goes on, for networks of some depths and widths; and the error that training comes
to behind the projection, beside `nearest one_sided`.
"""

import statistics
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.func import functional_call, jacrev

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import spread
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.training.gradients import batches_of, cosine, handed, unshielded, untrained
from pishield_cli.training.loop import seeded
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.objectives import prediction_error
from pishield_cli.training.settings import TrainSettings

ARCHS = ("32", "64", "128", "64,64", "64,64,64,64", "deep")
LOOKS = (0, 50, 200)
"""Steps after which is looked."""

BATCH = 64
LAST = 20
"""Batches that the training error is the mean of."""

ROWS = 16
"""Of a batch, whose outputs' derivatives are taken."""


def isometry(model: ShieldedNetwork, rows: Tensor) -> float:
    """The spread of the squared singular values of the outputs by the parameters."""
    parameters = {name: value.detach() for name, value in model.network.named_parameters()}

    def outputs(values: Mapping[str, Tensor]) -> Tensor:
        found: Tensor = functional_call(model.network, dict(values), (rows[:ROWS],))
        return found.flatten()

    parts = jacrev(outputs)(parameters)
    jacobian = torch.cat([part.flatten(1) for part in parts.values()], dim=1).double()
    squares = torch.linalg.eigvalsh(jacobian @ jacobian.T).clamp_min(0)
    return float(squares.std() / squares.mean())


def followed(dataset: Dataset, arch: str, seed: int) -> Figures:
    """Isometry and the projection's cosine at each look, and errors beside `one_sided`'s."""
    own, errors = _learnt(dataset, arch, seed, ShieldChoice.LAYER, RuleName.PROJECTION)
    _, others = _learnt(dataset, arch, seed, ShieldChoice.NEAREST, RuleName.ONE_SIDED)
    return {**own, "ratio": [one / other for one, other in zip(errors, others, strict=True)]}


def _learnt(
    dataset: Dataset, arch: str, seed: int, shield: ShieldChoice, rule: RuleName
) -> tuple[Figures, list[float]]:
    """What is seen at each look, and the last batches' root mean square errors."""
    settings = TrainSettings(
        arch=arch, batch_size=BATCH, seed=seed, shield=shield, backward=rule, restore=0.0
    )
    problem = dataset.problem(settings, rows=2000)
    found: Figures = {"isometry": [], "cosine": []}
    errors: list[float] = []
    with seeded(seed):
        model = untrained(problem, settings)
        optimizer = torch.optim.Adam(model.network.parameters(), lr=settings.lr)
        for step, batch in enumerate(batches_of(problem, model, settings, LOOKS[-1] + 1)):
            if step in LOOKS:
                ones = (handed(model, batch).parameters, unshielded(model, batch))
                found["isometry"].append(isometry(model, batch.inputs))
                found["cosine"].append(cosine(*ones) or 0.0)
            y = model.learning(model.raw(batch.inputs), batch.given, batch.truths)
            loss = prediction_error(model, y, batch)
            errors.append(float(loss.detach()) ** 0.5)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    return found, errors[-LAST:]


def tables(dataset: Dataset, kept: Kept, seeds: int) -> Iterator[str]:
    """A row for each network, and whether isometry tells what the projection is worth."""
    known = {
        (arch, seed): kept.once(
            f"isometry/{dataset.name}/{arch}/{seed}",
            lambda: followed(dataset, arch, seed),  # noqa: B023
        )
        for arch in ARCHS
        for seed in range(seeds)
    }
    found = {key: one for key, one in known.items() if one is not None}
    if not found:
        return
    yield (
        f"**{dataset.name}**: spread of squared singular values, and cosine of the projected with "
        f"the free gradient, after {', '.join(map(str, LOOKS))} steps; training error behind the "
        f"projection, times that behind `nearest one_sided`; {seeds} seeds."
    )
    header = [f"{name}, step {step}" for name in ("isometry", "cosine") for step in LOOKS]
    yield markdown(["network", *header, "error"], [_row(arch, found) for arch in ARCHS])
    ones = list(found.values())
    told = ", ".join(f"{_together(ones, at):+.2f}" for at in range(len(LOOKS)))
    yield f"Rank correlation of isometry at each look with that error, over {len(ones)}: {told}."


def _together(ones: list[Figures], look: int) -> float:
    """How isometry at a look and the error behind the projection go together."""
    return rank_correlation(
        [(one["isometry"][look], statistics.fmean(one["ratio"])) for one in ones]
    )


def _row(arch: str, found: Mapping[tuple[str, int], Figures]) -> list[str]:
    ones = [one for (name, _), one in found.items() if name == arch]
    cells = [
        spread([one[name][at] for one in ones], 3)
        for name in ("isometry", "cosine")
        for at in range(len(LOOKS))
    ]
    return [arch, *cells, spread([statistics.fmean(one["ratio"]) for one in ones], 3)]


def rank_correlation(pairs: list[tuple[float, float]]) -> float:
    """Spearman's."""
    ranks = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    return statistics.correlation(*ranks)


def _ranks(values: list[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    for rank, place in enumerate(order):
        ranks[place] = float(rank)
    return ranks
