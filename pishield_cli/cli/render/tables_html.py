"""The reports of `correct` and `report` as HTML pages of tables."""

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pishield_cli.actions.correct_report import CorrectReport
from pishield_cli.cli.render.correct import reason, totals
from pishield_cli.cli.render.correct import verdict as correct_verdict
from pishield_cli.cli.render.figures import percent, row_named
from pishield_cli.cli.render.html_cells import HtmlCell, bar, curve, histogram, table, text, ticks
from pishield_cli.cli.render.html_page import html_page
from pishield_cli.cli.text import counted
from pishield_cli.logic.expressions import told_name
from pishield_cli.tables.audit import ChangedCell

if TYPE_CHECKING:
    from pishield_cli.actions.report_gradients import GradientsReport, MethodGradients
    from pishield_cli.actions.report_runs import RunsReport
    from pishield_cli.actions.report_violations import RequirementViolations, ViolationsReport


_NOT_COMPARABLE = (
    "These runs are of different tables or targets, so their errors differ in meaning, and none is "
    "the best."
)
_TARGETS = 8
"""How many targets a table has columns for."""
_COSINE = (
    "A cosine of 1 means that the network learns as it would without a shield; near 0 the shield "
    "hands on nothing of that, and below 0 the opposite."
)
_ACTIVE = (
    "A requirement is active in the rows where a corrected value rests on it, and competing where "
    "it also moves a value away from its target."
)


def correct_page(report: CorrectReport, cells: Sequence[ChangedCell] = ()) -> str:
    """The columns that changed, cells before and after, and rows that could not be corrected.

    Args:
        report: What was done.
        cells: The first cells that changed.
    """
    columns = [
        [
            text(name),
            f"{one.changed:,}",
            bar(one.changed / max(1, report.rows)),
            f"{one.mean_abs_change:.4g}",
            f"{one.max_abs_change:.4g}",
            *([f"{one.filled:,}"] if report.cells_filled else ()),
        ]
        for name, one in report.columns.items()
    ]
    rows = [
        [text(f"row {row_named(one.row, one.line, one.key)}"), reason(one)]
        for one in report.obstacles
    ]
    keyed = any(one.key for one in cells)
    return html_page(
        "tables",
        command="correct",
        subject=text(report.data),
        verdict=correct_verdict(report),
        holds=report.holds,
        source=f"Data {text(report.data)}, requirements {text(report.requirements_file)}. "
        f"{totals(report)}.",
        tables=[
            table(
                "Columns that changed",
                (
                    *("Column", "Cells", "Share of rows", "Mean change", "Largest change"),
                    *(("Filled",) if report.cells_filled else ()),
                ),
                columns,
            ),
            table(
                "Before and after, the first cells that changed",
                ("Row", *(("Key",) if keyed else ()), "Column", "Before", "After", "Violated"),
                [
                    [
                        f"row {one.row:,}",
                        *((text("; ".join(one.key)),) if keyed else ()),
                        text(one.column),
                        {"removed": text(one.old) or "(missing)"},
                        {"added": text(one.new)},
                        text(", ".join(one.violated)),
                    ]
                    for one in cells
                ],
            ),
            table("Rows written unchanged", ("Row", "What stands against it"), rows),
        ],
        notes=[],
    )


