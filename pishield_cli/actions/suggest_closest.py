"""Find the rows that come closest to violating suggestions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pishield_cli.actions.suggest_counting import DeclaredTable
from pishield_cli.actions.suggest_report import Suggestion
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.kernels.suggestion.sampling import Sample
from pishield_cli.logic.domains import Date
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.terms import Clause, Inequality, Literal

SHOWN = 3
"""Rows that are told of a suggestion."""

MEASURED = frozenset({RuleKind.RANGE, RuleKind.ORDER, RuleKind.SCALE, RuleKind.BOUND})
"""Rules with a boundary that rows are more or less far from."""


def with_closest(
    suggestions: Sequence[Suggestion], table: DeclaredTable, sample: Sample
) -> tuple[Suggestion, ...]:
    """The suggestions, those with a boundary with the rows searched that are closest to it.

    Args:
        suggestions: The rules, in order.
        table: What the table's columns hold.
        sample: The rows searched.
    """
    places = [place for place, one in enumerate(suggestions) if one.rule.kind in MEASURED]
    if not places or not len(sample.rows):
        return tuple(suggestions)
    requirements = table.parsed([suggestions[place].text for place in places])
    columns = _columns(table, sample)
    found = list(suggestions)
    for place, requirement in zip(places, requirements.requirements, strict=False):
        slack = _slack(requirement, columns)
        if slack is not None:
            found[place] = replace(found[place], closest=_least(slack, sample.rows))
    return tuple(found)


def _columns(table: DeclaredTable, sample: Sample) -> Mapping[str, Array]:
    """The cells as requirements count them: dates in the units of their column."""
    domains = table.reader.domains(dict.fromkeys(sample.names, frozenset()))
    cells = {}
    for name, values in zip(sample.names, sample.values.T, strict=True):
        domain = domains.get(name)
        cells[name] = values * domain.per_day if isinstance(domain, Date) else values
    return {name: values for name, values in cells.items() if not sample.levels.get(name)}


def _slack(requirement: Requirement, columns: Mapping[str, Array]) -> Array | None:
    """How far each row is from violating a requirement; NaN where it does not speak of the row.

    Returns:
        Shape `(rows,)`, in the requirement's own units; None if it is not about sums alone.
    """
    parts = [_clause_slack(clause, columns) for clause in requirement.clauses]
    known = [one for one in parts if one is not None]
    if not known or len(known) < len(parts):
        return None
    slack: Array = np.minimum.reduce(known)
    return slack


def _clause_slack(clause: Clause, columns: Mapping[str, Array]) -> Array | None:
    """The same of a clause: its last literal's, in the rows where no other one holds."""
    *conditions, conclusion = clause.literals
    if not isinstance(conclusion, Inequality) or not _are_known(clause.literals, columns):
        return None
    slack = _excess(conclusion, columns)
    for one in conditions:
        inequality = one.as_inequality()
        excess = _excess(inequality, columns)
        holds = excess > 0 if inequality.strict else excess >= 0
        slack = np.where(holds, np.nan, slack)
    return slack


def _are_known(literals: Sequence[Literal], columns: Mapping[str, Array]) -> bool:
    return all(name in columns for one in literals for name in one.variables)


def _excess(inequality: Inequality, columns: Mapping[str, Array]) -> Array:
    total = sum(float(coefficient) * columns[name] for name, coefficient in inequality.terms)
    excess: Array = np.asarray(total) - float(inequality.constant)
    return excess


def _least(slack: Array, rows: Array) -> tuple[tuple[int, float], ...]:
    """The rows that hold with the least slack, the first of equals."""
    inside = np.flatnonzero(slack >= 0)
    order = inside[np.lexsort((rows[inside], slack[inside]))[:SHOWN]]
    return tuple((int(rows[at]), float(f"{slack[at]:.12g}")) for at in order)
