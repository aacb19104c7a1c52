"""`pishield inspect`: say what a requirements file says."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli import options
from pishield_cli.cli.failures import errors_as_asked
from pishield_cli.cli.formats import InspectFormat
from pishield_cli.cli.options import TypeChoice
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from pishield_cli.actions.inspect import InspectReport
    from pishield_cli.language import Binding

EXAMPLES = """\b
Examples:
  pishield inspect requirements.txt
  pishield inspect requirements.txt houses.csv --format json"""


@errors_as_asked(report=True)
@reads_tables
def inspect(
    requirements: options.RequirementsFile,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            show_default=False,
            help="A table, to show the columns that names stand for; only its header is read.",
        ),
    ] = None,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    today: options.Today = None,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds",
            metavar="S",
            min=0.0,
            help="How long to reason; what is open then is said to be undecided.",
        ),
    ] = 20.0,
    form: Annotated[
        InspectFormat,
        typer.Option(
            "--format", metavar="FORMAT", help="The report: table, json, github or sarif."
        ),
    ] = InspectFormat.TABLE,
    output: options.ReportFile = None,
    *,
    dialect: Dialect,
) -> int:
    """Say what a requirements file means, and if it can hold.

    Its type, clauses, columns and groups; what contradicts, what others imply, what follows for
    each column, and which parts can never decide.

    Exits with 1 if the requirements contradict each other, and with 2 if they could not be read.
    """
    from pishield_cli.cli.output import open_report, refuse_overwriting

    inputs = {"the requirements file": requirements}
    if data is not None:
        inputs["the table"] = data
    refuse_overwriting({"--output": output}, inputs)
    positions = options.read_names("--columns", columns)
    with open_report(output) as place:
        report = _inspected(
            requirements,
            data,
            requirements_type,
            positions,
            options.read_day("--today", today),
            seconds,
            dialect,
        )
        match form:
            case InspectFormat.JSON:
                from pishield_cli.cli.render.inspect_json import render_json

                place.write(render_json(report), utf8=True)
            case InspectFormat.SARIF:
                from pishield_cli.cli.render.inspect_sarif import render_sarif

                place.write(render_sarif(report), utf8=True)
            case InspectFormat.GITHUB:
                from pishield_cli.cli.render.inspect_github import render_github

                place.write(render_github(report))
            case InspectFormat.TABLE:
                from pishield_cli.cli.render.inspect_table import render_table

                place.write(render_table(report, place.page))
    return 1 if report.analysis.satisfiable is False else 0


def _inspected(
    requirements: str,
    data: str | None,
    requirements_type: TypeChoice,
    positions: tuple[str, ...] | None,
    today: date | None,
    seconds: float,
    dialect: Dialect,
) -> "InspectReport":
    from pishield_cli.actions.inspect import inspect as inspect_requirements
    from pishield_cli.cli.inputs import open_inputs, read_alone

    kind, name = requirements_type.type, None
    binding: Binding | None
    if data is None:
        read, binding = read_alone(
            requirements, requirements_type=kind, positions=positions, today=today
        )
    else:
        reader, binding = open_inputs(
            data,
            requirements,
            requirements_type=kind,
            positions=positions,
            today=today,
            dialect=dialect,
        )
        read, name = binding.requirements, reader.name
    return inspect_requirements(
        read, requirements_file=requirements, binding=binding, data=name, seconds=seconds
    )
