"""The report of `correct`, as a table to read and as JSON."""

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.correct_report import CorrectReport
from pishield_cli.actions.obstacles import Obstacle
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.figures import percent, row_named
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, day, one_line
from pishield_cli.logic.rows.clash import Clash

UNKNOWN = "none was found, and none ruled out, within the work that one row may take"
"""Why a row was not corrected where nothing that excludes a correction was found either."""

HINT = "Hint: another --method or --ordering takes another way, and may find one"


def render_json(report: CorrectReport) -> str:
    """The report as one JSON object."""
    content = {
        "rows": report.rows,
        "violating_rows_before": report.violating_rows_before,
        "violating_rows_after": report.violating_rows_after,
        "corrected_rows": report.corrected_rows,
        "uncorrected_rows": list(report.uncorrected_rows),
        "unproven_rows": list(report.unproven_rows),
        "unknown_rows": report.unknown_rows,
        "obstacles": [
            {
                "row": one.row,
                "line": one.line,
                "key": dict(one.key) or None,
                "requirements": None if one.clash is None else list(one.clash.requirements),
                "fixed": None if one.clash is None else list(one.clash.cells),
                "texts": None if one.clash is None else list(one.clash.texts),
                "infinite": list(one.infinite),
                "reason": reason(one),
            }
            for one in report.obstacles
        ],
        "cells_changed": report.cells_changed,
        "cells_filled": report.cells_filled,
        "cells_longer": report.cells_longer,
        "columns": {
            name: {
                "changed": summary.changed,
                "mean_abs_change": summary.mean_abs_change,
                "max_abs_change": summary.max_abs_change,
                "filled": summary.filled,
            }
            for name, summary in report.columns.items()
        },
        "method": report.method,
        "today": report.today and report.today.isoformat(),
        "data": report.data,
        "requirements_file": report.requirements_file,
        "output": report.output,
    }
    return report_json("correct", content)


def render_table(report: CorrectReport, page: Page) -> str:
    """One line for each column with new cells, then totals and the verdict."""
    return _page(report, page, verdict(report))


def render_held(report: CorrectReport, page: Page) -> str:
    """The same of a table that a caller holds, so that nothing is said of where it was written."""
    return _page(report, page, outcome(report))


def _page(report: CorrectReport, page: Page, last: str) -> str:
    style = "bold green" if report.holds else "bold red"
    return page_lines([*_lines(report, page), Text(last, style=style)], page)


def _lines(report: CorrectReport, page: Page) -> list[Table | Text]:
    """One line for each column that changed, then what was left alone, and totals."""
    parts: list[Table | Text] = []
    if report.columns:
        parts.append(_columns(report, page))
    if report.uncorrected_rows:
        parts.append(Text(_uncorrected(report)))
    if report.unproven_rows:
        parts.append(Text(_unproven(report)))
    return [*parts, Text(("\n" if parts else "") + totals(report), style="dim")]


def _columns(report: CorrectReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("column", overflow="fold")
    table.add_column("changed", justify="right", no_wrap=True)
    table.add_column("mean change", justify="right", no_wrap=True)
    table.add_column("largest change", justify="right", no_wrap=True)
    if report.cells_filled:
        table.add_column("filled", justify="right", no_wrap=True)
    for name, summary in report.columns.items():
        figures = [
            f"{summary.changed:,}",
            f"{summary.mean_abs_change:.4g}",
            f"{summary.max_abs_change:.4g}",
            f"{summary.filled:,}",
        ]
        table.add_row(Text(one_line(name)), *figures[: len(table.columns) - 1])
    return table


def _uncorrected(report: CorrectReport) -> str:
    more = len(report.uncorrected_rows) - len(report.obstacles)
    lines = ["\nwritten unchanged, for no correction was found:"]
    lines += [
        f"  row {row_named(one.row, one.line, one.key)}: {reason(one)}" for one in report.obstacles
    ]
    if more:
        lines.append(f"  and {counted(more, 'more row')}")
    if any(reason(one).endswith(UNKNOWN) for one in report.obstacles):
        lines.append(HINT)
    return "\n".join(lines)


def _unproven(report: CorrectReport) -> str:
    rows = counted(len(report.unproven_rows), "row")
    best = "fewest changed cells" if report.method == "fewest" else "nearest correction"
    return f"\nnot shown to be the {best}: {rows}"


def reason(obstacle: Obstacle) -> str:
    """What stands against correcting a row, or that this was not found out."""
    if obstacle.bad:
        return ", ".join(
            f"the cell of {one_line(name)} is not {kind}" for name, kind in obstacle.bad.items()
        )
    if obstacle.infinite:
        names = ", ".join(map(one_line, obstacle.infinite))
        many = len(obstacle.infinite) > 1
        return f"the cell{'s' if many else ''} of {names} {'are' if many else 'is'} infinite"
    clash = obstacle.clash
    if clash is None:
        return UNKNOWN
    cells = ", ".join(map(one_line, clash.cells))
    numbers = ", ".join(map(str, clash.requirements))
    if obstacle.incomplete:
        rules = "requirement" if len(clash.requirements) == 1 else "requirements"
        return f"no values of its missing cells satisfy {rules} {numbers}"
    if clash.texts:
        return _of_texts(clash)
    if len(clash.requirements) == 1 and not cells:
        return f"requirement {numbers} allows no value that its columns can hold"
    what = f"requirement{'s' if len(clash.requirements) > 1 else ''} {numbers}"
    return f"{what}{f' and the fixed {cells}' if cells else ''} exclude each other"


def _of_texts(clash: Clash) -> str:
    """What leaves columns of texts nothing that the file names."""
    what = f"requirement{'s' if len(clash.requirements) > 1 else ''} "
    what += ", ".join(map(str, clash.requirements))
    if clash.cells:
        what += f" and the fixed {', '.join(map(one_line, clash.cells))}"
    alone = len(clash.requirements) == 1 and not clash.cells
    names = " or ".join(map(one_line, clash.texts))
    return f"{what} leave{'s' if alone else ''} {names} no text that the file names"


def totals(report: CorrectReport) -> str:
    """How many rows and cells, and how."""
    return (
        f"{counted(report.rows, 'row')}, {report.violating_rows_before:,} violating "
        f"({percent(report.violating_rows_before, report.rows)}), {report.corrected_rows:,} "
        f"corrected, {counted(report.cells_changed, 'cell')} changed"
        f"{f', {report.cells_filled:,} filled' if report.cells_filled else ''}"
        f"{_longer(report)}"
        f" | method {report.method}{day(report.today)}, {report.seconds:.2g} s"
    )


def _longer(report: CorrectReport) -> str:
    if not report.cells_longer:
        return ""
    return f", {report.cells_longer:,} with more decimal places than their rows had"


def verdict(report: CorrectReport) -> str:
    """The whole result in one plain line."""
    place = "" if report.output in (None, "-") else f"; written to {one_line(report.output or '')}"
    if report.output is None:
        place = "; nothing written (dry run)"
    return outcome(report) + place


def outcome(report: CorrectReport) -> str:
    """What became of the rows, in one plain line."""
    left = ""
    if report.unknown_rows:
        every = f"all {report.rows:,}" if 1 < report.unknown_rows == report.rows else ""
        left = f"; {every or counted(report.unknown_rows, 'row')} undecided (missing cells)"
    if report.holds:
        return f"OK    no row violates a requirement{left}"
    failed = counted(report.violating_rows_after, "row")
    return f"FAIL  {failed} could not be corrected{left}"
