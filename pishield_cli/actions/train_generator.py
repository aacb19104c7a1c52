"""Train a generator of rows on a table, and judge what it makes."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import pyarrow as pa

from pishield_cli.actions.generate import RowMaker
from pishield_cli.actions.train_job import Note, TrainJob, run_trials
from pishield_cli.errors import UsageError
from pishield_cli.language import format_requirements
from pishield_cli.layers.rules import RuleName
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.training.cells import EncodedCells, read_cells
from pishield_cli.training.curves import TrialCurves, curves_picture
from pishield_cli.training.generation.generator import Generator
from pishield_cli.training.generation.problem import GenerateProblem, load_table
from pishield_cli.training.generation.quality import MOST_ROWS, Quality, judge
from pishield_cli.training.generation.runs import GeneratorRun, generator_record, rebound
from pishield_cli.training.generation.trial import GenerateTrial, run_generate_trial
from pishield_cli.training.loop import chosen_device
from pishield_cli.training.records import HISTORY, RECORD
from pishield_cli.training.runs import CURVES, REQUIREMENTS, RunWriter, history_text
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.splits import Split

_NOT_OF_GENERATORS = (
    *(
        "targets",
        "features",
        "loss",
        "level",
        "stop_by",
        "penalty",
        "tnorm",
        "scale_targets",
        "scale_features",
    ),
    *("monotone", "monotone_guarantee"),
)


@dataclass(frozen=True, slots=True)
class TrainGeneratorReport:
    """The result of training a generator.

    Attributes:
        run: Its folder.
        data: The table's name.
        requirements_file: The requirements file's name; None for none.
        settings: The choices.
        method: The chosen method, in a word or two.
        device: Where it ran.
        rows: Rows of the table.
        columns: What is made.
        skipped: Columns that a network cannot make.
        parameters: How many numbers the network learns.
        trials: One each.
        best: The seed of the trial whose network was kept.
        kept: Requirements that the shield kept while learning, by their titles.
        quality: What the generator's rows are worth, beside rows of the table and independent
            columns.
    """

    run: str
    data: str
    requirements_file: str | None
    settings: TrainSettings
    method: str
    device: str
    rows: int
    columns: tuple[str, ...]
    skipped: tuple[str, ...]
    parameters: int
    trials: tuple[GenerateTrial, ...]
    best: int
    kept: tuple[str, ...]
    quality: Quality

    @property
    def holds(self) -> bool:
        """Whether no row that was made violates a requirement."""
        return not self.quality.violating_rows

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, in a fixed order."""
        return {
            "run": self.run,
            "method": self.method,
            "data": self.data,
            "requirements_file": self.requirements_file,
            "rows": self.rows,
            "columns": list(self.columns),
            "skipped_columns": list(self.skipped),
            "device": self.device,
            "parameters": self.parameters,
            "best_seed": self.best,
            "kept_while_learning": list(self.kept),
            "trials": [_trial_json(one) for one in self.trials],
            "energy_mean": statistics.fmean(one.method.energy for one in self.trials),
            "quality": self.quality.as_json(),
        }


def _trial_json(trial: GenerateTrial) -> dict[str, Any]:
    free, corrected = trial.free, trial.corrected
    return {
        "seed": trial.seed,
        "energy": trial.method.energy,
        "energy_unshielded": None if free is None else free.energy,
        "energy_corrected_after": None if corrected is None else corrected.energy,
        "corrected_share": trial.method.moved,
        "seconds": trial.seconds,
        "epochs": trial.epochs,
        "validation_error": trial.validation_error,
    }


