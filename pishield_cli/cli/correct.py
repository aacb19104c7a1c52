"""`pishield correct`: write the table again with every requirement satisfied."""

from typing import TYPE_CHECKING, Annotated, TypedDict, Unpack

import typer

from pishield_cli.actions.method_name import MethodName
from pishield_cli.cli import options
from pishield_cli.cli.check_options import HtmlFile, JsonFile
from pishield_cli.cli.failures import errors_as_asked
from pishield_cli.cli.formats import PageFormat
from pishield_cli.cli.options import Engine, TypeChoice
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import UsageError
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pishield_cli.actions.correct_report import CorrectReport
    from pishield_cli.actions.freedom import Freedom
    from pishield_cli.actions.methods import Method
    from pishield_cli.cli.changed_cells import FirstCells
    from pishield_cli.logic.requirements import Requirements
    from pishield_cli.tables.table import TableReader

EXAMPLES = """\b
Examples:
  pishield correct houses.csv requirements.txt -o corrected.csv
  pishield correct houses.csv rules.txt -o new.csv --fixed id --audit log.csv
  pishield correct houses.parquet requirements.txt --dry-run --format json"""


PANELS = {
    "What is written": (
        *("output", "in_place", "dry_run", "audit", "key", "form", "json", "html", "quiet"),
    ),
    "What may change, and how": (
        "method",
        "weights",
        "weights_from",
        "fixed",
        "only",
        "fill",
        "ordering",
        "seed",
    ),
    "How requirements are read": ("requirements_type", "columns"),
    "Speed": ("workers", "batch_rows", "engine", "spark_conf"),
}


@errors_as_asked(report=False)
@reads_tables
def correct(
    data: options.Data,
    requirements: options.RequirementsFile,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            show_default=False,
            help="The corrected table, of the same kind as DATA; - for CSV on standard output. It "
            "appears whole or not at all.",
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Replace DATA by the corrected table.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write no table, only report what would change.")
    ] = False,
    method: Annotated[
        MethodName,
        typer.Option(
            "--method",
            metavar="METHOD",
            help="shield: one column after another, each moved as little as those before it allow; "
            "nearest: the least Euclidean change; fewest: the fewest cells, then the least change.",
        ),
    ] = MethodName.SHIELD,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="A=5,B=0.1",
            show_default=False,
            help="For nearest, what a column's change is multiplied by; for fewest, what changing "
            "a cell of it costs as well. 1 for all others. `relative` counts each change by the "
            "size of its cell, so that what a sum is off by is shared out in proportion.",
        ),
    ] = None,
    weights_from: Annotated[
        str | None,
        typer.Option(
            "--weights-from",
            metavar="A=WA,B=WB|FILE",
            show_default=False,
            help="A weight for each cell: columns of DATA that hold them, or a table with columns "
            "of the same names, row by row.",
        ),
    ] = None,
    fixed: Annotated[
        str | None,
        typer.Option(
            "--fixed",
            metavar="A,B",
            show_default=False,
            help="Columns that must not change.",
            autocompletion=options.complete_columns,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="A,B",
            show_default=False,
            help="The only columns that may change.",
            autocompletion=options.complete_columns,
        ),
    ] = None,
    fill: Annotated[
        bool,
        typer.Option(
            "--fill",
            help="Also give missing cells a value where requirements leave them only one, as "
            "x1 + x2 == x3 does.",
        ),
    ] = False,
    ordering: Annotated[
        str,
        typer.Option(
            "--ordering",
            metavar="ORDER",
            help="The order of correction, most trusted first: given (the file's), random, "
            "columns A,B,C to put first, or a centrality of the columns among the requirements, "
            "the least central first: degree, eigenvector, katz, closeness, betweenness; with "
            "rev- before it, the most central first.",
        ),
    ] = "given",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="For --ordering random.")] = 0,
    audit: Annotated[
        str | None,
        typer.Option(
            "--audit",
            metavar="FILE",
            show_default=False,
            help="List every changed cell in a .csv file: row, column, old, new, and the "
            "requirements that the row violated.",
        ),
    ] = None,
    key: options.Key = None,
    requirements_type: options.Type = TypeChoice.AUTO,
    columns: options.Columns = None,
    today: options.Today = None,
    form: options.ReportOrPage = PageFormat.TABLE,
    json: JsonFile = None,
    html: HtmlFile = None,
    quiet: options.QuietIfWell = False,
    batch_rows: options.BatchRows = None,
    workers: options.Workers = None,
    engine: options.EngineChoice = Engine.LOCAL,
    spark_conf: options.SparkConf = None,
    *,
    dialect: Dialect,
) -> int:
    """Write a table again with every requirement satisfied.

    Changes as little as it can, and nothing in rows that hold; afterwards every requirement holds
    exactly.

    Exits with 0 if every row holds in the end, with 1 if some row cannot be corrected (it is
    written unchanged), and with 2 if nothing was written.
    """
    from pishield_cli.cli.output import deliver, files_beside, open_report, refuse_overwriting

    beside = files_beside({PageFormat.JSON: json, PageFormat.HTML: html})
    if PageFormat.HTML in (form, *beside):
        from pishield_cli.cli.extras import require_extra

        require_extra("A report in HTML", "html", "jinja2")
    from contextlib import ExitStack
    from dataclasses import replace
    from functools import partial

    from pishield_cli.cli.engines import open_engine
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.render.correct import render_table
    from pishield_cli.cli.weights import read_method
    from pishield_cli.language import require_columns

    target = _target(data, output, in_place, dry_run)
    refuse_overwriting(
        {
            "--output": None if in_place else target,
            "--audit": audit,
            **{f"--{kind}": path for kind, path in beside.items()},
        },
        {"DATA": data, "the requirements file": requirements},
        copies=("--output",),
    )
    freedom = replace(_freedom(fixed, only, ordering, seed), fill=fill)
    way = read_method(method, weights, weights_from)
    positions = options.read_names("--columns", columns)
    session = open_engine(engine, spark_conf, {"--audit": audit, "--key": key})
    reader, binding = open_inputs(
        data,
        requirements,
        requirements_type=requirements_type.type,
        today=options.read_day("--today", today),
        positions=positions,
        workers=workers,
        dialect=dialect,
    )
    named = options.read_names("--key", key) or ()
    require_columns("--key", named, reader.columns)
    shared: _Settings = {
        "requirements_file": requirements,
        "output": target,
        "freedom": freedom,
        "method": way,
        "batch_rows": batch_rows,
    }
    from pishield_cli.cli.changed_cells import FirstCells

    first = FirstCells() if PageFormat.HTML in (form, *beside) else None
    with ExitStack() as stack:
        places = [(kind, stack.enter_context(open_report(path))) for kind, path in beside.items()]
        if session is not None:
            from pishield_cli.spark.files import correct_files

            report = correct_files(session, reader, binding.requirements, **shared)
        else:
            report = _corrected(
                reader,
                binding.requirements,
                audit=audit,
                key=named,
                first=first,
                quiet=quiet,
                **shared,
            )
        for kind, place in places:
            place.write(_data(report, kind, first), utf8=True)
    deliver(
        partial(render_table, report),
        partial(_data, report, form, first) if form is not PageFormat.TABLE else None,
        silent=quiet and report.holds,
        aside=target == "-",
    )
    return 0 if report.holds else 1


