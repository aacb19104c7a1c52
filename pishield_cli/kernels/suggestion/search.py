"""All kinds of rules, one after the other, on one sample."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pishield_cli.kernels.suggestion.bounds import bounds
from pishield_cli.kernels.suggestion.days import days_between
from pishield_cli.kernels.suggestion.equalities import equalities, sums
from pishield_cli.kernels.suggestion.families import family_orders
from pishield_cli.kernels.suggestion.implications import implications
from pishield_cli.kernels.suggestion.null_space import long_sums
from pishield_cli.kernels.suggestion.orders import order_limit, orders
from pishield_cli.kernels.suggestion.profile import Column, profiles
from pishield_cli.kernels.suggestion.ranges import ranges, sets, text_sets
from pishield_cli.kernels.suggestion.rules import Rule, RuleKind
from pishield_cli.kernels.suggestion.sampling import Sample, in_canonical_order
from pishield_cli.kernels.suggestion.scales import scales
from pishield_cli.logic.expressions import Kind


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What to search for.

    Attributes:
        exceptions: The share of rows that may violate a rule.
        kinds: Which kinds of rules.
        chance: The probability that there is one rule across columns that holds by chance.
        seconds: When to stop.
        labels: Columns that are scores of labels; None to find out.
    """

    exceptions: float = 0.01
    kinds: frozenset[RuleKind] = frozenset(RuleKind)
    chance: float = 0.01
    seconds: float = 20.0
    labels: frozenset[str] | None = None


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
    (frozenset({RuleKind.SET}), lambda columns, _: all_sets(columns)),
    (
        frozenset({RuleKind.EQUAL, RuleKind.SUM}),
        lambda columns, how: equations(columns, how.exceptions, how.chance),
    ),
    (
        frozenset({RuleKind.ORDER}),
        lambda columns, how: all_orders(columns, how.exceptions, how.chance),
    ),
    (
        frozenset({RuleKind.ORDER, RuleKind.EQUAL}),
        lambda columns, how: days_between(
            [one for one in columns if one.kind is Kind.DATE], how.chance
        ),
    ),
    (
        frozenset({RuleKind.IMPLIES, RuleKind.EXCLUSIVE}),
        lambda columns, how: implications(columns, how.exceptions, how.chance),
    ),
    (frozenset({RuleKind.BOUND}), lambda columns, how: bounds(columns, how.exceptions, how.chance)),
    (frozenset({RuleKind.SCALE}), lambda columns, how: scales(columns, how.exceptions, how.chance)),
)


def equations(columns: Sequence[Column], share: float, chance: float) -> Iterator[Rule]:
    """Equal columns, sums of two, and sums of more that do not follow from those."""
    found = []
    for rule in (*equalities(columns, share, chance), *sums(columns, share, chance)):
        found.append(rule)
        yield rule
    yield from long_sums(columns, share, chance, found)


def all_sets(columns: Sequence[Column]) -> Iterator[Rule]:
    """Sets of numbers, then of texts."""
    yield from sets([one for one in columns if one.kind is Kind.NUMBER])
    yield from text_sets([one for one in columns if one.kind is Kind.TEXT])


def all_orders(columns: Sequence[Column], share: float, chance: float) -> Iterator[Rule]:
    """Orders of families, then the others."""
    limit = order_limit([one for one in columns if one.kind is not Kind.TEXT], chance)
    for kind in (Kind.NUMBER, Kind.DATE):
        some = [one for one in columns if one.kind is kind]
        seen = set()
        for rule in family_orders(some, share, limit):
            seen.add((rule.columns, rule.pattern))
            yield rule
        for rule in orders(some, share, chance):
            if (rule.columns, rule.pattern) not in seen:
                yield rule


def search(sample: Sample, settings: SearchSettings) -> Findings:
    """Search a sample for rules of all kinds that are wanted."""
    deadline = time.monotonic() + settings.seconds
    sample = in_canonical_order(sample)
    findings = Findings(columns=profiles(sample, settings.labels))
    for kinds, find in _SEARCHES:
        wanted = kinds & settings.kinds
        if not wanted:
            continue
        for rule in find(_of_use(findings.columns, kinds), settings):
            if rule.kind in wanted:
                findings.rules.append(rule)
            if time.monotonic() > deadline:
                findings.not_tried.extend(sorted(wanted))
                break
    return findings


def _of_use(columns: Sequence[Column], kinds: frozenset[RuleKind]) -> Sequence[Column]:
    """The columns that rules of some kinds speak of."""
    if RuleKind.IMPLIES in kinds:
        return columns
    if kinds & {RuleKind.ORDER, RuleKind.SET}:
        return [one for one in columns if not one.label]
    return [one for one in columns if not one.label and one.kind is Kind.NUMBER]
