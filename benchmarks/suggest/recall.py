"""How many published requirements the suggestions entail, by the project's own reasoner."""

from collections.abc import Sequence

from pishield_cli.actions.suggest_report import Suggestion, SuggestReport
from pishield_cli.language import parse_requirements, read_binding, written_name
from pishield_cli.logic.solver.entailment import entailed
from pishield_cli.logic.solver.limits import Limits


def entailed_numbers(
    report: SuggestReport, suggestions: Sequence[Suggestion], published: str
) -> tuple[list[int], int]:
    """Numbers of the published requirements that suggestions entail, and how many there are."""
    wanted = read_binding(published, report.columns).requirements
    headers = [
        f"{word} {' '.join(map(written_name, names))}"
        for word, names in (("integer", report.integers), ("boolean", report.booleans))
        if names
    ]
    given = parse_requirements("\n".join([*headers, *(one.text for one in suggestions)]))
    found = entailed(given, wanted.requirements, limits=Limits.within(60))
    return sorted(found), len(wanted.requirements)
