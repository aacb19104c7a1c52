"""`pishield check`: count the rows that violate each requirement."""

from enum import StrEnum
from typing import Annotated

import typer

from pishield_cli.cli import options
from pishield_cli.cli.options import TypeChoice
from pishield_cli.cli.render import CheckFormat

EXAMPLES = """\b
Examples:
  pishield check houses.csv requirements.txt
  pishield check houses.csv requirements.txt --show 3 --max-violations 0.1%
  pishield check houses.parquet requirements.txt --format junit -o report.xml"""


class Missing(StrEnum):
    """What `--missing` takes."""

    IGNORE = "ignore"
    FAIL = "fail"


def check(
    data: options.Data,
    requirements: options.RequirementsFile,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    tolerance: options.Tolerance = None,
    exact: options.Exact = False,
    max_violations: Annotated[
        str,
        typer.Option(
            "--max-violations",
            metavar="N|P%",
            help="Violating rows to let pass, a number or a share of all rows.",
        ),
    ] = "0",
    missing: Annotated[
        Missing,
        typer.Option(
            "--missing",
            metavar="HOW",
            help="Rows that a missing cell leaves undecided: ignore (count them) or fail.",
        ),
    ] = Missing.IGNORE,
    violations: Annotated[
        str | None,
        typer.Option(
            "--violations",
            metavar="FILE",
            show_default=False,
            help="Write the violating rows, with their numbers and the requirements violated, to a "
            ".csv or .parquet file.",
        ),
    ] = None,
    show: Annotated[
        int | None,
        typer.Option(
            "--show",
            metavar="N",
            min=0,
            show_default="0; 10 in JSON",
            help="List the first N violating rows of each requirement.",
        ),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Let a table without rows pass.")
    ] = False,
    form: Annotated[
        CheckFormat,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="The report: table, json, junit, github, markdown or sarif.",
        ),
    ] = CheckFormat.TABLE,
    output: options.ReportFile = None,
    quiet: options.Quiet = False,
    workers: options.Workers = None,
    batch_rows: options.BatchRows = None,
) -> int:
    """Count the rows of a table that violate each requirement.

    Exits with 0 if the table passes, with 1 if it does not, and with 2 if it could not be checked.
    """
    raise NotImplementedError
