"""(f) Does training through a shield help where labels lie on bounds?

What is asked, and what counts as an answer, was written down before it was run: see
`benchmarks/preregistered/bounds.md`. All seeds learn side by side, each with its own weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.measure import markdown
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import difference, spread
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield, ScaledShield, Shield

SEEDS = 10
FEATURES = 5
LEARNT, CHOOSING, JUDGED = 300, 200, 2000
WIDTH = 32
STEPS = 800
RATE = 3e-3
LOOK = 20
"""Steps between two looks at the rows that the best step is chosen by."""

RESTORE = 0.3
NOISE = 0.2

AFTER = "corrected afterwards"
DEFAULT = "nearest one_sided"
HEAD = "bounded head"
METHODS = (AFTER, DEFAULT, "routed", "clamp", HEAD)
LOSSES = {"squared": functional.mse_loss, "absolute": functional.l1_loss}


@dataclass(frozen=True, slots=True)
class Table:
    """Labels on bounds.

    Attributes:
        names: Of the targets.
        requirements: As text.
        labels: From the teacher's outputs, `(..., targets)`, about standard normal, to labels.
        head: From raw outputs to what cannot leave the bounds.
    """

    names: tuple[str, ...]
    requirements: str
    labels: Callable[[Tensor], Tensor]
    head: Callable[[Tensor], Tensor]

    def nearest(self) -> NearestShield:
        """The nearest point of what is allowed."""
        return NearestShield(parse_requirements(self.requirements), self.names)


def _tied(teacher: Tensor) -> Tensor:
    reading, other = teacher.unbind(-1)
    return torch.stack([reading, torch.maximum(reading, other)], dim=-1)


def _above(raw: Tensor) -> Tensor:
    reading, more = raw.unbind(-1)
    return torch.stack([reading, reading + functional.softplus(more)], dim=-1)


def _spent(teacher: Tensor) -> Tensor:
    found: Tensor = TABLES["budget"].nearest()(0.3 + 0.5 * teacher)
    return found


def _parts(raw: Tensor) -> Tensor:
    left = torch.zeros_like(raw[..., :1])
    return torch.cat([raw, left], dim=-1).softmax(dim=-1)[..., :-1]


TABLES = {
    "zero-inflated": Table(
        ("amount",),
        "amount >= 0",
        lambda teacher: (teacher - 0.25).clamp_min(0),
        functional.softplus,
    ),
    "censored": Table(
        ("duration",),
        "0 <= duration <= 5",
        lambda teacher: (5 + 2 * teacher).clamp(0, 5),
        lambda raw: 5 * raw.sigmoid(),
    ),
    "saturated": Table(
        ("a", "b", "c"),
        "0 <= a <= 1\n0 <= b <= 1\n0 <= c <= 1",
        lambda teacher: (0.5 + teacher).clamp(0, 1),
        torch.sigmoid,
    ),
    "tied": Table(("reading", "peak"), "peak >= reading", _tied, _above),
    "budget": Table(("a", "b", "c"), "a >= 0\nb >= 0\nc >= 0\na + b + c <= 1", _spent, _parts),
}


class Networks(nn.Module):
    """A small network for each seed, `(seeds, rows, inputs)` to `(seeds, rows, outputs)`."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        widths = (inputs, WIDTH, WIDTH, outputs)
        pairs = list(pairwise(widths))
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(SEEDS, one, other) * (2 / one) ** 0.5) for one, other in pairs
        )
        self.biases = nn.ParameterList(
            nn.Parameter(torch.zeros(SEEDS, 1, other)) for _, other in pairs
        )

    def forward(self, rows: Tensor) -> Tensor:
        """Raw outputs."""
        last = len(self.weights) - 1
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            rows = torch.baddbmm(bias, rows, weight)
            rows = rows if place == last else functional.leaky_relu(rows)
        return rows


@dataclass(frozen=True, slots=True)
class Rows:
    """Features and labels of all seeds, and the labels' mean and spread over what is learnt."""

    features: Tensor
    labels: Tensor
    mean: Tensor
    scale: Tensor


