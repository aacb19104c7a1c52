"""The report of `inspect` as JSON."""

from fractions import Fraction
from typing import Any

from pishield_cli.actions.inspect import InspectReport
from pishield_cli.cli.render.strict_json import report_json
from pishield_cli.language import format_equation, format_formula, spelt_out, write_number
from pishield_cli.logic.solver.reasoner import Bounds


def render_json(report: InspectReport) -> str:
    """Strict JSON, keys in a fixed order.

    `satisfiable` is null where it was not decided, and `binding` without a table. A bound is a
    number, or where no double is near enough to it, its exact text.
    """
    analysis = report.analysis
    requirements = report.requirements
    domains = report.requirements.domains
    content = {
        "requirements_file": report.requirements_file,
        "data": report.data,
        "type": report.type.value,
        "today": requirements.today and requirements.today.isoformat(),
        "requirements": len(report.stated),
        "clauses": report.clauses,
        "literals": report.literals,
        "columns": list(dict.fromkeys(name for one in report.stated for name in one.shown)),
        "integers": sorted(requirements.integers),
        "booleans": sorted(requirements.booleans),
        "binding": None if report.names is None else dict(report.names),
        "by_position": sorted(report.positional),
        "ordering": None if requirements.ordering is None else list(requirements.ordering),
        "groups": [
            {
                "columns": list(map(shown, group.columns)),
                "requirements": list(group.numbers),
                "method": method,
            }
            for group, method in zip(
                report.groups, report.methods or (None,) * len(report.groups), strict=True
            )
        ],
        "satisfiable": analysis.satisfiable,
        "core": list(analysis.core),
        "redundant": list(analysis.redundant),
        "implied_by": {str(number): list(by) for number, by in analysis.implied.items()},
        "dead_literals": [
            {
                "requirement": one.number,
                "literal": format_formula(one.part, domains),
                "holds": "always" if one.always else "never",
            }
            for one in analysis.dead
            if not one.premise
        ],
        "dead_premises": [
            {
                "requirement": one.number,
                "premise": format_formula(one.part, domains),
            }
            for one in analysis.dead
            if one.premise
        ],
        "bounds": {shown(name): _bounds(one) for name, one in analysis.bounds.items()},
        "equalities": [format_equation(one) for one in analysis.equalities],
        "undecided": dict(report.undecided),
        "warnings": list(report.warnings),
    }
    return report_json("inspect", content)


def shown(name: str) -> str:
    """A column's name; of a derived one, what it is worked out by."""
    return spelt_out(name) or name


def _bounds(bounds: Bounds) -> dict[str, Any]:
    return {
        "lower": _number(bounds.lower),
        "upper": _number(bounds.upper),
        "lower_open": bounds.lower_open,
        "upper_open": bounds.upper_open,
    }


def _number(value: Fraction | None) -> int | float | str | None:
    if value is None:
        return None
    if value.denominator == 1 and abs(value) < 2**53:
        return int(value)
    try:
        near = float(value)
    except OverflowError:
        return write_number(value)
    return near or write_number(value)