class _Settings(TypedDict):
    requirements_file: str
    output: str | None
    freedom: "Freedom"
    method: "Method"
    batch_rows: int | None


def _corrected(
    reader: "TableReader",
    requirements: "Requirements",
    *,
    audit: str | None,
    key: "Sequence[str]",
    first: "FirstCells | None",
    quiet: bool,
    **settings: Unpack[_Settings],
) -> "CorrectReport":
    """Correct the table on this machine; the audit appears only if all went well."""
    from functools import partial

    from pishield_cli.actions.correct import correct as run
    from pishield_cli.cli.changed_cells import open_audit
    from pishield_cli.cli.progress import RowProgress
    from pishield_cli.tables import open_writer

    output = settings["output"]
    with (
        open_audit(audit, fill=settings["freedom"].fill, key=bool(key)) as audit_file,
        RowProgress("correcting", reader, quiet=quiet) as progress,
    ):
        if first is not None:
            first.audit = audit_file
        report = run(
            reader,
            requirements,
            open_writer=None if output is None else partial(open_writer, reader, output),
            audit=audit_file if first is None else first,
            key=key,
            progress=progress,
            **settings,
        )
        if audit_file is not None:
            audit_file.commit()
    return report


def _data(report: "CorrectReport", form: PageFormat, first: "FirstCells | None") -> str:
    """The report for other programs, or as a page."""
    if form is PageFormat.HTML:
        from pishield_cli.cli.render.tables_html import correct_page

        return correct_page(report, () if first is None else first.cells)
    from pishield_cli.cli.render.correct import render_json

    return render_json(report)


def _target(data: str, output: str | None, in_place: bool, dry_run: bool) -> str | None:
    """Where the table goes; None for nowhere."""
    if dry_run:
        if in_place:
            fact = "--dry-run writes no table, and --in-place asks for one."
            raise UsageError(fact, hint="leave out one of the two")
        return None
    if in_place:
        if output is not None:
            fact = "--in-place replaces DATA, so --output cannot be given with it."
            raise UsageError(fact, hint="leave out one of the two")
        if data == "-":
            fact = "--in-place needs a file to replace, and DATA is standard input."
            raise UsageError(fact, hint="give --output")
        return data
    if output is None:
        raise UsageError(
            "The corrected table needs a place, and --output was not given.",
            hint="add -o OUT, or --in-place to replace DATA, or --dry-run to write nothing",
        )
    return output


def _freedom(fixed: str | None, only: str | None, ordering: str, seed: int) -> "Freedom":
    from pishield_cli.actions.freedom import Freedom

    listed = None
    if ordering not in ("given", "random"):
        listed = options.read_names("--ordering", ordering)
    return Freedom(
        fixed=options.read_names("--fixed", fixed) or (),
        only=options.read_names("--only", only),
        ordering=listed,
        shuffled=ordering == "random",
        seed=seed,
    )
