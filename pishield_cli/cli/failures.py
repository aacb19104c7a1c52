"""Errors in the format that was asked for, beside the message on standard error."""

import contextlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from pishield_cli import placed
from pishield_cli.cli.formats import InspectFormat

if TYPE_CHECKING:
    from pishield_cli.cli.problems import Finding


def errors_as_asked(*, report: bool) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Let a command write its errors in the format that machines read, if asked for, then raise.

    Args:
        report: Whether the command's `--output` takes the report. Otherwise the report goes to
            standard output, unless `--output -` puts a table there.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def run(*arguments: Any, **given: Any) -> int:
            try:
                return command(*arguments, **given)
            except BrokenPipeError:
                raise
            except Exception as error:
                if (write := _WRITERS.get(str(given.get("form")))) is not None:
                    _write(error, write, given.get("output"), report=report)
                raise

        return run

    return decorate


def _json(problems: tuple["Finding", ...]) -> str:
    from pishield_cli.cli.render.check_json import error_content
    from pishield_cli.cli.render.strict_json import report_json

    return report_json("error", error_content(problems))


def _github(problems: tuple["Finding", ...]) -> str:
    from pishield_cli.cli.render.check_github import render_github
    from pishield_cli.cli.render.checked import Checked

    return render_github([Checked("", "", problems=problems)])


def _sarif(problems: tuple["Finding", ...]) -> str:
    from pishield_cli.cli.render.check_sarif import render_sarif
    from pishield_cli.cli.render.checked import Checked

    return render_sarif([Checked("", "", problems=problems)])


_Writer = Callable[[tuple["Finding", ...]], str]
_WRITERS: Mapping[str, _Writer] = {
    InspectFormat.JSON: _json,
    InspectFormat.GITHUB: _github,
    InspectFormat.SARIF: _sarif,
}


def _write(error: Exception, write: _Writer, output: str | None, *, report: bool) -> None:
    from pishield_cli.cli.output import open_report
    from pishield_cli.cli.problems import problems_of

    if not report and output == "-":
        return
    # The error itself is raised next; a second one about its report would hide it.
    with contextlib.suppress(Exception), open_report(output if report else None) as place:
        place.write(write(problems_of(error)), utf8=True)
    if output is not None and report:
        placed.start_over()  # the report of an error is no result
