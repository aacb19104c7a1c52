"""The report of gradients, as tables to read, as JSON and as a picture."""

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.report_gradients import GradientsReport
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.plots import named, picture
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, one_line, shortened

_TEXT = 60
_LISTED = 30


def render_json(report: GradientsReport) -> str:
    """The report as one JSON object; null where a figure is not defined."""
    return report_json("gradients", report.as_json())


def render_table(report: GradientsReport, page: Page) -> str:
    """Methods, then the requirements that are ever active, targets, and the isometry."""
    parts: list[Table | Text] = [_methods(report, page)]
    if any(one.active_rate for one in report.requirements):
        parts += [Text(""), _requirements(report, page)]
    if any(one.zero[name] for one in report.methods for name in report.targets):
        parts += [Text(""), _targets(report, page)]
    parts.append(Text(f"\n{_summary(report)}", style="dim"))
    return page_lines(parts, page)


def _methods(report: GradientsReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("method")
    table.add_column("cosine with unshielded", justify="right")
    for one in report.methods:
        figure = "" if one.mean is None else f"{one.mean:.4f} ± {one.deviation or 0:.4f}"
        table.add_row(one.name, figure)
    return table


def _requirements(report: GradientsReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("#", justify="right")
    table.add_column("requirement", overflow="fold")
    table.add_column("active", justify="right")
    table.add_column("competing", justify="right")
    listed = sorted(report.requirements, key=lambda one: -one.active_rate)
    for one in [one for one in listed if one.active_rate][:_LISTED]:
        table.add_row(
            str(one.requirement.number),
            Text(shortened(one_line(one.requirement.text), _TEXT)),
            _share(one.active_rate),
            _share(one.competing_rate),
        )
    return table


def _targets(report: GradientsReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("zero gradient, though off", overflow="fold")
    for one in report.methods:
        table.add_column(one.name, justify="right")
    first = report.methods[0]
    listed = sorted(report.targets, key=lambda name: -first.zero[name])
    for name in listed[:_LISTED]:
        rates = [one.zero[name] for one in report.methods]
        if any(rates):
            table.add_row(Text(one_line(name)), *map(_share, rates))
    return table


def _share(share: float) -> str:
    return f"{100 * share:.3g}%"


def _summary(report: GradientsReport) -> str:
    network = f"run {one_line(report.run)}" if report.run is not None else "untrained"
    line = (
        f"{counted(report.batches, 'batch')} of "
        f"{counted(report.batch_size, 'row')} | {report.arch}, {network}"
    )
    if report.mean_singular_value is None or report.condition is None:
        return line
    return (
        f"{line} | singular values of the network's derivative: mean "
        f"{report.mean_singular_value:.3g}, greatest by least {report.condition:.3g}"
    )


def draw(report: GradientsReport, path: str) -> None:
    """Cosines by method, and active and competing rates by requirement, as a picture."""
    shown = [one for one in report.requirements if one.active_rate][:_LISTED]
    with picture(path, 13, 1.5 + 0.3 * max(len(report.methods), len(shown))) as figure:
        cosines, rates = figure.subplots(1, 2)
        names = [one.name for one in report.methods]
        cosines.barh(
            names,
            [one.mean or 0 for one in report.methods],
            xerr=[one.deviation or 0 for one in report.methods],
        )
        opposed = any((one.mean or 0) < (one.deviation or 0) for one in report.methods)
        cosines.set(xlabel="cosine with the unshielded gradient", xlim=(-1 if opposed else 0, 1))
        cosines.invert_yaxis()
        names = [named(one.requirement) for one in shown]
        rates.barh(names, [100 * one.active_rate for one in shown], label="active")
        rates.barh(names, [100 * one.competing_rate for one in shown], label="of these, competing")
        rates.set(xlabel="rows in %", xlim=(0, 100))
        rates.invert_yaxis()
        if shown:
            rates.legend(fontsize="small")
