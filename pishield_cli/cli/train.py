"""`pishield train`: learn a table with a small network whose answers satisfy requirements."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli import options
from pishield_cli.cli.options import TypeChoice

if TYPE_CHECKING:
    from pishield_cli.actions.train import TrainReport
    from pishield_cli.training.settings import TrainSettings

EXAMPLES = """\b
Examples:
  pishield train houses.csv requirements.txt -o run
  pishield train houses.csv requirements.txt -o run --backward projection --trials 5 --force
  pishield train houses.csv -o run --targets price --monotone "price:+area,-age"
  pishield train houses.csv requirements.txt -o run --objective idempotent"""

_DATA, _SHIELD, _NETWORK = "The table", "Requirements", "Network and optimizer"
_MONOTONE, _IDEMPOTENT = "Monotone features", "Idempotent networks"


class TrainFormat(StrEnum):
    """The formats of the report."""

    TABLE = "table"
    JSON = "json"


class ObjectiveOption(StrEnum):
    """What `--objective` takes."""

    PREDICT = "predict"
    IDEMPOTENT = "idempotent"


class ShieldOption(StrEnum):
    """What `--shield` takes."""

    LAYER = "layer"
    NEAREST = "nearest"
    NONE = "none"


class BackwardOption(StrEnum):
    """What `--backward` takes."""

    CLAMP = "clamp"
    ROUTED = "routed"
    STE = "ste"
    PROJECTION = "projection"
    CONE = "cone"
    ONE_SIDED = "one_sided"
    IMPLICIT = "implicit"
    MASKED = "masked"


class MaskOption(StrEnum):
    """What `--masks` takes."""

    RANDOM = "random"
    GUMBEL = "gumbel"


class LossOption(StrEnum):
    """What `--loss` takes."""

    MSE = "mse"
    SIGN_CORRECTED = "sign-corrected"
    SIGN_BOUNDED = "sign-bounded"


class TnormOption(StrEnum):
    """What `--tnorm` takes."""

    GODEL = "godel"
    PRODUCT = "product"
    LUKASIEWICZ = "lukasiewicz"


class PointsOption(StrEnum):
    """What `--monotone-points` takes."""

    DATA = "data"
    UNIFORM = "uniform"
    MIXUP = "mixup"


class OptimizerOption(StrEnum):
    """What `--optimizer` takes."""

    ADAM = "adam"
    SGD = "sgd"


class DeviceOption(StrEnum):
    """What `--device` takes."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class IdempotentOption(StrEnum):
    """What `--idempotent-backward` takes."""

    MODIFIED = "modified"
    ORDINARY = "ordinary"
    M1 = "m1"


