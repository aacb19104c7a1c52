"""The report of `inspect` as tables and lines to read."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from rich.table import Table
from rich.text import Text

from pishield_cli.actions.inspect import InspectReport, verdict
from pishield_cli.actions.inspect_notices import dead_part_text
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.console import empty_table, page_lines
from pishield_cli.cli.text import counted, day, one_line, shortened
from pishield_cli.language import format_equation, spelt_out, write_number
from pishield_cli.logic.expressions import Kind
from pishield_cli.logic.requirements import Requirement, RequirementType
from pishield_cli.logic.solver.reasoner import Bounds

_LISTED = 20
_MOST_LINES = 1_000
_TEXT = 120
_FOLDED_NAME = 60

_QUESTIONS = {
    "satisfiable": "whether {} can be satisfied",
    "core": "whether {} of the contradiction is needed",
    "redundant": "whether {} is implied by the others",
    "dead": "whether {} can decide",
    "bounds": "{} of a column",
    "equalities": "whether {} is an equality",
    "methods": "how {} is corrected",
}
_NOUNS = {
    "satisfiable": "group",
    "core": "requirement",
    "redundant": "requirement",
    "dead": "part",
    "bounds": "bound",
    "equalities": "inequality",
    "methods": "group",
}


def render_table(report: InspectReport, page: Page) -> str:
    """Counts, a line for each column and group, what follows, warnings, and the verdict.

    Args:
        report: The report.
        page: Its width and whether it takes colour.
    """
    parts: list[Table | Text] = [Text(_counts(report), style="bold")]
    if report.columns:
        parts += [Text(), _columns(report, page), *_left_out(len(report.columns), "column")]
    if report.groups:
        parts += [Text(), _groups(report, page), *_left_out(len(report.groups), "group")]
    parts.append(Text())
    parts += [Text(line) for line in _findings(report)]
    parts += [Text(f"warning: {one_line(one)}", style="yellow") for one in report.warnings]
    parts += [Text(line, style="yellow") for line in _undecided(report)]
    parts += _verdict(report)
    return page_lines(parts, page)


def _left_out(count: int, noun: str) -> list[Text]:
    """How many are not listed: laying out a table takes long, and nobody reads on."""
    if count <= _MOST_LINES:
        return []
    return [Text(f"and {counted(count - _MOST_LINES, f'more {noun}')} (--format json has all)")]


def _counts(report: InspectReport) -> str:
    return (
        f"{report.type.value}: {counted(len(report.stated), 'requirement')}, "
        f"{counted(report.clauses, 'clause')}, {counted(report.literals, 'literal')}, "
        f"{counted(len(report.columns), 'column')}, {counted(len(report.groups), 'group')}"
        f"{day(report.requirements.today)}"
    )


def _columns(report: InspectReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("column", overflow="fold", max_width=_FOLDED_NAME)
    written = _as_written(report)
    if written:
        table.add_column("written", overflow="fold")
    kinds = _kinds(report)
    if kinds:
        table.add_column("kind", no_wrap=True)
    table.add_column("group", justify="right", no_wrap=True)
    table.add_column("values", overflow="fold")
    groups = {name: at for at, group in enumerate(report.groups, 1) for name in group.columns}
    for name in report.columns[:_MOST_LINES]:
        cells = [one_line(spelt_out(name) or name)]
        if written:
            cells.append(one_line(written.get(name, "")))
        if kinds:
            cells.append(kinds.get(name, ""))
        table.add_row(*map(Text, [*cells, str(groups.get(name, "")), _values(report, name)]))
    return table


def _as_written(report: InspectReport) -> dict[str, str]:
    """Column to the names that stand for it by position."""
    written: dict[str, str] = {}
    for name, column in (report.names or {}).items():
        if name in report.positional:
            written[column] = f"{written[column]}, {name}" if column in written else name
    return written


def _kinds(report: InspectReport) -> dict[str, str]:
    requirements = report.requirements
    known = {name: domain.kind.value for name, domain in requirements.domains.items()}
    derived = {name: one.kind.value for name, one in requirements.derived.items()}
    return {
        **{name: kind for name, kind in (known | derived).items() if kind != "number"},
        **dict.fromkeys(requirements.integers, "integer"),
        **dict.fromkeys(requirements.booleans, "boolean"),
    }


def _values(report: InspectReport, name: str) -> str:
    bounds = report.analysis.bounds.get(name)
    derived = report.requirements.derived.get(name)
    truth = derived is not None and derived.kind is Kind.TRUTH
    if truth or report.type is RequirementType.PROPOSITIONAL:
        return "" if bounds is None else "true" if bounds.lower is not None else "false"
    return "" if bounds is None else bounds_text(bounds)


def bounds_text(bounds: Bounds) -> str:
    """An interval such as `[0, 1)`, or the only value there is."""
    if bounds.lower is not None and bounds.lower == bounds.upper:
        return write_number(bounds.lower)
    opening = "(" if bounds.lower is None or bounds.lower_open else "["
    closing = ")" if bounds.upper is None or bounds.upper_open else "]"
    lower = "-inf" if bounds.lower is None else write_number(bounds.lower)
    upper = "inf" if bounds.upper is None else write_number(bounds.upper)
    return f"{opening}{lower}, {upper}{closing}"


def _groups(report: InspectReport, page: Page) -> Table:
    table = empty_table(page)
    table.add_column("group", justify="right", no_wrap=True)
    table.add_column("columns", justify="right", no_wrap=True)
    table.add_column("requirements", overflow="fold", min_width=12, max_width=100)
    if report.methods:
        table.add_column("corrected by", no_wrap=True)
    methods = report.methods or ("",) * len(report.groups)
    listed = islice(zip(report.groups, methods, strict=True), _MOST_LINES)
    for number, (group, method) in enumerate(listed, 1):
        cells = [str(number), str(len(group.columns)), _ranges(group.numbers)]
        table.add_row(*cells, *([method or "not known"] if report.methods else []))
    return table


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers, runs as `3-7`."""
    runs: list[list[int]] = [[number] for number in numbers[:1]]
    for before, number in pairwise(numbers):
        if number == before + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _findings(report: InspectReport) -> Iterator[str]:
    analysis = report.analysis
    ordering = report.requirements.ordering
    if ordering is not None:
        yield f"ordering: {_listed(map(one_line, ordering), ' ')}"
    if analysis.equalities:
        yield "equalities:"
        yield from _lines(format_equation(one) for one in analysis.equalities)
    if analysis.redundant:
        plural = "" if len(analysis.redundant) == 1 else "s"
        yield f"implied by the others: requirement{plural} {_ranges(analysis.redundant)}"
        yield from _lines(
            f"{_numbered(one)} ({_reasons(analysis.implied[one.number])})"
            for one in report.requirements.requirements
            if one.number in analysis.implied
        )
    if analysis.dead:
        yield "parts that decide no row:"
        yield from _lines(dead_part_text(one, report.requirements) for one in analysis.dead)


