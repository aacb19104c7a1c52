"""The report of `check` as an HTML page."""

from collections.abc import Mapping, Sequence
from typing import Any

from pishield_cli.actions.check_report import CheckReport, Example, Incomplete, RequirementResult
from pishield_cli.cli.render.checked import Checked, exit_code, passing
from pishield_cli.cli.render.figures import (
    NO_COMPLETION,
    clash,
    distance,
    incomplete_row,
    percent,
    tolerance,
    verdict,
    violated_first,
    warns,
    worst_row,
)
from pishield_cli.cli.render.html_page import heights, html_page
from pishield_cli.cli.text import counted, day, one_line

_MOST = 200
"""Requirements of a table that are listed, so that a page stays small."""

_MOST_EXAMPLES = 30
"""Requirements whose examples are listed."""

_LONGEST = 500
"""Characters of a text that are shown."""


def render_html(checked: Sequence[Checked]) -> str:
    """A page with a section for each table: verdict, requirements with bars, violating rows."""
    several = checked[0].name is not None
    return html_page(
        "check",
        heading=_text(checked[0].data) if not several else counted(len(checked), "table"),
        summary=passing(checked) if several else "",
        passes=exit_code(checked) == 0,
        tables=[_table(one) for one in checked],
    )


def _text(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _table(one: Checked) -> dict[str, Any]:
    title = _text(one.title)
    report = one.report
    if report is None:
        return {"title": title, "problems": [_text(each.sentence) for each in one.problems]}
    ordered = violated_first(report)
    left = len(ordered) - _MOST
    shown = [_requirement(result, report, one.sizes) for result in ordered[:_MOST]]
    for each in shown[_MOST_EXAMPLES:]:
        each["examples"] = []
    shown += _no_completion(report)
    return {
        "title": title,
        "problems": [],
        "holds": report.holds,
        "verdict": verdict(report),
        "source": (
            f"Data {_text(report.data)}, requirements {_text(report.requirements_file)}, type "
            f"{report.type.value}, tolerance {tolerance(report)}{day(report.today)}."
        ),
        "requirements": shown,
        "left": f"and {counted(left, 'more requirement')}" if left > 0 else "",
    }


def _requirement(
    result: RequirementResult, report: CheckReport, sizes: Mapping[int, tuple[int, ...]]
) -> dict[str, Any]:
    requirement = result.requirement
    state, mark, colour = _state(result, report)
    examples = result.examples
    return {
        "state": state,
        "mark": mark,
        "colour": colour,
        "number": requirement.number,
        "label": _text(requirement.label or ""),
        "text": _text(requirement.text),
        **_share(result.violations, report.rows),
        "unknown": f"{result.unknown:,}",
        "worst": worst_row(result, report),
        **heights(sizes.get(requirement.number, ())),
        "key": [_text(name) for name in examples[0].key] if examples else [],
        "columns": [_text(name) for name in examples[0].cells] if examples else [],
        "examples": [
            {
                "row": _row(example),
                "key": [_text(cell) for cell in example.key.values()],
                "cells": [_text(cell) for cell in example.cells.values()],
                "by": distance(example),
            }
            for example in examples
        ],
    }


def _row(example: Example | Incomplete) -> str:
    line = "" if example.line is None else f" (line {example.line:,})"
    return f"{example.row:,}{line}"


def _share(violations: int, rows: int) -> dict[str, str]:
    share = 100 * violations / rows if rows else 0.0
    return {
        "violations": f"{violations:,}",
        # A single violation among millions is seen, too.
        "share": f"{max(share, 0.6) if share else 0:.2f}",
        "told": f"{violations:,} of {counted(rows, 'row')}",
        "rate": percent(violations, rows),
    }


def _no_completion(report: CheckReport) -> list[dict[str, Any]]:
    """A line for rows without completion, where there are any."""
    found, failing = report.no_completion, report.lacks_completions
    if not found.rows:
        return []
    columns = list(dict.fromkeys(name for one in found.examples for name in one.cells))
    return [
        {
            "state": "violated" if failing else "warning",
            "mark": "✗" if failing else "!",
            "colour": "bad" if failing else "warn",
            "number": "",
            "label": "",
            "text": f"{NO_COMPLETION} of missing cells",
            **_share(found.rows, report.rows),
            "unknown": "",
            "worst": incomplete_row(report),
            **heights(()),
            "key": [_text(name) for name in found.examples[0].key] if found.examples else [],
            "columns": [_text(name) for name in columns],
            "examples": [_incomplete(one, columns) for one in found.examples],
        }
    ]


def _incomplete(example: Incomplete, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "row": _row(example),
        "key": [_text(cell) for cell in example.key.values()],
        "cells": [_text(example.cells.get(name, "")) for name in columns],
        "by": clash(example),
    }


def _state(result: RequirementResult, report: CheckReport) -> tuple[str, str, str]:
    if report.fails(result):
        return "violated" if result.violations else "undecided", "✗", "bad"
    if warns(result, report):
        return "warning", "!", "warn"
    return "holds", "✓", "good"
