"""The commands of `pishield`, and the options before them.

A command's module imports only typer and `options`; the action and all that it needs is imported
in the command's body, so that `--help` stays quick.
"""

from typing import Annotated

import typer

from pishield_cli import __version__
from pishield_cli.cli.boundary import NOT_DONE
from pishield_cli.cli.check import EXAMPLES as CHECK_EXAMPLES
from pishield_cli.cli.check import check
from pishield_cli.cli.correct import EXAMPLES as CORRECT_EXAMPLES
from pishield_cli.cli.correct import correct
from pishield_cli.cli.inspect import EXAMPLES as INSPECT_EXAMPLES
from pishield_cli.cli.inspect import inspect
from pishield_cli.cli.predict import EXAMPLES as PREDICT_EXAMPLES
from pishield_cli.cli.predict import predict
from pishield_cli.cli.report import EXAMPLES as REPORT_EXAMPLES
from pishield_cli.cli.report import app as report
from pishield_cli.cli.train import EXAMPLES as TRAIN_EXAMPLES
from pishield_cli.cli.train import train

EXAMPLES = """\b
Examples:
  pishield check houses.csv requirements.txt
  pishield check houses.parquet requirements.txt --format json
  pishield check --help"""

app = typer.Typer(
    name="pishield",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    """Print the version, if wanted, and end."""
    if wanted:
        typer.echo(f"pishield {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def pishield(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback with an error; accepted anywhere.")
    ] = False,
) -> None:
    """Check, correct and learn tables under requirements, exactly.

    Exit codes: 0 done and all holds, 1 done and something does not hold, 2 not done.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(NOT_DONE)


# One line a command, in the order of the help.
app.command("check", epilog=CHECK_EXAMPLES)(check)
app.command("correct", epilog=CORRECT_EXAMPLES)(correct)
app.command("inspect", epilog=INSPECT_EXAMPLES)(inspect)
app.command("train", epilog=TRAIN_EXAMPLES)(train)
app.command("predict", epilog=PREDICT_EXAMPLES)(predict)
app.add_typer(report, name="report", epilog=REPORT_EXAMPLES)
