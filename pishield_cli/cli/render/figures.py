"""Figures and sentences that more than one format shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isinf, isnan

from pishield_cli.actions.check_report import (
    CheckReport,
    Example,
    Incomplete,
    RequirementResult,
)
from pishield_cli.cli.text import counted, one_line
from pishield_cli.logic.requirements import Requirement, Severity


def percent(part: int, whole: int) -> str:
    """A share to two digits; never 0 % for some and never 100 % for not quite all."""
    if not part or not whole:
        return "0%"
    share = 100 * part / whole
    if part == whole:
        return "100%"
    if share > 99.9:
        return ">99.9%"
    return f"{share:.2g}%" if share < 10 else f"{share:.3g}%"


def distance(example: Example) -> str:
    """How far a row is from holding; nothing where no number tells, as of texts."""
    if example.by is None:
        return "undecided"
    if isnan(example.by):
        return ""
    if isinf(example.by):
        return "infinitely far"
    return f"by {example.by:.6g}" if example.by else "a tie"


def worst_row(result: RequirementResult, report: CheckReport) -> str:
    """The worst row and by how much, else what is known of undecided rows; or nothing."""
    worst, undecided = result.worst, result.first_undecided
    if worst is not None:
        return ", ".join(filter(None, (numbered(worst), distance(worst))))
    first = "" if undecided is None else f"{undecided:,}, undecided"
    if never_decided(result, report):
        return f"{first}: no row decides it" if first else "no row decides it"
    return first


def numbered(example: Example | Incomplete) -> str:
    """A row's number, its line in a CSV file, and its key: `17 (line 19, id = 3)`."""
    return row_named(example.row, example.line, example.key)


def row_named(row: int, line: int | None, key: Mapping[str, str]) -> str:
    """A row's number, its line where there is one, and the cells of its key."""
    place = [] if line is None else [f"line {line:,}"]
    cells = [f"{one_line(name)} = {one_line(cell)}" for name, cell in key.items()]
    beside = ", ".join([*place, *cells])
    return f"{row:,} ({beside})" if beside else f"{row:,}"


def example_line(example: Example) -> str:
    """`row 17, by 3.5: price = 3, tax = 4`, of the columns that the requirement names."""
    row = ", ".join(filter(None, (f"row {numbered(example)}", distance(example))))
    cells = _cells(example)
    return f"{row}: {cells}" if cells else row


NO_COMPLETION = "no completion"
"""The name of the line of rows whose missing cells no values can fill."""


def incomplete_line(example: Incomplete) -> str:
    """`row 0: x = 10, y = , z = 5; requirements 1 and 3 cannot both hold`."""
    return f"row {numbered(example)}: {_cells(example)}; {clash(example)}"


def incomplete_row(report: CheckReport) -> str:
    """The first row without completion, and why; or nothing."""
    first = report.no_completion.first
    return "" if first is None else f"{numbered(first)}, {clash(first)}"


def clash(example: Incomplete) -> str:
    """Which requirements cannot hold in a row: `requirements 1 and 3 cannot both hold`."""
    *others, last = map(str, example.requirements)
    if not others:
        return f"requirement {last} cannot hold"
    together = "both" if len(others) == 1 else "all"
    return f"requirements {', '.join(others)} and {last} cannot {together} hold"


def incomplete_finding(report: CheckReport) -> str:
    """What was found of rows without completion, as a sentence."""
    rows = report.no_completion.rows
    return (
        f"in {counted(rows, 'row')} of {report.rows:,} ({percent(rows, report.rows)}) no values of "
        "the missing cells satisfy every requirement"
    )


def _cells(example: Example | Incomplete) -> str:
    return ", ".join(f"{one_line(name)} = {one_line(cell)}" for name, cell in example.cells.items())


def never_decided(result: RequirementResult, report: CheckReport) -> bool:
    """Whether missing cells leave a requirement undecided in every row."""
    return 0 < report.rows == result.unknown


