"""`pishield generate`: rows like a table's own, with every requirement satisfied."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pishield_cli.cli import options, train_options
from pishield_cli.cli.failures import errors_as_asked
from pishield_cli.cli.formats import Format
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import UsageError
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from pishield_cli.tables.table import TableReader
    from pishield_cli.training.generation.runs import GeneratorRun

EXAMPLES = """\b
Examples:
  pishield train orders.csv requirements.txt -o run --objective generate
  pishield generate run -n 10000 -o made.csv --seed 1
  pishield generate run -n 100 -o german.csv --given country=DE
  pishield generate run -o made.csv --given customers.csv"""


@errors_as_asked(report=False)
@reads_tables
def generate(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            show_default=False,
            help="The folder that `pishield train --objective generate` wrote.",
        ),
    ],
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows",
            "-n",
            metavar="N",
            min=1,
            show_default="1 for each row of a table that is given, else 1000",
            help="How many rows to make; around each row of a table that is given.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            show_default=False,
            help="The rows, of the kind that the ending says; - for CSV on standard output. They "
            "appear whole or not at all.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            max=2**62,
            help="Same seed, same bytes; fewer rows are the first of more.",
        ),
    ] = 0,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--given",
            metavar="COLUMN=VALUE|TABLE",
            show_default=False,
            help="Cells to make rows around, such as region=west, repeated for more columns; or a "
            "table of them, with one column or more of the generator's.",
        ),
    ] = None,
    columns: options.Names = None,
    form: options.ReportFormat = Format.TABLE,
    quiet: options.QuietIfWell = False,
    threads: train_options.Threads = None,
    *,
    dialect: Dialect,
) -> int:
    """Make rows like those of the table that a generator has learnt from.

    Every row satisfies every requirement, exactly: what is made is corrected where that is needed,
    and drawn again where it cannot be.

    Exits with 0 if that is so, with 1 if a table that was given leaves a row no such values, and
    with 2 if nothing was written, as where given cells leave none.
    """
    from functools import partial

    from pishield_cli.cli.extras import require_torch
    from pishield_cli.cli.inputs import with_names
    from pishield_cli.cli.output import deliver, refuse_overwriting
    from pishield_cli.cli.progress import RowProgress

    if output is None:
        raise UsageError("Rows need a place, and --output was not given.", hint="add -o OUT")
    table = _table_named(given or ())
    refuse_overwriting({"--output": output}, {} if table is None else {"--given": table})
    require_torch("pishield generate")
    from pishield_cli.actions.generate import generate as make
    from pishield_cli.cli.render.generate import render_json, render_text
    from pishield_cli.tables.opening import open_new
    from pishield_cli.training.generation.runs import read_generator

    trained = read_generator(run)
    dialect = with_names(dialect, options.read_names("--columns", columns))
    around = _around(trained, given or (), table, dialect)
    wanted = rows or (1000 if table is None else 1)
    with RowProgress("generating", quiet=quiet) as progress:
        report = make(
            trained,
            wanted,
            output=output,
            open_output=partial(open_new, output, trained.texts),
            seed=seed,
            given=around,
            threads_used=threads or 1,
            progress=progress,
        )
    deliver(
        partial(render_text, report),
        partial(render_json, report) if form is Format.JSON else None,
        silent=quiet and report.holds,
        aside=output == "-",
    )
    return 0 if report.holds else 1


def _table_named(given: "list[str] | tuple[()]") -> str | None:
    """The table that `--given` names, if it names one.

    Raises:
        UsageError: If it names one among others, or says neither a table nor a cell.
    """
    tables = [one for one in given if os.path.exists(one) or "=" not in one]
    if tables and len(given) > 1:
        raise UsageError(
            f"--given is a table or cells, but it was given '{tables[0]}' among others.",
            hint="put all that is given into the table",
        )
    return tables[0] if tables else None


def _around(
    run: "GeneratorRun",
    given: "list[str] | tuple[()]",
    table: str | None,
    dialect: Dialect,
) -> "TableReader | None":
    from pishield_cli.cli.inputs import open_data
    from pishield_cli.training.generation.given import given_row

    if table is not None:
        return open_data(table, dialect)
    if not given:
        return None
    cells = [one.partition("=") for one in given]
    names = [name for name, _, _ in cells]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise UsageError(
            f"A column is given once, but --given names `{repeated}` more than once.",
            hint="give several values as a table",
        )
    return given_row(run, {name: value for name, _, value in cells})