@cache
def rows_of(name: str) -> Rows:
    """A table's rows, other ones for each seed, from one teacher."""
    table = TABLES[name]
    random = torch.Generator().manual_seed(list(TABLES).index(name))
    count = LEARNT + CHOOSING + JUDGED

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random)

    features = normal(SEEDS, count, FEATURES)
    hidden = (features @ normal(FEATURES, 16) / FEATURES**0.5 + normal(16)).tanh()
    teacher = hidden @ normal(16, len(table.names))
    teacher = (teacher - teacher.mean((0, 1))) / teacher.std((0, 1))
    labels = table.labels(teacher + NOISE * normal(*teacher.shape))
    learnt = labels[:, :LEARNT].reshape(-1, len(table.names))
    return Rows(features, labels, learnt.mean(0), learnt.std(0))


def bounded(table: Table, rows: Rows, method: str) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """From raw outputs to what the loss sees, standardised, and to predictions likewise."""
    if method == HEAD:

        def headed(raw: Tensor) -> tuple[Tensor, Tensor]:
            found = (table.head(raw) - rows.mean) / rows.scale
            return found, found

        return headed
    requirements = parse_requirements(table.requirements)
    shield = (
        Shield(requirements, table.names, backward=method)
        if method in {"routed", "clamp"}
        else table.nearest()
    )
    scaled = ScaledShield(shield, rows.mean, rows.scale)

    def shielded(raw: Tensor) -> tuple[Tensor, Tensor]:
        found = scaled(raw).standard
        return raw if method == AFTER else found, found

    return shielded


def learnt(name: str, method: str, loss: str) -> Figures:
    """The test errors of every seed, and the share of rows with a label on a bound."""
    table, rows = TABLES[name], rows_of(name)
    torch.manual_seed(0)
    networks = Networks(FEATURES, len(table.names))
    behind = bounded(table, rows, method)
    standard = (rows.labels - rows.mean) / rows.scale
    optimizer = torch.optim.Adam(networks.parameters(), lr=RATE)
    best = torch.full((SEEDS,), torch.inf)
    errors = torch.zeros(SEEDS)
    for step in range(STEPS + 1):
        if step % LOOK == 0:
            with torch.no_grad():
                found = behind(networks(rows.features[:, LEARNT:]))[1] - standard[:, LEARNT:]
            chosen, judged = (_error(one, loss) for one in found.split((CHOOSING, JUDGED), dim=1))
            errors = torch.where(chosen < best, judged, errors)
            best = torch.minimum(chosen, best)
        raw = networks(rows.features[:, :LEARNT])
        seen, predicted = behind(raw)
        # The seeds' losses are added, so that none sees another's.
        total = SEEDS * LOSSES[loss](seen, standard[:, :LEARNT])
        if method not in {AFTER, HEAD}:
            total = total + SEEDS * RESTORE * (raw - predicted.detach()).square().mean() / 2
        optimizer.zero_grad()
        torch.autograd.backward(total)
        optimizer.step()
    return {"errors": errors.tolist()}


def _error(errors: Tensor, loss: str) -> Tensor:
    """Of each seed, by what was learnt."""
    if loss == "absolute":
        return errors.abs().mean((1, 2))
    return errors.square().mean((1, 2)).sqrt()


def tables(kept: Kept) -> Iterator[str]:
    """Errors, and paired differences from the baseline, for both losses."""
    for loss in LOSSES:
        found = {
            (name, method): kept.once(
                f"bounds/{name}/{method}/{loss}",
                lambda: learnt(name, method, loss),  # noqa: B023
            )
            for name in TABLES
            for method in METHODS
        }
        known = {key: one["errors"] for key, one in found.items() if one is not None}
        names = [name for name in TABLES if all((name, one) in known for one in METHODS)]
        if not names:
            continue
        yield f"**Learnt and judged by {loss} error**, in standard deviations, {SEEDS} seeds."
        shown = [[one, *(spread(known[name, one]) for name in names)] for one in METHODS]
        yield markdown(["", *names], shown)
        yield markdown(
            [f"minus {AFTER}", *names],
            [
                [one, *(difference(known[name, one], known[name, AFTER]) for name in names)]
                for one in METHODS[1:]
            ],
        )