def train_generator(job: TrainJob) -> TrainGeneratorReport:
    """Train as many trials of a generator as asked for; see `actions.train.train`."""
    settings, requirements = job.settings, job.requirements
    refuse_others(settings)
    device = chosen_device(settings.device)
    with job.writing() as writer:
        problem = load_table(job.reader, requirements, settings)

        def run(seed: int, note: Note) -> tuple[GenerateTrial, tuple[Generator, Split]]:
            result, learnt, parts = run_generate_trial(problem, settings, seed, device, note)
            return result, (learnt, parts)

        trials, best, (generator, split) = run_trials(job, run)
        generator.cpu()
        columns = generator.plan.columns
        made = _made(generator, problem, requirements, settings)
        report = TrainGeneratorReport(
            run=job.output,
            data=job.reader.name,
            requirements_file=job.requirements_file,
            settings=settings,
            method=method_of(generator, settings),
            device=device.type,
            rows=problem.cells.rows,
            columns=tuple(one.name for one in columns),
            skipped=problem.skipped,
            parameters=sum(prod(one.shape) for one in generator.network.parameters()),
            trials=trials,
            best=best.seed,
            kept=kept_while_learning(generator),
            quality=judge(
                columns,
                made.cells,
                problem.cells.take(split.training),
                problem.cells.take(split.test),
                violating=made.violating,
                seed=best.seed,
            ),
        )
        _write(writer, report, problem, generator, requirements)
    return report


def refuse_others(settings: TrainSettings) -> None:
    """Refuse choices that say nothing of a generator.

    Raises:
        UsageError: If there is one.
    """
    standard = TrainSettings()
    for name in _NOT_OF_GENERATORS:
        if getattr(settings, name) != getattr(standard, name):
            raise UsageError(
                f"--{name.replace('_', '-')} is for networks that predict, but --objective is "
                "generate.",
                hint="leave it out",
            )
    if settings.backward is RuleName.MASKED:
        raise UsageError(
            "--backward masked puts targets in place of outputs, but rows that are made have none."
        )


def method_of(generator: Generator, settings: TrainSettings) -> str:
    """The method in one word or two; `none` where nothing can be kept while learning."""
    conditions = generator.conditions
    if generator.shield is None or conditions is None:
        return "none"
    return settings.settled(conditions.requirements).method


def kept_while_learning(generator: Generator) -> tuple[str, ...]:
    """The titles of the requirements that the shield keeps while learning."""
    if generator.shield is None or generator.conditions is None:
        return ()
    return tuple(one.title for one in generator.conditions.requirements.requirements)


@dataclass(frozen=True, slots=True)
class _Made:
    cells: EncodedCells
    violating: int


def _made(
    generator: Generator,
    problem: GenerateProblem,
    requirements: Requirements | None,
    settings: TrainSettings,
) -> _Made:
    """Rows as `generate` makes them."""
    bound = None if requirements is None else rebound(requirements, problem.types)
    run = GeneratorRun("", generator, problem.types, settings, {}, bound)
    maker = RowMaker(run, settings.seed)
    table = pa.Table.from_batches(list(maker.parts(MOST_ROWS)), maker.schema)
    domains = {} if bound is None else bound.domains
    reader = MemoryReader(table)
    derived = reader if bound is None else with_derived_columns(reader, bound)
    return _Made(read_cells(derived, problem.domains, (), domains), len(maker.violating))


def _write(
    writer: RunWriter,
    report: TrainGeneratorReport,
    problem: GenerateProblem,
    generator: Generator,
    requirements: Requirements | None,
) -> None:
    writer.write_weights(generator.network)
    metrics: Mapping[str, Any] = {
        "data": report.data,
        "requirements_file": report.requirements_file,
        "seed": report.settings.seed,
        "written_places": dict(problem.places),
        "metrics": report.as_json(),
    }
    today = None if requirements is None else requirements.today
    record = generator_record(generator, problem.types, report.settings, today, metrics)
    writer.write(RECORD, record)
    if requirements is not None:
        writer.write(REQUIREMENTS, format_requirements(requirements).encode())
    notes = [(trial.seed, trial.history) for trial in report.trials]
    writer.write(HISTORY, history_text(notes))
    picture = curves_picture(TrialCurves(seed, history) for seed, history in notes)
    if picture is not None:
        writer.write(CURVES, picture)
    writer.commit()
