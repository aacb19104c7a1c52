"""Find what follows from a value above zero: implications, equivalences, exclusions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.facts import Fact, FactKind, facts
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, related
from pishield_cli.kernels.suggestion.rules import Evidence, FoundRule, RuleKind
from pishield_cli.kernels.suggestion.statistics import poisson_tail

LEAST_EXPECTED = 5.0
"""Violations that must be expected by chance: with fewer, holding tells nothing."""

MOST_EXCEPTIONS = 0.08
"""Exceptions, as a part of the violations expected by chance."""

STRANGERS = 8.0
"""Decades of evidence beyond the limit below which an implication is a candidate where no word is
common to its names."""

SMALL_PREMISE = 0.02
MOST_CONCLUSIONS = 3
"""A premise of fewer rows with more unrelated conclusions is a cluster of rows, not rules."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The fourfold tables of all pairs of facts: how often one is true or false with another.

    Attributes:
        both: Rows where both are true, shape `(facts, facts)`.
        first: Rows where the first alone is true.
        second: Rows where the second alone is true.
        neither: Rows where both are false.
    """

    both: Array
    first: Array
    second: Array
    neither: Array

    @property
    def decided(self) -> Array:
        """Rows where both are decided."""
        decided: Array = self.both + self.first + self.second + self.neither
        return decided


def fourfold(found: Sequence[Fact]) -> Tables:
    """Count all pairs by four products of matrices."""
    stacked = np.stack([one.values for one in found], axis=1)
    yes, no = (stacked == 1).astype(np.float32), (stacked == 0).astype(np.float32)
    return Tables(yes.T @ yes, yes.T @ no, no.T @ yes, no.T @ no)


@dataclass(frozen=True, slots=True)
class Link:
    """A combination of two facts that (nearly) never occurs.

    Attributes:
        first: The number of the first fact.
        second: The number of the second.
        exceptions: Rows where it occurs.
        expected: Rows where it would, were they independent.
        tail: The decimal logarithm of the probability of so few.
        premise: Rows where the first is as the combination has it.
        limit: What `tail` must stay below.
    """

    first: int
    second: int
    exceptions: int
    expected: float
    tail: float
    premise: int
    limit: float


def implications(
    columns: Sequence[ProfiledColumn], share: float, chance: float, clock: Clock = ENDLESS
) -> Iterator[FoundRule]:
    """All implications, equivalences, exclusions and alternatives with evidence.

    Args:
        columns: The columns.
        share: The share of rows that may violate one.
        chance: The probability of one rule by chance, over all pairs.
        clock: Until when.
    """
    found = facts(columns)
    clock.check()
    if len(found) < 2:
        return
    tables = fourfold(found)
    limit = log10(chance / (2 * len(found) * len(found)))
    implied, exclusive, covering = (
        [*clock.over(_links(found, counts, tables, share, limit))]
        for counts in (tables.first, tables.both, tables.neither)
    )
    opposite = _opposite(exclusive, covering)
    for link in opposite.values():
        one, other = found[link.first], found[link.second]
        text = f"{_yes(one, 0)} iff {_no(other, 1)}"
        yield _rule(RuleKind.IMPLIES, text, one, other, link)
    yield from _implied(found, implied)
    yield from _excluded(found, [one for one in exclusive if _pair(one) not in opposite])
    for link in covering:
        one, other = found[link.first], found[link.second]
        ordered = link.first < link.second and _pair(link) not in opposite
        if ordered and FactKind.TEXT not in (one.kind, other.kind):
            text = f"{_yes(one, 0)} or {_yes(other, 1)}"
            yield _rule(RuleKind.EXCLUSIVE, text, one, other, link)


def _pair(link: Link) -> frozenset[int]:
    return frozenset((link.first, link.second))


def _opposite(exclusive: Sequence[Link], covering: Sequence[Link]) -> dict[frozenset[int], Link]:
    """Pairs of facts of which always one is true, and never both; with the weaker evidence."""
    covered = {_pair(link): link for link in covering}
    found = {}
    for link in exclusive:
        other = covered.get(_pair(link))
        if other is not None and link.first < link.second:
            weaker = max(link, other, key=lambda one: one.tail)
            both = link.exceptions + other.exceptions
            found[_pair(link)] = replace(
                weaker, first=link.first, second=link.second, exceptions=both, premise=link.premise
            )
    return found


def _links(
    found: Sequence[Fact], counts: Array, tables: Tables, share: float, limit: float
) -> Iterator[Link]:
    """The pairs of which a combination occurs too rarely for chance."""
    decided = np.maximum(tables.decided, 1)
    if counts is tables.both:
        first, second = tables.both + tables.first, tables.both + tables.second
    elif counts is tables.first:
        first, second = tables.both + tables.first, tables.first + tables.neither
    else:
        first, second = tables.second + tables.neither, tables.first + tables.neither
    expected = first.astype(np.float64) * second / decided
    fits = (counts <= share * decided) & (expected >= LEAST_EXPECTED)
    fits &= counts <= MOST_EXCEPTIONS * expected
    for one, other in np.argwhere(fits).tolist():
        if found[one].column is found[other].column:
            continue
        tail = poisson_tail(int(counts[one, other]), float(expected[one, other]))
        if tail < limit:
            yield Link(
                one,
                other,
                int(counts[one, other]),
                float(expected[one, other]),
                tail,
                int(first[one, other]),
                limit,
            )


def _implied(found: Sequence[Fact], links: Sequence[Link]) -> Iterator[FoundRule]:
    by_pair = {(link.first, link.second): link for link in links}
    classes = _classes(len(found), by_pair)
    for members in classes.values():
        head = members[0]
        for other in members[1:]:
            there, back = by_pair[head, other], by_pair[other, head]
            weaker = max(there, back, key=lambda link: link.tail)
            one, two = found[head], found[other]
            text = f"{_yes(one, 0)} iff {_yes(two, 1)}"
            both = replace(
                weaker,
                first=head,
                second=other,
                exceptions=there.exceptions + back.exceptions,
                premise=there.premise,
            )
            yield _rule(RuleKind.IMPLIES, text, one, two, both)
    heads = {member: members[0] for members in classes.values() for member in members}
    between = [link for link in links if heads[link.first] != heads[link.second]]
    kept = [one for one in between if heads[one.first] == one.first]
    kept = [one for one in kept if heads[one.second] == one.second]
    for link in _unclustered(found, kept):
        premise, conclusion = found[link.first], found[link.second]
        text = f"if {_yes(premise, 0)} then {_yes(conclusion, 1)}"
        yield _rule(RuleKind.IMPLIES, text, premise, conclusion, link)


def _classes(count: int, links: dict[tuple[int, int], Link]) -> dict[int, list[int]]:
    """Facts that imply each other, in the order of their columns, by the first of them."""
    head = list(range(count))
    for one in range(count):
        for other in range(one + 1, count):
            equal = (one, other) in links and (other, one) in links
            if equal and head[other] == other and head[one] == one:
                head[other] = one
    classes: dict[int, list[int]] = {}
    for member, first in enumerate(head):
        classes.setdefault(first, []).append(member)
    return classes


def _unclustered(found: Sequence[Fact], links: Sequence[Link]) -> Iterator[Link]:
    """Leave out what a small premise implies of more than three unrelated columns."""
    unrelated: dict[int, int] = {}
    for link in links:
        if not related(found[link.first].column, found[link.second].column):
            unrelated[link.first] = unrelated.get(link.first, 0) + 1
    rows = len(found[0].values)
    for link in links:
        small = link.premise < SMALL_PREMISE * rows
        alien = not related(found[link.first].column, found[link.second].column)
        if small and alien and unrelated[link.first] > MOST_CONCLUSIONS:
            continue
        yield link


def _excluded(found: Sequence[Fact], links: Sequence[Link]) -> Iterator[FoundRule]:
    """Pairs that exclude each other; three or more truth values as one sum."""
    pairs = {(link.first, link.second): link for link in links if link.first < link.second}
    covered: set[tuple[int, int]] = set()
    for clique in _cliques(found, pairs):
        covered |= {(one, other) for one in clique for other in clique}
        total = " + ".join(f"{{{place}}}" for place in range(len(clique)))
        weakest = max(
            (pairs[one, other] for one in clique for other in clique if one < other),
            key=lambda link: link.tail,
        )
        columns = [found[one].column for one in clique]
        yield FoundRule(
            RuleKind.EXCLUSIVE,
            f"{total} <= 1",
            tuple(one.name for one in columns),
            Evidence(weakest.tail, weakest.expected),
            related=all(related(columns[0], one) for one in columns[1:]),
        )
    for pair, link in pairs.items():
        first, second = found[link.first], found[link.second]
        if FactKind.TEXT in (first.kind, second.kind):
            yield from _decided(first, second, link)
        elif pair not in covered:
            text = f"not ({_yes(first, 0)} and {_yes(second, 1)})"
            yield _rule(RuleKind.EXCLUSIVE, text, first, second, link)


def _decided(one: Fact, other: Fact, link: Link) -> Iterator[FoundRule]:
    """What a text rules out of another kind of fact; that texts rule out texts is left unsaid."""
    if one.kind is other.kind:
        return
    if one.kind is not FactKind.TEXT:
        one, other = other, one
    text = f"if {_yes(one, 0)} then {_no(other, 1)}"
    yield _rule(RuleKind.IMPLIES, text, one, other, link)


def _cliques(found: Sequence[Fact], pairs: dict[tuple[int, int], Link]) -> Iterator[list[int]]:
    """Sets of at least three truth values that all exclude each other, greedily."""
    exact = {pair for pair, link in pairs.items() if not link.exceptions}
    taken: set[int] = set()
    for start, fact in enumerate(found):
        if start in taken or fact.kind is not FactKind.TRUE:
            continue
        clique = [start]
        for other in range(start + 1, len(found)):
            if other in taken or found[other].kind is not FactKind.TRUE:
                continue
            if all((one, other) in exact for one in clique):
                clique.append(other)
        if len(clique) >= 3:
            taken |= set(clique)
            yield clique


def _yes(fact: Fact, place: int) -> str:
    return fact.yes.replace("{}", f"{{{place}}}", 1)


def _no(fact: Fact, place: int) -> str:
    return fact.no.replace("{}", f"{{{place}}}", 1)


def _rule(kind: RuleKind, text: str, one: Fact, other: Fact, link: Link) -> FoundRule:
    premise = _yes(one, 0) if kind is RuleKind.IMPLIES else None
    familiar = related(one.column, other.column)
    weak = not familiar and link.tail > link.limit - STRANGERS
    return FoundRule(
        kind,
        text,
        (one.column.name, other.column.name),
        Evidence(link.tail, link.expected, informative=link.premise),
        at_risk=premise,
        candidate=weak,
        related=familiar,
        exceptions=link.exceptions,
    )