def violations_page(report: "ViolationsReport") -> str:
    """Sizes of violations as histograms, columns, and what is violated together."""
    violated = [one for one in report.requirements if one.violations]
    columns = [
        [
            text(told_name(name)),
            bar(one.involved_rate),
            f"{100 * one.involved_rate:.3g}%",
            "" if one.mean_correction is None else f"{one.mean_correction:.4g}",
        ]
        for name, one in sorted(report.columns.items(), key=lambda item: -item[1].involved_rate)
    ]
    pairs = [[f"{first} and {second}", f"{rows:,}"] for first, second, rows in report.pairs]
    return html_page(
        "tables",
        command="report violations",
        subject=text(report.data),
        verdict="no requirement is violated"
        if report.holds
        else f"{counted(len(violated), 'requirement')} violated in "
        f"{counted(report.violating_rows, 'row')} of {report.rows:,}",
        holds=report.holds,
        source=f"Data {text(report.data)}, requirements {text(report.requirements_file)}, type "
        f"{report.type.value}.",
        tables=[
            table(
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
            table(
                "Columns", ("Column", "Share of rows involved", "Rate", "Mean correction"), columns
            ),
            table("Violated together", ("Requirements", "Rows"), pairs),
        ],
        notes=[],
    )


def _violated(one: "RequirementViolations", rows: int) -> list[HtmlCell]:
    requirement = one.requirement
    sizes = one.quantiles
    label = f"[{requirement.label}] " if requirement.label is not None else ""
    return [
        text(f"{requirement.number} {label}{requirement.text}"),
        f"{one.violations:,}",
        bar(one.violations / max(1, rows)),
        percent(one.violations, rows),
        *(f"{sizes[name]:.4g}" if name in sizes else "" for name in ("median", "max")),
        histogram(one.histogram),
    ]


def gradients_page(report: "GradientsReport") -> str:
    """How each method's gradient agrees with the unshielded one, and where it vanishes."""
    network = f"run {text(report.run)}" if report.run is not None else "an untrained network"
    return html_page(
        "tables",
        command="report gradients",
        subject=network,
        verdict="",
        holds=True,
        source=f"{counted(report.batches, 'batch')} of {counted(report.batch_size, 'row')}, "
        f"layers of {report.arch}, {network}.{_isometry(report)}",
        tables=[
            table(
                "Cosine with the unshielded gradient",
                ("Method", "Mean", "Lowest", "Highest", "Each batch, from -1 to 1"),
                [_cosines(one) for one in report.methods],
            ),
            table(
                "Requirements that the shield rests on",
                ("Requirement", "Active", "Share of rows", "Competing", "Share of rows"),
                _active(report),
            ),
            _vanishing(report),
        ],
        notes=[_COSINE, _ACTIVE],
    )


def _cosines(one: "MethodGradients") -> list[HtmlCell]:
    if one.mean is None:
        return [one.name, "", "", "", ""]
    mean = f"{one.mean:.4f} ± {one.deviation or 0:.4f}"
    ends = (f"{end(one.cosines):.4f}" for end in (min, max))
    return [one.name, mean, *ends, ticks(one.cosines, one.mean)]


def _active(report: "GradientsReport") -> list[list[HtmlCell]]:
    listed = sorted(report.requirements, key=lambda one: -one.active_rate)
    return [
        [
            text(f"{one.requirement.number} {one.requirement.text}"),
            f"{100 * one.active_rate:.3g}%",
            bar(one.active_rate),
            f"{100 * one.competing_rate:.3g}%",
            bar(one.competing_rate),
        ]
        for one in listed
        if one.active_rate
    ]


def _vanishing(report: "GradientsReport") -> dict[str, Any]:
    """A line for each method: rows where targets are off and it hands nothing to them."""
    worst = {name: max(one.zero[name] for one in report.methods) for name in report.targets}
    listed = sorted(filter(worst.__getitem__, worst), key=lambda name: -worst[name])[:_TARGETS]
    rows = [
        [one.name, *(f"{100 * one.zero[name]:.3g}%" for name in listed)] for one in report.methods
    ]
    caption = "Rows where a target is off and gets no gradient"
    return table(caption, ("Method", *map(text, listed)), rows if listed else [])


def _isometry(report: "GradientsReport") -> str:
    if report.mean_singular_value is None or report.condition is None:
        return ""
    return (
        f" Singular values of the network's derivative: mean {report.mean_singular_value:.3g}, "
        f"greatest by least {report.condition:.3g}."
    )


def runs_page(report: "RunsReport") -> str:
    """Runs side by side, the best one marked."""
    worst = max((one.mean for one in report.runs), default=0.0) or 1.0
    errors = [error for one in report.runs for error in one.curve if error > 0]
    limits = min(errors, default=1.0), max(errors, default=1.0)
    rows = [
        [
            text(one.run) + (" ★" if report.comparable and place == report.best else ""),
            one.method,
            one.arch,
            f"{one.mean:.5g} ± {one.deviation:.2g}",
            bar(one.mean / worst),
            curve(one.curve, *limits),
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
        source="★ least mean RMSE on the test part." if report.comparable else "",
        tables=[
            table(
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
        notes=[] if report.comparable else [_NOT_COMPARABLE],
    )
