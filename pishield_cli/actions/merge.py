"""One report from those of a table's consecutive pieces."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from math import isnan

from pishield_cli.actions.check import require_rows
from pishield_cli.actions.check_report import (
    CheckReport,
    Example,
    NoCompletion,
    RequirementResult,
    allowed_rows,
)
from pishield_cli.actions.check_settings import CheckSettings


def merged(reports: Sequence[CheckReport], settings: CheckSettings) -> CheckReport:
    """The report of a table from those of its consecutive pieces.

    Args:
        reports: In the order of the rows; all of the same requirements, at least one.
        settings: What the table is checked by.

    Raises:
        TableError: If the table has no rows and must have some.
    """
    rows = sum(report.rows for report in reports)
    if not settings.allow_empty:
        require_rows(reports[0].data, rows)
    return replace(
        reports[0],
        rows=rows,
        violating_rows=sum(report.violating_rows for report in reports),
        unknown_rows=sum(report.unknown_rows for report in reports),
        strict_rows=sum(report.strict_rows for report in reports),
        strict_unknown_rows=sum(report.strict_unknown_rows for report in reports),
        results=tuple(
            _merged([report.results[place] for report in reports], settings.show)
            for place in range(len(reports[0].results))
        ),
        allowed_rows=allowed_rows(settings.max_violations, rows),
        seconds=sum(report.seconds for report in reports),
        no_completion=_incomplete([report.no_completion for report in reports], settings.show),
    )


def _incomplete(found: Sequence[NoCompletion], show: int) -> NoCompletion:
    examples = chain.from_iterable(one.examples for one in found)
    firsts = (one.first for one in found if one.first is not None)
    return NoCompletion(
        sum(one.rows for one in found),
        sum(one.counting for one in found),
        next(firsts, None),
        tuple(examples)[:show],
    )


def _merged(results: Sequence[RequirementResult], show: int) -> RequirementResult:
    farthest = [result.worst for result in results if result.worst is not None]
    examples = list(chain.from_iterable(result.examples for result in results))
    violating = [one for one in examples if one.by is not None][:show]
    undecided = [one for one in examples if one.by is None][:show]
    firsts = (one.first_undecided for one in results if one.first_undecided is not None)
    return RequirementResult(
        requirement=results[0].requirement,
        violations=sum(result.violations for result in results),
        unknown=sum(result.unknown for result in results),
        # The first of equals.
        worst=max(farthest, key=_farthest, default=None),
        examples=(*violating, *undecided),
        first_undecided=next(firsts, None),
    )


def _farthest(example: Example) -> float:
    """How far a worst row is, one that no number tells of nearest."""
    return 0.0 if example.by is None or isnan(example.by) else example.by
