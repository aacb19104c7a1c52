"""The report of `train --objective generate`, as a table to read and as JSON."""

import statistics
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.train_generator import TrainGeneratorReport
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.learnt_figures import share, spread
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, one_line
from pishield_cli.training.generation.quality import Figures
from pishield_cli.training.generation.trial import Sampled

_FIGURES = ("energy", "marginals", "dependence", "detection", "utility", "copied", "nearer")
_BEST = {"energy": "0", "marginals": "0", "dependence": "0", "detection": "0.5", "nearer": "0.5"}


def render_json(report: TrainGeneratorReport) -> str:
    """The report as one JSON object; null where a figure is not finite or was not asked for."""
    return report_json("train_generator", report.as_json())


def warnings_of(report: TrainGeneratorReport) -> Iterator[str]:
    """What a user should know before trusting the generator, a line each."""
    if report.skipped:
        names = ", ".join(one_line(name) for name in report.skipped)
        yield f"left out, for a network cannot make them: {names}"


def render_table(report: TrainGeneratorReport, page: Page) -> str:
    """Methods side by side, what the rows are worth, then what the run is."""
    colour = "bold green" if report.holds else "bold red"
    parts: list[Table | Text] = [
        _methods(report, page),
        Text(""),
        _quality(report, page),
        Text(f"\n{_summary(report)}", style="dim"),
        Text(_verdict(report), style=colour),
    ]
    return page_lines(parts, page)


def _methods(report: TrainGeneratorReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("method", overflow="fold")
    for title in ("energy distance", "corrected rows", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    trials = report.trials
    free = [one.free for one in trials if one.free is not None]
    after = [one.corrected for one in trials if one.corrected is not None]
    if free and report.method != "none":
        _add(table, "unshielded", free, [])
        _add(table, "corrected after training", after, [])
    _add(table, report.method, [one.method for one in trials], [one.seconds for one in trials])
    return table


def _add(table: Table, name: str, found: Sequence[Sampled], seconds: Sequence[float]) -> None:
    table.add_row(
        name,
        spread([one.energy for one in found], digits=4),
        share(statistics.fmean(one.moved for one in found)),
        spread(seconds, digits=3) if seconds else "",
    )


def _quality(report: TrainGeneratorReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("on held-out rows")
    for title in ("generated", "resampled rows", "independent", "best"):
        table.add_column(title, justify="right", no_wrap=True)
    quality = report.quality
    kinds = (quality.made, quality.resampled, quality.independent)
    for name in _FIGURES:
        table.add_row(name, *(_figure(one, name) for one in kinds), _BEST.get(name, ""))
    return table


def _figure(figures: Figures, name: str) -> str:
    return f"{getattr(figures, name):.3f}"


def _summary(report: TrainGeneratorReport) -> str:
    epochs = [trial.epochs for trial in report.trials]
    parts = [
        counted(report.rows, "row"),
        counted(len(report.columns), "column"),
        counted(report.parameters, "parameter"),
        f"{report.settings.arch} on {report.device}",
        f"{counted(len(report.trials), 'trial')} of {max(epochs)} epochs",
        f"{counted(report.quality.rows, 'row')} compared",
    ]
    return " | ".join(parts)


def _verdict(report: TrainGeneratorReport) -> str:
    place = f"; the generator is in {one_line(report.run)}"
    if report.requirements_file is None:
        return f"OK    trained without requirements{place}"
    if report.holds:
        return f"OK    every row that was made satisfies every requirement{place}"
    count = report.quality.violating_rows
    return f"FAIL  {counted(count, 'row')} that could not be made to hold{place}"
