"""Smallest cores: what contradicts itself, and no longer does without any one of it."""

from collections.abc import Sequence
from typing import NamedTuple

from pishield_cli.logic.solver.search import Infeasible, Search, Undecided


class Core(NamedTuple):
    """Owners whose clauses contradict each other.

    Attributes:
        owners: In the order given.
        undecided: How many of them may be spare, since the limits ended the question.
    """

    owners: tuple[int, ...]
    undecided: int


def smallest_core(search: Search, owners: Sequence[int], *, always: Sequence[int] = ()) -> Core:
    """Leave out owners, one after the other, as long as the others contradict each other.

    Args:
        search: Holds the clauses.
        owners: Their clauses contradict each other, together with those of `always`.
        always: Owners that are taken for granted and never named.
    """
    core, undecided = list(owners), 0
    for owner in owners:
        if owner not in core:
            continue
        others = [one for one in core if one != owner]
        answer = search.contradiction([*always, *others])
        if isinstance(answer, Infeasible):
            core = [one for one in others if one in answer.core]
        elif isinstance(answer, Undecided):
            undecided += 1
    return Core(tuple(core), undecided)
