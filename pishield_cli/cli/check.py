"""`pishield check`: count the rows that violate each requirement."""

import os
from contextlib import nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli import placed
from pishield_cli.cli import check_options, options
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.options import Engine, TypeChoice
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import PishieldError
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pishield_cli.actions.check import CheckReport
    from pishield_cli.actions.check_settings import CheckSettings
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


@reads_tables
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
    json: check_options.JsonFile = None,
    junit: check_options.JunitFile = None,
    sarif: check_options.SarifFile = None,
    markdown: check_options.MarkdownFile = None,
    github: check_options.Github = False,
    quiet: options.QuietIfWell = False,
    workers: options.Workers = None,
    batch_rows: options.BatchRows = None,
    engine: options.EngineChoice = Engine.LOCAL,
    spark_conf: options.SparkConf = None,
    *,
    dialect: Dialect,
) -> int:
    """Count the rows of a table that violate each requirement.

    Exits with 0 if the table passes, with 1 if it does not, and with 2 if it could not be checked.
    """
    # No matrices are multiplied here: numpy need not start a thread a core for that.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pishield_cli.actions.check_settings import CheckSettings
    from pishield_cli.cli.engines import open_engine
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.output import refuse_overwriting
    from pishield_cli.cli.problems import problems_of
    from pishield_cli.cli.render.checked import Checked, exit_code
    from pishield_cli.cli.reports import listed_examples, open_reports, wanted_reports

    beside = {
        CheckFormat.JSON: json,
        CheckFormat.JUNIT: junit,
        CheckFormat.SARIF: sarif,
        CheckFormat.MARKDOWN: markdown,
    }
    wanted = wanted_reports(form, output, beside, github=github)
    refuse_overwriting(
        {"--violations": violations, "--output": output}
        | {f"--{name}": path for name, path in beside.items()},
        {"the table": data, "the requirements file": requirements},
    )
    failure: Exception | None = None
    with open_reports(wanted, show=show, quiet=quiet) as reports:
        try:
            session = open_engine(engine, spark_conf, {"--violations": violations})
            reader, binding = open_inputs(
                data,
                requirements,
                requirements_type=requirements_type.type,
                positions=options.read_names("--columns", columns),
                workers=workers,
                dialect=dialect,
            )
            report = _checked(
                reader,
                binding.requirements,
                requirements_file=requirements,
                settings=CheckSettings(
                    tolerance=options.read_tolerance(tolerance, exact),
                    show=listed_examples(wanted, show),
                    max_violations=options.read_allowance(max_violations),
                    missing_fails=missing is Missing.FAIL,
                    allow_empty=allow_empty,
                    batch_rows=batch_rows,
                ),
                violations=violations,
                quiet=quiet,
                session=session,
            )
            checked = [Checked(data, requirements, report)]
        except (PishieldError, OSError, MemoryError) as error:
            failure = error
            checked = [Checked(data, requirements, problems=problems_of(error))]
        reports.write(checked)
    reports.log(checked)
    if failure is not None:
        placed.start_over()  # reports of an error are no results
        raise failure
    return exit_code(checked)


def _checked(
    reader: "TableReader",
    requirements: "Requirements",
    *,
    requirements_file: str,
    settings: "CheckSettings",
    violations: str | None,
    quiet: bool,
    session: "SparkSession | None",
) -> "CheckReport":
    """Check the table; the violating rows appear in their file only if all went well."""
    from pishield_cli.actions.check import check as check_table
    from pishield_cli.cli.progress import RowProgress
    from pishield_cli.tables import open_listing

    with open_listing(reader, violations) if violations else nullcontext() as listing:
        if session is not None:
            from pishield_cli.spark.files import check_files

            report = check_files(
                session,
                reader,
                requirements,
                requirements_file=requirements_file,
                settings=settings,
            )
        else:
            with RowProgress("checking", total=reader.row_count(), quiet=quiet) as progress:
                report = check_table(
                    reader,
                    requirements,
                    requirements_file=requirements_file,
                    settings=settings,
                    listing=listing,
                    progress=progress,
                )
        if listing is not None:
            listing.commit()
    return report
