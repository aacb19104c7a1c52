"""`pishield check`: count the rows that violate each requirement."""

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli import placed
from pishield_cli.cli import check_options, options
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.options import Engine, TypeChoice
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import UsageError
from pishield_cli.language import allowance_of
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pishield_cli.actions.check_report import CheckReport
    from pishield_cli.cli.check_jobs import Job, Sizes
    from pishield_cli.cli.reports import Wanted

EXAMPLES = """\b
Examples:
  pishield check houses.csv requirements.txt
  pishield check houses.csv requirements.txt --show 3 --max-violations 0.1%
  pishield check houses.parquet requirements.txt --junit report.xml --github
  pishield check --only houses"""


PANELS = {
    "What passes": ("max_violations", "missing", "allow_empty", "tolerance", "exact"),
    "Reports": (
        *(
            "form",
            "output",
            "json",
            "junit",
            "sarif",
            "html",
            "markdown",
            "github",
            "violations",
            "show",
        ),
        *("violations", "show", "key", "all_requirements", "quiet"),
    ),
    "How requirements are read": ("requirements_type", "columns"),
    "Speed": ("workers", "batch_rows", "engine", "spark_conf"),
}


class Missing(StrEnum):
    """What `--missing` takes."""

    IGNORE = "ignore"
    FAIL = "fail"


