"""(e) How fast do networks become idempotent under each rule?

Networks n learn n(n(x)) = n(x) on normal rows, drawn anew each epoch or fixed, by the *modified*
rule, the *ordinary* gradient, and for a single matrix *m1*. Errors are root mean squares of
n(n(x)) - n(x) on other normal rows. The null map has none, so outputs' variance, and norm and trace
of n applied to the unit matrix, are shown beside.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, product

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measure import markdown
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import difference, percent
from pishield_cli.training.features import FeatureEncoder, NumberFeature, TargetScaler
from pishield_cli.training.idempotent import IdempotentObjective, idempotent_figures, matrix_of
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.objectives import Minibatch
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import IdempotentBackward, TrainSettings

OPTIMIZERS = {
    "gradient descent, rate 1": partial(torch.optim.SGD, lr=1.0),
    "Adam, rate 0.01": partial(torch.optim.Adam, lr=1e-2),
}
"""The first makes the modified rule's own step, where n is linear and rows are many."""

SEEDS = 5
JUDGED_ROWS = 2_000
SHOWN = (0, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Case:
    """A network and its rows.

    Attributes:
        widths: From inputs to outputs.
        biased: Whether layers have biases.
        tanh: Whether tanh follows each.
        rows: Rows an epoch.
        epochs: How many.
        shrunk: By how much it is narrower than asked for.
    """

    widths: tuple[int, ...]
    biased: bool = True
    tanh: bool = False
    rows: int = 10_000
    epochs: int = 100
    shrunk: int = 1

    @property
    def title(self) -> str:
        """Widths, and what is special."""
        parts = ["-".join(map(str, self.widths))]
        parts += ["tanh"] if self.tanh else []
        parts += [] if self.biased else ["no biases"]
        parts += [f"an {self.shrunk}th as wide"] if self.shrunk > 1 else []
        return ", ".join(parts)

    @property
    def batches(self) -> tuple[int, int]:
        """All rows at once, or a fifth."""
        return self.rows, self.rows // 5


CASES = {
    "N1": Case((5, 5), biased=False),
    "N2": Case((5, 10, 5), biased=False),
    "N3": Case((5, 10, 5), tanh=True),
    "N4": Case((98, 128, 256, 98), tanh=True, rows=2_000, epochs=20, shrunk=8),
    "B1": Case((5, 5)),
    "B2": Case((100, 250, 100), epochs=50),
    "B3": Case((512, 128, 512), rows=2_000, epochs=20, shrunk=8),
    "B4": Case((98, 128, 256, 98), rows=2_000, epochs=20, shrunk=8),
}


def model_of(case: Case, settings: TrainSettings) -> ShieldedNetwork:
    """The case's network in a model without preprocessing."""
    names = tuple(f"x{place}" for place in range(case.widths[0]))
    features = (NumberFeature(name, 0.0, 0.0, 1.0, indicator=False) for name in names)
    scaler = TargetScaler(names, np.zeros(len(names)), np.ones(len(names)))
    outline = Outline(FeatureEncoder(tuple(features)), scaler, None, (), (), "linear")
    model = ShieldedNetwork(outline, settings)
    layers: list[nn.Module] = []
    for before, after in pairwise(case.widths):
        layers.append(nn.Linear(before, after, bias=case.biased))
        if case.tanh:
            layers.append(nn.Tanh())
    model.network = nn.Sequential(*layers)
    return model


def batch_of(rows: Tensor) -> Minibatch:
    """Rows to be learnt from themselves."""
    return Minibatch(rows, rows.new_zeros(len(rows), 0).double(), rows.double())


def trained(case: Case, optimizer: str, rule: str, size: int, seed: int, *, fixed: bool) -> Figures:
    """Train once; errors by epoch, and what became of the map."""
    torch.manual_seed(seed)
    settings = TrainSettings(
        idempotent_backward=IdempotentBackward(rule), reconstruction=0.0, restore=0.0
    )
    model = model_of(case, settings)
    objective = IdempotentObjective(model, settings)
    stepper = OPTIMIZERS[optimizer](model.parameters())
    judged = batch_of(torch.randn(JUDGED_ROWS, case.widths[0]))
    rows = torch.randn(case.rows, case.widths[0])
    errors = [idempotent_figures(model, judged).idempotent_error]
    for _ in range(case.epochs):
        if not fixed:
            rows = torch.randn(case.rows, case.widths[0])
        for some in torch.split(rows, size):
            stepper.zero_grad()
            torch.autograd.backward(objective(batch_of(some)).loss)
            stepper.step()
        errors.append(idempotent_figures(model, judged).idempotent_error)
    with torch.no_grad():
        unit = model.raw(torch.eye(case.widths[0]))
    outside, seen = objective.outside
    return {
        "errors": errors,
        "variance": idempotent_figures(model, judged).output_variance,
        "norm": float(unit.norm()),
        "trace": float(unit.trace()),
        "outside": outside / max(1, seen),
    }


def rules(case: Case) -> list[str]:
    """The rules that apply to a network."""
    with torch.no_grad():
        single = matrix_of(model_of(case, TrainSettings())) is not None
    return ["modified", "ordinary", *(["m1"] if single else [])]


def tables(kept: Kept, networks: Sequence[str]) -> Iterator[str]:
    """A table for redrawn rows, and one for fixed rows.

    Args:
        kept: The figures.
        networks: The names of cases.
    """
    for optimizer, fixed in product(OPTIMIZERS, (False, True)):
        rows = [
            row
            for name in networks
            for size in (CASES[name].batches[:1] if fixed else CASES[name].batches)
            for row in _rows(kept, name, CASES[name], (optimizer, size, fixed))
        ]
        yield from _table(optimizer, rows, SEEDS, fixed=fixed)


def wide_tables(kept: Kept, rows: int, epochs: int, seeds: int) -> Iterator[str]:
    """Likewise, of the networks that are narrower there, as wide as they were published.

    Args:
        kept: The figures.
        rows: Of an epoch, drawn anew, in five batches.
        epochs: How many.
        seeds: How many.
    """
    wide = {
        name: replace(
            case,
            widths=tuple(width * case.shrunk for width in case.widths),
            shrunk=1,
            rows=rows,
            epochs=epochs,
        )
        for name, case in CASES.items()
        if case.shrunk > 1
    }
    for optimizer in OPTIMIZERS:
        found = [
            row
            for name, case in wide.items()
            for row in _rows(kept, name, case, (optimizer, case.batches[1], False), seeds)
        ]
        yield from _table(optimizer, found, seeds, fixed=False)


def _table(optimizer: str, rows: list[list[str]], seeds: int, *, fixed: bool) -> Iterator[str]:
    if rows:
        kind = "fixed" if fixed else "drawn anew each epoch"
        yield (
            f"**Rows {kind}, {optimizer}**: {seeds} initialisations. *Tenth*: the epoch by which "
            "the error is a tenth of the first, mean over those that get there, and how many do; "
            "and minus that of the ordinary rule, seed by seed, with a 95 % interval, where all do."
        )
        header = ["network", "batch", "rule", *(f"epoch {epoch}" for epoch in SHOWN), "tenth"]
        yield markdown(
            [*header, "minus ordinary", "variance", "norm", "trace", "outside the basin"], rows
        )


def _rows(
    kept: Kept, name: str, case: Case, how: tuple[str, int, bool], seeds: int = SEEDS
) -> Iterator[list[str]]:
    optimizer, size, fixed = how
    start = f"idempotent/{name}/{case.title}/{case.rows}/{case.epochs}/{optimizer}"
    found: dict[str, list[Figures]] = {}
    for rule in rules(case):
        ones = [
            kept.once(
                f"{start}/{'fixed' if fixed else 'redrawn'}/{size}/{rule}/{seed}",
                lambda: trained(case, optimizer, rule, size, seed, fixed=fixed),  # noqa: B023
            )
            for seed in range(seeds)
        ]
        found[rule] = [one for one in ones if one is not None]
    for rule, known in found.items():
        if known:
            sooner = "" if rule == "ordinary" else _sooner(known, found["ordinary"])
            yield [f"{name}: {case.title}", f"{size:,}", rule, *_cells(case, known, sooner)]


def _cells(case: Case, found: list[Figures], sooner: str) -> Iterator[str]:
    for epoch in SHOWN:
        shown = epoch <= case.epochs
        yield f"{statistics.fmean(one['errors'][epoch] for one in found):.2g}" if shown else ""
    reached = [epoch for one in found if (epoch := _tenth(one["errors"])) is not None]
    mean = f"{statistics.fmean(reached):.1f} " if reached else ""
    yield f"{mean}({len(reached)} of {len(found)})"
    yield sooner
    for name in ("variance", "norm", "trace"):
        yield f"{statistics.fmean(one[name] for one in found):.3g}"
    yield percent(statistics.fmean(one["outside"] for one in found))


def _sooner(found: list[Figures], ordinary: list[Figures]) -> str:
    """The epochs to a tenth minus those of the ordinary rule."""
    ours, theirs = ([_tenth(one["errors"]) for one in each] for each in (found, ordinary))
    known = [(one, other) for one, other in zip(ours, theirs, strict=False) if one and other]
    if len(known) < max(2, len(found)):
        return ""
    return difference(*zip(*known, strict=True))


def _tenth(errors: list[float]) -> int | None:
    """The first epoch with at most a tenth of the first error."""
    return next((epoch for epoch, one in enumerate(errors) if one <= errors[0] / 10), None)
