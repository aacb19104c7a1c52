"""(i) Is an idempotent network of a table's rows more than a look-up table of what it has learnt?

A network that answers with the learnt row nearest to what it gets is idempotent, and of no use on
other rows. So it is judged on held-out rows, as they are and shaken: how idempotent it is there;
how near it comes to the rows as they were; how near its answers lie to learnt rows, beside how near
the rows themselves do (a look-up table: 0); and how distances in its narrowest layer go together
with those between the rows (rank correlation; a look-up table need keep none).
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.isometry import rank_correlation
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import spread
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.tables import open_table
from pishield_cli.training.idempotent import applied
from pishield_cli.training.loop import seeded
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.problem import load_problem
from pishield_cli.training.settings import (
    DeviceChoice,
    IdempotentBackward,
    Objective,
    TrainSettings,
)
from pishield_cli.training.splits import split_rows
from pishield_cli.training.trial import run_trial

NOISE = 0.3
"""Standard deviations that rows are shaken by."""

PAIRS = 2000
SHOWN = ("rows", "idempotent", "returned", "to learnt", "itself to learnt", "latent")


def trained(dataset: Dataset, rule: str, epochs: int, seed: int) -> Figures:
    """Train once, and judge on what was learnt and what was held out, as it is and shaken."""
    settings = TrainSettings(
        objective=Objective.IDEMPOTENT,
        arch="64,8,64",
        epochs=epochs,
        patience=None,
        lr=3e-3,
        shield=ShieldChoice.NONE,
        device=DeviceChoice.CPU,
        idempotent_backward=IdempotentBackward(rule),
        baseline=False,
    )
    problem = load_problem(open_table(str(dataset.table)), None, settings)
    with seeded(seed):
        _, model = run_trial(problem, settings, seed, torch.device("cpu"))
        split = split_rows(
            problem.cells.rows, validation=settings.val_size, test=settings.test_size, seed=seed
        )
        learnt, held = (
            torch.from_numpy(model.outline.encoder.encode(problem.cells.take(rows))).double()
            for rows in (split.training, split.test)
        )
        shaken = held + NOISE * torch.randn_like(held)
        some = learnt[: len(held)]
        places = {"learnt": (some, some), "held out": (held, held), "shaken": (shaken, held)}
        return {name: judged(model, *rows, learnt) for name, rows in places.items()}


def judged(model: ShieldedNetwork, rows: Tensor, clean: Tensor, learnt: Tensor) -> Figures:
    """What the map does to some rows, which were `clean` before they were shaken."""
    with torch.no_grad():
        once = applied(model, rows)
        latent = narrowest(model, rows)
    again = applied(model, once).detach()
    own = torch.cdist(rows, learnt)
    own[own < 1e-9] = torch.inf
    return {
        "idempotent": float((again - once).square().mean().sqrt()),
        "returned": float((once - clean).square().mean().sqrt()),
        "to learnt": float(torch.cdist(once, learnt).amin(1).mean()),
        "itself to learnt": float(own.amin(1).mean()),
        "latent": kept_distances(rows, latent),
    }


def narrowest(model: ShieldedNetwork, rows: Tensor) -> Tensor:
    """The outputs of the layer of fewest units."""
    found: list[Tensor] = []
    layers = [one for one in model.network.modules() if isinstance(one, nn.Linear)]
    layer = min(layers, key=lambda one: one.out_features)
    hook = layer.register_forward_hook(lambda _module, _inputs, output: found.append(output))
    model.raw(rows.float())
    hook.remove()
    return found[0].detach().double()


def kept_distances(rows: Tensor, others: Tensor) -> float:
    """The rank correlation of distances between the same pairs in two spaces."""
    first, second = torch.randint(len(rows), (2, PAIRS))
    pairs = [(one[first] - one[second]).norm(dim=1).tolist() for one in (rows, others)]
    return rank_correlation(list(zip(*pairs, strict=True)))


def tables(dataset: Dataset, kept: Kept, epochs: int, seeds: int) -> Iterator[str]:
    """A row for each rule and kind of rows."""
    rules = [one.value for one in (IdempotentBackward.MODIFIED, IdempotentBackward.ORDINARY)]
    listed = []
    for rule in rules:
        known = [
            kept.once(
                f"lookup/{dataset.name}/{epochs}/{rule}/{seed}",
                lambda: trained(dataset, rule, epochs, seed),  # noqa: B023
            )
            for seed in range(seeds)
        ]
        ones = [one for one in known if one is not None]
        for place in ones[0] if ones else ():
            cells = [spread([one[place][name] for one in ones], 3) for name in SHOWN[1:]]
            listed.append([rule, place, *cells])
    if not listed:
        return
    yield (
        f"**{dataset.name}**: a network of 64, 8 and 64 units, {epochs} epochs, {seeds} seeds; "
        f"root mean squares, and mean distances, in standard deviations; rows shaken by {NOISE}."
    )
    yield markdown(["rule", *SHOWN], listed)
