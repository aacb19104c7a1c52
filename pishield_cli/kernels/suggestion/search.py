"""All kinds of rules, one after the other, on one sample."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pishield_cli.kernels.suggestion.implications import implications
from pishield_cli.kernels.suggestion.orders import orders
from pishield_cli.kernels.suggestion.profile import Column, profiles
from pishield_cli.kernels.suggestion.ranges import ranges, sets
from pishield_cli.kernels.suggestion.rules import Rule, RuleKind
from pishield_cli.kernels.suggestion.sampling import Sample


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What to search for.

    Attributes:
        exceptions: The share of rows that may violate a rule.
        kinds: Which kinds of rules.
        chance: The probability that there is one rule across columns that holds by chance.
        seconds: When to stop.
    """

    exceptions: float = 0.01
    kinds: frozenset[RuleKind] = frozenset(RuleKind)
    chance: float = 0.01
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found.

    Attributes:
        rules: The rules.
        columns: What each column is.
        not_tried: What there was no time for.
    """

    rules: list[Rule] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)


_Search = Callable[[Sequence[Column], SearchSettings], Iterator[Rule]]

_SEARCHES: tuple[tuple[frozenset[RuleKind], _Search], ...] = (
    (frozenset({RuleKind.RANGE}), lambda columns, how: ranges(columns, how.exceptions)),
    (frozenset({RuleKind.SET}), lambda columns, _: sets(columns)),
    (
        frozenset({RuleKind.ORDER}),
        lambda columns, how: orders(columns, how.exceptions, how.chance),
    ),
    (
        frozenset({RuleKind.IMPLIES, RuleKind.EXCLUSIVE}),
        lambda columns, how: implications(columns, how.exceptions, how.chance),
    ),
)


def search(sample: Sample, settings: SearchSettings) -> Findings:
    """Search a sample for rules of all kinds that are wanted."""
    deadline = time.monotonic() + settings.seconds
    findings = Findings(columns=profiles(sample))
    for kinds, find in _SEARCHES:
        wanted = kinds & settings.kinds
        if not wanted:
            continue
        for rule in find(findings.columns, settings):
            if rule.kind in wanted:
                findings.rules.append(rule)
            if time.monotonic() > deadline:
                findings.not_tried.extend(sorted(wanted))
                break
    return findings
