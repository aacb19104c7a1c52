"""The report of `suggest` as JSON."""

from typing import Any

from pishield_cli.actions.suggest_report import Suggestion, SuggestReport
from pishield_cli.cli.render.strict_json import report_json


def render_json(report: SuggestReport) -> str:
    """Strict JSON, keys in a fixed order."""
    settings = report.settings
    content = {
        "data": report.data,
        "rows": report.rows,
        "searched": report.searched,
        "columns": list(report.columns),
        "options": {
            "exceptions": settings.exceptions,
            "keep_exceptions": settings.keep_exceptions,
            "kinds": sorted(settings.kinds),
            "max": settings.most,
            "chance": settings.chance,
            "sample": settings.sample,
            "seed": settings.seed,
            "seconds": settings.seconds,
        },
        "seconds": report.seconds,
        "complete": not report.not_tried,
        "integers": list(report.integers),
        "booleans": list(report.booleans),
        "decimals": {str(places): list(names) for places, names in report.decimals.items()},
        "given": settings.given,
        "contradicted": [
            {
                "requirement": one.title,
                "text": one.text,
                "violations": one.violations,
                "rows": list(one.rows),
            }
            for one in report.contradicted
        ],
        "rules": [_rule(one) for one in report.suggestions],
        "dropped": {"implied": report.implied, "over_max": report.over_most},
        "not_tried": list(report.not_tried),
    }
    return report_json("suggest", content)


def _rule(one: Suggestion) -> dict[str, Any]:
    evidence = one.rule.evidence
    return {
        "label": one.label,
        "kind": one.rule.kind.value,
        "text": one.text,
        "status": one.status.value,
        "columns": list(one.rule.columns),
        "at_risk": one.at_risk,
        "near": evidence.near,
        "exceptions": one.exceptions,
        "rows": list(one.rows),
        "expected": evidence.expected,
        "log10_chance": evidence.tail,
        "holds_at_least": one.holds_at_least,
        "closest": [{"row": row, "slack": slack} for row, slack in one.closest],
        "by_analogy": one.rule.by_analogy,
    }
