"""Compare trained runs side by side."""

import csv
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pishield_cli.errors import TableError, UsageError
from pishield_cli.training.records import HISTORY, read_record, require_predicting
from pishield_cli.training.ttest import PairedTest, paired_test


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run.

    Attributes:
        run: Its folder.
        method: The method, as the run calls it.
        arch: The architecture.
        data: The table's name.
        targets: What it predicts.
        figure: What errors are: `RMSE`, in the table's units; or `mean loss` of all targets, of a
            run that predicts texts.
        errors: The method's error on the test part, by the trial's seed.
        standardised: The RMSE in standard deviations, by seed; empty where no number is predicted.
        free: The freely trained network's error, by seed, where there was one.
        violating: Mean share of test rows that violate a requirement.
        seconds: Mean seconds of a trial.
        rmse: The RMSE by seed, in the table's units; empty where no number is predicted.
        free_rmse: Likewise of the freely trained network.
        texts: Figures of each target of texts, the mean over trials.
        labels: Figures of labels, each by the trial's seed; none of a run that predicts no labels.
        loss: The loss that was asked for.
        curve: Mean error on the validation part over trials, by the epoch; empty where the run has
            no history.
        against_best: The paired test of this run's errors against those of the best one, over the
            seeds that both have; None for the best, and where no seed is shared.
    """

    run: str
    method: str
    arch: str
    data: str
    targets: tuple[str, ...]
    figure: str
    errors: Mapping[int, float]
    standardised: Mapping[int, float]
    free: Mapping[int, float]
    violating: float
    seconds: float
    rmse: Mapping[int, float]
    free_rmse: Mapping[int, float]
    texts: Mapping[str, Mapping[str, float]]
    labels: Mapping[str, Mapping[int, float]]
    loss: str
    curve: tuple[float, ...] = ()
    against_best: PairedTest | None = None

    @property
    def mean(self) -> float:
        """The mean error over trials."""
        return statistics.fmean(self.errors.values())

    @property
    def deviation(self) -> float:
        """The standard deviation over trials."""
        return _deviation(self.errors)


def mean_of(values: Mapping[int, float]) -> float | None:
    """The mean over trials; None where there are none."""
    return statistics.fmean(values.values()) if values else None


def _deviation(values: Mapping[int, float]) -> float:
    return statistics.stdev(values.values()) if len(values) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class RunsReport:
    """Runs side by side.

    Attributes:
        runs: In the order given.
        best: The place of the run with the least mean error.
        comparable: Whether all runs are of one table and predict the same.
    """

    runs: tuple[RunSummary, ...]
    best: int
    comparable: bool

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, in a fixed order."""
        return {
            "best": self.runs[self.best].run,
            "comparable": self.comparable,
            "runs": [
                {
                    "run": one.run,
                    "method": one.method,
                    "arch": one.arch,
                    "data": one.data,
                    "trials": len(one.errors),
                    "figure": one.figure,
                    "figure_mean": one.mean,
                    "figure_std": one.deviation,
                    "rmse_mean": mean_of(one.rmse),
                    "rmse_std": _deviation(one.rmse) if one.rmse else None,
                    "rmse_standardised_mean": mean_of(one.standardised),
                    "rmse_unshielded_mean": mean_of(one.free_rmse),
                    "texts": {name: dict(figures) for name, figures in one.texts.items()},
                    "labels": {name: mean_of(values) for name, values in one.labels.items()},
                    "violating_rows": one.violating,
                    "seconds": one.seconds,
                    "best": place == self.best,
                    "against_best": None if one.against_best is None else asdict(one.against_best),
                }
                for place, one in enumerate(self.runs)
            ],
        }


def report_runs(paths: Sequence[str]) -> RunsReport:
    """Compare runs by their records; no network is loaded.

    Args:
        paths: Folders that `train` wrote.

    Raises:
        TableError: If one is not a run.
        UsageError: If one is named twice.
    """
    repeated = next((path for path in paths if paths.count(path) > 1), None)
    if repeated is not None:
        raise UsageError(f"Runs are compared with each other, but '{repeated}' is given twice.")
    runs = [_summary(path) for path in paths]
    best = min(range(len(runs)), key=lambda place: runs[place].mean)
    against = [_tested(one, runs[best]) for one in runs]
    # A mean loss is one of squares in one run, and of absolute errors in another.
    measured = {(one.data, one.targets, one.loss if one.texts else "") for one in runs}
    comparable = len(measured) == 1
    return RunsReport(tuple(against), best, comparable)


def _curve(path: str) -> tuple[float, ...]:
    """The mean over trials of what early stopping goes by, as far as all trials went."""
    by_seed: dict[str, list[float]] = {}
    try:
        with (Path(path) / HISTORY).open(encoding="utf-8", newline="") as file:
            for note in csv.DictReader(file):
                by_seed.setdefault(note["seed"], []).append(float(note["validation_error"]))
    except (OSError, KeyError, ValueError, TypeError):
        return ()
    return tuple(statistics.fmean(errors) for errors in zip(*by_seed.values(), strict=False))


def _tested(one: RunSummary, best: RunSummary) -> RunSummary:
    shared = sorted(set(one.errors) & set(best.errors))
    if one.run == best.run or not shared:
        return one
    test = paired_test([one.errors[s] for s in shared], [best.errors[s] for s in shared])
    return replace(one, against_best=test)


def _by_seed(trials: Sequence[Mapping[str, Any]], figure: str) -> dict[int, float]:
    """A figure of each trial that has it."""
    found = ((one["seed"], one[figure]) for one in trials)
    return {seed: float(value) for seed, value in found if value is not None}


def _labels(trials: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, float]]:
    """Figures of labels, each by the trial's seed."""
    found: dict[str, dict[int, float]] = {}
    for one in trials:
        for name, value in (one.get("labels") or {}).items():
            found.setdefault(str(name), {})[one["seed"]] = float(value)
    return found


def _summary(path: str) -> RunSummary:
    record = read_record(path)
    require_predicting(record, path)
    try:
        metrics = record["metrics"]
        trials = metrics["trials"]
        texts = metrics.get("texts", {})
        error = "loss" if texts else "rmse"
        return RunSummary(
            run=path,
            method=str(metrics["method"]),
            arch=str(record["arch"]),
            data=str(metrics["data"]),
            targets=tuple(record["columns"]["targets"]),
            figure="mean loss" if texts else "RMSE",
            errors=_by_seed(trials, error),
            standardised=_by_seed(trials, "rmse_standardised"),
            free=_by_seed(trials, f"{error}_unshielded"),
            violating=statistics.fmean(float(one["violating_rows"]) for one in trials),
            seconds=statistics.fmean(float(one["seconds"]) for one in trials),
            rmse=_by_seed(trials, "rmse"),
            free_rmse=_by_seed(trials, "rmse_unshielded"),
            texts=texts,
            labels=_labels(trials),
            loss=str(metrics.get("loss", "")),
            curve=_curve(path),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TableError(
            f"The record of the run `{path}` is damaged: {type(error).__name__} {error}.",
            hint="train again",
        ) from error
