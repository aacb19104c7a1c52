"""The options of `pishield train`."""

from typing import Annotated

import typer

from pishield_cli.cli.options import complete_columns
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.training.settings import (
    DeviceChoice,
    IdempotentBackward,
    LossChoice,
    MaskChoice,
    Objective,
    OptimizerChoice,
    PointsChoice,
    StopChoice,
    TnormChoice,
)

RequirementsFile = Annotated[
    str | None,
    typer.Argument(
        metavar="REQS",
        show_default=False,
        help="The requirements file; without one nothing is shielded.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="RUN",
        show_default=False,
        help="The folder for the trained model and all that is known of it; it appears whole "
        "or not at all.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a run that is there.")]
Targets = Annotated[
    str | None,
    typer.Option(
        "--targets",
        metavar="A,B",
        show_default="the columns that requirements name",
        help="The columns to predict.",
        autocompletion=complete_columns,
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        "--features",
        metavar="A,B",
        show_default="all other columns",
        help="The columns to predict from.",
    ),
]
Drop = Annotated[
    str | None,
    typer.Option(
        "--drop",
        metavar="A,B",
        show_default=False,
        help="Columns to leave out, such as row numbers.",
    ),
]
ObjectiveOption = Annotated[
    Objective,
    typer.Option(
        "--objective",
        metavar="WHAT",
        help="predict: targets from features. idempotent: a network n with n(n(x)) = n(x) on "
        "the table's numeric columns, a learnt corrector of rows unlike the table's. generate: "
        "rows like the table's own, which `pishield generate` makes.",
    ),
]
Shield = Annotated[
    ShieldChoice | None,
    typer.Option(
        "--shield",
        metavar="SHIELD",
        show_default="what --backward needs; else nearest for linear requirements, or layer",
        help="layer: behind the network, one column after another. nearest: the nearest point "
        "that satisfies them. none: train freely and correct afterwards.",
    ),
]


def _rules_told() -> str:
    """The backward rules, and which do not go with nearest points."""
    notes = {RuleName.CLAMP: " (its own derivative)", RuleName.STE: " (unchanged)"}
    names = ", ".join(name + notes.get(name, "") for name in RuleName)
    *others, last = (name for name in RuleName if ShieldChoice.NEAREST not in name.shields)
    return f"{names}; with --shield nearest not {', '.join(others)} or {last}"


