"""Groups of requirements that share no column, so that each can be reasoned about alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pishield_cli.logic.requirements import Requirement


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
    groups: dict[int, list[int]] = {}
    for index, root in enumerate(_roots(named)):
        groups.setdefault(root, []).append(index)
    return tuple(
        Group(
            columns=tuple(dict.fromkeys(name for index in members for name in named[index])),
            requirements=tuple(given[index] for index in members),
        )
        for members in groups.values()
    )


def _roots(named: Sequence[Sequence[str]]) -> list[int]:
    """For each set of names the first set that it is connected to (union-find)."""
    parents = list(range(len(named)))
    first: dict[str, int] = {}
    for index, names in enumerate(named):
        for name in names:
            one, other = _root(parents, index), _root(parents, first.setdefault(name, index))
            parents[max(one, other)] = min(one, other)
    return [_root(parents, index) for index in range(len(named))]


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index
