"""How a table is written, as options of every command that reads one."""

import csv
import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from pishield_cli.errors import UsageError
from pishield_cli.tables.dialect import BadCells, Dialect, InputFormat

_PANEL = "How the table is written"


def _written(
    delimiter: Annotated[
        str | None,
        typer.Option(
            "--delimiter",
            metavar="C",
            show_default="by the name: , or tab",
            help=r"What stands between two cells of a CSV file, such as ; or \t.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    decimal: Annotated[
        str,
        typer.Option(
            "--decimal",
            metavar="C",
            help="What stands before decimal places.",
            rich_help_panel=_PANEL,
        ),
    ] = ".",
    thousands: Annotated[
        str | None,
        typer.Option(
            "--thousands",
            metavar="C",
            show_default="nothing",
            help="What stands between groups of three digits.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            "--units",
            metavar="A,B",
            show_default=False,
            help="Signs that stand beside numbers, such as % or €; 5 % is read as 5.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    na: Annotated[
        str | None,
        typer.Option(
            "--na",
            metavar="A,B,C",
            show_default=False,
            help="Texts that stand for a missing cell, besides the empty cell, NA, NULL and NaN.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="The text's encoding, such as cp1252.",
            rich_help_panel=_PANEL,
        ),
    ] = "utf-8",
    skip_rows: Annotated[
        int,
        typer.Option(
            "--skip-rows",
            metavar="N",
            min=0,
            help="Lines before the header to leave out.",
            rich_help_panel=_PANEL,
        ),
    ] = 0,
    no_header: Annotated[
        bool,
        typer.Option(
            "--no-header",
            help="The first line is a row; columns are called y_0, y_1, ..., or as --columns says.",
            rich_help_panel=_PANEL,
        ),
    ] = False,
    date_format: Annotated[
        str | None,
        typer.Option(
            "--date-format",
            metavar="FORMAT",
            show_default="2024-01-31",
            help="How dates are written, such as %d.%m.%Y or '%m/%d/%Y %H:%M'.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    input_format: Annotated[
        InputFormat | None,
        typer.Option(
            "--input-format",
            metavar="FORMAT",
            show_default="by the name",
            help="What DATA is: csv, tsv, parquet, arrow or jsonl.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    bad_cells: Annotated[
        BadCells,
        typer.Option(
            "--bad-cells",
            metavar="HOW",
            help="Cells that must be numbers or dates and are not: error, violation or missing.",
            rich_help_panel=_PANEL,
        ),
    ] = BadCells.ERROR,
) -> Dialect:
    """The options as one value."""
    return Dialect(
        delimiter=read_delimiter(delimiter),
        decimal=decimal,
        thousands=thousands,
        units=read_marks("--units", units),
        missing=read_marks("--na", na),
        encoding=encoding,
        skip_rows=skip_rows,
        header=not no_header,
        format=input_format,
        bad_cells=bad_cells,
        date_format=date_format,
    )


def dialect_of(options: Mapping[str, Any]) -> Dialect:
    """What the options of a command say of how its table is written.

    Args:
        options: The values by the names of parameters, also of other options; what is not there
            is as it is by default.
    """
    ours = inspect.signature(_written).parameters
    return _written(**{name: options[name] for name in ours if name in options})


def reads_tables(command: Callable[..., int]) -> Callable[..., int]:
    """A command with these options in place of its argument `dialect`."""
    own = inspect.signature(command)
    ours = inspect.signature(_written)
    hints = get_type_hints(_written, include_extras=True)
    added = [
        one.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, one in ours.parameters.items()
    ]

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> int:
        given = {name: options.pop(name) for name in ours.parameters}
        return command(*arguments, dialect=_written(**given), **options)

    kept = [one for name, one in own.parameters.items() if name != "dialect"]
    run.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {
        **{name: hint for name, hint in _hints(command).items() if name != "dialect"},
        **{name: hints[name] for name in ours.parameters},
    }
    return run


def _hints(command: Callable[..., int]) -> dict[str, Any]:
    return {name: one for name, one in command.__annotations__.items() if not isinstance(one, str)}


def read_delimiter(given: str | None) -> str | None:
    r"""The character that is given, a tab also as `\t`."""
    return None if given is None else given.replace("\\t", "\t")


def read_marks(option: str, given: str | None) -> tuple[str, ...]:
    """Texts separated by commas; one that holds a comma stands in double quotes.

    Args:
        option: The option's name, for the message.
        given: Its value; None where it was not given.

    Raises:
        UsageError: If a quote is not closed.
    """
    if given is None:
        return ()
    try:
        rows = list(csv.reader([given], strict=True))
    except csv.Error as error:
        raise UsageError(f"{option} takes texts separated by commas: {error}.") from error
    return tuple(text for text in rows[0] if text) if rows else ()
