"""The reports of `correct` and `report` as HTML pages of tables."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pishield_cli.actions.correct_report import CorrectReport
from pishield_cli.cli.changed_cells import ChangedCell
from pishield_cli.cli.render.correct import reason, totals
from pishield_cli.cli.render.correct import verdict as correct_verdict
from pishield_cli.cli.render.figures import percent
from pishield_cli.cli.render.html_page import heights, html_page
from pishield_cli.cli.text import counted, one_line, shortened

if TYPE_CHECKING:
    from pishield_cli.actions.report_gradients import GradientsReport
    from pishield_cli.actions.report_runs import RunsReport
    from pishield_cli.actions.report_violations import RequirementViolations, ViolationsReport

_LONGEST = 500
_MOST = 200

Cell = str | Mapping[str, Any]


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    left = len(rows) - _MOST
    more = f"and {left:,} more" if left > 0 else ""
    return {"caption": caption, "head": head, "rows": rows[:_MOST], "left": more}


def _bar(share: float) -> Cell:
    """A bar for a share from 0 to 1."""
    return {"share": f"{100 * min(max(share, 0.0), 1.0):.2f}", "told": f"{100 * share:.3g}%"}


def _heights(counts: Sequence[int]) -> Cell:
    bars = heights(counts)
    return {"heights": bars["heights"], "told": bars["sizes"]}


def _curve(errors: Sequence[float], least: float, most: float) -> Cell:
    """A line from the first error to the last, on a logarithmic scale that all runs share."""
    if len(errors) < 2 or not 0 < least < most:
        return ""
    width = math.log(most / least)
    points = [
        (100 * place / (len(errors) - 1), 19 - 18 * math.log(max(error, least) / least) / width)
        for place, error in enumerate(errors)
    ]
    told = (
        f"from {errors[0]:.4g} to {errors[-1]:.4g} in {len(errors):,} epochs, "
        f"least {min(errors):.4g}"
    )
    return {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points), "told": told}


def _text(text: str) -> str:
    return shortened(one_line(text), _LONGEST)


def correct_page(report: CorrectReport, cells: Sequence[ChangedCell] = ()) -> str:
    """The columns that changed, cells before and after, and rows that could not be corrected.

    Args:
        report: What was done.
        cells: The first cells that changed.
    """
    columns = [
        [
            _text(name),
            f"{one.changed:,}",
            _bar(one.changed / max(1, report.rows)),
            f"{one.mean_abs_change:.4g}",
            f"{one.max_abs_change:.4g}",
            *([f"{one.filled:,}"] if report.cells_filled else ()),
        ]
        for name, one in report.columns.items()
    ]
    rows = [[f"row {one.row:,}", reason(one).lstrip(": ")] for one in report.obstacles]
    return html_page(
        "tables",
        command="correct",
        subject=_text(report.data),
        verdict=correct_verdict(report),
        holds=report.holds,
        source=f"Data {_text(report.data)}, requirements {_text(report.requirements_file)}. "
        f"{totals(report)}.",
        tables=[
            _table(
                "Columns that changed",
                (
                    *("Column", "Cells", "Share of rows", "Mean change", "Largest change"),
                    *(("Filled",) if report.cells_filled else ()),
                ),
                columns,
            ),
            _table(
                "Before and after, the first cells that changed",
                ("Row", "Column", "Before", "After", "Violated"),
                [
                    [
                        f"row {one.row:,}",
                        _text(one.column),
                        {"removed": _text(one.old) or "(missing)"},
                        {"added": _text(one.new)},
                        _text(", ".join(one.violated)),
                    ]
                    for one in cells
                ],
            ),
            _table("Rows written unchanged", ("Row", "What stands against it"), rows),
        ],
        notes=[],
    )


def violations_page(report: "ViolationsReport") -> str:
    """Sizes of violations as histograms, columns, and what is violated together."""
    violated = [one for one in report.requirements if one.violations]
    columns = [
        [
            _text(name),
            _bar(one.involved_rate),
            f"{100 * one.involved_rate:.3g}%",
            "" if one.mean_correction is None else f"{one.mean_correction:.4g}",
        ]
        for name, one in sorted(report.columns.items(), key=lambda item: -item[1].involved_rate)
    ]
    pairs = [[f"{first} and {second}", f"{rows:,}"] for first, second, rows in report.pairs]
    return html_page(
        "tables",
        command="report violations",
        subject=_text(report.data),
        verdict="no requirement is violated"
        if report.holds
        else f"{counted(len(violated), 'requirement')} violated in "
        f"{counted(report.violating_rows, 'row')} of {report.rows:,}",
        holds=report.holds,
        source=f"Data {_text(report.data)}, requirements {_text(report.requirements_file)}, type "
        f"{report.type.value}.",
        tables=[
            _table(
                "Violated requirements",
                (
                    "Requirement",
                    "Rows",
                    "Share of rows",
                    "Rate",
                    "Median size",
                    "Largest",
                    "Sizes, least to largest (log)",
                ),
                [_violated(one, report.rows) for one in violated],
            ),
            _table(
                "Columns", ("Column", "Share of rows involved", "Rate", "Mean correction"), columns
            ),
            _table("Violated together", ("Requirements", "Rows"), pairs),
        ],
        notes=[],
    )


def _violated(one: "RequirementViolations", rows: int) -> list[Cell]:
    requirement = one.requirement
    sizes = one.quantiles
    label = f"[{requirement.label}] " if requirement.label is not None else ""
    return [
        _text(f"{requirement.number} {label}{requirement.text}"),
        f"{one.violations:,}",
        _bar(one.violations / max(1, rows)),
        percent(one.violations, rows),
        *(f"{sizes[name]:.4g}" if name in sizes else "" for name in ("median", "max")),
        _heights(one.histogram),
    ]


def gradients_page(report: "GradientsReport") -> str:
    """Each method's cosine with the unshielded gradient, and the requirements that are active."""
    methods = [
        [
            one.name,
            "" if one.mean is None else f"{one.mean:.4f} ± {one.deviation or 0:.4f}",
            _bar(one.mean or 0.0),
        ]
        for one in report.methods
    ]
    active = [
        [
            _text(f"{one.requirement.number} {one.requirement.text}"),
            _bar(one.active_rate),
            f"{100 * one.active_rate:.3g}%",
            f"{100 * one.competing_rate:.3g}%",
        ]
        for one in sorted(report.requirements, key=lambda one: -one.active_rate)
    ]
    network = f"run {_text(report.run)}" if report.run is not None else "an untrained network"
    return html_page(
        "tables",
        command="report gradients",
        subject=network,
        verdict="",
        holds=True,
        source=f"{counted(report.batches, 'batch')} of {counted(report.batch_size, 'row')}, "
        f"{report.arch}, {network}.",
        tables=[
            _table("Cosine with the unshielded gradient", ("Method", "Mean", "Cosine"), methods),
            _table("Requirements", ("Requirement", "Active", "Rate", "Competing"), active),
        ],
        notes=[],
    )


