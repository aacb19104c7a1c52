"""The options of `pishield check` that name reports beside the main one."""

from typing import Annotated

import typer


def _file(form: str, purpose: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{form}", metavar="FILE", show_default=False, help=f"Write {purpose} as well."
    )
    return option


JsonFile = Annotated[str | None, _file("json", "the report as JSON")]
JunitFile = Annotated[str | None, _file("junit", "the report as JUnit XML, for CI servers")]
SarifFile = Annotated[str | None, _file("sarif", "the report as SARIF, for code scanning")]
MarkdownFile = Annotated[str | None, _file("markdown", "the report as Markdown, for a summary")]
Github = Annotated[
    bool, typer.Option("--github", help="Print annotations for GitHub Actions as well.")
]
