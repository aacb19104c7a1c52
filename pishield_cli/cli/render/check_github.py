"""The report of `check` as workflow annotations of GitHub Actions."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.cli.problems import Finding
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


@dataclass(frozen=True, slots=True)
class _Note:
    """Something to annotate.

    Attributes:
        level: `error` or `warning`.
        weight: What comes first: errors that kept a table from being checked, then by the rows
            violated, then by those undecided.
        place: The annotation's properties.
        message: What it says.
        left: What the log says of it where there is no room for the annotation.
    """

    level: str
    weight: tuple[float, int]
    place: dict[str, str]
    message: str
    left: str


def render_github(checked: Sequence[Checked]) -> str:
    """Annotations at the lines of the requirements files, then each table's verdict.

    A requirement that keeps its table from passing is an error, another violated one a warning;
    over all tables those violated most come first, and where a step shows no more of them, the
    last one says how many are left.
    """
    notes = [note for one in checked for note in _notes(one)]
    lines = [line for level in ("error", "warning") for line in _level(level, notes)]
    for one in checked:
        if one.report is not None:
            told = verdict(one.report)
            lines.append(told if one.name is None else f"{one_line(one.title)}: {told}")
    return "\n".join(lines)


def _notes(one: Checked) -> Iterator[_Note]:
    report = one.report
    if report is None:
        yield from map(_problem, one.problems)
        return
    if report.no_completion.rows:
        yield _no_completion(report)
    for result in report.results:
        fails = report.fails(result)
        if fails or warns(result, report):
            yield _violated("error" if fails else "warning", result, report, one.name)


def _no_completion(report: CheckReport) -> _Note:
    found = report.no_completion
    place = {
        "file": repository_path(report.requirements_file),
        "title": NO_COMPLETION.capitalize(),
    }
    message = incomplete_finding(report)
    lines = [message, *map(incomplete_line, found.examples)]
    level = "error" if report.lacks_completions else "warning"
    return _Note(level, (math.inf, found.rows), place, "\n".join(lines), message)


def _violated(
    level: str, result: RequirementResult, report: CheckReport, table: str | None
) -> _Note:
    requirement = result.requirement
    of_table = "" if table is None else f" of {table}"
    place = {
        "file": repository_path(report.requirements_file),
        "line": str(requirement.span.line),
        "title": one_line(f"Requirement {requirement.title}{of_table}"),
    }
    told = finding(result, report)
    lines = [f"{one_line(requirement.text)}: {told}", *map(example_line, result.examples)]
    weight = (result.violations, result.unknown)
    left = f"{one_line(requirement.title)}{one_line(of_table)}: {told}"
    return _Note(level, weight, place, "\n".join(lines), left)


def _level(level: str, notes: Sequence[_Note]) -> list[str]:
    """The annotations of a level, and where there are too many the others as lines of the log."""
    some = [note for note in notes if note.level == level]
    ordered = sorted(some, key=lambda note: [-one for one in note.weight])
    shown = ordered if len(ordered) <= MOST else ordered[: MOST - 1]
    lines = [command(level, note.place, note.message) for note in shown]
    left = ordered[len(shown) :]
    if left:
        more = counted(len(left), "more requirement")
        text = f"{more} violated; the log of this step lists them all"
        lines.append(command(level, {"file": left[0].place.get("file", "")}, text))
        lines += [note.left for note in left]
    return lines


def _problem(problem: Finding) -> _Note:
    place = {"title": "pishield could not check this"}
    if problem.file is not None:
        place = {
            "file": repository_path(problem.file),
            "line": str(problem.line),
            "col": str(problem.column),
            "title": "Requirements that cannot be read",
        }
    message = one_line(problem.sentence)
    return _Note("error", (math.inf, 0), place, message, message)


def command(level: str, place: dict[str, str], message: str) -> str:
    """A workflow command that annotates a place: its level, properties and message."""
    listed = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    return f"::{level} {listed}::{_message(message)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
