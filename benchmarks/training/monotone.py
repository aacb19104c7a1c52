"""(d) How often has a derivative the wrong sign, and what does it cost to mend that?

One output in one feature: without any rule, with the penalty, and with a network that is monotone
by construction. The share of wrong signs is taken on test rows and on points drawn uniformly from
the training part's box, and the error on test rows.
"""

import statistics
from collections.abc import Iterator

import torch

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import difference, percent
from pishield_cli.tables import open_table
from pishield_cli.training.monotone import find_slopes, parse_monotone, wrong_shares
from pishield_cli.training.problem import load_problem
from pishield_cli.training.settings import DeviceChoice, PointsChoice, TrainSettings
from pishield_cli.training.splits import split_rows
from pishield_cli.training.trial import run_trial

POINTS = 100_000
FORMS = {
    "none": {"monotone_weight": 0.0},
    "penalty on rows": {"monotone_points": PointsChoice.DATA},
    "penalty between rows": {"monotone_points": PointsChoice.MIXUP},
    "penalty, uniform": {"monotone_points": PointsChoice.UNIFORM},
    "by construction": {"monotone_guarantee": True},
}


def trained(dataset: Dataset, rule: str, form: str, epochs: int, seed: int) -> Figures:
    """Train once, and count wrong signs."""
    target = rule.partition(":")[0]
    choices = {
        "monotone": (rule,),
        "targets": (target,),
        "epochs": epochs,
        "device": DeviceChoice.CPU,
        "baseline": False,
    }
    settings = TrainSettings(**(choices | FORMS[form]))  # type: ignore[arg-type]
    problem = load_problem(open_table(str(dataset.table)), None, settings)
    result, model = run_trial(problem, settings, seed, torch.device("cpu"))
    outline = model.outline
    split = split_rows(
        problem.cells.rows, validation=settings.val_size, test=settings.test_size, seed=seed
    )
    training, test = (
        torch.from_numpy(outline.encoder.encode(problem.cells.take(rows)))
        for rows in (split.training, split.test)
    )
    slopes = find_slopes(parse_monotone([rule]), outline.encoder, outline.scaler.names)
    low, high = training.amin(0), training.amax(0)
    drawn = torch.rand((POINTS, len(low)), generator=torch.Generator().manual_seed(seed))
    return {
        "rmse": result.method.rmse,
        "rows": wrong_shares(model.smooth, test, slopes)[0],
        "uniform": wrong_shares(model.smooth, low + drawn * (high - low), slopes)[0],
        "seconds": result.seconds,
        "epochs": result.epochs,
    }


def tables(dataset: Dataset, kept: Kept, rule: str, epochs: int, seeds: int) -> Iterator[str]:
    """A row a form."""
    found: dict[str, list[Figures]] = {}
    for seed in range(seeds):
        for form in FORMS:
            key = f"monotone/{dataset.name}/{rule}/{epochs}/{form}/{seed}"
            one = kept.once(key, lambda: trained(dataset, rule, form, epochs, seed))  # noqa: B023
            if one is not None:
                found.setdefault(form, []).append(one)
    if "none" not in found:
        return
    yield (
        f"**{dataset.name}**, `--monotone {rule}`: deep, at most {epochs} epochs, {seeds} seeds, "
        f"{POINTS:,} uniform points."
    )
    base = found["none"]
    shares = ("wrong on test rows", "minus none, points", "wrong on uniform points")
    header = ["", *shares, "minus none, points", "RMSE", "minus none", "seconds"]
    yield markdown(header, [_row(form, ones, base) for form, ones in found.items()])


def _row(form: str, ones: list[Figures], base: list[Figures]) -> list[str]:
    """A form beside none, seed by seed; shares differ by points of a hundred."""
    paired = form != "none" and len(ones) == len(base) > 1

    def beside_none(figure: str, times: float) -> str:
        own, before = ([times * one[figure] for one in each] for each in (ones, base))
        return difference(own, before) if paired else ""

    def mean(figure: str) -> float:
        return statistics.fmean(one[figure] for one in ones)

    return [
        form,
        percent(mean("rows"), 3),
        beside_none("rows", 100),
        percent(mean("uniform"), 3),
        beside_none("uniform", 100),
        f"{mean('rmse'):,.0f}",
        beside_none("rmse", 1),
        f"{mean('seconds'):.1f}",
    ]
