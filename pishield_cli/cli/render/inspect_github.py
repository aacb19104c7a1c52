"""The report of `inspect` as workflow annotations of GitHub Actions."""

from pishield_cli.actions.inspect import InspectReport, verdict
from pishield_cli.actions.inspect_notices import Notice, notices
from pishield_cli.cli.render.check_github import MOST, command
from pishield_cli.cli.render.places import repository_path
from pishield_cli.cli.text import counted, one_line


def render_github(report: InspectReport) -> str:
    """Annotations at the lines of the requirements file, contradictions first, then the verdict."""
    found = notices(report)
    lines: list[str] = []
    for level in ("error", "warning"):
        listed = [one for one in found if one.is_error == (level == "error")]
        shown = listed if len(listed) <= MOST else listed[: MOST - 1]
        lines += [_annotation(level, one, report) for one in shown]
        if left := len(listed) - len(shown):
            place = {"file": repository_path(report.requirements_file)}
            lines.append(command(level, place, f"{counted(left, 'more notice')} in the log"))
            lines += [one_line(one.message) for one in listed[len(shown) :]]
    return "\n".join([*lines, verdict(report)])


def _annotation(level: str, notice: Notice, report: InspectReport) -> str:
    place = {"file": repository_path(report.requirements_file)}
    if notice.requirement is not None:
        place["line"] = str(notice.requirement.span.line)
        place["title"] = one_line(f"Requirement {notice.requirement.title}")
    return command(level, place, one_line(notice.message))
