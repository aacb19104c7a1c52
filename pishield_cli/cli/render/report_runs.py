"""Runs side by side, as a table to read, as JSON and as a picture."""

import statistics
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.report_runs import RunsReport, RunSummary, mean_of
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.learnt_figures import LABEL_FIGURES, TEXT_FIGURES, spread
from pishield_cli.cli.render.plots import picture, written
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import one_line

_SIGNIFICANT = 0.05


def render_json(report: RunsReport) -> str:
    """The report as one JSON object."""
    return report_json("runs", report.as_json())


def render_table(report: RunsReport, page: Page) -> str:
    """One line for each run, the best one marked."""
    table = empty_table(page)
    table.add_column("run", overflow="fold")
    table.add_column("method")
    table.add_column("arch")
    figures = list(dict.fromkeys(one.figure for one in report.runs))
    for title in (
        " or ".join(figures),
        "standardised",
        "unshielded",
        "violating",
        "s",
        "to best",
        "95% interval",
        "p",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    mark = "★" if page.unicode else "*"
    for place, one in enumerate(report.runs):
        best = report.comparable and place == report.best
        table.add_row(
            Text(f"{one_line(one.run)}{f' {mark}' if best else ''}"),
            one.method,
            Text(one.arch),
            f"{one.mean:.5g} ± {one.deviation:.2g}" if len(one.errors) > 1 else f"{one.mean:.5g}",
            f"{mean_of(one.standardised):.4g}" if one.standardised else "",
            f"{statistics.fmean(one.free.values()):.5g}" if one.free else "",
            f"{100 * one.violating:.3g}%",
            f"{one.seconds:.3g}",
            *(_test(one, report.runs[report.best]) if report.comparable else ("", "", "")),
            style="bold green" if best else "",
        )
    parts: list[Table | Text] = [table]
    if any(one.texts for one in report.runs):
        parts += [Text(""), _texts(report, page)]
    labelled = [one for one in report.runs if one.labels and len(one.texts) != 1]
    if labelled:
        parts += [Text(""), _labels(labelled, page)]
    if not report.comparable:
        parts.append(
            Text(
                "\nthese runs are of different tables or targets, so their errors differ in "
                "meaning, and none is the best",
                style="yellow",
            )
        )
        return page_lines(parts, page)
    least = _mean_figure(figures[0])
    parts.append(
        Text(
            f"\n{mark} least {least}; interval of the difference to it, p: paired t-test over "
            "trials of equal seeds, two-sided",
            style="dim",
        )
    )
    return page_lines(parts, page)


def _mean_figure(figure: str) -> str:
    return figure if figure.startswith("mean ") else f"mean {figure}"


def _texts(report: RunsReport, page: Page) -> Table:
    """The figures of texts, a line for each target and run."""
    table = empty_table(page)
    table.add_column("text", overflow="fold")
    table.add_column("run", overflow="fold")
    for title in TEXT_FIGURES.values():
        table.add_column(title, justify="right", no_wrap=True)
    names = dict.fromkeys(name for one in report.runs for name in one.texts)
    for name in names:
        told = [one for one in report.runs if name in one.texts]
        for number, one in enumerate(told):
            cells = (f"{one.texts[name][figure]:.5g}" for figure in TEXT_FIGURES)
            shown = "" if number else one_line(name)
            table.add_row(Text(shown), Text(one_line(one.run)), *cells)
    return table


def _labels(runs: Sequence[RunSummary], page: Page) -> Table:
    """The figures of labels, or of all texts together, a line for each run."""
    table = empty_table(page)
    table.add_column("all texts" if runs[0].texts else "labels", overflow="fold")
    for title in LABEL_FIGURES.values():
        table.add_column(title, justify="right", no_wrap=True)
    for one in runs:
        values = (list(one.labels.get(name, {}).values()) for name in LABEL_FIGURES)
        cells = (spread(each) if each else "" for each in values)
        table.add_row(Text(one_line(one.run)), *cells)
    return table


def _test(one: RunSummary, best: RunSummary) -> tuple[str, str, str]:
    change = f"{100 * (one.mean / best.mean - 1):+.2f}%" if best.mean and one is not best else ""
    test = one.against_best
    if test is None or test.p is None:
        return change, "", ""
    star = " *" if test.p < _SIGNIFICANT else ""
    return change, f"{test.low:+.3g} to {test.high:+.3g}", f"{test.p:.2g}{star}"


def draw(report: RunsReport, path: str) -> None:
    """Mean errors with their standard deviations, as a picture."""
    with picture(path, 8, 1.5 + 0.35 * len(report.runs)) as figure:
        axis = figure.subplots()
        names = [f"{written(one.run)} ({one.method})" for one in report.runs]
        best = report.best if report.comparable else None
        colours = ["C2" if place == best else "C0" for place in range(len(report.runs))]
        bars = axis.barh(
            names,
            [one.mean for one in report.runs],
            xerr=[one.deviation for one in report.runs],
            color=colours,
        )
        figures = " or ".join(dict.fromkeys(one.figure for one in report.runs))
        axis.set(xlabel=f"{figures} on the test part: mean over the trials, and standard deviation")
        if best is not None:
            least = _mean_figure(report.runs[best].figure)
            axis.legend([bars[best]], [f"least {least}"], fontsize="small")
        axis.invert_yaxis()