Backward = Annotated[
    RuleName | None,
    typer.Option(
        "--backward",
        metavar="RULE",
        show_default="one_sided with --shield nearest, else routed",
        help=f"How the shield hands the loss's gradient to the network: {_rules_told()}.",
    ),
]
Masks = Annotated[
    MaskChoice,
    typer.Option(
        "--masks",
        metavar="HOW",
        help="For --backward masked, which variable of each requirement learns: random, "
        "gumbel (a learnt choice), or row (a learnt choice that sees the row).",
    ),
]
Restore = Annotated[
    float,
    typer.Option(
        "--restore",
        metavar="W",
        help="Weight of the mean squared way that the shield had to go, which keeps raw "
        "outputs from drifting; 0 leaves it out.",
    ),
]
Loss = Annotated[
    LossChoice,
    typer.Option(
        "--loss",
        metavar="LOSS",
        help="mse, mae, quantile, huber, energy (the length of a row's error), sign-corrected "
        "(can fall without bound) or sign-bounded.",
    ),
]
Level = Annotated[
    float, typer.Option("--level", metavar="Q", help="For --loss quantile: which, from 0 to 1.")
]
StopBy = Annotated[
    StopChoice,
    typer.Option(
        "--stop-by",
        metavar="FIGURE",
        help="What of the validation part keeps an epoch: loss or rmse; for texts and "
        "propositional requirements also f1-micro, f1-macro, average-precision or exact-match.",
    ),
]
Penalty = Annotated[
    float,
    typer.Option(
        "--penalty",
        metavar="W",
        help="Weight of how far raw outputs violate requirements, for any type.",
    ),
]
Tnorm = Annotated[
    TnormChoice | None,
    typer.Option(
        "--tnorm",
        metavar="NORM",
        show_default="none",
        help="A loss for propositional requirements: godel, product or lukasiewicz.",
    ),
]
TnormWeight = Annotated[float, typer.Option("--tnorm-weight", metavar="W", help="Its weight.")]
Arch = Annotated[
    str,
    typer.Option(
        "--arch",
        metavar="ARCH",
        help="shallow (32-64), deep (64-128-128 with LayerNorm and orthogonal weights), linear "
        "(one matrix), or the widths of hidden layers such as 64,128.",
    ),
]
Epochs = Annotated[int, typer.Option("--epochs", metavar="N", min=1, help="At most.")]
BatchSize = Annotated[int, typer.Option("--batch-size", metavar="N", min=1, help="Rows a step.")]
Lr = Annotated[float, typer.Option("--lr", metavar="R", help="Learning rate.")]
ClipNorm = Annotated[
    float | None,
    typer.Option(
        "--clip-norm",
        metavar="L",
        show_default="1; 0 with --no-scale-targets",
        help="Shorten longer gradients of all parameters to this; 0 leaves them.",
    ),
]
Optimizer = Annotated[
    OptimizerChoice, typer.Option("--optimizer", metavar="NAME", help="adam or sgd.")
]
Patience = Annotated[
    int,
    typer.Option(
        "--patience",
        metavar="N",
        min=0,
        help="Epochs without a better validation error before training ends; 0 for never.",
    ),
]
ScaleTargets = Annotated[
    bool,
    typer.Option("--scale-targets/--no-scale-targets", help="Whether targets are standardised."),
]
ScaleFeatures = Annotated[
    bool,
    typer.Option("--scale-features/--no-scale-features", help="Whether features are standardised."),
]
ValSize = Annotated[
    float, typer.Option("--val-size", metavar="SHARE", help="Share of rows that validate.")
]
TestSize = Annotated[
    float, typer.Option("--test-size", metavar="SHARE", help="Share of rows that test.")
]
Trials = Annotated[
    int,
    typer.Option(
        "--trials",
        metavar="N",
        min=1,
        help="Trainings with the seeds SEED, SEED+1, ...; the best by validation is kept.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        max=2**62,
        help="Same seed, same numbers (on one machine, with as many threads).",
    ),
]
Baseline = Annotated[
    bool,
    typer.Option(
        "--baseline/--no-baseline",
        help="Whether to train a network freely beside it, to compare with.",
    ),
]
Monotone = Annotated[
    list[str] | None,
    typer.Option(
        "--monotone",
        metavar="RULE",
        show_default=False,
        help='Features in which an output must not fall (+) or rise (-): "price:+area,-age". '
        "May be repeated.",
    ),
]
MonotoneWeight = Annotated[
    float,
    typer.Option("--monotone-weight", metavar="W", help="Weight of derivatives of the wrong sign."),
]
MonotonePoints = Annotated[
    PointsChoice,
    typer.Option(
        "--monotone-points",
        metavar="WHERE",
        help="Where derivatives are taken: data, uniform or mixup (between rows).",
    ),
]
MonotoneGuarantee = Annotated[
    bool,
    typer.Option(
        "--monotone-guarantee",
        help="Build a network that is monotone whatever its weights; the shield comes after.",
    ),
]
IdempotentRule = Annotated[
    IdempotentBackward,
    typer.Option(
        "--idempotent-backward",
        metavar="RULE",
        help="modified, ordinary, or m1 (for --arch linear).",
    ),
]
Reconstruction = Annotated[
    float,
    typer.Option(
        "--reconstruction",
        metavar="W",
        help="For --objective idempotent, weight of staying near the table's rows.",
    ),
]
Device = Annotated[
    DeviceChoice, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda.")
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        show_default="1 for steps of up to 4,096 rows, else torch's choice",
        help="CPU threads.",
    ),
]
