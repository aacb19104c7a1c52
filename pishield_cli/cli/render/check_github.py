"""The report of `check` as workflow annotations of GitHub Actions."""

from collections.abc import Sequence

from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.cli.problems import Problem
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.render.figures import (
    NO_COMPLETION,
    example_line,
    finding,
    incomplete_finding,
    incomplete_line,
    verdict,
    warns,
)
from pishield_cli.cli.render.places import repository_path
from pishield_cli.cli.text import counted, one_line

MOST = 10
"""Annotations of a level that GitHub shows of one step."""


def render_github(checked: Sequence[Checked]) -> str:
    """Annotations at the lines of the requirements files, then each table's verdict.

    A requirement that keeps its table from passing is an error, another violated one a warning;
    those violated most come first, and where a step shows no more of them, the last one says how
    many are left.
    """
    lines = []
    for one in checked:
        if one.report is None:
            lines += [_error(problem) for problem in one.problems[:MOST]]
            continue
        lines += _annotations(one.report)
        lines.append(verdict(one.report) if one.name is None else _named(one, one.report))
    return "\n".join(lines)


def _named(one: Checked, report: CheckReport) -> str:
    return f"{one_line(one.title)}: {verdict(report)}"


def _annotations(report: CheckReport) -> list[str]:
    ordered = sorted(report.results, key=lambda result: (-result.violations, -result.unknown))
    errors = [one for one in ordered if report.fails(one)]
    warnings = [one for one in ordered if warns(one, report)]
    return [
        *_no_completion(report),
        *_level("error", errors, report),
        *_level("warning", warnings, report),
    ]


def _no_completion(report: CheckReport) -> list[str]:
    found = report.no_completion
    if not found.rows:
        return []
    place = {
        "file": repository_path(report.requirements_file),
        "title": NO_COMPLETION.capitalize(),
    }
    message = [incomplete_finding(report), *map(incomplete_line, found.examples)]
    level = "error" if report.lacks_completions else "warning"
    return [command(level, place, "\n".join(message))]


def _level(level: str, results: Sequence[RequirementResult], report: CheckReport) -> list[str]:
    shown = results if len(results) <= MOST else results[: MOST - 1]
    lines = [_annotation(level, result, report) for result in shown]
    left = len(results) - len(shown)
    if left:
        place = {"file": repository_path(report.requirements_file)}
        text = f"{counted(left, 'more requirement')} violated; the log of this step lists them all"
        lines.append(command(level, place, text))
        lines += [
            f"{one_line(result.requirement.title)}: {finding(result, report)}"
            for result in results[len(shown) :]
        ]
    return lines


def _annotation(level: str, result: RequirementResult, report: CheckReport) -> str:
    requirement = result.requirement
    place = {
        "file": repository_path(report.requirements_file),
        "line": str(requirement.span.line),
        "title": one_line(f"Requirement {requirement.title}"),
    }
    message = [
        f"{one_line(requirement.text)}: {finding(result, report)}",
        *(example_line(one) for one in result.examples),
    ]
    return command(level, place, "\n".join(message))


def _error(problem: Problem) -> str:
    place = {"title": "pishield could not check this"}
    if problem.file is not None:
        place = {
            "file": repository_path(problem.file),
            "line": str(problem.line),
            "col": str(problem.column),
            "title": "Requirements that cannot be read",
        }
    return command("error", place, one_line(problem.sentence))


def command(level: str, place: dict[str, str], message: str) -> str:
    """A workflow command that annotates a place: its level, properties and message."""
    listed = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    return f"::{level} {listed}::{_message(message)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
