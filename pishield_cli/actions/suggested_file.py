"""Suggestions as a requirements file: each with its evidence in a comment above it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from textwrap import wrap

from pishield_cli import __version__
from pishield_cli.actions.suggest_report import (
    LEAST_ROWS,
    Status,
    Suggestion,
    SuggestReport,
    declaring,
)
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.language import written_name

WIDTH = 100

OPENING = "# Suggested by pishield "
"""What a file that was written here begins with: only such a file is overwritten."""

_SECTIONS = (
    ((RuleKind.SUM, RuleKind.EQUAL), "sums and equalities"),
    ((RuleKind.ORDER,), "order"),
    ((RuleKind.IMPLIES, RuleKind.EXCLUSIVE), "one column decides another"),
    ((RuleKind.SET, RuleKind.RANGE, RuleKind.TYPE), "sets and ranges"),
    ((RuleKind.SCALE, RuleKind.BOUND), "scales and bounds"),
)
_BROKEN = "broken by a few rows: errors in the table, or no rule? (remove `#?` to keep)"
_CANDIDATES = "candidates: the evidence is weaker (remove `#?` to keep)"
_LINE_END = re.compile(r"\s*\\?\s*[\r\n]+\s*")


def file_text(report: SuggestReport) -> str:
    """The requirements file of a report, lines at most 100 wide where names allow."""
    lines = [*_heading(report), *_given(report), *_types(report)]
    for kinds, title in _SECTIONS:
        chosen = [one for one in report.of(Status.ACTIVE) if one.rule.kind in kinds]
        lines += _section(title, chosen, report)
    kept = report.settings.keep_exceptions
    if not report.of(Status.ACTIVE) and not (kept and report.of(Status.EXCEPTIONS)):
        lines += ["", "# -- nothing was found that holds in every row", "true"]
    lines += _section(_BROKEN, report.of(Status.EXCEPTIONS), report, hidden=not kept)
    lines += _section(_CANDIDATES, report.of(Status.CANDIDATE), report, hidden=True)
    if report.not_tried:
        lines += ["", *_comment(f"not tried: {', '.join(report.not_tried)}")]
    return "\n".join([*lines, *_texts(report)]) + "\n"


def _texts(report: SuggestReport) -> Iterator[str]:
    """What there is to say of columns of texts that no suggestion speaks of."""
    named = {name for one in report.suggestions for name in one.rule.columns}
    silent = {name: told for name, told in report.texts.items() if name not in named}
    if silent:
        yield ""
    for name, told in silent.items():
        yield from _comment(f"-- nothing found: {written_name(name)} ({told})")


def _heading(report: SuggestReport) -> Iterator[str]:
    name = PurePath(_LINE_END.sub(" ", report.data)).name or report.data
    rows, columns = _counted(report.rows, "row"), _counted(len(report.columns), "column")
    yield f"{OPENING}{__version__} from {name}: {rows}, {columns}. Strike out what is not meant."
    if report.rows < LEAST_ROWS:
        yield f"# With fewer than {LEAST_ROWS} rows, only what columns hold is told."
        return
    yield "# A rule without exceptions in n rows may still be broken by up to 3/n of new rows."
    if report.searched < report.rows:
        yield from _comment(
            f"Searched on {report.searched:,} rows (seed {report.settings.seed}), which tell what "
            "is expected and near; counted on all."
        )


def _given(report: SuggestReport) -> Iterator[str]:
    """What the table contradicts in the file that is given."""
    if report.settings.given is None:
        return
    name = PurePath(report.settings.given).name
    yield from _comment(f"What {name} implies is left out.")
    for one in report.contradicted:
        rows = ", ".join(f"{row:,}" for row in one.rows[:5])
        more = ", ..." if one.violations > 5 else ""
        yield from _comment(
            f"{name} [{one.title}] {one.text}: violated by {one.violations:,} of "
            f"{_counted(one.decided, 'row')}: {rows}{more}"
        )


def _types(report: SuggestReport) -> Iterator[str]:
    for word, names in declaring(report.integers, report.booleans, report.decimals).items():
        yield from wrap(
            " ".join([word, *map(written_name, names)]) if names else "",
            WIDTH - 2,
            break_long_words=False,
            break_on_hyphens=False,
            subsequent_indent=f"{word} ",
        )


def _section(
    title: str, suggestions: Sequence[Suggestion], report: SuggestReport, *, hidden: bool = False
) -> Iterator[str]:
    if not suggestions:
        return
    yield ""
    yield f"# -- {title}"
    for one in suggestions:
        told = evidence_text(one, report)
        if told:
            yield from _comment(told)
        yield from _statement(f"[{one.label}] {one.text}", "#? " if hidden else "")


def _statement(text: str, mark: str) -> Iterator[str]:
    """A requirement, folded at blanks outside names where it is long."""
    if len(mark + text) <= WIDTH:
        yield mark + text
        return
    pieces = re.findall(r"(?:`(?:[^`]|``)*`|\"[^\"]*\"|[^\s`\"])+", text)
    line = pieces[0]
    for piece in pieces[1:]:
        if len(mark) + len(line) + len(piece) + 3 > WIDTH:
            yield f"{mark}{line} \\"
            line = f"    {piece}"
        else:
            line = f"{line} {piece}"
    yield mark + line


def _comment(text: str) -> list[str]:
    return wrap(
        _LINE_END.sub(" ", text),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def evidence_text(one: Suggestion, report: SuggestReport) -> str:
    """What the table says of a suggestion, in one line."""
    evidence = one.rule.evidence
    told = [_at_risk(one)]
    if one.rule.crosses or one.exceptions:
        told.append(_exceptions(one))
    if evidence.expected is not None:
        scale = report.rows / max(1, report.searched)
        told.append(f"{round(evidence.expected * scale):,} expected by chance")
    if evidence.near is not None:
        told.append(f"{evidence.near:,} within 10 %")
    if evidence.note:
        told.append(evidence.note)
    if one.rule.by_analogy:
        told.append("by analogy: its columns are all zero")
    return "; ".join(part for part in told if part)


def _at_risk(one: Suggestion) -> str:
    rows = _counted(one.at_risk, "row")
    if one.rule.at_risk is None:
        return rows if one.rule.crosses or one.exceptions else ""
    return f"{rows} with {one.rule.at_risk.format(*map(written_name, one.rule.columns))}"


def _exceptions(one: Suggestion) -> str:
    if not one.exceptions:
        return "0 exceptions"
    listed = ", ".join(f"{row:,}" for row in one.rows[:5])
    more = ", ..." if one.exceptions > 5 else ""
    share = 100 * one.exceptions / max(1, one.at_risk)
    rows = "row" if one.exceptions == 1 else "rows"
    return f"{_counted(one.exceptions, 'exception')} ({share:.2g} %): {rows} {listed}{more}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
