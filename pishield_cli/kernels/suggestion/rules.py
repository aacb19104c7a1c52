"""A rule that was found, and the evidence for it."""

from dataclasses import dataclass, field
from enum import StrEnum


class RuleKind(StrEnum):
    """What a rule says, in the order in which a file lists them within a section."""

    TYPE = "type"
    RANGE = "range"
    SET = "set"
    EQUAL = "equal"
    SUM = "sum"
    ORDER = "order"
    IMPLIES = "implies"
    EXCLUSIVE = "exclusive"
    SCALE = "scale"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a rule is likely meant, as far as the rows searched tell.

    Attributes:
        tail: The decimal logarithm of the probability that it holds as well by chance: the
            greatest of its tests.
        expected: How many violations were expected if the columns were independent.
        near: Rows within a tenth of the boundary, inside.
        informative: Rows that could have violated it.
        note: What else there is to say.
    """

    tail: float | None = None
    expected: float | None = None
    near: int | None = None
    informative: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule that was found.

    Attributes:
        kind: What it says.
        pattern: Its text, with `{0}`, `{1}`, ... for its columns.
        columns: The columns.
        evidence: Why.
        at_risk: The pattern of what is true of the rows that it speaks of; None for all rows.
        candidate: Whether the evidence is weaker by its kind.
        by_analogy: Whether it is here for others like it, of columns that are all zero.
        related: Whether its columns' names share a word.
        family: Rules of one family have it in common; empty for none.
        exceptions: Rows searched that violate it.
        allowed: How many times the share of rows that may violate a rule may violate it.
    """

    kind: RuleKind
    pattern: str
    columns: tuple[str, ...]
    evidence: Evidence = field(default=Evidence())
    at_risk: str | None = None
    candidate: bool = False
    by_analogy: bool = False
    related: bool = True
    family: str = ""
    exceptions: int = 0
    allowed: int = 1

    @property
    def crosses(self) -> bool:
        """Whether it ties columns to one another."""
        return len(self.columns) > 1


def quoted_text(text: str) -> str:
    """A text as a pattern holds it: in quotes, with braces that stand for themselves."""
    return '"' + text.replace('"', '""').replace("{", "{{").replace("}", "}}") + '"'
