"""The report of `check` as workflow annotations of GitHub Actions."""

from pishield_cli.actions.check import CheckReport, RequirementResult
from pishield_cli.cli.render.figures import example_line, fails, finding, verdict
from pishield_cli.cli.render.places import repository_path
from pishield_cli.cli.text import one_line


def render_github(report: CheckReport) -> str:
    """Annotations at the lines of the requirements file, then the verdict as a plain line.

    A requirement that keeps the table from passing is an error, another violated one a warning.
    """
    lines = [
        _annotation(result, report)
        for result in report.results
        if result.violations or fails(result, report)
    ]
    return "\n".join([*lines, verdict(report)])


def _annotation(result: RequirementResult, report: CheckReport) -> str:
    requirement = result.requirement
    level = "error" if fails(result, report) else "warning"
    properties = {
        "file": repository_path(report.requirements_file),
        "line": str(requirement.span.line),
        "title": one_line(f"Requirement {requirement.title}"),
    }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = [
        f"{one_line(requirement.text)}: {finding(result, report)}",
        *(example_line(one) for one in result.examples),
    ]
    return f"::{level} {listed}::{_message(chr(10).join(message))}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
