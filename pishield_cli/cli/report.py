"""`pishield report`: statistics of violations, of gradients and of runs."""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli import options, train_options
from pishield_cli.cli.failures import errors_as_asked
from pishield_cli.cli.formats import PageFormat
from pishield_cli.cli.options import TypeChoice
from pishield_cli.cli.plain_values import PlainCommand
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.tables.dialect import Dialect
from pishield_cli.training.settings import TrainSettings

if TYPE_CHECKING:
    from pishield_cli.actions.suggest_nearest import NearRule
    from pishield_cli.cli.output import Page
    from pishield_cli.language import Binding
    from pishield_cli.tables.table import TableReader

EXAMPLES = """\b
Examples:
  pishield report violations houses.csv requirements.txt
  pishield report gradients houses.csv requirements.txt --batches 20
  pishield report runs run-clamp run-routed"""

VIOLATIONS_EXAMPLES = """\b
Examples:
  pishield report violations houses.csv requirements.txt
  pishield report violations houses.csv requirements.txt --plot sizes.png"""

GRADIENTS_EXAMPLES = """\b
Examples:
  pishield report gradients houses.csv requirements.txt
  pishield report gradients houses.csv requirements.txt --run run --batches 50"""

RUNS_EXAMPLES = """\b
Examples:
  pishield report runs run-clamp run-routed
  pishield report runs run-* --format json"""

DEFAULTS = TrainSettings()

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False)


Plot = Annotated[
    str | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        show_default=False,
        help="Draw it too, as .png, .svg or .pdf; needs the extra `plot`.",
    ),
]


@app.callback()
def report() -> None:
    """Statistics of a table's violations, of gradients under shields, and of trained runs."""


@app.command(
    "violations",
    cls=PlainCommand,
    short_help="How often and by how much requirements are violated.",
    epilog=VIOLATIONS_EXAMPLES,
)
@errors_as_asked(report=True)
@reads_tables
def violations(
    data: options.Data,
    requirements: options.RequirementsFile,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    today: options.Today = None,
    tolerance: options.Tolerance = None,
    exact: options.Exact = False,
    suggest: Annotated[
        bool,
        typer.Option(
            "--suggest",
            help="Also say what holds in place of each requirement that rows violate: with another "
            "constant, or under a condition.",
        ),
    ] = False,
    plot: Plot = None,
    form: options.ReportOrPage = PageFormat.TABLE,
    output: options.ReportFile = None,
    quiet: options.Quiet = False,
    workers: options.Workers = None,
    batch_rows: options.BatchRows = None,
    *,
    dialect: Dialect,
) -> int:
    """Say how often and by how much each requirement is violated, and which columns break it.

    Also which requirements break together, and how far correction would move each column.

    Exits with 0 if nothing is violated, with 1 if something is, and with 2 if nothing was reported.
    """
    from pishield_cli.actions.report_violations import report_violations
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.output import refuse_overwriting
    from pishield_cli.cli.progress import RowProgress
    from pishield_cli.cli.render.report_violations import draw, render_json, render_table

    relative = options.read_tolerance(tolerance, exact)
    refuse_overwriting(
        {"--output": output, "--plot": plot},
        {"the table": data, "the requirements file": requirements},
    )
    _require_extras(plot, form)
    reader, binding = open_inputs(
        data,
        requirements,
        requirements_type=requirements_type.type,
        today=options.read_day("--today", today),
        positions=options.read_names("--columns", columns),
        workers=workers,
        dialect=dialect,
    )
    with RowProgress("looking", quiet=quiet) as progress:
        found = report_violations(
            reader,
            binding.requirements,
            requirements_file=requirements,
            tolerance=relative,
            batch_rows=batch_rows,
            progress=progress,
        )
    nearest = _nearest(reader, binding) if suggest else None
    _publish(
        output,
        form,
        plot,
        json=lambda: render_json(found, nearest),
        table=lambda page: render_table(found, page, nearest),
        html=lambda pages: pages.violations_page(found),
        draw=lambda path: draw(found, path),
    )
    return 0 if found.holds else 1


def _nearest(reader: "TableReader", binding: "Binding") -> "tuple[NearRule, ...]":
    from pishield_cli.actions.suggest_nearest import nearest_that_hold

    return nearest_that_hold(reader, binding.requirements)


