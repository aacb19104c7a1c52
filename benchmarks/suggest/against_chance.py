"""Whether rules hold on rows that they were not found on, and on tables that have none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.suggest.tables import Known, copula, halves, shuffled
from pishield_cli.actions.check import check
from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status, Suggestion, SuggestReport, SuggestSettings
from pishield_cli.language import parse_requirements
from pishield_cli.tables.arrow.memory import MemoryReader

LARGEST = 200
"""Columns of a table at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """How rules across columns that were found on one half do on the other.

    Attributes:
        rules: How many there are.
        broken: How many of them any row violates.
        flagged: The share of rows that violate one.
    """

    rules: int
    broken: int
    flagged: float


def held_out(known: Known, seed: int) -> Held:
    """Suggest on one half of a table, and check on the other: Deequ's holdout."""
    first, second = halves(known.table, seed)
    report = suggest(MemoryReader(first), SuggestSettings(exceptions=0.0))
    rules = _across(report)
    if not rules:
        return Held(0, 0, 0.0)
    requirements = parse_requirements("\n".join(one.text for one in rules))
    found = check(MemoryReader(second), requirements, requirements_file="")
    broken = sum(one.violations > 0 for one in found.results)
    return Held(len(rules), broken, found.violating_rows / found.rows)


def _across(report: SuggestReport) -> list[Suggestion]:
    return [one for one in report.of(Status.ACTIVE) if one.rule.crosses]


def figures(known: Sequence[Known], seeds: int) -> Iterator[str]:
    """Rules across columns: on the other half, on shuffled tables, and on copulas."""
    tables = [one for one in known if one.table.num_columns <= LARGEST]
    if not tables:
        return
    yield ""
    yield (
        "| table | broken by the other half | rows flagged | shuffled, all sections | "
        "copula, active | copula, all |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in tables:
        halved = [held_out(one, seed) for seed in range(2)]
        broken, rules = sum(each.broken for each in halved), sum(each.rules for each in halved)
        independent = sum(
            each.rule.crosses
            for seed in range(seeds)
            for each in suggest(MemoryReader(shuffled(one.table, seed))).suggestions
        )
        correlated = suggest(MemoryReader(copula(one.table, 0)))
        crossing = sum(each.rule.crosses for each in correlated.suggestions)
        flagged = max(each.flagged for each in halved)
        yield (
            f"| {one.name} | {broken}/{rules} | {flagged:.2%} | {independent} | "
            f"{len(_across(correlated))} | {crossing} |"
        )
