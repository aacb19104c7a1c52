"""`pishield undo`: a corrected table as it was before."""

from typing import Annotated

import typer

from pishield_cli.cli import options
from pishield_cli.cli.reading_options import reads_tables
from pishield_cli.errors import UsageError
from pishield_cli.tables.dialect import Dialect

EXAMPLES = """\b
Examples:
  pishield correct houses.csv rules.txt -o corrected.csv --audit cells.csv
  pishield undo corrected.csv cells.csv -o houses-again.csv"""


@reads_tables
def undo(
    data: Annotated[
        str,
        typer.Argument(
            metavar="OUT", show_default=False, help="The table that `pishield correct` wrote."
        ),
    ],
    audit: Annotated[
        str,
        typer.Argument(
            metavar="AUDIT", show_default=False, help="The file of its --audit, .csv or .csv.gz."
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DATA",
            show_default=False,
            help="Where the table as it was goes, of the same kind as OUT; it appears whole or not "
            "at all.",
        ),
    ] = None,
    columns: options.Names = None,
    quiet: options.Quiet = False,
    *,
    dialect: Dialect,
) -> int:
    """Write a corrected table again as it was before, by the audit of its correction.

    A CSV file is given back byte for byte. It is refused where OUT is not the table that the audit
    tells of.

    Exits with 0, and with 2 if nothing was written.
    """
    from functools import partial

    from pishield_cli.actions.undo import undo as put_back
    from pishield_cli.cli.boundary import say
    from pishield_cli.cli.inputs import with_names
    from pishield_cli.cli.output import refuse_overwriting
    from pishield_cli.cli.progress import RowProgress
    from pishield_cli.cli.text import counted, one_line
    from pishield_cli.tables import open_table, open_writer
    from pishield_cli.tables.audit import audited_cells, audited_columns, audited_texts
    from pishield_cli.tables.restored import unlike_numbers

    if output is None:
        raise UsageError("The table needs a place, and --output was not given.", hint="add -o DATA")
    refuse_overwriting(
        {"--output": output}, {"OUT": data, "the audit": audit}, copies=("--output",)
    )
    reader = open_table(data, with_names(dialect, options.read_names("--columns", columns)))
    audited = audited_columns(audit, reader.columns)
    with RowProgress("putting back", reader, quiet=quiet) as progress:
        report = put_back(
            reader,
            audited_cells(audit),
            audited,
            texts=audited_texts(audit) | unlike_numbers(reader, audited),
            open_writer=partial(open_writer, reader, output),
            progress=progress,
        )
    if not quiet:
        cells, rows = counted(report.cells, "cell"), counted(report.rows, "row")
        say(f"OK    {cells} of {rows} put back; written to {one_line(output)}")
    return 0
