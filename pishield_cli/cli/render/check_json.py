"""The report of `check` as JSON."""

from typing import Any

from pishield_cli import __version__
from pishield_cli.actions.check import CheckReport, Example, RequirementResult
from pishield_cli.cli.render.strict_json import strict_json


def render_json(report: CheckReport) -> str:
    """Strict JSON, keys in a fixed order.

    `rows` of a requirement lists its first violating rows, as many as `--show` asks for; `by` is
    null where the distance is not finite.
    """
    content = {
        "tool": "pishield",
        "version": __version__,
        "data": report.data,
        "requirements_file": report.requirements_file,
        "type": report.type.value,
        "tolerance": report.tolerance,
        "rows": report.rows,
        "violating_rows": report.violating_rows,
        "unknown_rows": report.unknown_rows,
        "holds": report.holds,
        "requirements": [_requirement(result, report.rows) for result in report.results],
        "allowed_rows": report.allowed_rows,
        "fails_on_unknown": report.fails_on_unknown,
    }
    return strict_json(content)


def _requirement(result: RequirementResult, rows: int) -> dict[str, Any]:
    requirement = result.requirement
    return {
        "number": requirement.number,
        "line": requirement.span.line,
        "label": requirement.label,
        "text": requirement.text,
        "columns": list(requirement.variables),
        "violations": result.violations,
        "unknown": result.unknown,
        "rate": result.violations / rows if rows else 0.0,
        "worst": None if result.worst is None else _row(result.worst),
        "rows": [example.row for example in result.examples],
        "examples": [_row(example) | {"cells": example.cells} for example in result.examples],
    }


def _row(example: Example) -> dict[str, Any]:
    return {"row": example.row, "by": example.by}
