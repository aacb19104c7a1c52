"""What holds of comparisons of the same text with constants, whatever it is."""

from collections.abc import Iterator, Mapping
from itertools import permutations

from pishield_cli.logic.classes import compared_texts
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import BooleanLiteral, Clause

PAIRS = 100_000
"""Pairs of lists that are looked at: as many clauses, and some seconds, at most."""


def told_of_texts(requirements: Requirements) -> tuple[Clause, ...]:
    """What holds of derived columns that compare the same text with constants.

    No text is in two lists without a common one; one that is in a list is in each that holds all of
    it; and it is one of those texts of a list that are compared alone. Columns compared with the
    most lists are left out where there would be more than `PAIRS` of these.
    """
    tests: dict[str, dict[str, frozenset[str]]] = {}
    for name, expression in requirements.derived.items():
        compared = compared_texts(expression)
        if compared is not None:
            tests.setdefault(compared[0], {})[name] = frozenset(compared[1])
    found: list[Clause] = []
    left = PAIRS
    for lists in sorted(tests.values(), key=len):
        left -= len(lists) ** 2
        if left >= 0:
            found += (Clause(clause.as_inequalities()) for clause in _told_of(lists))
    return tuple(found)


def _told_of(lists: Mapping[str, frozenset[str]]) -> Iterator[Clause]:
    for (one, texts), (other, more) in permutations(lists.items(), 2):
        if one < other and texts.isdisjoint(more):
            yield Clause(
                (BooleanLiteral(one, positive=False), BooleanLiteral(other, positive=False))
            )
        if texts <= more:
            yield Clause((BooleanLiteral(one, positive=False), BooleanLiteral(other)))
    alone = {next(iter(texts)): name for name, texts in lists.items() if len(texts) == 1}
    for one, texts in lists.items():
        if len(texts) > 1 and texts <= alone.keys():
            parts = (BooleanLiteral(alone[text]) for text in sorted(texts))
            yield Clause((BooleanLiteral(one, positive=False), *parts))
