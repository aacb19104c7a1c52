"""The report of `inspect` as SARIF 2.1.0, for code scanning."""

from typing import Any

from pishield_cli.actions.inspect import InspectReport
from pishield_cli.actions.inspect_notices import Notice, NoticeKind, notices
from pishield_cli.cli.render.check_sarif import document, place, run_of
from pishield_cli.cli.text import one_line


def render_sarif(report: InspectReport) -> str:
    """One run: a rule for each kind of notice, a result for each notice."""
    kinds = list(NoticeKind)
    run = run_of(successful=True)
    run["tool"]["driver"]["rules"] = [
        {"id": kind.value, "shortDescription": {"text": kind.meaning}} for kind in kinds
    ]
    run["results"] = [_result(one, kinds.index(one.kind), report) for one in notices(report)]
    return document([run])


def _result(notice: Notice, index: int, report: InspectReport) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": notice.kind.value,
        "ruleIndex": index,
        "level": "error" if notice.is_error else "warning",
        "message": {"text": one_line(notice.message)},
    }
    span = None if notice.requirement is None else notice.requirement.span
    line, column, end = (1, 1, 2) if span is None else (span.line, span.column, span.end_column)
    result["locations"] = [place(report.requirements_file, line, column, end)]
    return result
