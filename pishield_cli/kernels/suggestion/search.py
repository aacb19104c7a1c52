"""All kinds of rules, one after the other, on one sample."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from pishield_cli.kernels.suggestion.bounds import bounds
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock, OutOfTimeError
from pishield_cli.kernels.suggestion.days import days_between
from pishield_cli.kernels.suggestion.equalities import equalities, sums
from pishield_cli.kernels.suggestion.families import family_orders
from pishield_cli.kernels.suggestion.implications import implications
from pishield_cli.kernels.suggestion.null_space import long_sums
from pishield_cli.kernels.suggestion.orders import order_limit, orders
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, columns_by_word, profiles
from pishield_cli.kernels.suggestion.ranges import ranges, sets, text_sets
from pishield_cli.kernels.suggestion.rounded_sums import rounded_sums
from pishield_cli.kernels.suggestion.rules import FoundRule, RuleKind
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
        not_tried: What there was no time for, or too much of.
    """

    rules: list[FoundRule] = field(default_factory=list)
    columns: list[ProfiledColumn] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)


MOST_TOGETHER = 1_000
"""Columns at most that are all compared; of more, those are whose names share a word."""

SINGLE_COLUMN = frozenset({RuleKind.TYPE, RuleKind.RANGE, RuleKind.SET})

_Search = Callable[[Sequence[ProfiledColumn], SearchSettings, Clock], Iterator[FoundRule]]

_SEARCHES: tuple[tuple[frozenset[RuleKind], _Search], ...] = (
    (frozenset({RuleKind.RANGE}), lambda columns, how, _: ranges(columns, how.exceptions)),
    (frozenset({RuleKind.SET}), lambda columns, _how, _clock: all_sets(columns)),
    (
        frozenset({RuleKind.EQUAL, RuleKind.SUM}),
        lambda columns, how, clock: equations(columns, how.exceptions, how.chance, clock),
    ),
    (
        frozenset({RuleKind.ORDER}),
        lambda columns, how, clock: all_orders(columns, how.exceptions, how.chance, clock),
    ),
    (
        frozenset({RuleKind.ORDER, RuleKind.EQUAL}),
        lambda columns, how, clock: days_between(
            [one for one in columns if one.kind is Kind.DATE], how.chance, clock
        ),
    ),
    (
        frozenset({RuleKind.IMPLIES, RuleKind.EXCLUSIVE}),
        lambda columns, how, clock: implications(columns, how.exceptions, how.chance, clock),
    ),
    (
        frozenset({RuleKind.BOUND}),
        lambda columns, how, clock: bounds(columns, how.exceptions, how.chance, clock),
    ),
    (
        frozenset({RuleKind.SCALE}),
        lambda columns, how, clock: scales(columns, how.exceptions, how.chance, clock),
    ),
)


def equations(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """Equal columns, sums of two, sums of more that do not follow, and rounded ones.

    Args:
        columns: A sample of the table, as many rows of each.
        share: The most exceptions a rule may have, as a share of its rows, in [0, 1).
        chance: How likely, at most, any rule is found in a table without one.
        clock: Ends the search when its time is up.
    """
    found = []
    for rule in chain(
        equalities(columns, share, chance, clock), sums(columns, share, chance, clock)
    ):
        found.append(rule)
        yield rule
    yield from long_sums(columns, share, chance, found, clock)
    yield from rounded_sums(columns, share, chance, clock)


def all_sets(columns: Sequence[ProfiledColumn]) -> Iterator[FoundRule]:
    """Sets of numbers, then of texts."""
    yield from sets([one for one in columns if one.kind is Kind.NUMBER])
    yield from text_sets([one for one in columns if one.kind is Kind.TEXT])


def all_orders(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """Orders of families, then the others.

    Args:
        columns: A sample of the table, as many rows of each.
        share: The most exceptions a rule may have, as a share of its rows, in [0, 1).
        chance: How likely, at most, any rule is found in a table without one.
        clock: Ends the search when its time is up.
    """
    limit = order_limit([one for one in columns if one.kind is not Kind.TEXT], chance)
    for kind in (Kind.NUMBER, Kind.DATE):
        some = [one for one in columns if one.kind is kind]
        seen = set()
        for rule in family_orders(some, share, limit, clock):
            seen.add((rule.columns, rule.pattern))
            yield rule
        for rule in orders(some, share, chance, clock):
            if (rule.columns, rule.pattern) not in seen:
                yield rule


def search(sample: Sample, settings: SearchSettings) -> Findings:
    """Search a sample for rules of all kinds that are wanted."""
    clock = Clock.of(settings.seconds)
    sample = in_canonical_order(sample)
    findings = Findings(columns=profiles(sample, settings.labels))
    seen: set[tuple[str, tuple[str, ...]]] = set()
    late: list[RuleKind] = []
    for kinds, find in _SEARCHES:
        wanted = kinds & settings.kinds
        if not wanted:
            continue
        of_use = _of_use(findings.columns, kinds)
        try:
            for rule in clock.over(_found(find, of_use, kinds, settings, clock)):
                if rule.kind in wanted and (rule.pattern, rule.columns) not in seen:
                    seen.add((rule.pattern, rule.columns))
                    findings.rules.append(rule)
        except OutOfTimeError:
            late.extend(kind for kind in sorted(wanted) if kind not in late)
    findings.not_tried.extend(f"{kind} (for lack of time)" for kind in late)
    findings.not_tried.extend(_untried_pairs(findings.columns))
    return findings


def _found(
    find: _Search,
    columns: Sequence[ProfiledColumn],
    kinds: frozenset[RuleKind],
    settings: SearchSettings,
    clock: Clock,
) -> Iterator[FoundRule]:
    """What a search finds: of more than a thousand columns, in blocks where it compares them."""
    if len(columns) <= MOST_TOGETHER or not kinds - SINGLE_COLUMN:
        yield from find(columns, settings, clock)
        return
    blocks = [some for some in columns_by_word(columns).values() if 1 < len(some) <= MOST_TOGETHER]
    shared = replace(settings, chance=settings.chance / max(1, len(blocks)))
    for block in blocks:
        yield from find(block, shared, clock)


def _untried_pairs(columns: Sequence[ProfiledColumn]) -> Iterator[str]:
    """Which pairs of more than a thousand columns were not compared."""
    if len(columns) > MOST_TOGETHER:
        common = [
            word for word, some in columns_by_word(columns).items() if len(some) > MOST_TOGETHER
        ]
        words = f", or only {', '.join(common)}" if common else ""
        yield f"pairs of the {len(columns):,} columns whose names share no word{words}"


def _of_use(
    columns: Sequence[ProfiledColumn], kinds: frozenset[RuleKind]
) -> Sequence[ProfiledColumn]:
    """The columns that rules of some kinds speak of."""
    if RuleKind.IMPLIES in kinds:
        return columns
    if kinds & {RuleKind.ORDER, RuleKind.SET}:
        return [one for one in columns if not one.label]
    return [one for one in columns if not one.label and one.kind is Kind.NUMBER]