def train(
    data: options.Data,
    requirements: Annotated[
        str | None,
        typer.Argument(
            metavar="[REQS]",
            show_default=False,
            help="The requirements file; without one nothing is shielded.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="RUN",
            show_default=False,
            help="The folder for the trained model and all that is known of it; it appears whole "
            "or not at all.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    targets: Annotated[
        str | None,
        typer.Option(
            "--targets",
            metavar="A,B",
            show_default="the columns that requirements name",
            help="The columns to predict.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            "--features",
            metavar="A,B",
            show_default="all other columns",
            help="The columns to predict from.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    drop: Annotated[
        str | None,
        typer.Option(
            "--drop",
            metavar="A,B",
            show_default=False,
            help="Columns to leave out, such as row numbers.",
        ),
    ] = None,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    objective: Annotated[
        ObjectiveOption,
        typer.Option(
            "--objective",
            metavar="WHAT",
            help="predict: targets from features. idempotent: a network n with n(n(x)) = n(x) on "
            "the table's numeric columns, a learnt corrector of rows unlike the table's.",
        ),
    ] = ObjectiveOption.PREDICT,
    shield: Annotated[
        ShieldOption,
        typer.Option(
            "--shield",
            metavar="SHIELD",
            help="layer: behind the network, one column after another. nearest: the nearest point "
            "that satisfies linear requirements. none: train freely and correct afterwards.",
        ),
    ] = ShieldOption.LAYER,
    backward: Annotated[
        BackwardOption | None,
        typer.Option(
            "--backward",
            metavar="RULE",
            show_default="routed; one_sided with --shield nearest",
            help="How the shield hands the loss's gradient to the network: clamp (its own "
            "derivative), routed, ste (unchanged), projection, cone, one_sided, implicit, masked; "
            "with --shield nearest not clamp, routed or masked.",
        ),
    ] = None,
    masks: Annotated[
        MaskOption,
        typer.Option(
            "--masks",
            metavar="HOW",
            help="For --backward masked, which variable of each requirement learns: random or "
            "gumbel (a learnt choice).",
        ),
    ] = MaskOption.RANDOM,
    restore: Annotated[
        float,
        typer.Option(
            "--restore",
            metavar="W",
            help="Weight of the mean squared way that the shield had to go, which keeps raw "
            "outputs from drifting; 0 leaves it out.",
        ),
    ] = 0.3,
    loss: Annotated[
        LossOption,
        typer.Option(
            "--loss",
            metavar="LOSS",
            help="mse, sign-corrected (can fall without bound) or sign-bounded.",
        ),
    ] = LossOption.MSE,
    penalty: Annotated[
        float,
        typer.Option(
            "--penalty",
            metavar="W",
            help="Weight of how far raw outputs violate requirements, for any type.",
        ),
    ] = 0.0,
    tnorm: Annotated[
        TnormOption | None,
        typer.Option(
            "--tnorm",
            metavar="NORM",
            show_default="none",
            help="A loss for propositional requirements: godel, product or lukasiewicz.",
        ),
    ] = None,
    tnorm_weight: Annotated[
        float, typer.Option("--tnorm-weight", metavar="W", help="Its weight.")
    ] = 1.0,
    arch: Annotated[
        str,
        typer.Option(
            "--arch",
            metavar="ARCH",
            help="shallow (32-64), deep (64-128-128 with LayerNorm and orthogonal weights), linear "
            "(one matrix), or the widths of hidden layers such as 64,128.",
        ),
    ] = "deep",
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", min=1, help="At most.")] = 50,
    batch_size: Annotated[
        int, typer.Option("--batch-size", metavar="N", min=1, help="Rows a step.")
    ] = 256,
    lr: Annotated[float, typer.Option("--lr", metavar="R", help="Learning rate.")] = 1e-3,
    optimizer: Annotated[
        OptimizerOption, typer.Option("--optimizer", metavar="NAME", help="adam or sgd.")
    ] = OptimizerOption.ADAM,
    patience: Annotated[
        int,
        typer.Option(
            "--patience",
            metavar="N",
            min=0,
            help="Epochs without a better validation error before training ends; 0 for never.",
        ),
    ] = 10,
    scale_targets: Annotated[
        bool,
        typer.Option(
            "--scale-targets/--no-scale-targets", help="Whether targets are standardised."
        ),
    ] = True,
    scale_features: Annotated[
        bool,
        typer.Option(
            "--scale-features/--no-scale-features", help="Whether features are standardised."
        ),
    ] = True,
    val_size: Annotated[
        float, typer.Option("--val-size", metavar="SHARE", help="Share of rows that validate.")
    ] = 0.15,
    test_size: Annotated[
        float, typer.Option("--test-size", metavar="SHARE", help="Share of rows that test.")
    ] = 0.15,
    trials: Annotated[
        int,
        typer.Option(
            "--trials",
            metavar="N",
            min=1,
            help="Trainings with the seeds SEED, SEED+1, ...; the best by validation is kept.",
        ),
    ] = 1,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            max=2**62,
            help="Same seed, same numbers (on one machine, with as many threads).",
        ),
    ] = 0,
    baseline: Annotated[
        bool,
        typer.Option(
            "--baseline/--no-baseline",
            help="Whether to train a network freely beside it, to compare with.",
        ),
    ] = True,
    monotone: Annotated[
        list[str] | None,
        typer.Option(
            "--monotone",
            metavar="RULE",
            show_default=False,
            help='Features in which an output must not fall (+) or rise (-): "price:+area,-age". '
            "May be repeated.",
        ),
    ] = None,
    monotone_weight: Annotated[
        float,
        typer.Option(
            "--monotone-weight", metavar="W", help="Weight of derivatives of the wrong sign."
        ),
    ] = 1.0,
    monotone_points: Annotated[
        PointsOption,
        typer.Option(
            "--monotone-points",
            metavar="WHERE",
            help="Where derivatives are taken: data, uniform or mixup (between rows).",
        ),
    ] = PointsOption.DATA,
    monotone_guarantee: Annotated[
        bool,
        typer.Option(
            "--monotone-guarantee",
            help="Build a network that is monotone whatever its weights; the shield comes after.",
        ),
    ] = False,
    idempotent_backward: Annotated[
        IdempotentOption,
        typer.Option(
            "--idempotent-backward",
            metavar="RULE",
            help="modified, ordinary, or m1 (for --arch linear).",
        ),
    ] = IdempotentOption.MODIFIED,
    reconstruction: Annotated[
        float,
        typer.Option(
            "--reconstruction",
            metavar="W",
            help="For --objective idempotent, weight of staying near the table's rows.",
        ),
    ] = 1.0,
    device: Annotated[
        DeviceOption, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda.")
    ] = DeviceOption.AUTO,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", metavar="N", min=1, show_default="torch's choice", help="CPU threads."
        ),
    ] = None,
    form: Annotated[
        TrainFormat, typer.Option("--format", metavar="FORMAT", help="The report: table or json.")
    ] = TrainFormat.TABLE,
    quiet: options.Quiet = False,
) -> int:
    """Train a small network on a table, with the requirements built into it.

    Targets default to the columns that requirements name, features to all others. Columns that
    requirements name and that are no targets stay as they are; only targets move. The report
    compares a network trained freely, the same corrected afterwards, and the chosen method.

    Exits with 0 if every test prediction holds, with 1 if one violates a requirement or a row has
    no solution, and with 2 if nothing was written.
    """
    from pishield_cli.cli.extras import require_torch
    from pishield_cli.errors import UsageError

    if output is None:
        raise UsageError("A run needs a folder, and --output was not given.", hint="add -o RUN")
    require_torch("pishield train")
    from pishield_cli.training import settings as choices

    chosen = choices.TrainSettings(
        objective=choices.Objective(objective),
        targets=options.read_names("--targets", targets),
        features=options.read_names("--features", features),
        drop=options.read_names("--drop", drop) or (),
        arch=arch,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        optimizer=choices.OptimizerChoice(optimizer),
        seed=seed,
        trials=trials,
        val_size=val_size,
        test_size=test_size,
        patience=patience or None,
        device=choices.DeviceChoice(device),
        threads=threads,
        shield=choices.ShieldChoice(shield),
        backward=None if backward is None else choices.BackwardChoice(backward),
        masks=choices.MaskChoice(masks),
        restore=restore,
        loss=choices.LossChoice(loss),
        penalty=penalty,
        tnorm=None if tnorm is None else choices.TnormChoice(tnorm),
        tnorm_weight=tnorm_weight,
        scale_targets=scale_targets,
        scale_features=scale_features,
        monotone=tuple(monotone or ()),
        monotone_weight=monotone_weight,
        monotone_points=choices.PointsChoice(monotone_points),
        monotone_guarantee=monotone_guarantee,
        idempotent_backward=choices.IdempotentBackward(idempotent_backward),
        reconstruction=reconstruction,
        baseline=baseline,
    )
    report = _trained(
        data,
        requirements,
        chosen,
        output=output,
        force=force,
        requirements_type=requirements_type,
        columns=columns,
        quiet=quiet,
    )
    _show(report, form, quiet=quiet)
    return 0 if report.holds else 1


