"""How many planted rules are found, and whether the active ones are true."""

from collections.abc import Iterator

from benchmarks.suggest.planted import TRUTH, planted
from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status, Suggestion, SuggestReport
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.solver.entailment import entailed
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.tables.arrow.memory import MemoryReader

SETTINGS = ((5_000, 0.0), (5_000, 0.001), (5_000, 0.005), (400, 0.0))
SEEDS = 3

DOMAINS = """
boolean plan_a plan_b plan_c card returned minor licence smoker
vat >= 1
net >= 0
"""
"""What is true of the planted columns besides."""


def figures() -> Iterator[str]:
    """Recall and precision for each size and share of dirt."""
    yield ""
    yield "| planted | recall | true active rules across columns |"
    yield "| --- | --- | --- |"
    wanted = parse_requirements(TRUTH).requirements
    for rows, dirt in SETTINGS:
        found = true = rules = 0
        for seed in range(SEEDS):
            report = suggest(MemoryReader(planted(rows, seed, dirt)))
            found += len(entailed(_written(report), wanted, limits=Limits.within(30)))
            active = [one for one in report.of(Status.ACTIVE) if one.rule.crosses]
            true += _true(active)
            rules += len(active)
        recall = found / SEEDS / len(wanted)
        yield f"| {rows:,} rows, dirt {dirt:.1%} | {recall:.2f} | {true}/{rules} |"


def _written(report: SuggestReport) -> Requirements:
    headers = [
        f"{word} {' '.join(names)}"
        for word, names in (("integer", report.integers), ("boolean", report.booleans))
        if names
    ]
    texts = [one.text for one in report.suggestions]
    return parse_requirements("\n".join([*headers, *texts]), type=RequirementType.QFLRA)


def _true(active: list[Suggestion]) -> int:
    """How many suggestions follow from what was planted."""
    if not active:
        return 0
    truth = parse_requirements(TRUTH + DOMAINS, type=RequirementType.QFLRA)
    asked = parse_requirements(
        "\n".join(one.text for one in active), type=RequirementType.QFLRA
    ).requirements
    return len(entailed(truth, asked, limits=Limits.within(30)))
