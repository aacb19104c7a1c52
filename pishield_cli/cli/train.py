"""`pishield train`: learn a table with a small network whose answers satisfy requirements."""

from typing import TYPE_CHECKING, Any, NamedTuple

from pishield_cli.cli import options, train_options
from pishield_cli.cli.failures import errors_as_asked
from pishield_cli.cli.formats import Format
from pishield_cli.cli.options import TypeChoice
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.tables.dialect import Dialect
from pishield_cli.training.settings import Objective, TrainSettings

if TYPE_CHECKING:
    from pishield_cli.logic.requirements import Requirements
    from pishield_cli.tables.table import TableReader

EXAMPLES = """\b
Examples:
  pishield train houses.csv requirements.txt -o run
  pishield train houses.csv rules.txt -o run --backward projection --trials 5
  pishield train houses.csv -o run --targets price --monotone "price:+area"
  pishield train houses.csv requirements.txt -o run --objective idempotent
  pishield train orders.csv requirements.txt -o run --objective generate"""


PANELS = {
    "The run": ("output", "force", "form", "quiet"),
    "What is learnt": (
        *("objective", "targets", "features", "drop", "requirements_type", "columns"),
        *("idempotent_backward", "reconstruction"),
    ),
    "The shield": ("shield", "backward", "masks", "restore"),
    "Losses": ("loss", "level", "stop_by", "penalty", "tnorm", "tnorm_weight"),
    "Monotone features": (
        *("monotone", "monotone_weight", "monotone_points", "monotone_guarantee"),
    ),
    "The network and its training": (
        *("arch", "epochs", "batch_size", "lr", "clip_norm", "optimizer", "patience"),
        *("scale_targets", "scale_features", "device", "threads"),
    ),
    "Trials": ("trials", "seed", "val_size", "test_size", "baseline"),
}

DEFAULTS = TrainSettings()