def runs_page(report: "RunsReport") -> str:
    """Runs side by side, the best one marked."""
    worst = max((one.mean for one in report.runs), default=0.0) or 1.0
    errors = [error for one in report.runs for error in one.curve if error > 0]
    limits = min(errors, default=1.0), max(errors, default=1.0)
    rows = [
        [
            _text(one.run) + (" ★" if place == report.best else ""),
            one.method,
            one.arch,
            f"{one.mean:.5g} ± {one.deviation:.2g}",
            _bar(one.mean / worst),
            _curve(one.curve, *limits),
            f"{statistics.fmean(one.standardised.values()):.4g}",
            f"{100 * one.violating:.3g}%",
        ]
        for place, one in enumerate(report.runs)
    ]
    return html_page(
        "tables",
        command="report runs",
        subject=counted(len(rows), "run"),
        verdict="",
        holds=True,
        source="★ least mean RMSE on the test part.",
        tables=[
            _table(
                "Runs",
                (
                    "Run",
                    "Method",
                    "Network",
                    "RMSE",
                    "By the largest",
                    "Validation error by epoch (log)",
                    "Standardised",
                    "Violating rows",
                ),
                rows,
            )
        ],
        notes=[]
        if report.comparable
        else ["These runs are of different tables or targets, so their errors differ in meaning."],
    )
