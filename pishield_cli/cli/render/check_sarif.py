"""The report of `check` as SARIF 2.1.0, for code scanning."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pishield_cli import __version__
from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.cli.problems import Finding
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.render.figures import (
    NO_COMPLETION,
    example_line,
    finding,
    identities,
    incomplete_finding,
    incomplete_line,
    warns,
)
from pishield_cli.cli.render.places import repository_path
from pishield_cli.cli.text import one_line
from pishield_cli.finite_json import finite_json
from pishield_cli.logic.requirements import Requirement

_RULE = f"({NO_COMPLETION})"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(checked: Sequence[Checked]) -> str:
    """A run for each table: a rule for each requirement, a result for each that is not satisfied.

    A result that keeps its table from passing is an error, another one a warning. Rules are named
    by labels, or where there are none by texts, so that a requirement put before others renames
    none. A table that could not be checked is a run that was not successful.
    """
    return document([_run(one) for one in checked])


def document(runs: Sequence[dict[str, Any]]) -> str:
    """A SARIF file of some runs."""
    return finite_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs})


def run_of(*, successful: bool) -> dict[str, Any]:
    """A run of this tool, its rules and results still to be filled in."""
    return {
        "tool": {"driver": {"name": "pishield", "version": __version__}},
        "invocations": [{"executionSuccessful": successful}],
        "columnKind": "unicodeCodePoints",
    }


def _run(one: Checked) -> dict[str, Any]:
    run = run_of(successful=one.report is not None)
    if one.name is not None:
        # Code hosts take several runs of a tool only where these differ.
        run["automationDetails"] = {"id": f"pishield/{one.name}/"}
    if one.report is None:
        notes = [_notification(problem) for problem in one.problems]
        run["invocations"][0]["toolExecutionNotifications"] = notes
        return run | {"results": []}
    report = one.report
    names = identities([result.requirement for result in report.results])
    run["tool"]["driver"]["rules"] = [
        _rule(result.requirement, name) for result, name in zip(report.results, names, strict=True)
    ]
    run["results"] = [
        _result(index, result, names[index], report)
        for index, result in enumerate(report.results)
        if report.fails(result) or warns(result, report)
    ]
    if report.no_completion.rows:
        rules = run["tool"]["driver"]["rules"]
        run["results"].append(_no_completion(len(rules), report))
        text = "The missing cells of a row can be filled so that every requirement holds."
        rules.append({"id": _RULE, "shortDescription": {"text": text}})
    return run


def _no_completion(index: int, report: CheckReport) -> dict[str, Any]:
    """A result for rows without completion, at the first requirement that the first one names."""
    found = report.no_completion
    numbers = () if found.first is None else found.first.requirements
    spans = [one.requirement.span for one in report.results if one.requirement.number in numbers]
    span = spans[0] if spans else report.results[0].requirement.span
    message = [f"{incomplete_finding(report)}.", *map(incomplete_line, found.examples)]
    return {
        "ruleId": _RULE,
        "ruleIndex": index,
        "kind": "fail",
        "level": "error" if report.lacks_completions else "warning",
        "message": {"text": "\n".join(message)},
        "locations": [place(report.requirements_file, span.line, span.column, span.end_column)],
        "partialFingerprints": {"requirement/v1": _RULE},
        "properties": {"violations": found.rows, "rows": report.rows},
    }


def _rule(requirement: Requirement, name: str) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": one_line(requirement.text) or name},
    }
    if requirement.label:
        rule["name"] = one_line(requirement.label)
    return rule


def _result(
    index: int, result: RequirementResult, name: str, report: CheckReport
) -> dict[str, Any]:
    requirement = result.requirement
    span = requirement.span
    message = [
        f"{one_line(requirement.text)}: {finding(result, report)}.",
        *(example_line(one) for one in result.examples),
    ]
    return {
        "ruleId": name,
        "ruleIndex": index,
        "kind": "fail",
        "level": "error" if report.fails(result) else "warning",
        "message": {"text": "\n".join(message)},
        "locations": [place(report.requirements_file, span.line, span.column, span.end_column)],
        "partialFingerprints": {"requirement/v1": name},
        "properties": {
            "violations": result.violations,
            "unknown": result.unknown,
            "rows": report.rows,
        },
    }


def _notification(problem: Finding) -> dict[str, Any]:
    note: dict[str, Any] = {"level": "error", "message": {"text": one_line(problem.sentence)}}
    if problem.file is not None and problem.line is not None:
        column = problem.column or 1
        end = problem.end_column or column + 1
        note["locations"] = [place(problem.file, problem.line, column, end)]
    return note


def place(file: str, line: int, column: int, end: int) -> dict[str, Any]:
    """A place in a file, as a location."""
    region = {"startLine": line, "startColumn": column, "endColumn": max(end, column + 1)}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": region}}


def _uri(path: str) -> str:
    path = repository_path(path)
    if Path(path).is_absolute():
        return Path(path).as_uri()
    return quote(Path(path).as_posix(), errors="backslashreplace")