@app.command(
    "gradients",
    cls=PlainCommand,
    short_help="The gradients of backward methods beside the free one.",
    epilog=GRADIENTS_EXAMPLES,
)
@errors_as_asked(report=True)
@reads_tables
def gradients(
    data: options.Data,
    requirements: options.RequirementsFile,
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="RUN",
            show_default="an untrained network",
            help="The trained network to look at.",
        ),
    ] = None,
    arch: Annotated[
        str,
        typer.Option(
            "--arch", metavar="ARCH", help="Of an untrained network: as of `pishield train`."
        ),
    ] = DEFAULTS.arch,
    batches: Annotated[
        int, typer.Option("--batches", metavar="N", min=1, help="How many batches to look at.")
    ] = 10,
    batch_size: Annotated[
        int, typer.Option("--batch-size", metavar="N", min=1, help="Rows a batch.")
    ] = 64,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Draws weights and rows.")
    ] = DEFAULTS.seed,
    targets: train_options.Targets = None,
    drop: train_options.Drop = None,
    scale_targets: train_options.ScaleTargets = DEFAULTS.scale_targets,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    today: options.Today = None,
    threads: train_options.Threads = DEFAULTS.threads,
    device: train_options.Device = DEFAULTS.device,
    plot: Plot = None,
    form: options.ReportOrPage = PageFormat.TABLE,
    output: options.ReportFile = None,
    quiet: options.Quiet = False,
    *,
    dialect: Dialect,
) -> int:
    """Compare the gradients of every backward method with those of an unshielded network.

    For each method the cosine between its gradient by the network's parameters and the unshielded
    one; for each requirement how often the shield rests on it, and how often it pulls a variable
    away from its target; for each target how often its gradient vanishes though it is off; and the
    singular values of the network's derivative.
    """
    from pishield_cli.cli.extras import require_torch
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.output import refuse_overwriting

    refuse_overwriting(
        {"--output": output, "--plot": plot},
        {"the table": data, "the requirements file": requirements},
    )
    require_torch("pishield report gradients")
    _require_extras(plot, form)
    from pishield_cli.actions.report_gradients import report_gradients
    from pishield_cli.cli.render.report_gradients import draw, render_json, render_table
    from pishield_cli.training.runs import read_run
    from pishield_cli.training.settings import TrainSettings

    settings = TrainSettings(
        arch=arch,
        batch_size=batch_size,
        seed=seed,
        targets=options.read_names("--targets", targets),
        drop=options.read_names("--drop", drop) or (),
        scale_targets=scale_targets,
        threads=threads,
        device=device,
    )
    reader, binding = open_inputs(
        data,
        requirements,
        requirements_type=requirements_type.type,
        today=options.read_day("--today", today),
        positions=options.read_names("--columns", columns),
        dialect=dialect,
    )
    found = report_gradients(
        reader,
        binding.requirements,
        settings=settings,
        run=None if run is None else read_run(run),
        batches=batches,
    )
    _publish(
        output,
        form,
        plot,
        json=lambda: render_json(found),
        table=lambda page: render_table(found, page),
        html=lambda pages: pages.gradients_page(found),
        draw=lambda path: draw(found, path),
    )
    return 0


@app.command(
    "runs",
    cls=PlainCommand,
    short_help="Runs side by side, tested for differences.",
    epilog=RUNS_EXAMPLES,
)
@errors_as_asked(report=True)
def runs(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...", show_default=False, help="The folders that `pishield train` wrote."
        ),
    ],
    plot: Plot = None,
    form: options.ReportOrPage = PageFormat.TABLE,
    output: options.ReportFile = None,
) -> int:
    """Put runs side by side, the best one marked, each tested against it by a paired t-test.

    Trials of equal seeds are pairs: they have the same rows to learn from and to be judged by.
    """
    from pishield_cli.actions.report_runs import report_runs
    from pishield_cli.cli.render.report_runs import draw, render_json, render_table

    _require_extras(plot, form)
    found = report_runs(paths)
    _publish(
        output,
        form,
        plot,
        json=lambda: render_json(found),
        table=lambda page: render_table(found, page),
        html=lambda pages: pages.runs_page(found),
        draw=lambda path: draw(found, path),
    )
    return 0


def _require_extras(plot: str | None, form: PageFormat) -> None:
    from pishield_cli.cli.extras import require_extra

    if form is PageFormat.HTML:
        require_extra("--format html", "html", "jinja2")
    if plot is None:
        return
    from pishield_cli.cli.render.plots import require_ending

    require_ending(plot)
    require_extra("--plot", "plot", "matplotlib")


def _publish(
    output: str | None,
    form: PageFormat,
    plot: str | None,
    *,
    json: Callable[[], str],
    table: Callable[["Page"], str],
    html: Callable[[ModuleType], str],
    draw: Callable[[str], None],
) -> None:
    from pishield_cli.cli.output import open_report

    with open_report(output) as place:
        if form is PageFormat.JSON:
            place.write(json(), utf8=True)
        elif form is PageFormat.HTML:
            from pishield_cli.cli.render import tables_html

            place.write(html(tables_html), utf8=True)
        else:
            place.write(table(place.page))
    if plot is not None:
        draw(plot)