def warns(result: RequirementResult, report: CheckReport) -> bool:
    """Whether a requirement is violated or never decided, and yet no reason to fail."""
    noted = result.violations or never_decided(result, report)
    return bool(noted) and not report.fails(result)


def finding(result: RequirementResult, report: CheckReport) -> str:
    """What was found of one requirement, as a sentence without its text."""
    parts = []
    if result.violations:
        parts.append(
            f"violated in {counted(result.violations, 'row')} of {report.rows:,} "
            f"({percent(result.violations, report.rows)})"
        )
    if result.unknown:
        parts.append(f"undecided in {counted(result.unknown, 'row')} with missing cells")
    if never_decided(result, report):
        parts[-1] = "decided in no row, for cells are missing everywhere"
    if result.first_undecided is not None:
        parts[-1] += f", first in row {result.first_undecided:,}"
    if result.worst is not None:
        parts.append(f"worst in row {worst_row(result, report)}")
    return "; ".join(parts) or "holds in every row"


def tolerance(report: CheckReport) -> str:
    """`exact`, `float rounding`, or the tolerance as it is usually written."""
    figure = report.tolerance.figure
    if isinstance(figure, str):
        return figure
    return f"{figure:g}".replace("e-0", "e-") if figure else "exact"


def verdict(report: CheckReport) -> str:
    """The whole result in one plain line."""
    word = "OK  " if report.holds else "FAIL"
    violated = sum(1 for result in report.results if result.violations)
    total, lacking = len(report.results), report.no_completion.rows
    if lacking and not violated:
        verb = "has" if lacking == 1 else "have"
        line = (
            f"{word}  {lacking:,} of {counted(report.rows, 'row')} {verb} no completion that "
            f"satisfies {counted(total, 'requirement')}"
        )
    elif violated:
        verb = "violates" if report.violating_rows == 1 else "violate"
        line = (
            f"{word}  {report.violating_rows:,} of {counted(report.rows, 'row')} {verb} "
            f"{violated} of {counted(total, 'requirement')}"
        )
        line += f"; {lacking:,} without completion" if lacking else ""
    elif any(never_decided(result, report) for result in report.results):
        line = f"{word}  no row violates {counted(total, 'requirement')}"
    else:
        verb = "satisfies" if report.rows == 1 else "satisfy"
        of = f"{report.rows - report.unknown_rows:,} of " if report.unknown_rows else ""
        line = f"{word}  {of}{counted(report.rows, 'row')} {verb} {counted(total, 'requirement')}"
    if report.allowed_rows:
        line += f"; {report.allowed_rows:,} allowed"
    line += _own_marks(report)
    empty = sum(never_decided(result, report) for result in report.results)
    line += f"; no row decides {empty:,} of them" if empty else ""
    if report.unknown_rows:
        allowed = ", none allowed" if report.fails_on_unknown else ""
        line += f"; {report.unknown_rows:,} undecided (missing cells){allowed}"
    return line


def violated_first(report: CheckReport) -> list[RequirementResult]:
    """The results, violated ones first, otherwise in file order."""
    return sorted(report.results, key=lambda result: not result.violations)


def identities(requirements: Sequence[Requirement]) -> list[str]:
    """A name for each requirement that stays as others come and go: its label, else its text.

    Requirements of one name get a number behind it, in their order.
    """
    names = [one_line(one.label) if one.label else one_line(one.text) for one in requirements]
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


def _own_marks(report: CheckReport) -> str:
    """How many violated requirements are warnings, or stay within allowances of their own."""
    violated = [one.requirement for one in report.results if one.violations]
    warnings = sum(one.severity is Severity.WARNING for one in violated)
    passed = sum(
        result.requirement.allowance is not None and not report.fails(result)
        for result in report.results
        if result.violations and result.requirement.severity is Severity.ERROR
    )
    line = f"; {counted(warnings, 'warning')}" if warnings else ""
    return f"{line}; {passed:,} within their own allowance" if passed else line
