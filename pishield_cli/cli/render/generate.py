"""The report of `generate`, as lines to read and as JSON."""

from rich.text import Text

from pishield_cli.actions.generate import GenerateReport
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import page_lines
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, one_line

_LISTED_ROWS = 20


def render_json(report: GenerateReport) -> str:
    """The report as one JSON object."""
    return report_json("generate", report.as_json())


def render_text(report: GenerateReport, page: Page) -> str:
    """What was made, and the verdict."""
    colour = "bold green" if report.holds else "bold red"
    parts = [Text(_totals(report), style="dim"), Text(_verdict(report), style=colour)]
    return page_lines(parts, page)


def _totals(report: GenerateReport) -> str:
    made = [counted(report.rows, "row"), counted(len(report.columns), "column")]
    if report.given:
        made.append(f"given {', '.join(map(one_line, report.given))}")
    if report.redrawn:
        made.append(f"{report.redrawn:,} drawn again")
    if report.repeated:
        made.append(f"{report.repeated:,} repeated")
    return f"{', '.join(made)}, seed {report.seed} | {report.seconds:.2g} s"


def _verdict(report: GenerateReport) -> str:
    place = "" if report.output == "-" else f"; written to {one_line(report.output)}"
    if report.holds:
        return f"OK    no row violates a requirement{place}"
    rows = report.violating_rows
    shown = ", ".join(f"{row:,}" for row in rows[:_LISTED_ROWS])
    more = f" and {len(rows) - _LISTED_ROWS:,} more" if len(rows) > _LISTED_ROWS else ""
    verb = "violates" if len(rows) == 1 else "violate"
    return (
        f"FAIL  {counted(len(rows), 'row')} {verb} a requirement, for what is given leaves no "
        f"solution: {shown}{more}{place}"
    )
