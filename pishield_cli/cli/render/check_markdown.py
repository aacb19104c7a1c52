"""The report of `check` as Markdown, for a job summary or a comment."""

import re
from collections.abc import Sequence

from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.render.figures import (
    NO_COMPLETION,
    incomplete_row,
    percent,
    tolerance,
    verdict,
    violated_first,
    worst_row,
)
from pishield_cli.cli.text import day, one_line


def render_markdown(checked: Sequence[Checked]) -> str:
    """For each table the verdict and one line for each requirement, violated ones first."""
    return "\n\n".join("\n".join(_section(one)) for one in checked)


def _section(one: Checked) -> list[str]:
    heading = [] if one.name is None else [f"### {_code(one.name)}", ""]
    if one.report is None:
        problems = [f"- {_code(problem.sentence)}" for problem in one.problems]
        return [*heading, f"**ERROR** {_code(one.data)} could not be checked", "", *problems]
    report = one.report
    word, _, sentence = verdict(report).partition(" ")
    return [
        *heading,
        f"**{word}** {sentence.strip()}",
        "",
        "| # | label | requirement | violations | rate | unknown | worst row |",
        "| --: | :-- | :-- | --: | --: | --: | :-- |",
        *(_line(result, report) for result in violated_first(report)),
        *_no_completion(report),
        "",
        _source(report),
    ]


def _source(report: CheckReport) -> str:
    return (
        f"Data {_code(report.data)}, requirements {_code(report.requirements_file)}, "
        f"type {report.type.value}, tolerance {tolerance(report)}{day(report.today)}."
    )


def _line(result: RequirementResult, report: CheckReport) -> str:
    requirement = result.requirement
    entries = [
        str(requirement.number),
        _code(requirement.label) if requirement.label is not None else "",
        _code(requirement.text),
        f"{result.violations:,}",
        percent(result.violations, report.rows),
        f"{result.unknown:,}",
        worst_row(result, report),
    ]
    return f"| {' | '.join(entries)} |"


def _no_completion(report: CheckReport) -> list[str]:
    found = report.no_completion
    if not found.rows:
        return []
    rate, first = percent(found.rows, report.rows), incomplete_row(report)
    return [f"|  |  | {NO_COMPLETION} of missing cells | {found.rows:,} | {rate} |  | {first} |"]


def _code(text: str) -> str:
    """The text as a code span that may stand in a table."""
    line = one_line(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
