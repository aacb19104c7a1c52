"""The report of `predict`, as lines to read and as JSON."""

from rich.text import Text

from pishield_cli.actions.predict import PredictReport, as_json
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import page_lines
from pishield_cli.cli.render.figures import percent
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, one_line

_LISTED_ROWS = 20


def render_json(report: PredictReport) -> str:
    """The report as one JSON object."""
    return report_json("predict", as_json(report))


def render_text(report: PredictReport, page: Page) -> str:
    """What was predicted, what was odd, and the verdict."""
    parts = [
        Text(
            f"feature {one_line(name)}: {counted(rows, 'row')} with a value unseen in training",
            style="yellow",
        )
        for name, rows in report.unseen.items()
    ]
    parts.append(Text(_totals(report), style="dim"))
    parts.append(Text(_verdict(report), style="bold green" if report.holds else "bold red"))
    return page_lines(parts, page)


def _totals(report: PredictReport) -> str:
    corrected = report.corrected_rows
    if corrected is None:
        shielded = "shielded"
    elif report.shielded:
        shielded = f"{corrected:,} corrected ({percent(corrected, report.rows)})"
    else:
        shielded = "not shielded"
    return (
        f"{counted(report.rows, 'row')}, {counted(len(report.targets), 'target')}, {shielded}"
        f" | {report.seconds:.2g} s"
    )


def _verdict(report: PredictReport) -> str:
    place = "" if report.output == "-" else f"; written to {one_line(report.output)}"
    if report.holds:
        return f"OK    no row violates a requirement{place}"
    rows = report.violating_rows
    shown = ", ".join(f"{row:,}" for row in rows[:_LISTED_ROWS])
    more = f" and {len(rows) - _LISTED_ROWS:,} more" if len(rows) > _LISTED_ROWS else ""
    verb = "violates" if len(rows) == 1 else "violate"
    why = ", for their features leave no solution" if report.shielded else ""
    return f"FAIL  {counted(len(rows), 'row')} {verb} a requirement{why}: {shown}{more}{place}"
