"""Why a row cannot be corrected: requirements and fixed cells that exclude each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.solver.cores import smallest_core
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import Infeasible, Search
from pishield_cli.logic.terms import Clause, Inequality, Term


@dataclass(frozen=True, slots=True)
class Clash:
    """A smallest set of requirements and fixed cells without a common solution.

    Attributes:
        requirements: Numbers of requirements, ascending.
        cells: Names of fixed columns whose cells take part.
        texts: Names of columns that take part by being one of the texts that requirements name.
    """

    requirements: tuple[int, ...]
    cells: tuple[str, ...]
    texts: tuple[str, ...] = ()


def find_clash(
    requirements: Sequence[Requirement],
    fixed: Mapping[str, Fraction],
    *,
    integers: Collection[str] = (),
    bounds: Sequence[Clause] = (),
    named: Mapping[str, Clause] = MappingProxyType({}),
    limits: Limits | None = None,
) -> Clash | None:
    """Find what stands against correcting a row.

    Args:
        requirements: All that must hold in the row.
        fixed: The row's cells that must not move, by column.
        integers: Columns of whole numbers.
        bounds: What the columns can hold at all; taken for granted.
        named: That a column's text is one that requirements name, by column.
        limits: When to give up.

    Returns:
        A set from which nothing can be left out; None if there is a solution after all, or the
        limits ended the search.
    """
    search = Search(integers=integers, limits=limits)
    names = [*fixed, *named]
    for requirement in requirements:
        for clause in requirement.clauses:
            # A fixed score is a number, so booleans are compared with one half here.
            search.add(Clause(clause.as_inequalities()), requirement.number)
    held = [
        *(_equality(name, cell) for name, cell in fixed.items()),
        *((one,) for one in named.values()),
    ]
    for index, clauses in enumerate(held):
        for clause in clauses:
            search.add(clause, -1 - index)
    for clause in bounds:
        search.add(clause, 0)
    owners = [*(-1 - i for i in range(len(names))), *(one.number for one in requirements)]
    found = search.solve([0, *owners])
    if not isinstance(found, Infeasible):
        return None
    blamed = sorted(owner for owner in found.core if owner)
    core = smallest_core(search, blamed, always=(0,)).owners
    numbers = tuple(sorted(owner for owner in core if owner > 0))
    places = sorted(-1 - owner for owner in core if owner < 0)
    cells = tuple(names[place] for place in places if place < len(fixed))
    return Clash(numbers, cells, tuple(names[place] for place in places if place >= len(fixed)))


def _equality(name: str, value: Fraction) -> tuple[Clause, ...]:
    up = Inequality((Term(name, Fraction(1)),), value)
    down = Inequality((Term(name, Fraction(-1)),), -value)
    return Clause((up,)), Clause((down,))