@errors_as_asked(report=False)
@reads_tables
def train(
    data: options.Data,
    requirements: train_options.RequirementsFile = None,
    output: train_options.Output = None,
    force: train_options.Force = False,
    targets: train_options.Targets = None,
    features: train_options.Features = None,
    drop: train_options.Drop = None,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    today: options.Today = None,
    objective: train_options.ObjectiveOption = DEFAULTS.objective,
    shield: train_options.Shield = DEFAULTS.shield,
    backward: train_options.Backward = DEFAULTS.backward,
    masks: train_options.Masks = DEFAULTS.masks,
    restore: train_options.Restore = DEFAULTS.restore,
    loss: train_options.Loss = DEFAULTS.loss,
    level: train_options.Level = DEFAULTS.level,
    stop_by: train_options.StopBy = DEFAULTS.stop_by,
    penalty: train_options.Penalty = DEFAULTS.penalty,
    tnorm: train_options.Tnorm = DEFAULTS.tnorm,
    tnorm_weight: train_options.TnormWeight = DEFAULTS.tnorm_weight,
    arch: train_options.Arch = DEFAULTS.arch,
    epochs: train_options.Epochs = DEFAULTS.epochs,
    batch_size: train_options.BatchSize = DEFAULTS.batch_size,
    lr: train_options.Lr = DEFAULTS.lr,
    clip_norm: train_options.ClipNorm = DEFAULTS.clip_norm,
    optimizer: train_options.Optimizer = DEFAULTS.optimizer,
    patience: train_options.Patience = DEFAULTS.patience or 0,
    scale_targets: train_options.ScaleTargets = DEFAULTS.scale_targets,
    scale_features: train_options.ScaleFeatures = DEFAULTS.scale_features,
    val_size: train_options.ValSize = DEFAULTS.val_size,
    test_size: train_options.TestSize = DEFAULTS.test_size,
    trials: train_options.Trials = DEFAULTS.trials,
    seed: train_options.Seed = DEFAULTS.seed,
    baseline: train_options.Baseline = DEFAULTS.baseline,
    monotone: train_options.Monotone = None,
    monotone_weight: train_options.MonotoneWeight = DEFAULTS.monotone_weight,
    monotone_points: train_options.MonotonePoints = DEFAULTS.monotone_points,
    monotone_guarantee: train_options.MonotoneGuarantee = DEFAULTS.monotone_guarantee,
    idempotent_backward: train_options.IdempotentRule = DEFAULTS.idempotent_backward,
    reconstruction: train_options.Reconstruction = DEFAULTS.reconstruction,
    device: train_options.Device = DEFAULTS.device,
    threads: train_options.Threads = DEFAULTS.threads,
    form: options.ReportFormat = Format.TABLE,
    quiet: options.Quiet = False,
    *,
    dialect: Dialect,
) -> int:
    """Train a small network on a table, with the requirements built into it.

    Targets default to the columns that requirements name, features to all others. Columns that
    requirements name and that are not targets stay as they are; only targets move. The report
    compares a network trained freely, the same corrected afterwards, and the chosen method. With
    --objective generate the network learns to make whole rows; see `pishield generate`.

    Exits with 0 if every test prediction holds, with 1 if one violates a requirement or a row has
    no solution, and with 2 if nothing was written.
    """
    from pishield_cli.cli.extras import require_torch
    from pishield_cli.cli.train_progress import TrainProgress
    from pishield_cli.errors import UsageError

    if output is None:
        raise UsageError("A run needs a folder, and --output was not given.", hint="add -o RUN")
    require_torch("pishield train")
    chosen = TrainSettings(
        objective=objective,
        targets=options.read_names("--targets", targets),
        features=options.read_names("--features", features),
        drop=options.read_names("--drop", drop) or (),
        arch=arch,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        clip_norm=clip_norm,
        optimizer=optimizer,
        seed=seed,
        trials=trials,
        val_size=val_size,
        test_size=test_size,
        patience=patience or None,
        device=device,
        threads=threads,
        shield=shield,
        backward=backward,
        masks=masks,
        restore=restore,
        loss=loss,
        level=level,
        stop_by=stop_by,
        penalty=penalty,
        tnorm=tnorm,
        tnorm_weight=tnorm_weight,
        scale_targets=scale_targets,
        scale_features=scale_features,
        monotone=tuple(monotone or ()),
        monotone_weight=monotone_weight,
        monotone_points=monotone_points,
        monotone_guarantee=monotone_guarantee,
        idempotent_backward=idempotent_backward,
        reconstruction=reconstruction,
        baseline=baseline,
    )
    learner = _generator_learner if objective is Objective.GENERATE else _predictor_learner
    # The line appears before what takes long to load is loaded.
    with TrainProgress(trials, epochs, quiet=quiet) as progress:
        reader, bound = _opened(data, requirements, requirements_type, columns, today, dialect)
        learn = learner()
        report = learn.train(reader, bound, requirements, output, chosen, force, progress)
    _show(report, learn, form, quiet=quiet)
    return 0 if report.holds else 1


def _opened(
    data: str,
    requirements: str | None,
    requirements_type: TypeChoice,
    columns: str | None,
    today: str | None,
    dialect: Dialect,
) -> "tuple[TableReader, Requirements | None]":
    from pishield_cli.cli.inputs import open_data, open_inputs, with_names

    names = options.read_names("--columns", columns)
    if requirements is None:
        return open_data(data, with_names(dialect, names)), None
    reader, binding = open_inputs(
        data,
        requirements,
        requirements_type=requirements_type.type,
        today=options.read_day("--today", today),
        positions=names,
        dialect=dialect.without_violations,
    )
    return reader, binding.requirements


class _Learner(NamedTuple):
    """An action and what shows its report."""

    action: Any
    warnings: Any
    table: Any
    json: Any

    def train(self, *job: Any) -> Any:
        """The report on a job, told by its parts."""
        from pishield_cli.actions.train_job import TrainJob

        return self.action(TrainJob(*job))


def _predictor_learner() -> _Learner:
    from pishield_cli.actions.train import train as run
    from pishield_cli.cli.render.train import render_json, render_table, warnings_of

    return _Learner(run, warnings_of, render_table, render_json)


def _generator_learner() -> _Learner:
    from pishield_cli.actions.train_generator import train_generator
    from pishield_cli.cli.render.train_generator import render_json, render_table, warnings_of

    return _Learner(train_generator, warnings_of, render_table, render_json)


def _show(report: Any, learnt: _Learner, form: Format, *, quiet: bool) -> None:
    from functools import partial

    from pishield_cli.cli.boundary import say
    from pishield_cli.cli.output import deliver

    if not quiet:
        for warning in learnt.warnings(report):
            say(f"warning: {warning}")
    deliver(
        partial(learnt.table, report),
        partial(learnt.json, report) if form is Format.JSON else None,
    )
