"""`pishield predict`: a trained model's predictions, with every requirement satisfied."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli import options, train_options
from pishield_cli.cli.failures import errors_as_asked
from pishield_cli.cli.formats import Format
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import UsageError
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from pishield_cli.training.trained import Trained

EXAMPLES = """\b
Examples:
  pishield predict run houses.csv -o predictions.csv
  pishield predict run houses.parquet -o predictions.parquet --append
  pishield predict model.onnx houses.csv -o predictions.csv"""


@errors_as_asked(report=False)
@reads_tables
def predict(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            show_default=False,
            help="The folder that `pishield train` wrote, or the graph of `pishield export`.",
        ),
    ],
    data: options.Data,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            show_default=False,
            help="The predictions, of the kind that the ending says; - for CSV on standard output. "
            "They appear whole or not at all.",
        ),
    ] = None,
    append: Annotated[
        bool,
        typer.Option(
            "--append",
            help="Copy all columns of DATA too. A prediction takes the place of the column of its "
            "name, which goes to the end as NAME_actual.",
        ),
    ] = False,
    shield: Annotated[
        bool,
        typer.Option("--shield/--no-shield", help="Whether predictions are corrected."),
    ] = True,
    scores: Annotated[
        bool,
        typer.Option(
            "--scores",
            help="For propositional requirements, write scores from 0 to 1, true above 0.5.",
        ),
    ] = False,
    columns: options.Names = None,
    form: options.ReportFormat = Format.TABLE,
    quiet: options.QuietIfWell = False,
    threads: train_options.Threads = None,
    batch_rows: options.BatchRows = None,
    *,
    dialect: Dialect,
) -> int:
    """Predict the targets of a trained model for every row of a table.

    Without --append the output holds the targets, after the other columns that requirements name,
    so that it can be checked. Values of a category that training never saw count as unseen,
    missing features as their median.

    Exits with 0 if every prediction satisfies every requirement, exactly, with 1 if the features of
    a row leave no such prediction, and with 2 if nothing was written.
    """
    from functools import partial

    from pishield_cli.cli.extras import require_torch
    from pishield_cli.cli.inputs import open_data, with_names
    from pishield_cli.cli.output import deliver, refuse_overwriting
    from pishield_cli.cli.progress import RowProgress

    if output is None:
        raise UsageError("Predictions need a place, and --output was not given.", hint="add -o OUT")
    refuse_overwriting({"--output": output}, {"DATA": data})
    require_torch("pishield predict")
    from pishield_cli.actions.predict import predict as apply
    from pishield_cli.cli.render.predict import render_json, render_text
    from pishield_cli.training.prediction_files import open_predictions

    trained = _read(run)
    reader = open_data(data, with_names(dialect, options.read_names("--columns", columns)))
    with RowProgress("predicting", reader, quiet=quiet) as progress:
        report = apply(
            trained,
            reader,
            output=output,
            open_writer=partial(open_predictions, reader, output),
            append=append,
            shielded=shield,
            scores=scores,
            batch_rows=batch_rows,
            threads_used=threads,
            progress=progress,
        )
    deliver(
        partial(render_text, report),
        partial(render_json, report) if form is Format.JSON else None,
        silent=quiet and report.holds,
        aside=report.output == "-",
    )
    return 0 if report.holds else 1


def _read(run: str) -> "Trained":
    """A run's folder, or an exported graph."""
    if not (run.endswith(".onnx") and os.path.isfile(run)):
        from pishield_cli.training.runs import read_run

        return read_run(run)
    from pishield_cli.cli.extras import require_extra
    from pishield_cli.training.graph_runs import read_graph

    require_extra("pishield predict", "onnx", "onnxruntime")
    return read_graph(run)
