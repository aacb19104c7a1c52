"""The report of `generate`, as lines to read and as JSON."""

from collections.abc import Iterator

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
    parts = [
        Text(_totals(report), style="dim"),
        Text(_verdict(report), style=colour),
        *_reasons(report),
    ]
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
    found = len(rows) - report.impossible
    why = (
        "what is given leaves no solution"
        if not found
        else "beside what is given no solution was found"
        if not report.impossible
        else f"what is given leaves {report.impossible:,} of them no solution, and of the others "
        "none was found"
    )
    return (
        f"FAIL  {counted(len(rows), 'row')} {verb} a requirement, for {why}: {shown}{more}{place}"
    )


def _reasons(report: GenerateReport) -> Iterator[Text]:
    """Why given cells leave no solution, a line for each of the first rows that is so."""
    for one in report.clashes:
        yield Text(f"      row {one.row:,}: {one_line(str(one))}")
    left = report.impossible - len(report.clashes)
    if left:
        yield Text(f"      and so of {counted(left, 'row')} more")