def _trained(
    data: str,
    requirements: str | None,
    settings: "TrainSettings",
    *,
    output: str,
    force: bool,
    requirements_type: TypeChoice,
    columns: str | None,
    quiet: bool,
) -> "TrainReport":
    from pishield_cli.actions.train import train as run
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.train_progress import TrainProgress
    from pishield_cli.tables import open_table

    bound = None
    if requirements is None:
        reader = open_table(data)
    else:
        reader, binding = open_inputs(
            data,
            requirements,
            requirements_type=requirements_type.type,
            positions=options.read_names("--columns", columns),
        )
        bound = binding.requirements
    with TrainProgress(settings.trials, settings.epochs, quiet=quiet) as progress:
        return run(
            reader,
            bound,
            requirements_file=requirements,
            output=output,
            force=force,
            settings=settings,
            progress=progress,
        )


def _show(report: "TrainReport", form: TrainFormat, *, quiet: bool) -> None:
    from pishield_cli.cli.boundary import say
    from pishield_cli.cli.output import open_report
    from pishield_cli.cli.render.train import render_json, render_table, warnings_of

    if not quiet:
        for warning in warnings_of(report):
            say(f"warning: {warning}")
    with open_report(None) as place:
        if form is TrainFormat.JSON:
            place.write(render_json(report), utf8=True)
        else:
            place.write(render_table(report, place.page))