@reads_tables
def check(
    data: check_options.Data = None,
    requirements: check_options.RequirementsFile = None,
    only: check_options.Only = None,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    today: options.Today = None,
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
            "file, of the kind that its ending says.",
        ),
    ] = None,
    key: options.Key = None,
    safe: Annotated[
        bool,
        typer.Option(
            "--safe",
            help="Write --violations so that no spreadsheet takes a cell for a formula and no "
            "terminal acts on one; otherwise cells are as they are in the table.",
        ),
    ] = False,
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
            help="The report: table, json, junit, github, markdown, sarif or html.",
        ),
    ] = CheckFormat.TABLE,
    output: options.ReportFile = None,
    json: check_options.JsonFile = None,
    junit: check_options.JunitFile = None,
    sarif: check_options.SarifFile = None,
    html: check_options.HtmlFile = None,
    markdown: check_options.MarkdownFile = None,
    github: check_options.Github = False,
    all_requirements: Annotated[
        bool,
        typer.Option("--all", help="In the table, list every requirement that holds as well."),
    ] = False,
    quiet: options.QuietIfWell = False,
    workers: options.Workers = None,
    batch_rows: options.BatchRows = None,
    engine: options.EngineChoice = Engine.LOCAL,
    spark_conf: options.SparkConf = None,
    *,
    dialect: Dialect,
) -> int:
    """Count the rows of a table that violate each requirement; without DATA, of all tables.

    Those are named in `pishield.toml`, in this folder or above it, with how each is checked.

    Exits with 0 if the table passes, with 1 if it does not, and with 2 if it could not be checked.
    """
    # No matrices are multiplied here: numpy need not start a thread a core for that.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pishield_cli.cli.check_jobs import Job, attempt, check_job
    from pishield_cli.cli.output import refuse_overwriting
    from pishield_cli.cli.render.checked import exit_code
    from pishield_cli.cli.reports import listed_examples, open_reports, wanted_reports
    from pishield_cli.tables.aside import STANDARD_STREAM

    beside = {
        CheckFormat.JSON: json,
        CheckFormat.JUNIT: junit,
        CheckFormat.SARIF: sarif,
        CheckFormat.MARKDOWN: markdown,
        CheckFormat.HTML: html,
    }
    jobs: list[Job] = []
    if data is not None and only:
        raise UsageError(
            "--only chooses among the tables of `pishield.toml`, but DATA is given.",
            hint="leave out one of the two",
        )
    if data is None:
        about_tables = (requirements_type is TypeChoice.AUTO, max_violations == "0", not exact)
        others = (columns, today, tolerance, violations, key, spark_conf)
        if not all(about_tables) or any(one is not None for one in others):
            raise UsageError(
                "Options of one table need DATA; without it they stand in `pishield.toml`.",
                hint="give DATA and REQS, or write the option into the file",
            )
        jobs, reports_of_project = _project_jobs(only)
        beside = {form: file or reports_of_project.get(form) for form, file in beside.items()}
    elif requirements is None:
        raise UsageError(
            "A table is checked under requirements, but REQS was not given.",
            hint="write pishield check DATA REQS; see pishield check --help",
        )
    wanted = wanted_reports(form, output, beside, github=github)
    shown = next((one for one in wanted if one.shown), None)
    if STANDARD_STREAM in (violations, *(job.violations for job in jobs)) and shown is not None:
        raise UsageError(
            f"One of --violations and the report ({shown.form}) goes to standard output, not both.",
            hint="write the report to a file with --output, or the rows with --violations FILE",
        )
    refuse_overwriting(
        {"--violations": violations, "--output": output}
        | {f"`violations` of {job.name}": job.violations for job in jobs}
        | {f"--{name}": path for name, path in beside.items()},
        {"the table": data, "the requirements file": requirements}
        if data is not None and requirements is not None
        else {f"the table of {job.name}": job.data for job in jobs}
        | {f"the requirements file of {job.name}": job.requirements for job in jobs},
    )

    def check_one() -> "tuple[CheckReport, Sizes]":
        from pishield_cli.actions.check_settings import CheckSettings
        from pishield_cli.cli.engines import open_engine

        assert data is not None
        assert requirements is not None
        if safe and violations is None:
            raise UsageError("--safe is for --violations, which was not given.")
        session = open_engine(engine, spark_conf, {"--violations": violations, "--key": key})
        settings = CheckSettings(
            tolerance=options.read_tolerance(tolerance, exact),
            show=listed_examples(wanted, show),
            max_violations=allowance_of(max_violations),
            missing_fails=missing is Missing.FAIL,
            allow_empty=allow_empty,
            batch_rows=batch_rows,
            key=options.read_names("--key", key) or (),
        )
        job = Job(
            data,
            requirements,
            settings,
            type=requirements_type.type,
            today=options.read_day("--today", today),
            positions=options.read_names("--columns", columns),
            dialect=dialect,
            violations=violations,
            safe=safe,
            sizes=CheckFormat.HTML in (one.form for one in wanted),
        )
        return check_job(job, workers=workers, quiet=quiet, session=session)

    failure: Exception | None = None
    with open_reports(wanted, show=show, quiet=quiet, everything=all_requirements) as reports:
        if data is not None and requirements is not None:
            one, failure = attempt(data, requirements, check_one)
            checked = [one]
        else:
            from pishield_cli.cli.side_by_side import check_tables

            shown_jobs = _as_shown(jobs, wanted, show)
            checked = check_tables(shown_jobs, workers=workers, quiet=quiet)
        reports.write(checked)
    reports.show(checked)
    reports.log(checked)
    if failure is not None:
        placed.start_over()  # reports of an error are not results
        raise failure
    return exit_code(checked)


def _project_jobs(only: list[str] | None) -> "tuple[list[Job], Mapping[CheckFormat, str]]":
    """The tables of the nearest project file, and the reports that it asks for."""
    from pishield_cli.cli.project import FILE, chosen_jobs, find_project, read_project

    path = find_project(Path.cwd())
    if path is None:
        raise UsageError(
            f"DATA was not given, and neither this folder nor one above it has a `{FILE}`.",
            hint=f"write pishield check DATA REQS, or a {FILE}; see docs/ci.md",
        )
    project = read_project(path)
    return chosen_jobs(project, only), project.reports


def _as_shown(jobs: "list[Job]", wanted: "Sequence[Wanted]", show: int | None) -> "list[Job]":
    """The tables with what some report shows of them."""
    from pishield_cli.cli.reports import listed_examples

    examples = listed_examples(wanted, show)
    sizes = CheckFormat.HTML in (one.form for one in wanted)
    return [
        replace(job, sizes=sizes, settings=replace(job.settings, show=examples)) for job in jobs
    ]
