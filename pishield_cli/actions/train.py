"""Train a small shielded network on a table, and judge it."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from pishield_cli.actions.correct import corrector_for
from pishield_cli.actions.train_job import Note, TrainJob, run_trials
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.logic.requirements import by_clauses
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.training.curves import TrialCurves, curves_picture
from pishield_cli.training.features import MOST_CATEGORIES
from pishield_cli.training.loop import chosen_device
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.problem import Problem, load_problem
from pishield_cli.training.records import HISTORY, RECORD
from pishield_cli.training.results import TrialResult
from pishield_cli.training.runs import (
    CURVES,
    REQUIREMENTS,
    RunWriter,
    history_text,
    record_of,
    requirements_text,
)
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.trial import run_trial
from pishield_cli.training.ttest import PairedTest, deviation, paired_test

_COMPARED = ("rmse", "rmse_standardised", "loss")


@dataclass(frozen=True, slots=True)
class TrainReport:
    """The result of a training.

    Attributes:
        run: Its folder.
        data: The table's name.
        requirements_file: The requirements file's name; None for none.
        settings: The choices.
        device: Where it ran.
        rows: Rows that were used.
        missing_targets: Rows left out because all targets are missing.
        missing_cells: Cells of targets that are missing in the rows used; they do not count.
        skipped: Columns that a network cannot take.
        targets: The targets.
        features: How many columns predict them.
        parameters: How many numbers the network learns.
        trials: One each.
        best: The seed of the trial whose network was kept.
        unsolvable: Numbers of rows whose given columns leave the targets no solution.
        broken: For each requirement that the table's own rows violate, its title and how many do.
        names: Features whose every row holds a text of its own.
    """

    run: str
    data: str
    requirements_file: str | None
    settings: TrainSettings
    device: str
    rows: int
    missing_targets: int
    missing_cells: int
    skipped: tuple[str, ...]
    targets: tuple[str, ...]
    features: int
    parameters: int
    trials: tuple[TrialResult, ...]
    best: int
    unsolvable: tuple[int, ...]
    broken: Mapping[str, int]
    names: tuple[str, ...]

    @property
    def errors(self) -> list[float]:
        """The chosen method's error of each trial, in the table's units."""
        return [trial.method.rmse for trial in self.trials]

    @property
    def holds(self) -> bool:
        """Whether no prediction violates a requirement and every row has a solution."""
        clean = all(not trial.method.violating_rows for trial in self.trials)
        return clean and not self.unsolvable

    @property
    def against_corrected(self) -> dict[str, PairedTest]:
        """The method minus the free network corrected afterwards, trial by trial.

        By figure: the error in the table's units, in standard deviations, the loss that was asked
        for, and all figures of labels or texts. Empty where there is no such network beside it.
        """
        pairs = [(one.method, one.corrected) for one in self.trials if one.corrected is not None]
        if not pairs or len(pairs) < len(self.trials):
            return {}

        scores = [*zip(*pairs, strict=True)]
        compared = {
            name: [[float(getattr(one, name)) for one in side] for side in scores]
            for name in _COMPARED
        }
        labels = [[one.labels for one in side if one.labels is not None] for side in scores]
        if all(labels):
            for name in asdict(labels[0][0]):
                compared[name] = [[float(getattr(one, name)) for one in side] for side in labels]
        return {
            name: paired_test(*sides)
            for name, sides in compared.items()
            if all(map(math.isfinite, chain(*sides)))
        }

    @property
    def texts(self) -> dict[str, dict[str, float]]:
        """Figures of each target of texts, the mean over trials."""
        found: dict[str, dict[str, float]] = {}
        for name in self.trials[0].method.texts:
            each = [asdict(trial.method.texts[name]) for trial in self.trials]
            found[name] = {
                figure: statistics.fmean(one[figure] for one in each) for figure in each[0]
            }
        return found

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, in a fixed order."""
        return {
            "run": self.run,
            "method": self.settings.method,
            "trials": [_trial_json(trial) for trial in self.trials],
            "rmse_mean": statistics.fmean(self.errors),
            "rmse_std": deviation(self.errors),
            "targets": {
                name: statistics.fmean(trial.method.targets[name] for trial in self.trials)
                for name in self.trials[0].method.targets
            },
            "texts": self.texts,
            "data": self.data,
            "requirements_file": self.requirements_file,
            "rows": self.rows,
            "missing_targets": self.missing_targets,
            "missing_cells": self.missing_cells,
            "skipped_columns": list(self.skipped),
            "unsolvable_rows": list(self.unsolvable),
            "violated_by_labels": dict(self.broken),
            "names": list(self.names),
            "device": self.device,
            "parameters": self.parameters,
            "best_seed": self.best,
            "loss": self.settings.loss.value,
            "against_corrected_after": {
                name: asdict(test) for name, test in self.against_corrected.items()
            },
        }


