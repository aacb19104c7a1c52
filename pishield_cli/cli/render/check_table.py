"""The report of `check` as a table to read."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.checked import Checked, exit_code, passing
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.render.figures import (
    NO_COMPLETION,
    example_line,
    incomplete_line,
    incomplete_row,
    never_decided,
    percent,
    tolerance,
    verdict,
    violated_first,
    warns,
    worst_row,
)
from pishield_cli.cli.text import counted, day, one_line, shortened

# On a terminal a long requirement is cut after a few lines; elsewhere it is folded, and whole.
_TERMINAL_TEXT = 160
_FOLDED_TEXT = 100
_FOLDED_LABEL = 40
_MOST_LINES = 1_000
_MOST_HOLDING = 20
_NO_COMPLETION = f"{NO_COMPLETION} of missing cells"


def render_table(checked: Sequence[Checked], page: Page) -> str:
    """The tables one below the other, and of several, how many pass.

    Args:
        checked: What became of each table.
        page: Its width and whether it takes colour.
    """
    parts: list[Table | Text] = []
    for one in checked:
        if one.name is not None:
            parts.append(Text(f"{chr(10) if parts else ''}{one_line(one.name)}", style="bold"))
        if one.report is None:
            parts += [Text(f"could not be checked: {one_line(p.sentence)}") for p in one.problems]
        else:
            parts += _parts(one.report, page)
    if checked[0].name is not None:
        parts.append(_summary(checked))
    return page_lines(parts, page)


def _parts(report: CheckReport, page: Page) -> list[Table | Text]:
    """One line for each requirement, violated ones first, examples, totals and the verdict."""
    colour = "bold green" if report.holds else "bold red"
    return [
        _requirements(report, page),
        *_left_out(report, page),
        *_examples(report),
        _totals(report),
        *_suspicion(report),
        Text(verdict(report), style=colour),
    ]


def _summary(checked: Sequence[Checked]) -> Text:
    broken = sum(1 for one in checked if one.report is None)
    facts = [passing(checked)]
    facts += [f"{broken:,} could not be checked"] if broken else []
    good = exit_code(checked) == 0
    line = f"\n{'OK  ' if good else 'FAIL'}  {'; '.join(facts)}"
    return Text(line, style="bold green" if good else "bold red")


def _requirements(report: CheckReport, page: Page) -> Table:
    return _narrow(report, page) if page.width is not None else _wide(report, page)


def _wide(report: CheckReport, page: Page) -> Table:
    """As wide as it needs: nothing is cut, as much in columns as there is."""
    labelled = any(result.requirement.label is not None for result in report.results)
    table = empty_table(page)
    table.add_column("#", justify="right", no_wrap=True)
    if labelled:
        table.add_column("label", overflow="fold", max_width=_FOLDED_LABEL)
    table.add_column("requirement", overflow="fold", max_width=_FOLDED_TEXT)
    for title in ("violations", "rate", "unknown"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("worst row", overflow="fold")
    for result in _listed(report, page):
        requirement = result.requirement
        label = [Text(one_line(requirement.label or ""))] if labelled else []
        table.add_row(
            Text(str(requirement.number)),
            *label,
            Text(one_line(requirement.text)),
            *_counts(result, report),
            Text(worst_row(result, report)),
        )
    if report.no_completion.rows:
        label = [Text("")] if labelled else []
        table.add_row(
            Text(""),
            *label,
            Text(_NO_COMPLETION),
            *_incomplete_counts(report),
            Text(incomplete_row(report)),
        )
    return table


def _narrow(report: CheckReport, page: Page) -> Table:
    """For a terminal: label, requirement and worst row stand below each other."""
    unknown = any(result.unknown for result in report.results)
    table = empty_table(page)
    table.add_column("", no_wrap=True)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("requirement", overflow="fold", ratio=1)
    for title in ("violations", "rate", *(("unknown",) if unknown else ())):
        table.add_column(title, justify="right", no_wrap=True)
    for result in _listed(report, page):
        requirement = result.requirement
        label = f"[{one_line(requirement.label)}] " if requirement.label is not None else ""
        text = shortened(one_line(requirement.text), _TERMINAL_TEXT)
        worst = _below(result, report)
        table.add_row(
            _mark(result, report, page),
            Text(str(requirement.number)),
            Text.assemble((label, "bold"), text, (worst, "dim")),
            *_counts(result, report)[: 3 if unknown else 2],
        )
    if report.no_completion.rows:
        bad = report.lacks_completions
        mark = Text(_marks(page)[not bad], style="bold red" if bad else "bold yellow")
        counts = _incomplete_counts(report)[: 3 if unknown else 2]
        first = (f"\nfirst: row {incomplete_row(report)}", "dim")
        table.add_row(mark, Text(""), Text.assemble(_NO_COMPLETION, first), *counts)
    return table


def _below(result: RequirementResult, report: CheckReport) -> str:
    """What a terminal shows below a requirement: its worst row, or that no row decides it."""
    if result.worst is not None:
        return f"\nworst: row {worst_row(result, report)}"
    return "\nno row decides it: cells are missing" if never_decided(result, report) else ""


def _incomplete_counts(report: CheckReport) -> list[Text]:
    rows = report.no_completion.rows
    return [Text(f"{rows:,}", style="red"), Text(percent(rows, report.rows)), Text("")]


def _counts(result: RequirementResult, report: CheckReport) -> list[Text]:
    return [
        Text(f"{result.violations:,}", style="red" if result.violations else "green"),
        Text(percent(result.violations, report.rows)),
        Text(f"{result.unknown:,}", style="yellow" if result.unknown else ""),
    ]


def _mark(result: RequirementResult, report: CheckReport, page: Page) -> Text:
    """Whether a requirement fails the table, is worth a warning, or is all right."""
    marks = _marks(page)
    if report.fails(result):
        return Text(marks[0], style="bold red")
    if warns(result, report):
        return Text(marks[1], style="bold yellow")
    return Text(marks[2], style="green")


def _marks(page: Page) -> tuple[str, str, str]:
    return ("✗", "!", "✓") if page.unicode else ("x", "!", "")


def _listed(report: CheckReport, page: Page) -> list[RequirementResult]:
    """What is listed: all, or where many hold on a terminal, those that do not."""
    ordered = violated_first(report)[:_MOST_LINES]
    return ordered if not _folds(report, page) else [one for one in ordered if not _calm(one)]


def _calm(result: RequirementResult) -> bool:
    return not result.violations and not result.unknown


def _folds(report: CheckReport, page: Page) -> bool:
    holding = sum(map(_calm, report.results))
    return page.width is not None and not page.everything and holding > _MOST_HOLDING


def _left_out(report: CheckReport, page: Page) -> list[Text]:
    """How many are not listed: laying out a table takes long, and nobody reads on."""
    if _folds(report, page):
        holding = sum(map(_calm, report.results))
        return [Text(f"{counted(holding, 'requirement')} hold in every row (--all lists them)")]
    rest = violated_first(report)[_MOST_LINES:]
    if not rest:
        return []
    violated = sum(1 for result in rest if result.violations)
    fact = f"{violated:,} of them violated" if violated else "none of them violated"
    return [Text(f"and {counted(len(rest), 'more requirement')}, {fact} (--format json has all)")]


def _examples(report: CheckReport) -> list[Text]:
    lines = []
    for result in violated_first(report):
        if not result.examples:
            continue
        requirement = result.requirement
        label = f" [{one_line(requirement.label)}]" if requirement.label is not None else ""
        heading = f"\nrequirement {requirement.number}{label}, {counted(result.violations, 'row')}"
        lines.append(Text(heading, style="bold"))
        lines += [Text(f"  {example_line(one)}") for one in result.examples]
    lacking = report.no_completion
    if lacking.examples:
        heading = f"\n{NO_COMPLETION}, {counted(lacking.rows, 'row')}"
        lines.append(Text(heading, style="bold"))
        lines += [Text(f"  {incomplete_line(one)}") for one in lacking.examples]
    return lines


def _suspicion(report: CheckReport) -> list[Text]:
    """Where no row holds, and no one requirement is the cause, they may contradict each other."""
    holding = report.rows - report.violating_rows - report.unknown_rows
    alone = any(one.violations == report.violating_rows for one in report.results)
    if holding or alone or report.violating_rows <= 1:
        return []
    line = "No row satisfies every requirement. Hint: see whether they contradict each other"
    file = one_line(report.requirements_file)
    return [Text(f"{line}: pishield inspect {file}" if file else line)]


def _totals(report: CheckReport) -> Text:
    numbers = " | rows are numbered from 0" if report.violating_rows else ""
    return Text(
        f"\n{counted(report.rows, 'row')}, {report.violating_rows:,} violating "
        f"({percent(report.violating_rows, report.rows)}), {report.unknown_rows:,} undecided"
        f" | type {report.type.value}, tolerance {tolerance(report)}{day(report.today)}"
        f", {report.seconds:.2g} s"
        f"{numbers}",
        style="dim",
    )
