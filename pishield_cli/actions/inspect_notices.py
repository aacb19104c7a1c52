"""What is to be looked at in a requirements file: contradictions, what is implied, slips."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pishield_cli.actions.inspect import InspectReport
from pishield_cli.language import format_formula
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.solver.dead_parts import DeadPart


class NoticeKind(StrEnum):
    """What a notice is about."""

    CONTRADICTION = "contradiction"
    IMPLIED = "implied"
    DEAD_PART = "dead-part"
    WARNING = "warning"

    @property
    def meaning(self) -> str:
        """What notices of this kind say."""
        return _MEANINGS[self]


_MEANINGS = {
    NoticeKind.CONTRADICTION: "The requirement contradicts others.",
    NoticeKind.IMPLIED: "Other requirements imply this one.",
    NoticeKind.DEAD_PART: "A part of the requirement never or always holds.",
    NoticeKind.WARNING: "Something is likely a slip.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at.

    Attributes:
        kind: What it is about.
        message: One sentence.
        requirement: Where it is; None for what is about the whole file.
    """

    kind: NoticeKind
    message: str
    requirement: Requirement | None = None

    @property
    def is_error(self) -> bool:
        return self.kind is NoticeKind.CONTRADICTION


def notices(report: InspectReport) -> tuple[Notice, ...]:
    """All that there is to look at: contradictions, then what is implied or dead, then slips."""
    numbered = {one.number: one for one in report.requirements.requirements}
    analysis = report.analysis
    core = ", ".join(map(str, analysis.core))
    return (
        *(
            Notice(NoticeKind.CONTRADICTION, f"Requirements {core} contradict each other.", one)
            for one in report.core
        ),
        *(
            Notice(NoticeKind.IMPLIED, implied_text(number, by), numbered[number])
            for number, by in analysis.implied.items()
        ),
        *(
            Notice(NoticeKind.DEAD_PART, f"{text}.", numbered[one.number])
            for one in analysis.dead
            for text in [dead_part_text(one, report.requirements)]
        ),
        *(Notice(NoticeKind.WARNING, text) for text in report.warnings),
    )


def implied_text(number: int, by: Sequence[int]) -> str:
    """By which others a requirement is implied, in one sentence."""
    if not by:
        return f"Requirement {number} always holds."
    plural = "" if len(by) == 1 else "s"
    return f"Requirement {number} is implied by requirement{plural} {', '.join(map(str, by))}."


def dead_part_text(dead: DeadPart, requirements: Requirements) -> str:
    """What is the matter with a part of a requirement, in one sentence."""
    text, number = format_formula(dead.part, requirements.domains), dead.number
    if dead.premise:
        return f"The premise `{text}` of requirement {number} never holds"
    return f"`{text}` in requirement {number} {'always' if dead.always else 'never'} holds"
