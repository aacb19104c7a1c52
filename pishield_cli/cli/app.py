"""The commands of `pishield`, and the options before them.

The module of the command that is named is imported, or all if none is. It imports only typer and
`options`; the action and all that it needs is imported in the command's body, so that starting
stays quick.
"""

import os
import shutil
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from pishield_cli import __version__
from pishield_cli.cli.boundary import NOT_DONE
from pishield_cli.cli.grouped_help import grouped
from pishield_cli.cli.plain_values import PlainGroup

COMMANDS = {
    "check": "Count the rows of tables that violate each requirement.",
    "correct": "Write a table again with every requirement satisfied.",
    "undo": "Write a corrected table again as it was before.",
    "suggest": "Suggest requirements for a table, each with its evidence.",
    "inspect": "Say what a requirements file means, and if it can hold.",
    "fmt": "Lay requirements files out in one way.",
    "train": "Train a small network on a table, under requirements.",
    "predict": "Predict the targets of a trained model for every row.",
    "generate": "Make rows like those that a generator has learnt from.",
    "export": "Write a trained model as an ONNX graph.",
    "report": "Statistics of violations, of gradients and of runs.",
    "schema": "Print the JSON schema of what --format json writes.",
}
"""What each is for, in the order of the help and short enough for its lines.

Each is in a module of its name, `report` with commands below it.
"""

EXAMPLES = """\b
Examples:
  pishield check houses.csv requirements.txt
  pishield check houses.parquet requirements.txt --format json
  pishield check --help"""


def show_version(wanted: bool) -> None:
    """Print the version, if wanted, and end."""
    if wanted:
        typer.echo(f"pishield {__version__}")
        raise typer.Exit


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


def _listed() -> None:
    """Stands for a command in the list of all, which needs none of their modules."""


def command_line(wanted: str | None, *, listed: bool = False) -> typer.Typer:
    """The commands: the one that is wanted, or all of them if there is none of that name.

    Args:
        wanted: The command's name, or what stands in its place.
        listed: Whether they are only to be listed, not run.
    """
    found = typer.Typer(
        name="pishield",
        cls=PlainGroup,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": shutil.get_terminal_size().columns,
        },
    )
    found.callback(invoke_without_command=True, epilog=EXAMPLES)(pishield)
    for name in (wanted,) if wanted in COMMANDS else COMMANDS:
        summary = COMMANDS[name]
        if listed:
            found.command(name, short_help=summary)(_listed)
            continue
        module = import_module(f"pishield_cli.cli.{name}")
        if hasattr(module, "app"):
            found.add_typer(module.app, name=name, short_help=summary, epilog=module.EXAMPLES)
        else:
            command = grouped(getattr(module, "PANELS", {}))
            add = found.command(name, cls=command, short_help=summary, epilog=module.EXAMPLES)
            add(getattr(module, name))
    return found


def app(arguments: Sequence[str], **settings: Any) -> Any:
    """Run the command that the arguments name; see typer's own `Typer.__call__`."""
    completes = any(name.startswith("_") and name.endswith("_COMPLETE") for name in os.environ)
    listed = tuple(arguments) in _LISTING and not completes
    return command_line(arguments[0] if arguments else None, listed=listed)(arguments, **settings)


_LISTING = ((), ("--help",), ("-h",))
"""The arguments that ask what commands there are."""
