"""The report of `check` as JSON."""

from collections.abc import Sequence
from typing import Any

from pishield_cli.actions.check_report import (
    CheckReport,
    Example,
    Incomplete,
    RequirementResult,
    allowed_rows,
)
from pishield_cli.cli.problems import Finding
from pishield_cli.cli.render.checked import Checked, exit_code
from pishield_cli.cli.render.figures import warns
from pishield_cli.cli.render.strict_json import headed, report_json
from pishield_cli.finite_json import finite_json


def render_json(checked: Sequence[Checked]) -> str:
    """Strict JSON, keys in a fixed order: one table's report, or those of a project's tables.

    `rows` of a requirement lists its first violating rows, as many as `--show` asks for; `by` is
    null where the distance is not finite. A table that could not be checked has errors in place of
    a report.
    """
    if len(checked) == 1 and checked[0].name is None:
        return finite_json(_content(checked[0]))
    status = {0: True, 1: False}.get(exit_code(checked))
    tables = [{"name": one.name} | _content(one) for one in checked]
    return report_json("checks", {"holds": status, "tables": tables})


def error_content(problems: Sequence[Finding]) -> dict[str, Any]:
    """Errors as plain values."""
    return {
        "errors": [
            {
                "message": one.message,
                "hint": one.hint,
                "file": one.file,
                "line": one.line,
                "column": one.column,
            }
            for one in problems
        ]
    }


def _content(one: Checked) -> dict[str, Any]:
    if one.report is None:
        return headed("error", error_content(one.problems))
    return headed("check", _report(one.report))


def _report(report: CheckReport) -> dict[str, Any]:
    return {
        "data": report.data,
        "requirements_file": report.requirements_file,
        "type": report.type.value,
        "tolerance": report.tolerance.figure,
        "today": report.today and report.today.isoformat(),
        "rows": report.rows,
        "violating_rows": report.violating_rows,
        "unknown_rows": report.unknown_rows,
        "holds": report.holds,
        "requirements": [_requirement(result, report) for result in report.results],
        "allowed_rows": report.allowed_rows,
        "fails_on_unknown": report.fails_on_unknown,
        "no_completion": _no_completion(report),
    }


def _no_completion(report: CheckReport) -> dict[str, Any]:
    found = report.no_completion
    return {
        "rows": found.rows,
        "rate": found.rows / report.rows if report.rows else 0.0,
        "fails": report.lacks_completions,
        "examples": list(map(_incomplete, found.examples)),
    }


def _incomplete(example: Incomplete) -> dict[str, Any]:
    return {
        "row": example.row,
        "line": example.line,
        "key": example.key or None,
        "requirements": list(example.requirements),
        "cells": example.cells,
    }


def _requirement(result: RequirementResult, report: CheckReport) -> dict[str, Any]:
    requirement, rows = result.requirement, report.rows
    allowance = requirement.allowance
    return {
        "number": requirement.number,
        "line": requirement.span.line,
        "label": requirement.label,
        "text": requirement.text,
        "columns": list(requirement.shown),
        "severity": requirement.severity.value,
        "allowed": None if allowance is None else allowed_rows(allowance, report.rows),
        "fails": report.fails(result),
        "warns": warns(result, report),
        "violations": result.violations,
        "unknown": result.unknown,
        "rate": result.violations / rows if rows else 0.0,
        "worst": None if result.worst is None else _row(result.worst),
        "rows": [example.row for example in result.examples],
        "examples": [_row(example) | {"cells": example.cells} for example in result.examples],
    }


def _row(example: Example) -> dict[str, Any]:
    key = example.key or None
    return {"row": example.row, "line": example.line, "key": key, "by": example.by}
