"""The options of `pishield check` that name reports beside the main one."""

from typing import Annotated

import typer


def complete_tables(incomplete: str) -> list[str]:
    """The tables of `pishield.toml` that a name may become."""
    from pishield_cli.cli.completion import tables_after

    return tables_after(incomplete)


def _file(form: str, purpose: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{form}", metavar="FILE", show_default=False, help=f"Write {purpose} as well."
    )
    return option


JsonFile = Annotated[str | None, _file("json", "the report as JSON")]
JunitFile = Annotated[str | None, _file("junit", "the report as JUnit XML, for CI servers")]
SarifFile = Annotated[str | None, _file("sarif", "the report as SARIF, for code scanning")]
HtmlFile = Annotated[str | None, _file("html", "the report as a page to read")]
MarkdownFile = Annotated[str | None, _file("markdown", "the report as Markdown, for a summary")]
Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        show_default="all tables of pishield.toml",
        help="The table: .csv or .tsv (also .gz, .zst), .parquet, .arrow, .feather, .jsonl, "
        "a folder or 'pattern/*.parquet', "
        "an address such as s3://bucket/table.parquet, or - for CSV on standard input.",
    ),
]
RequirementsFile = Annotated[
    str | None, typer.Argument(metavar="REQS", show_default=False, help="The requirements file.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="NAME",
        show_default="all",
        help="Of pishield.toml, check the table of this name; may be given again.",
        autocompletion=complete_tables,
    ),
]
Github = Annotated[
    bool, typer.Option("--github", help="Print annotations for GitHub Actions as well.")
]
