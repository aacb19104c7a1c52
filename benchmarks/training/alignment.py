"""(a) How well does each rule's gradient point where the unshielded one points?

Deep untrained networks, batches of 64, features scaled, targets not; the cosine between gradients
by the network's parameters, as `pishield report gradients` measures it. *Hashed*: also with what
made the published figures: a text label as a number of hundreds of thousands among the features.
*At defaults*: the network, batches and scaling of `pishield train` where it is told nothing.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.measure import markdown
from benchmarks.training.datasets import HASHED, Dataset
from benchmarks.training.kept import Figures, Kept
from pishield_cli.training.gradients import (
    batches_of,
    cosine,
    handed,
    shield_methods,
    unshielded,
    untrained,
)
from pishield_cli.training.loop import seeded
from pishield_cli.training.settings import TrainSettings

BATCH = 64
BATCHES = 30
RAW, HASHED_TOO, DEFAULTS = "", ", hashed", ", at defaults"
PUBLISHED = {
    "faults": {"clamp": 0.788, "masked": 0.788, "projection": 0.996},
    "url": {"clamp": 0.036, "masked": 0.362, "projection": 0.995},
    "botnet": {"clamp": 0.816, "masked": 0.933, "projection": 0.992},
}


def cosines(dataset: Dataset, seed: int, form: str) -> Figures:
    """Each method's mean cosine with one network."""
    settings = TrainSettings(seed=seed)
    if form != DEFAULTS:
        settings = replace(settings, arch="deep", batch_size=BATCH, scale_targets=False)
    problem = dataset.problem(settings)
    if form == HASHED_TOO:
        settings = replace(settings, scale_features=False)
        problem = dataset.as_published(problem, settings, seed)
    with seeded(seed):
        model = untrained(problem, settings)
        found: dict[str, list[float]] = {}
        for batch in batches_of(problem, model, settings, BATCHES):
            free = unshielded(model, batch)
            for method in shield_methods(model, settings):
                one = cosine(handed(method.model, batch).parameters, free)
                if one is not None:
                    found.setdefault(method.name, []).append(one)
    return {name: statistics.fmean(values) for name, values in found.items()}


def tables(datasets: Iterator[Dataset], kept: Kept, seeds: int) -> Iterator[str]:
    """A row a method, a column a dataset and form; mean and standard deviation over networks."""
    columns: dict[str, list[Figures]] = {}
    for dataset in datasets:
        for form in (RAW, *([HASHED_TOO] if dataset.name in HASHED else []), DEFAULTS):
            title = f"{dataset.name}{form}"
            ones = [
                kept.once(
                    f"alignment/{title}/{seed}",
                    lambda: cosines(dataset, seed, form),  # noqa: B023
                )
                for seed in range(seeds)
            ]
            if all(ones):
                columns[title] = [one for one in ones if one]
    if not columns:
        return
    yield (
        f"Cosine with the unshielded gradient: mean ± standard deviation over {seeds} networks, "
        f"{BATCHES} batches of {BATCH} each; at defaults of {TrainSettings().batch_size}."
    )
    names = dict.fromkeys(name for ones in columns.values() for one in ones for name in one)
    header = ["method"]
    for title in columns:
        header += [title, "published"] if _published(title) else [title]
    yield markdown(header, [[f"`{name}`", *_cells(name, columns)] for name in names])


def _cells(name: str, columns: dict[str, list[Figures]]) -> Iterator[str]:
    for title, ones in columns.items():
        yield _shown([one[name] for one in ones if name in one])
        published = _published(title)
        if published:
            yield f"{published[name]:.3f}" if name in published else ""


def _published(title: str) -> dict[str, float]:
    """What was published for it; nothing at defaults."""
    return {} if title.endswith(DEFAULTS) else PUBLISHED.get(title.split(",", maxsplit=1)[0], {})


def _shown(values: Sequence[float]) -> str:
    if not values:
        return ""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.3f} ± {spread:.3f}"
