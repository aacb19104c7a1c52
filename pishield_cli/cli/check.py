"""`pishield check`: count the rows that violate each requirement."""

import os
from contextlib import nullcontext
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, TypedDict, Unpack

import typer

from pishield_cli.cli import options
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.options import Engine, TypeChoice
from pishield_cli.cli.render import render_check
from pishield_cli.errors import TableError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pishield_cli.actions.check import CheckReport
    from pishield_cli.logic.requirements import Requirements
    from pishield_cli.tables.table import TableReader

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
    quiet: options.QuietIfWell = False,
    workers: options.Workers = None,
    batch_rows: options.BatchRows = None,
    engine: options.EngineChoice = Engine.LOCAL,
    spark_conf: options.SparkConf = None,
) -> int:
    """Count the rows of a table that violate each requirement.

    Exits with 0 if the table passes, with 1 if it does not, and with 2 if it could not be checked.
    """
    # No matrices are multiplied here: numpy need not start a thread a core for that.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pishield_cli.cli.engines import open_engine
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.output import open_report, refuse_overwriting

    relative = options.read_tolerance(tolerance, exact)
    allowed = options.read_allowance(max_violations)
    positions = options.read_names("--columns", columns)
    session = open_engine(engine, spark_conf, {"--violations": violations})
    refuse_overwriting(
        {"--violations": violations, "--output": output},
        {"the table": data, "the requirements file": requirements},
    )
    with open_report(output) as place:
        reader, binding = open_inputs(
            data,
            requirements,
            requirements_type=requirements_type.type,
            positions=positions,
            workers=workers,
        )
        report = _checked(
            reader,
            binding.requirements,
            requirements_file=requirements,
            tolerance=relative,
            show=form.examples if show is None else show,
            max_violations=allowed,
            missing_fails=missing is Missing.FAIL,
            batch_rows=batch_rows,
            violations=violations,
            allow_empty=allow_empty,
            quiet=quiet,
            session=session,
        )
        told = form is not CheckFormat.TABLE or place.is_file or not report.holds
        if told or not quiet:
            place.write(render_check(report, form, place.page), utf8=form.utf8)
    return 0 if report.holds else 1


class _Settings(TypedDict):
    requirements_file: str
    tolerance: float
    show: int
    max_violations: int | Fraction
    missing_fails: bool
    batch_rows: int | None


def _checked(
    reader: "TableReader",
    requirements: "Requirements",
    *,
    violations: str | None,
    allow_empty: bool,
    quiet: bool,
    session: "SparkSession | None",
    **settings: Unpack[_Settings],
) -> "CheckReport":
    """Check the table; the violating rows appear in their file only if all went well."""
    from pishield_cli.actions.check import check as check_table
    from pishield_cli.cli.progress import RowProgress
    from pishield_cli.tables import open_listing

    with open_listing(reader, violations) if violations else nullcontext() as listing:
        if session is not None:
            from pishield_cli.spark.files import check_files

            report = check_files(session, reader, requirements, **settings)
        else:
            with RowProgress("checking", total=reader.row_count(), quiet=quiet) as progress:
                report = check_table(
                    reader, requirements, listing=listing, progress=progress, **settings
                )
        if not report.rows and not allow_empty:
            raise TableError(
                f"A table must have rows to be checked, but `{report.data}` has none.",
                hint="let it pass with --allow-empty",
            )
        if listing is not None:
            listing.commit()
    return report
