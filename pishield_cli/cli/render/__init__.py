"""Reports as text, one module a format; nothing here prints."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pishield_cli.actions.check import CheckReport
    from pishield_cli.cli.output import Page


class CheckFormat(StrEnum):
    """The formats of the report of `check`."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"

    @property
    def utf8(self) -> bool:
        """Whether the format is UTF-8 by definition."""
        return self in {CheckFormat.JSON, CheckFormat.JUNIT, CheckFormat.SARIF}

    @property
    def examples(self) -> int:
        """How many violating rows a requirement are listed where `--show` does not say."""
        return 10 if self is CheckFormat.JSON else 0


def render_check(report: "CheckReport", form: CheckFormat, page: "Page") -> str:
    """Lay a report out in one of the formats.

    Args:
        report: The report.
        form: The format.
        page: What it is laid out for; only the table heeds it.
    """
    match form:
        case CheckFormat.TABLE:
            from pishield_cli.cli.render.check_table import render_table

            return render_table(report, page)
        case CheckFormat.JSON:
            from pishield_cli.cli.render.check_json import render_json

            return render_json(report)
        case CheckFormat.JUNIT:
            from pishield_cli.cli.render.check_junit import render_junit

            return render_junit(report)
        case CheckFormat.GITHUB:
            from pishield_cli.cli.render.check_github import render_github

            return render_github(report)
        case CheckFormat.MARKDOWN:
            from pishield_cli.cli.render.check_markdown import render_markdown

            return render_markdown(report)
        case CheckFormat.SARIF:
            from pishield_cli.cli.render.check_sarif import render_sarif

            return render_sarif(report)