def _trial_json(trial: TrialResult) -> dict[str, Any]:
    free, corrected = trial.free, trial.corrected
    read: dict[str, Any] = {
        "seed": trial.seed,
        "rmse": trial.method.rmse,
        "rmse_standardised": trial.method.rmse_standardised,
        "rmse_unshielded": None if free is None else free.rmse,
        "violating_rows": trial.method.violating_rows,
        "violating_rows_unshielded": None if free is None else free.violating_rows,
        "corrected_share": trial.corrected_share,
        "seconds": trial.seconds,
        "epochs": trial.epochs,
        "rmse_corrected_after": None if corrected is None else corrected.rmse,
        "rmse_standardised_corrected_after": None
        if corrected is None
        else corrected.rmse_standardised,
        "loss": trial.method.loss,
        "loss_unshielded": None if free is None else free.loss,
        "loss_corrected_after": None if corrected is None else corrected.loss,
        "validation_error": trial.validation_error,
        "targets": dict(trial.method.targets),
        "far_features": trial.far,
        "locked_targets": list(trial.locked),
    }
    if trial.method.labels is not None:
        read["labels"] = asdict(trial.method.labels)
        after = None if corrected is None else corrected.labels
        read["labels_corrected_after"] = None if after is None else asdict(after)
    if trial.method.texts:
        read["texts"] = {name: asdict(one) for name, one in trial.method.texts.items()}
    if trial.monotone:
        read["monotone"] = [asdict(share) for share in trial.monotone]
    if trial.detail:
        read["idempotent"] = trial.detail
    return read


def train(job: TrainJob) -> TrainReport:
    """Train as many trials as asked for; the run folder appears whole or not at all.

    Raises:
        UsageError: If the choices do not fit together, or the folder is taken.
        ContradictionError: If no table can satisfy the requirements.
        TableError: If the table cannot be learnt from.
        PishieldError: If training diverged.
    """
    device = chosen_device(job.settings.device)
    reader = job.reader
    with job.writing() as writer:
        problem = load_problem(reader, job.requirements, job.settings)
        settings = job.settings.settled(problem.requirements, texts=bool(problem.roles.texts))
        unsolvable = _unsolvable_rows(problem, reader.columns)

        def run(seed: int, note: Note) -> tuple[TrialResult, ShieldedNetwork]:
            return run_trial(problem, settings, seed, device, note)

        trials, best, model = run_trials(job, run)
        report = TrainReport(
            run=job.output,
            data=reader.name,
            requirements_file=job.requirements_file,
            settings=settings,
            device=device.type,
            rows=problem.cells.rows,
            missing_targets=problem.missing_targets,
            missing_cells=problem.missing_cells,
            skipped=problem.roles.skipped,
            targets=problem.roles.targets,
            features=len(problem.roles.features),
            parameters=sum(prod(one.shape) for one in model.network.parameters()),
            trials=trials,
            best=best.seed,
            unsolvable=unsolvable,
            broken=_broken(problem),
            names=_names(problem),
        )
        _write(writer, report, problem, model)
    return report


def _write(
    writer: RunWriter, report: TrainReport, problem: Problem, model: ShieldedNetwork
) -> None:
    writer.write_weights(model.network)
    metrics = {
        "data": report.data,
        "requirements_file": report.requirements_file,
        "seed": report.settings.seed,
        "metrics": report.as_json(),
    }
    writer.write(RECORD, record_of(model, problem.roles, report.settings, metrics))
    text = requirements_text(model)
    if text is not None:
        writer.write(REQUIREMENTS, text)
    notes = [(trial.seed, trial.history) for trial in report.trials]
    writer.write(HISTORY, history_text(notes))
    picture = curves_picture(
        TrialCurves(one.seed, one.history, one.free_history) for one in report.trials
    )
    if picture is not None:
        writer.write(CURVES, picture)
    writer.commit()


def _broken(problem: Problem) -> dict[str, int]:
    """How many rows to learn from violate each requirement, where any does."""
    if problem.requirements is None:
        return {}
    requirements = by_clauses(problem.requirements)
    cells = {name: NumericColumn(problem.cells.numbers[name]) for name in requirements.variables}
    verdicts = evaluate(
        compile_requirements(requirements), cells, problem.cells.rows, tolerance=FLOAT_ROUNDING
    )
    counts = {
        one.title: int(np.count_nonzero(verdict.violated))
        for one, verdict in zip(requirements.requirements, verdicts, strict=True)
        if verdict.violated is not None
    }
    return {title: count for title, count in counts.items() if count}


def _names(problem: Problem) -> tuple[str, ...]:
    """Features of texts that tell each row apart from every other: nothing is learnt of them."""
    rows = problem.cells.rows
    texts = problem.cells.texts
    return tuple(
        name
        for name in problem.roles.features
        if name in texts and len(np.unique(texts[name].codes)) == rows > MOST_CATEGORIES
    )


def _unsolvable_rows(problem: Problem, columns: Sequence[str]) -> tuple[int, ...]:
    """Rows whose given columns leave the targets no solution."""
    requirements, roles = problem.requirements, problem.roles
    if requirements is None:
        return ()
    names = requirements.variables
    ordering = tuple(dict.fromkeys((*(requirements.ordering or ()), *columns, *names)))
    corrector = corrector_for(
        requirements, ordering, {name: Grid() for name in names}, frozenset(roles.given)
    )
    if not roles.given:
        return ()
    cells = {name: NumericColumn(problem.cells.numbers[name]) for name in names}
    found = corrector.correct(cells, problem.cells.rows).uncorrected
    return tuple(int(problem.rows[row]) for row in found)
