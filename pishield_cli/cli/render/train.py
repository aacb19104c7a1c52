"""The report of `train`, as a table to read and as JSON."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.train import TrainReport
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.learnt_figures import LABEL_FIGURES, TEXT_FIGURES, share, spread
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.cli.text import counted, one_line
from pishield_cli.training.evaluation import Score
from pishield_cli.training.settings import LossChoice, Objective
from pishield_cli.training.ttest import PairedTest

_LISTED_TARGETS = 30
_LISTED_ROWS = 10

Line = tuple[str, Sequence[Score], Sequence[float], Sequence[float]]
"""A method's name, its scores by trial, the seconds and the shares of corrected rows."""


def render_json(report: TrainReport) -> str:
    """The report as one JSON object; null where a figure is not finite or was not asked for."""
    return report_json("train", report.as_json())


def warnings_of(report: TrainReport) -> Iterator[str]:
    """What a user should know before trusting the model, a line each."""
    if report.missing_targets:
        yield f"{counted(report.missing_targets, 'row')} left out, for all targets are missing"
    if report.missing_cells:
        total = report.rows * len(report.targets)
        yield (
            f"{counted(report.missing_cells, 'cell')} of the targets' {total:,} "
            f"{'is' if report.missing_cells == 1 else 'are'} missing, from which nothing is learnt"
        )
    for title, rows in report.broken.items():
        yield (
            f"requirement {one_line(title)} is violated by {counted(rows, 'row')} of the "
            f"{report.rows:,} to learn from ({rows / report.rows:.1%}), whose targets no "
            "prediction can reach"
        )
    for name in report.names:
        yield (
            f"feature {one_line(name)} has a text of its own in every row, from which nothing can "
            "be learnt; leave it out with --drop"
        )
    if report.skipped:
        names = ", ".join(one_line(name) for name in report.skipped)
        yield f"left out, for a network cannot take them: {names}"
    far: dict[str, float] = {}
    for trial in report.trials:
        for name, most in trial.far.items():
            far[name] = max(most, far.get(name, 0.0))
    for name, most in far.items():
        yield (
            f"feature {one_line(name)} reaches {most:.3g} after preprocessing, which can make "
            "training diverge; scale it, or leave it out with --drop"
        )
    for name in dict.fromkeys(name for trial in report.trials for name in trial.locked):
        yield (
            f"target {one_line(name)} was clipped on over 99% of rows for 3 epochs: its bound may "
            "hold it there; try another --backward, or a larger --restore"
        )
    yield from dict.fromkeys(text for trial in report.trials for text in trial.warnings)
    if report.unsolvable:
        listed = ", ".join(f"{row:,}" for row in report.unsolvable[:_LISTED_ROWS])
        more = len(report.unsolvable) - _LISTED_ROWS
        yield (
            f"{counted(len(report.unsolvable), 'row')} whose features leave the targets no "
            f"solution: {listed}{f' and {more:,} more' if more > 0 else ''}"
        )


def render_table(report: TrainReport, page: Page) -> str:
    """Methods side by side, the targets of each, then what the run is."""
    lines = _lines(report)
    parts: list[Table | Text] = [_methods(lines, report.settings.loss, page)]
    if len(report.trials[0].method.targets) > 1:
        parts += [Text(""), _targets(lines, page)]
    if report.texts:
        parts += [Text(""), _texts(lines, page)]
    if any(trial.monotone for trial in report.trials):
        parts += [Text(""), _monotone(report, page)]
    if report.trials[0].method.labels is not None and len(report.texts) != 1:
        parts += [Text(""), _labels(lines, page)]
    if report.against_corrected and len(report.trials) > 1:
        parts += [Text(""), _paired(report, page)]
    details = [trial.detail for trial in report.trials if trial.detail]
    if details:
        parts += [Text(""), _details(details, page)]
    parts.append(Text(f"\n{_summary(report)}", style="dim"))
    colour = "bold green" if report.holds else "bold red"
    parts.append(Text(_verdict(report), style=colour))
    return page_lines(parts, page)


def _lines(report: TrainReport) -> list[Line]:
    trials = report.trials
    lines: list[Line] = []
    shielded = report.requirements_file is not None
    if shielded and all(trial.free is not None for trial in trials):
        seconds = [trial.free_seconds for trial in trials]
        lines.append(("unshielded", [_known(t.free) for t in trials], seconds, []))
        after = [_known(trial.corrected) for trial in trials]
        lines.append(("corrected after training", after, seconds, []))
    name = report.settings.method
    if report.settings.objective is Objective.IDEMPOTENT:
        name = f"idempotent, {report.settings.idempotent_backward}"
    elif not shielded:
        name = "network"
    elif name == "none":
        name = "none (kept)"
    shares = [trial.corrected_share for trial in trials]
    lines.append((name, [t.method for t in trials], [t.seconds for t in trials], shares))
    return lines


def _known(score: Score | None) -> Score:
    assert score is not None
    return score


