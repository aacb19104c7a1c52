"""How many published requirements the suggestions entail, by the project's own reasoner."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.suggest.tables import Known
from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import (
    Status,
    Suggestion,
    SuggestReport,
    SuggestSettings,
)
from pishield_cli.language import parse_requirements, read_binding, written_name
from pishield_cli.logic.requirements import Requirement, RequirementType
from pishield_cli.logic.solver.entailment import entailed
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.tables import open_table


def entailed_numbers(
    report: SuggestReport, suggestions: Sequence[Suggestion], published: str
) -> tuple[list[int], int]:
    """Numbers of the published requirements that suggestions entail, and how many there are.

    Of labels, each clause counts: `red or green -> traffic_light` is two.
    """
    requirements = read_binding(published, report.columns).requirements
    wanted = requirements.requirements
    if requirements.type is RequirementType.PROPOSITIONAL:
        wanted = _clauses(wanted)
    headers = [
        f"{word} {' '.join(map(written_name, names))}"
        for word, names in (("integer", report.integers), ("boolean", report.booleans))
        if names
    ]
    given = parse_requirements("\n".join([*headers, *(one.text for one in suggestions)]))
    found = entailed(given, wanted, limits=Limits.within(60))
    return sorted(found), len(wanted)


def _clauses(requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """A requirement for each clause, numbered from 1."""
    clauses = [replace(one, clauses=(each,)) for one in requirements for each in one.clauses]
    return tuple(replace(one, number=number) for number, one in enumerate(clauses, 1))


SAMPLE_EXCEPTIONS = {"housing": 0.03, "loans": 0.03, "scenes": 0.02}


def figures(known: Sequence[Known], samples: Path) -> Iterator[str]:
    """How many published requirements suggestions entail, for each table."""
    yield "| table | entailed, all sections | active alone, no exceptions | active in the file |"
    yield "| --- | --- | --- | --- |"
    for one in known:
        every = suggest(one.reader)
        exact = suggest(one.reader, SuggestSettings(exceptions=0.0))
        found, count = entailed_numbers(every, every.suggestions, one.published)
        strict, _ = entailed_numbers(exact, exact.of(Status.ACTIVE), one.published)
        active = len(every.of(Status.ACTIVE))
        yield f"| {one.name} | {len(found)}/{count} | {len(strict)} | {active} |"
    for name, share in SAMPLE_EXCEPTIONS.items():
        how = SuggestSettings(exceptions=share)
        report = suggest(open_table(str(samples / f"{name}.csv")), how)
        published = str(samples / f"{name}.txt")
        found, count = entailed_numbers(report, report.suggestions, published)
        told, types = _types(report, published)
        yield f"| {name} ({share:.0%}) | {len(found) + told}/{count + types} | | |"


def _types(report: SuggestReport, published: str) -> tuple[bool, bool]:
    """Whether the types that a file declares are found, and whether it declares any."""
    wanted = read_binding(published, report.columns).requirements
    integers = wanted.integers <= set(report.integers) | set(report.booleans)
    declared = bool(wanted.integers | wanted.booleans)
    return declared and integers and wanted.booleans <= set(report.booleans), declared
