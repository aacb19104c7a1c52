"""What is suggested for a table, and what to suggest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pishield_cli.errors import UsageError
from pishield_cli.kernels.suggestion.rules import FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import upper_share

LEAST_ROWS = 50
"""Below so many rows, only what columns hold is told."""

SHOWN_ROWS = 10
"""Rows that violate a suggestion, as many as are listed."""


class Status(StrEnum):
    """Where a suggestion stands in the file."""

    ACTIVE = "active"
    EXCEPTIONS = "exceptions"
    CANDIDATE = "candidate"


LEAST_CHANCE = 1e-100
"""Below this, what is divided among the rules that were tried is no float any more."""


@dataclass(frozen=True, slots=True)
class SuggestSettings:
    """What to suggest.

    Attributes:
        exceptions: The share of rows that may violate a suggestion.
        keep_exceptions: Whether those that some rows violate are requirements like the others.
        kinds: Which kinds of rules.
        columns: Which columns; None for all.
        without: Columns to leave out.
        most: Suggestions across columns that are active, at most.
        chance: The probability that one of them holds by chance, in [1e-100, 1].
        sample: How many rows to search on.
        seed: Which rows those are.
        seconds: How long to search.
        labels: Columns that are scores of labels, true above one half; None to find out.
        given: A requirements file that is known already; None for none.
    """

    exceptions: float = 0.01
    keep_exceptions: bool = False
    kinds: frozenset[RuleKind] = frozenset(RuleKind)
    columns: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    most: int = 60
    chance: float = 0.01
    sample: int = 20_000
    seed: int = 0
    seconds: float = 20.0
    labels: tuple[str, ...] | None = None
    given: str | None = None

    def __post_init__(self) -> None:
        if not LEAST_CHANCE <= self.chance <= 1:
            raise UsageError(
                f"--chance must be a probability above 0, at most 1, not {self.chance:g}.",
                hint="0.01 lets one file in a hundred hold one rule that is due to chance",
            )


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A requirement that is suggested, and what the table says of it.

    Attributes:
        label: Its kind and number.
        text: The requirement.
        status: Where it stands.
        rule: What was found in the rows searched.
        exceptions: Rows of the table that violate it, as `check` counts them.
        unknown: Rows that missing cells leave undecided.
        decided: The other rows.
        at_risk: Of those, the rows that it speaks of.
        rows: The first rows that violate it.
        closest: Rows searched that come closest to violating it, and by how much they do not, in
            its own units; none where it has no boundary.
    """

    label: str
    text: str
    status: Status
    rule: FoundRule
    exceptions: int
    unknown: int
    decided: int
    at_risk: int
    rows: tuple[int, ...]
    closest: tuple[tuple[int, float], ...] = ()

    @property
    def holds_at_least(self) -> float:
        """The share of new rows at risk that satisfy it at least, with a confidence of 95 %."""
        return 1 - upper_share(self.exceptions, self.at_risk)


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A requirement that is known already, and that the table contradicts.

    Attributes:
        title: Its label, or its number.
        text: The requirement.
        violations: Rows that violate it.
        decided: Rows that missing cells do not leave undecided.
        rows: The first rows that violate it.
    """

    title: str
    text: str
    violations: int
    decided: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SuggestReport:
    """What is suggested for a table.

    Attributes:
        data: The table's name.
        rows: Its rows.
        searched: The rows searched.
        columns: Its columns.
        integers: Columns of whole numbers.
        booleans: Columns of 0 and 1.
        decimals: Columns of amounts, by their decimal places.
        suggestions: The suggestions, in the order of the file.
        texts: Columns of texts, with what there is to say of each.
        contradicted: Requirements of `settings.given` that rows violate.
        implied: How many were left out since others imply them.
        over_most: How many are candidates since there are enough others.
        not_tried: What there was no time for.
        settings: What was asked for.
        seconds: Wall time.
    """

    data: str
    rows: int
    searched: int
    columns: tuple[str, ...]
    integers: tuple[str, ...]
    booleans: tuple[str, ...]
    decimals: Mapping[int, tuple[str, ...]]
    suggestions: tuple[Suggestion, ...]
    texts: Mapping[str, str]
    contradicted: tuple[Contradicted, ...]
    implied: int
    over_most: int
    not_tried: tuple[str, ...]
    settings: SuggestSettings
    seconds: float

    def of(self, status: Status) -> tuple[Suggestion, ...]:
        """The suggestions of one status."""
        return tuple(one for one in self.suggestions if one.status is status)


def declaring(
    integers: Sequence[str], booleans: Sequence[str], decimals: Mapping[int, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """The columns by the header that declares them: `integer`, `boolean`, `decimals 2`."""
    amounts = {f"decimals {places}": columns for places, columns in decimals.items()}
    return {"integer": integers, "boolean": booleans, **amounts}
