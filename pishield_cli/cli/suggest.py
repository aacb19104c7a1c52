"""`pishield suggest`: a first requirements file from a table."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli import options
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import UsageError
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from pishield_cli.actions.suggest_report import SuggestReport
    from pishield_cli.kernels.suggestion.rules import RuleKind

EXAMPLES = """\b
Examples:
  pishield suggest houses.csv -o requirements.txt
  pishield suggest houses.parquet --exceptions 0 --kinds order,sum"""


class SuggestFormat(StrEnum):
    """What `--format` takes."""

    REQUIREMENTS = "requirements"
    JSON = "json"


@reads_tables
def suggest(
    data: options.Data,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default="standard output",
            help="The requirements file to write; it appears whole or not at all.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that was not suggested.")
    ] = False,
    exceptions: Annotated[
        str,
        typer.Option(
            "--exceptions",
            metavar="SHARE",
            help="Also tell rules that at most this share of the rows violates; 0 tells none.",
        ),
    ] = "1%",
    keep_exceptions: Annotated[
        bool,
        typer.Option(
            "--keep-exceptions", help="Write those as requirements, and not commented out."
        ),
    ] = False,
    given: Annotated[
        str | None,
        typer.Option(
            "--given",
            metavar="REQS",
            show_default=False,
            help="Requirements known already: what they imply is left out, what the table "
            "contradicts in them is told.",
        ),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kinds",
            metavar="A,B",
            show_default="all",
            help="Which kinds: type, range, set, equal, sum, order, implies, exclusive, scale, "
            "bound.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="A,B",
            show_default="all",
            help="The columns to look at; with --no-header, the names of all columns.",
        ),
    ] = None,
    without: Annotated[
        str | None,
        typer.Option(
            "--without", metavar="A,B", show_default=False, help="Columns to leave alone."
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="A,B",
            show_default="where all columns are",
            help="Columns that are scores of labels in [0, 1], true above one half.",
        ),
    ] = None,
    most: Annotated[
        int,
        typer.Option(
            "--max",
            metavar="N",
            min=0,
            help="Active requirements across columns, at most; the others are candidates.",
        ),
    ] = 60,
    chance: Annotated[
        float,
        typer.Option(
            "--chance",
            metavar="P",
            help="How likely the file may hold one rule across columns that is due to chance.",
        ),
    ] = 0.01,
    sample: Annotated[
        int,
        typer.Option(
            "--sample", metavar="N", min=50, help="Rows to search on; all rows are counted."
        ),
    ] = 20_000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Which rows those are.")
    ] = 0,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds",
            metavar="S",
            min=0.0,
            help="How long to search; what was found by then is written.",
        ),
    ] = 20.0,
    form: Annotated[
        SuggestFormat,
        typer.Option("--format", metavar="FORMAT", help="What to write: requirements or json."),
    ] = SuggestFormat.REQUIREMENTS,
    quiet: options.Quiet = False,
    *,
    dialect: Dialect,
) -> int:
    """Suggest requirements for a table, each with its evidence, to strike out or to keep.

    The file that is written holds for the table: pishield check passes. Rules that a few rows
    violate, and weaker ones, are in it as comments.

    Exits with 0, and with 2 if nothing was written.
    """
    from pishield_cli.actions.suggest import suggest as suggest_requirements
    from pishield_cli.actions.suggest_report import SuggestSettings
    from pishield_cli.cli.boundary import say
    from pishield_cli.cli.inputs import open_data, with_names
    from pishield_cli.cli.output import open_report, refuse_overwriting
    from pishield_cli.cli.progress import RowProgress

    inputs = {"DATA": data} if given is None else {"DATA": data, "the file of --given": given}
    refuse_overwriting({"--output": output}, inputs)
    _refuse_foreign(output, force=force or form is not SuggestFormat.REQUIREMENTS)
    named = options.read_names("--columns", columns)
    settings = SuggestSettings(
        exceptions=_share(exceptions),
        keep_exceptions=keep_exceptions,
        kinds=_kinds(kinds),
        columns=named if dialect.header else None,
        without=options.read_names("--without", without) or (),
        most=most,
        chance=chance,
        sample=sample,
        seed=seed,
        seconds=seconds,
        labels=options.read_names("--labels", labels),
        given=given,
    )
    reader = open_data(data, dialect if dialect.header else with_names(dialect, named))
    with open_report(output) as place:
        with RowProgress("reading", reader, quiet=quiet) as progress:
            report = suggest_requirements(reader, settings, progress=progress)
        place.write(_written(report, form), utf8=True)
    if not quiet:
        say(summary(report))
    return 0


def _written(report: "SuggestReport", form: SuggestFormat) -> str:
    if form is SuggestFormat.JSON:
        from pishield_cli.cli.render.suggest_json import render_json

        return render_json(report)
    from pishield_cli.actions.suggested_file import file_text

    return file_text(report)


def summary(report: "SuggestReport") -> str:
    """What was found, in one line; why, if nothing was."""
    from pishield_cli.actions.suggest_report import LEAST_ROWS, Status
    from pishield_cli.cli.text import counted

    columns, rows = counted(len(report.columns), "column"), counted(report.rows, "row")
    active, almost, candidates = (len(report.of(status)) for status in Status)
    found = f"{columns}, {rows}: {counted(active, 'requirement')}"
    if almost:
        found += f", {almost:,} more broken by a few rows"
    if candidates:
        found += f", {counted(candidates, 'candidate')} (commented out)"
    if report.contradicted:
        found += f"; the table contradicts {counted(len(report.contradicted), 'requirement')} given"
    if report.rows < LEAST_ROWS:
        found += f"; too few rows to tell more than what columns hold ({LEAST_ROWS} are needed)"
    if report.not_tried:
        found += f"; not tried: {', '.join(report.not_tried)}"
    return found


def _refuse_foreign(output: str | None, *, force: bool) -> None:
    """Refuse to overwrite a file that was written by hand."""
    from pishield_cli.actions.suggested_file import OPENING

    if output is None or force or not os.path.isfile(output):
        return
    with open(output, "rb") as file:
        if file.read(len(OPENING)) == OPENING.encode():
            return
    raise UsageError(
        f"--output '{output}' exists, and pishield suggest did not write it.",
        hint="name another file, or overwrite it with --force",
    )


def _share(text: str) -> float:
    from fractions import Fraction

    try:
        share = Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not 0 <= share < 1:
        raise UsageError(
            f"--exceptions takes a share of rows below 1, such as 1% or 0.01, not '{text}'."
        )
    return float(share)


def _kinds(text: str | None) -> frozenset["RuleKind"]:
    from pishield_cli.kernels.suggestion.rules import RuleKind

    if text is None:
        return frozenset(RuleKind)
    wanted = [word.strip() for word in text.split(",")]
    unknown = next((word for word in wanted if word not in tuple(RuleKind)), None)
    if unknown is not None:
        raise UsageError(
            f"--kinds takes kinds of rules, but '{unknown}' is not one of them.",
            hint=f"the kinds are {', '.join(RuleKind)}",
        )
    return frozenset(map(RuleKind, wanted))
