"""Reports as text, one module a format; nothing here prints."""

from typing import TYPE_CHECKING

from pishield_cli.cli.formats import CheckFormat

if TYPE_CHECKING:
    from pishield_cli.actions.check import CheckReport
    from pishield_cli.cli.output import Page


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