def _methods(lines: Sequence[Line], loss: LossChoice, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("method", overflow="fold")
    figures = _figures(lines[0][1][0], loss)
    for title in (*figures, "violating rows", "corrected rows", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, scores, seconds, shares in lines:
        violating = statistics.fmean(one.violating_rows for one in scores)
        table.add_row(
            name,
            *(spread([getattr(one, figure) for one in scores]) for figure in figures.values()),
            Text(share(violating), style="red" if violating else "green"),
            share(statistics.fmean(shares)) if shares else "",
            spread(seconds, digits=3),
        )
    return table


def _figures(first: Score, loss: LossChoice) -> dict[str, str]:
    """The titles of errors of all targets, and what scores call them."""
    if not first.targets:
        return {"log loss": "loss"}
    found = {"RMSE": "rmse", "standardised": "rmse_standardised"}
    if first.texts:
        return {**found, "mean loss": "loss"}
    return found if loss is LossChoice.MSE else {**found, loss.value: "loss"}


def _targets(lines: Sequence[Line], page: Page) -> Table:
    table = empty_table(page)
    table.add_column("RMSE of", overflow="fold")
    for name, *_ in lines:
        table.add_column(name, justify="right")
    targets = list(lines[0][1][0].targets)
    for target in targets[:_LISTED_TARGETS]:
        cells = [spread([one.targets[target] for one in scores]) for _, scores, *_ in lines]
        table.add_row(Text(one_line(target)), *cells)
    more = len(targets) - _LISTED_TARGETS
    if more > 0:
        table.add_row(f"and {more:,} more in run.json")
    return table


def _texts(lines: Sequence[Line], page: Page) -> Table:
    """Targets of texts, the figures of each method."""
    table = empty_table(page)
    table.add_column("text", overflow="fold")
    table.add_column("method", overflow="fold")
    for title in TEXT_FIGURES.values():
        table.add_column(title, justify="right", no_wrap=True)
    for target in list(lines[0][1][0].texts)[:_LISTED_TARGETS]:
        for number, (name, scores, *_) in enumerate(lines):
            each = [one.texts[target] for one in scores]
            cells = (spread([getattr(one, figure) for one in each]) for figure in TEXT_FIGURES)
            table.add_row(Text("" if number else one_line(target)), name, *cells)
    return table


def _labels(lines: Sequence[Line], page: Page) -> Table:
    table = empty_table(page)
    table.add_column("all texts" if lines[0][1][0].texts else "labels", overflow="fold")
    for title in LABEL_FIGURES.values():
        table.add_column(title, justify="right", no_wrap=True)
    for name, scores, *_ in lines:
        labels = [one.labels for one in scores if one.labels is not None]
        table.add_row(
            name, *(spread([getattr(one, each) for one in labels]) for each in LABEL_FIGURES)
        )
    return table


def _paired(report: TrainReport, page: Page) -> Table:
    """How the method differs from correcting afterwards, with intervals over trials."""
    table = empty_table(page)
    table.add_column(f"{report.settings.method} minus corrected after training")
    for title in ("difference", "95% interval", "p"):
        table.add_column(title, justify="right", no_wrap=True)
    loss = report.settings.loss
    names = {
        "rmse": "RMSE",
        "rmse_standardised": "standardised",
        "loss": loss.value,
        **LABEL_FIGURES,
    }
    labelled = any(trial.method.labels for trial in report.trials)
    for name, test in report.against_corrected.items():
        if name != "loss" or (loss is not LossChoice.MSE and not labelled):
            table.add_row(names[name], *paired_cells(test))
    return table


def paired_cells(test: PairedTest) -> tuple[str, str, str]:
    """A difference, its interval, and how likely one as large is by chance."""
    interval = "" if test.low is None else f"{test.low:+.3g} to {test.high:+.3g}"
    return f"{test.difference:+.3g}", interval, "" if test.p is None else f"{test.p:.2g}"


def _monotone(report: TrainReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("monotone", overflow="fold")
    table.add_column("wrong sign on test rows", justify="right")
    table.add_column("on uniform points", justify="right")
    for place, shown in enumerate(report.trials[0].monotone):
        own = [trial.monotone[place] for trial in report.trials]
        table.add_row(
            Text(one_line(shown.rule)),
            share(statistics.fmean(one.held_out for one in own)),
            share(statistics.fmean(one.uniform for one in own)),
        )
    return table


def _details(details: Sequence[dict[str, Any]], page: Page) -> Table:
    table = empty_table(page)
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name in details[0]:
        values = [one[name] for one in details if isinstance(one[name], float | int)]
        if values:
            table.add_row(name.replace("_", " "), spread(values))
    return table


def _summary(report: TrainReport) -> str:
    epochs = [trial.epochs for trial in report.trials]
    parts = [
        counted(report.rows, "row"),
        counted(report.features, "feature"),
        counted(len(report.targets), "target"),
        counted(report.parameters, "parameter"),
        f"{report.settings.arch} on {report.device}",
        f"{counted(len(report.trials), 'trial')} of {min(epochs)}"
        + (f" to {max(epochs)}" if max(epochs) > min(epochs) else "")
        + " epochs",
    ]
    return " | ".join(parts)


def _verdict(report: TrainReport) -> str:
    place = f"; the model is in {one_line(report.run)}"
    if report.requirements_file is None:
        return f"OK    trained without requirements{place}"
    if report.holds:
        return f"OK    every prediction of the test part satisfies every requirement{place}"
    if any(trial.method.violating_rows for trial in report.trials):
        return f"FAIL  some predictions of the test part violate a requirement{place}"
    return f"FAIL  {counted(len(report.unsolvable), 'row')} without a solution{place}"
