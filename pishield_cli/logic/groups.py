"""Groups of requirements, or clauses, that share no column: each can be reasoned about alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.terms import Clause


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements that are connected through the columns that they name.

    Attributes:
        columns: The columns, in the order of their first mention.
        requirements: The requirements, in file order.
    """

    columns: tuple[str, ...]
    requirements: tuple[Requirement, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(one.number for one in self.requirements)


def requirement_groups(requirements: Iterable[Requirement]) -> tuple[Group, ...]:
    """Split requirements into the smallest groups that share no column.

    Args:
        requirements: In file order.

    Returns:
        Groups in the order of their first requirements. A requirement without columns is a
        group of its own.
    """
    given = list(requirements)
    named = [one.variables for one in given]
    return tuple(
        Group(
            columns=tuple(dict.fromkeys(name for index in members for name in named[index])),
            requirements=tuple(given[index] for index in members),
        )
        for members in connected(named)
    )


def clause_groups(clauses: Iterable[Clause]) -> tuple[tuple[Clause, ...], ...]:
    """Split clauses into groups that share no variable, in the order of their first clauses."""
    given = list(clauses)
    groups = connected([clause.variables for clause in given])
    return tuple(tuple(given[index] for index in members) for members in groups)


def connected(named: Sequence[Collection[str]]) -> tuple[tuple[int, ...], ...]:
    """Split sets of names into the smallest groups that share no name (union-find).

    Args:
        named: The names of each set.

    Returns:
        Indices of sets, ascending; groups in the order of their first sets.
    """
    parents = list(range(len(named)))
    first: dict[str, int] = {}
    for index, names in enumerate(named):
        for name in names:
            one, other = _root(parents, index), _root(parents, first.setdefault(name, index))
            parents[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for index in range(len(named)):
        groups.setdefault(_root(parents, index), []).append(index)
    return tuple(map(tuple, groups.values()))


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index
