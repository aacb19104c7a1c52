"""The report of `check` as an HTML page."""

from collections.abc import Sequence
from typing import Any

from pishield_cli.actions.check import CheckReport, RequirementResult
from pishield_cli.cli.render.checked import Checked, exit_code
from pishield_cli.cli.render.figures import (
    distance,
    percent,
    tolerance,
    verdict,
    violated_first,
    warns,
    worst_row,
)
from pishield_cli.cli.render.html_page import html_page
from pishield_cli.cli.text import counted, one_line

_MOST = 200
"""Requirements of a table that are listed, so that a page stays small."""

_MOST_EXAMPLES = 30
"""Requirements whose examples are listed."""

_LONGEST = 500
"""Characters of a text that are shown."""


def render_html(checked: Sequence[Checked]) -> str:
    """A page with a section for each table: verdict, requirements with bars, violating rows."""
    several = checked[0].name is not None
    passed = sum(one.report is not None and one.report.holds for one in checked)
    summary = f"{passed:,} of {counted(len(checked), 'table')} pass" if several else ""
    return html_page(
        "check",
        heading=_text(checked[0].data) if not several else counted(len(checked), "table"),
        summary=summary,
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
    shown = [_requirement(result, report) for result in ordered[:_MOST]]
    for each in shown[_MOST_EXAMPLES:]:
        each["examples"] = []
    return {
        "title": title,
        "problems": [],
        "holds": report.holds,
        "verdict": verdict(report),
        "source": (
            f"Data {_text(report.data)}, requirements {_text(report.requirements_file)}, type "
            f"{report.type.value}, tolerance {tolerance(report)}."
        ),
        "requirements": shown,
        "left": f"and {counted(left, 'more requirement')}" if left > 0 else "",
    }


def _requirement(result: RequirementResult, report: CheckReport) -> dict[str, Any]:
    requirement = result.requirement
    state, mark, colour = _state(result, report)
    share = 100 * result.violations / report.rows if report.rows else 0.0
    examples = result.examples
    return {
        "state": state,
        "mark": mark,
        "colour": colour,
        "number": requirement.number,
        "label": _text(requirement.label or ""),
        "text": _text(requirement.text),
        "violations": f"{result.violations:,}",
        # A single violation among millions is seen, too.
        "share": f"{max(share, 0.6) if share else 0:.2f}",
        "told": f"{result.violations:,} of {counted(report.rows, 'row')}",
        "rate": percent(result.violations, report.rows),
        "unknown": f"{result.unknown:,}",
        "worst": worst_row(result),
        "key": [_text(name) for name in examples[0].key] if examples else [],
        "columns": [_text(name) for name in examples[0].cells] if examples else [],
        "examples": [
            {
                "row": f"{example.row:,}",
                "key": [_text(cell) for cell in example.key.values()],
                "cells": [_text(cell) for cell in example.cells.values()],
                "by": distance(example),
            }
            for example in examples
        ],
    }


def _state(result: RequirementResult, report: CheckReport) -> tuple[str, str, str]:
    if report.fails(result):
        return "violated" if result.violations else "undecided", "✗", "bad"
    if warns(result, report):
        return "warning", "!", "warn"
    return "holds", "✓", "good"