def _reasons(by: Sequence[int]) -> str:
    """By which others a requirement is implied."""
    return f"by {_ranges(by)}" if by else "it always holds"


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """The first texts, indented, and how many more there are."""
    every = list(texts)
    for text in every[:_LISTED]:
        yield f"  {one_line(text)}"
    if len(every) > _LISTED:
        yield f"  and {len(every) - _LISTED:,} more"


def _listed(names: Iterable[str], between: str) -> str:
    every = list(names)
    more = f"{between}... ({len(every)} in all)" if len(every) > _LISTED else ""
    return between.join(every[:_LISTED]) + more


def _numbered(one: Requirement) -> str:
    label = f" [{one.label}]" if one.label is not None else ""
    return f"{one.number}{label}: {shortened(one_line(one.text), _TEXT)}"


def _undecided(report: InspectReport) -> Iterator[str]:
    for question, count in report.undecided.items():
        what = _QUESTIONS[question].format(_counted(count, _NOUNS[question]))
        yield f"not decided within {report.seconds:.2g} s: {what}"


def _counted(count: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"1 {noun}" if count == 1 else f"any of {count:,} {plural}"


def _verdict(report: InspectReport) -> list[Text]:
    match report.analysis.satisfiable:
        case True:
            return [Text(verdict(report), style="bold green")]
        case None:
            return [Text(verdict(report), style="bold")]
        case False:
            heading = Text("These requirements contradict each other:", style="bold red")
            return [heading, *(Text(f"  {_numbered(one)}") for one in report.core)]
