"""The report of violations, as tables to read, as JSON and as a picture."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.report_violations import RequirementViolations, ViolationsReport
from pishield_cli.actions.suggest_nearest import NearRule
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.figures import percent
from pishield_cli.cli.render.plots import named, picture
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, day, one_line, shortened
from pishield_cli.logic.expressions import told_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = ".:-=+*#@"
_LISTED_PAIRS = 20
_LISTED_MOVERS = 3
_TERMINAL_TEXT = 100


def render_json(report: ViolationsReport, nearest: Sequence[NearRule] | None = None) -> str:
    """The report as one JSON object; null where a size is infinite."""
    content = report.as_json()
    if nearest is not None:
        content["nearest"] = [
            {"requirement": one.requirement.number, "text": one.text, "expected": one.expected}
            for one in nearest
        ]
    return report_json("violations", content)


def render_table(
    report: ViolationsReport, page: Page, nearest: Sequence[NearRule] | None = None
) -> str:
    """Violated requirements, the columns that they name, pairs that break together, totals.

    Args:
        report: The report.
        page: What to lay it out for.
        nearest: What holds in place of what is violated; None if nobody asked.
    """
    violated = [one for one in report.requirements if one.violations]
    parts: list[Table | Text] = []
    if violated:
        parts += [_requirements(report, violated, page), Text(""), _columns(report, page)]
    if report.pairs:
        parts += [Text(""), _pairs(report, page)]
    if nearest is not None:
        parts += [Text(""), *_nearest(nearest)]
    kept = len(report.requirements) - len(violated)
    parts.append(Text(f"\n{_totals(report, kept)}", style="dim"))
    if not report.satisfiable:
        parts.append(
            Text("no table satisfies these requirements, so nothing was corrected", style="yellow")
        )
    parts.append(Text(_verdict(report), style="bold green" if report.holds else "bold red"))
    return page_lines(parts, page)


def _nearest(nearest: Sequence[NearRule]) -> Iterator[Text]:
    if not nearest:
        yield Text("nothing was found that holds in place of what is violated")
    for one in nearest:
        told = f"holds in place of {one.requirement.title}: {one.text}"
        if one.expected is not None:
            told += f" ({one.expected:.0f} violations expected by chance, none found)"
        yield Text(one_line(told))


def _requirements(
    report: ViolationsReport, violated: Sequence[RequirementViolations], page: Page
) -> Table:
    table = empty_table(page)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("requirement", overflow="fold", max_width=None if page.width else 100)
    for title in ("rows", "rate", "median", "90%", "largest"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("sizes (log)", no_wrap=True)
    table.add_column("moved to fix it", overflow="fold")
    for one in violated:
        requirement = one.requirement
        label = f"[{one_line(requirement.label)}] " if requirement.label is not None else ""
        text = f"{label}{one_line(requirement.text)}"
        table.add_row(
            str(requirement.number),
            Text(shortened(text, _TERMINAL_TEXT) if page.width else text),
            Text(f"{one.violations:,}", style="red"),
            percent(one.violations, report.rows),
            *(_size(one, name) for name in ("median", "q90", "max")),
            bars(one.histogram, page),
            Text(_movers(one)),
        )
    return table


def _size(one: RequirementViolations, quantile: str) -> str:
    """A quantile of the sizes of violations; nothing where texts alone are violated."""
    return f"{one.quantiles[quantile]:.4g}" if one.quantiles else ""


def bars(counts: Sequence[int], page: Page) -> str:
    """Counts as a line of bars, blank where there are none."""
    levels = _BARS if page.unicode else _PLAIN_BARS
    most = max(counts, default=0)
    return "".join(
        levels[min(len(levels) - 1, count * len(levels) // (most + 1))] if count else " "
        for count in counts
    )


def _movers(one: RequirementViolations) -> str:
    listed = list(one.movers.items())[:_LISTED_MOVERS]
    return ", ".join(f"{one_line(told_name(name))} {100 * share:.0f}%" for name, share in listed)


def _columns(report: ViolationsReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("column", overflow="fold")
    for title in ("rows involved", "rows moved", "moved by on average"):
        table.add_column(title, justify="right", no_wrap=True)
    ordered = sorted(report.columns.items(), key=lambda item: -item[1].involved_rate)
    for name, one in ordered:
        if not one.involved_rate:
            continue
        moved, mean = one.changed_rate, one.mean_correction
        table.add_row(
            Text(one_line(told_name(name))),
            f"{100 * one.involved_rate:.3g}%",
            "" if moved is None else f"{100 * moved:.3g}%",
            f"{mean:.4g}" if mean else "",
        )
    return table


def _pairs(report: ViolationsReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("violated together", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    for first, second, rows in report.pairs[:_LISTED_PAIRS]:
        table.add_row(f"{first} and {second}", f"{rows:,}")
    more = len(report.pairs) - _LISTED_PAIRS
    if more > 0:
        table.add_row(f"and {counted(more, 'pair')} more", "")
    return table


def _totals(report: ViolationsReport, kept: int) -> str:
    return (
        f"{counted(report.rows, 'row')}, {report.violating_rows:,} violating "
        f"({percent(report.violating_rows, report.rows)}), {counted(kept, 'requirement')} without "
        f"a violation | type {report.type.value}{day(report.today)}, {report.seconds:.2g} s"
    )


def _verdict(report: ViolationsReport) -> str:
    if report.holds:
        return "OK    no requirement is violated"
    count = sum(1 for one in report.requirements if one.violations)
    lacking = report.incomplete_rows
    facts = [f"{counted(count, 'requirement')} violated"] if count or not lacking else []
    facts += [f"{counted(lacking, 'row')} without completion"] if lacking else []
    return f"FAIL  {'; '.join(facts)}"


def draw(report: ViolationsReport, path: str) -> None:
    """Rates of violation, and how the sizes are distributed, as a picture."""
    violated = sum(1 for one in report.requirements if one.violations)
    height = 1.5 + 0.3 * max(1, violated)
    with picture(path, 12, min(height, 30)) as figure:
        draw_violations(figure, report)


def draw_violations(figure: "Figure", report: ViolationsReport) -> None:
    """Draw rates, and beside them the sizes of violations, if any have one: of texts none has."""
    violated = [one for one in report.requirements if one.violations]
    sized = [one for one in violated if one.histogram]
    rates, *beside = figure.subplots(1, 2 if sized else 1, squeeze=False)[0]
    names = [named(one.requirement) for one in violated]
    whole = max(1, report.rows)
    rates.barh(names, [100 * one.violations / whole for one in violated])
    rates.set(xlabel="violating rows in %")
    rates.invert_yaxis()
    for sizes in beside:
        for one in sized:
            total = max(1, sum(one.histogram))
            shares = [100 * count / total for count in one.histogram]
            sizes.step(range(len(shares)), shares, where="mid", label=f"{one.requirement.number}")
        sizes.set(xlabel="size of the violation, on a logarithmic scale", ylabel="violations in %")
        sizes.set_xticks([0, len(sized[0].histogram) - 1], ["least", "largest"])
        sizes.legend(title="requirement", fontsize="x-small", ncols=2)
