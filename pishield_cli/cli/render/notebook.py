"""Reports as a notebook shows them: a few lines of HTML that need no style of their own."""

from collections.abc import Iterable, Sequence
from html import escape

from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.actions.correct_report import CorrectReport
from pishield_cli.cli.render import correct
from pishield_cli.cli.render.figures import percent, verdict, violated_first, warns, worst_row
from pishield_cli.cli.text import counted, one_line, shortened

_MOST = 50
_LONGEST = 300


def check_fragment(report: CheckReport) -> str:
    """The verdict, and a table of the requirements, violated ones first; all content escaped."""
    ordered = violated_first(report)
    unknown = any(one.unknown for one in ordered)
    head = [
        "",
        "#",
        "requirement",
        "violations",
        "rate",
        *(["unknown"] if unknown else []),
        "worst row",
    ]
    rows = [_requirement(one, report, unknown=unknown) for one in ordered[:_MOST]]
    left = len(ordered) - _MOST
    more = f"<p>and {counted(left, 'more requirement')}</p>" if left > 0 else ""
    return _verdict(verdict(report)) + _table(head, rows) + more


def correct_fragment(report: CorrectReport) -> str:
    """The verdict, and a table of the columns that changed; all content escaped."""
    rows = [
        [
            _code(name),
            f"{one.changed:,}",
            f"{one.mean_abs_change:.4g}",
            f"{one.max_abs_change:.4g}",
        ]
        for name, one in report.columns.items()
    ]
    line = f"<p>{escape(correct.totals(report))}</p>"
    table = _table(["column", "changed", "mean change", "largest change"], rows) if rows else ""
    return _verdict(correct.outcome(report)) + line + table


def _requirement(result: RequirementResult, report: CheckReport, *, unknown: bool) -> Sequence[str]:
    requirement = result.requirement
    label = f"<b>{escape(_short(requirement.label))}</b><br>" if requirement.label else ""
    mark = "✗" if report.fails(result) else "!" if warns(result, report) else "✓"
    return [
        mark,
        str(requirement.number),
        label + _code(requirement.text),
        f"{result.violations:,}",
        percent(result.violations, report.rows),
        *([f"{result.unknown:,}"] if unknown else []),
        escape(worst_row(result, report)),
    ]


def _verdict(text: str) -> str:
    return f"<p><b>{escape(' '.join(text.split()))}</b></p>"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def _code(text: str) -> str:
    return f"<code>{escape(_short(text))}</code>"


def _short(text: str) -> str:
    return shortened(one_line(text), _LONGEST)
