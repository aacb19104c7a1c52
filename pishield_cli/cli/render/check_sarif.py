"""The report of `check` as SARIF 2.1.0, for code scanning."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from pishield_cli import __version__
from pishield_cli.actions.check import CheckReport, RequirementResult
from pishield_cli.cli.render.figures import example_line, fails, finding
from pishield_cli.cli.render.places import repository_path
from pishield_cli.cli.render.strict_json import strict_json
from pishield_cli.cli.text import one_line
from pishield_cli.logic.requirements import Requirement

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(report: CheckReport) -> str:
    """One rule a requirement, and one result for each that is not satisfied, at its place.

    A result that keeps the table from passing is an error, another one a warning.
    """
    run = {
        "tool": {
            "driver": {
                "name": "pishield",
                "version": __version__,
                "rules": [_rule(result.requirement) for result in report.results],
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(index, result, report)
            for index, result in enumerate(report.results)
            if result.violations or fails(result, report)
        ],
    }
    content = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return strict_json(content)


def _rule(requirement: Requirement) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": _rule_id(requirement),
        "shortDescription": {"text": one_line(requirement.text) or _rule_id(requirement)},
    }
    if requirement.label:
        rule["name"] = one_line(requirement.label)
    return rule


def _rule_id(requirement: Requirement) -> str:
    # numbers, not labels: two requirements may share a label, and rule ids are distinct
    return f"requirement-{requirement.number}"


def _result(index: int, result: RequirementResult, report: CheckReport) -> dict[str, Any]:
    requirement = result.requirement
    span = requirement.span
    message = [
        f"{one_line(requirement.text)}: {finding(result, report)}.",
        *(example_line(one) for one in result.examples),
    ]
    return {
        "ruleId": _rule_id(requirement),
        "ruleIndex": index,
        "kind": "fail",
        "level": "error" if fails(result, report) else "warning",
        "message": {"text": "\n".join(message)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(report.requirements_file)},
                    "region": {
                        "startLine": span.line,
                        "startColumn": span.column,
                        "endColumn": max(span.end_column, span.column + 1),
                    },
                }
            }
        ],
        "properties": {
            "violations": result.violations,
            "unknown": result.unknown,
            "rows": report.rows,
        },
    }


def _uri(path: str) -> str:
    place = repository_path(path)
    if Path(place).is_absolute():
        return Path(place).as_uri()
    return quote(Path(place).as_posix(), errors="backslashreplace")
