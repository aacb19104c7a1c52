"""Errors in the format that was asked for, beside the message on standard error."""

import contextlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from pishield_cli import placed
from pishield_cli.cli.formats import Format


def errors_as_asked(*, report: bool) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Let a command that was asked for JSON write its errors as JSON, then raise them.

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
                if given.get("form") is Format.JSON:
                    _write(error, given.get("output"), report=report)
                raise

        return run

    return decorate


def _write(error: Exception, output: str | None, *, report: bool) -> None:
    from pishield_cli.cli.output import open_report
    from pishield_cli.cli.problems import problems_of
    from pishield_cli.cli.render.check_json import error_content
    from pishield_cli.cli.render.strict_json import report_json

    if not report and output == "-":
        return
    # The error itself is raised next; a second one about its report would hide it.
    with contextlib.suppress(Exception), open_report(output if report else None) as place:
        place.write(report_json("error", error_content(problems_of(error))), utf8=True)
    if output is not None and report:
        placed.start_over()  # the report of an error is no result
