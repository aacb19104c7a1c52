"""Arguments and options that commands share, and the reading of their values."""

import csv
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli.formats import Format, PageFormat
from pishield_cli.errors import UsageError
from pishield_cli.logic.requirements import RequirementType

if TYPE_CHECKING:
    from pishield_cli.kernels.evaluation import tolerance as tolerances


class Engine(StrEnum):
    """What `--engine` takes."""

    LOCAL = "local"
    SPARK = "spark"


class TypeChoice(StrEnum):
    """What `--type` takes."""

    AUTO = "auto"
    LINEAR = "linear"
    QFLRA = "qflra"
    PROPOSITIONAL = "propositional"
    CATEGORICAL = "categorical"

    @property
    def type(self) -> RequirementType | None:
        """The type asked for; None where the file decides."""
        return None if self is TypeChoice.AUTO else RequirementType(self.value)


Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        help="The table: .csv or .tsv (also .gz, .zst), .parquet, .arrow, .feather, .jsonl, "
        "a folder or 'pattern/*.parquet', "
        "an address such as s3://bucket/table.parquet, or - for CSV on standard input.",
    ),
]


def complete_columns(context: typer.Context, incomplete: str) -> list[str]:
    """The columns of DATA that a list of names may go on with."""
    from pishield_cli.cli.completion import columns_after

    # Where the option's own value is not there yet, the words before it are not told apart.
    data = context.params.get("data") or next(iter(context.args), None)
    return columns_after(incomplete, data, context.params)


Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="A,B",
        show_default=False,
        help="Columns that tell rows apart, shown beside the numbers of rows that are listed.",
        autocompletion=complete_columns,
    ),
]
RequirementsFile = Annotated[
    str, typer.Argument(metavar="REQS", show_default=False, help="The requirements file.")
]
Type = Annotated[
    TypeChoice,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="How to read the requirements: auto, linear, qflra, propositional or categorical.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="A,B,C",
        help="The columns that y_0, y_1, ... stand for, in place of the table's own order.",
    ),
]
Names = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="A,B,C",
        show_default="y_0, y_1, ...",
        help="With --no-header, the names of the columns.",
    ),
]
Today = Annotated[
    str | None,
    typer.Option(
        "--today",
        metavar="DATE",
        show_default="the day it is",
        help="The day that `today` in the requirements stands for, such as 2024-01-31.",
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        metavar="T",
        show_default="the rounding of floats",
        help="Forgive T of every cell where an inequality is not strict.",
    ),
]
Exact = Annotated[
    bool, typer.Option("--exact", help="Compare exactly, cell values read as decimals.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no messages; errors still show.")
]
QuietIfWell = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="No progress and no messages, and no table where every row holds; errors and failures "
        "still show, and other formats and files are written all the same.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="N", min=1, show_default="all cores", help="How many cores to use."
    ),
]
BatchRows = Annotated[
    int | None,
    typer.Option(
        "--batch-rows",
        metavar="N",
        min=1,
        show_default="the format's choice",
        help="About how many rows to hold in memory at a time.",
    ),
]
EngineChoice = Annotated[
    Engine,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="Where the work is done: local, or spark, for Parquet tables of many files.",
    ),
]
SparkConf = Annotated[
    list[str] | None,
    typer.Option(
        "--spark-conf",
        metavar="KEY=VALUE",
        show_default="spark.master=local[*]",
        help="A setting of Spark's, such as spark.master=...; may be given again.",
    ),
]
ReportFormat = Annotated[
    Format, typer.Option("--format", metavar="FORMAT", help="The report: table or json.")
]
ReportOrPage = Annotated[
    PageFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The report: table, json, or html, which needs the extra `html`.",
    ),
]
ReportFile = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        show_default="standard output",
        help="Where to write the report; it appears whole or not at all.",
    ),
]


def read_day(option: str, text: str | None) -> date | None:
    """The day that an option names.

    Raises:
        UsageError: If it is not one of the calendar's.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2024-01-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{option} is a day, but `{text}` was given.", hint="write it as 2024-01-31")


def read_tolerance(tolerance: float | None, exact: bool) -> "tolerances.Tolerance":
    """What `--tolerance` and `--exact` forgive; the rounding of floats where neither is given.

    Raises:
        UsageError: If both are given, or the tolerance is outside [0, 1).
    """
    from pishield_cli.kernels.evaluation.tolerance import tolerance_of

    if exact and tolerance is not None:
        raise UsageError(
            "--exact and --tolerance exclude each other.", hint="--exact is --tolerance 0"
        )
    return tolerance_of(0.0 if exact else tolerance)


def read_names(option: str, text: str | None) -> tuple[str, ...] | None:
    """Column names separated by commas; a name that holds a comma stands in double quotes.

    Args:
        option: The option's name, for the message.
        text: Its value; None where it was not given.

    Raises:
        UsageError: If a name is empty or repeated.
    """
    if text is None:
        return None
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise UsageError(
            f"{option} takes names separated by commas: {error}.",
            hint='put a name that holds a comma in double quotes: "a, b",c',
        ) from error
    names = tuple(name.strip() for name in rows[0]) if rows else ()
    if not names or not all(names):
        raise UsageError(f"{option} takes names separated by commas, and one of these is empty.")
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise UsageError(f"{option} takes distinct names, but '{repeated}' is given twice.")
    return names


def read_settings(given: Sequence[str] | None, engine: Engine) -> dict[str, str]:
    """Spark's settings, by key.

    Raises:
        UsageError: If one is not written `key=value`, or Spark is not used.
    """
    if given and engine is not Engine.SPARK:
        raise UsageError("--spark-conf is for --engine spark.", hint="add --engine spark")
    settings = {}
    for text in given or ():
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise UsageError(f"--spark-conf takes KEY=VALUE, but '{text}' was given.")
        settings[key.strip()] = value.strip()
    return settings
