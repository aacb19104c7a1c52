"""Reports as text, one module for each format; nothing here prints."""

from typing import TYPE_CHECKING

from pishield_cli.cli.formats import CheckFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pishield_cli.cli.output import Page
    from pishield_cli.cli.render.checked import Checked


def render_check(checked: "Sequence[Checked]", form: CheckFormat, page: "Page") -> str:
    """Lay the reports of tables out in one of the formats.

    Args:
        checked: What became of each table, at least one.
        form: The format.
        page: What it is laid out for; only the table heeds it.
    """
    match form:
        case CheckFormat.TABLE:
            from pishield_cli.cli.render.check_table import render_table

            return render_table(checked, page)
        case CheckFormat.JSON:
            from pishield_cli.cli.render.check_json import render_json

            return render_json(checked)
        case CheckFormat.JUNIT:
            from pishield_cli.cli.render.check_junit import render_junit

            return render_junit(checked)
        case CheckFormat.GITHUB:
            from pishield_cli.cli.render.check_github import render_github

            return render_github(checked)
        case CheckFormat.MARKDOWN:
            from pishield_cli.cli.render.check_markdown import render_markdown

            return render_markdown(checked)
        case CheckFormat.SARIF:
            from pishield_cli.cli.render.check_sarif import render_sarif

            return render_sarif(checked)
        case CheckFormat.HTML:
            from pishield_cli.cli.render.check_html import render_html

            return render_html(checked)
