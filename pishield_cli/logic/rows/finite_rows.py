"""Rows of columns of few whole numbers each: in order, nearest, or by the fewest changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from pishield_cli.logic.groups import clause_groups
from pishield_cli.logic.rows.finite_domains import FiniteDomains, finite_domains, whole_ranges
from pishield_cli.logic.rows.finite_search import Costs, cheapest
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import Row
from pishield_cli.logic.rows.propagation import propagated
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Clause

BEGIN_WORK = 500_000
"""Units of work on what follows for all rows: some tenths of a second."""

KEPT = 8
"""Conjunctions that are kept ready."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a row.

    Attributes:
        row: A value for each column; None where none was found.
        complete: Whether none is better, or none exists.
    """

    row: Row | None
    complete: bool


class FiniteRows:
    """Looks for rows of one conjunction.

    Args:
        problem: The conjunction, with what follows for its domains.
        fixed: Columns that never move.
    """

    def __init__(self, problem: FiniteDomains, fixed: Iterable[str] = ()) -> None:
        self._problem = problem
        held = frozenset(fixed)
        self._held = [place for place, name in enumerate(problem.names) if name in held]

    @classmethod
    def of(
        cls,
        clauses: Iterable[Clause],
        names: Sequence[str],
        grids: Mapping[str, Grid],
        fixed: Iterable[str] = (),
    ) -> "FiniteRows | None":
        """The rows of clauses; None where columns hold other than few whole numbers.

        Args:
            clauses: A conjunction.
            names: Every column that it names.
            grids: What each of them can hold.
            fixed: Columns that never move.
        """
        problem = _problem(tuple(clauses), tuple(names), tuple(grids[name] for name in names))
        return None if problem is None else cls(problem, fixed)

    def is_possible(self, limits: Limits) -> bool | None:
        """Whether there is any row; None if that stays open."""
        found = cheapest(self._problem, [[0] * one for one in self._sizes], limits)
        return True if found.bits is not None else False if found.complete else None

    def in_order(self, values: Mapping[str, Fraction], limits: Limits) -> Found:
        """The row each of whose columns is as near to its cell as those before it allow.

        Args:
            values: The cells.
            limits: How much work it may take.
        """
        cells = self._cells(values)
        if cells is None:
            return Found(None, complete=False)
        costs: list[list[int]] = []
        unit = 1
        ranges = zip(self._problem.lows, self._sizes, cells, strict=True)
        for low, size, cell in reversed(list(ranges)):
            ranked = sorted(range(size), key=lambda bit: (abs(low + bit - cell), bit))
            ranks = {bit: rank for rank, bit in enumerate(ranked)}
            costs.append([ranks[bit] * unit for bit in range(size)])
            unit *= size
        return self._cheapest(cells, costs[::-1], limits)

    def nearest(
        self,
        values: Mapping[str, Fraction],
        weights: Sequence[Fraction],
        limits: Limits,
        changes: Sequence[Fraction] | None = None,
    ) -> Found:
        """The row of the least `sum of (weight * change)**2`; of equals, one that spares the first.

        Args:
            values: The cells.
            weights: What changes are multiplied by, by column.
            limits: How much work it may take.
            changes: What changing a cell costs, by column, before it counts how far it moves.
        """
        cells = self._cells(values)
        if cells is None:
            return Found(None, complete=False)
        squares = _whole([weight**2 for weight in weights])
        tie = len(cells)
        far = [
            [square * (low + bit - cell) ** 2 for bit in range(size)]
            for square, low, size, cell in zip(
                squares, self._problem.lows, self._sizes, cells, strict=True
            )
        ]
        most = 1 + sum(map(max, far))
        each = [0] * tie if changes is None else [one * most for one in _whole(changes)]
        costs = [
            [
                ((each[place] if moved else 0) + moved << tie) + (bool(moved) << tie - 1 - place)
                for moved in moves
            ]
            for place, moves in enumerate(far)
        ]
        return self._cheapest(cells, costs, limits)

    @property
    def _sizes(self) -> list[int]:
        return [max(mask.bit_length(), 1) for mask in self._problem.domains]

    def _cells(self, values: Mapping[str, Fraction]) -> list[int] | None:
        """The cells, if they are whole numbers: others may stay what they are."""
        cells = [values[name] for name in self._problem.names]
        return None if any(one.denominator != 1 for one in cells) else list(map(int, cells))

    def _cheapest(self, cells: Sequence[int], costs: Costs, limits: Limits) -> Found:
        problem = self._problem
        held, sizes = {}, self._sizes
        for place in self._held:
            bit = cells[place] - problem.lows[place]
            held[place] = 1 << bit if 0 <= bit < sizes[place] else 0
        found = cheapest(problem, costs, limits, held)
        if found.bits is None:
            return Found(None, found.complete)
        values = zip(problem.names, problem.lows, found.bits, strict=True)
        return Found({name: Fraction(low + bit) for name, low, bit in values}, found.complete)


def few_values(
    clauses: Iterable[Clause], names: Sequence[str], grids: Mapping[str, Grid]
) -> dict[str, range]:
    """The whole numbers that columns may hold; none of them unless all hold few.

    Args:
        clauses: A conjunction.
        names: Every column that it names.
        grids: What each of these can hold.
    """
    if not all(grids[name].integer for name in names):
        return {}
    ranges = whole_ranges(clauses, names, grids)
    if ranges is None:
        return {}
    return {name: range(low, high + 1) for name, (low, high) in zip(names, ranges, strict=True)}


def are_possible(clauses: Iterable[Clause], grids: Mapping[str, Grid], limits: Limits) -> bool:
    """Whether every group of clauses that names whole numbers is shown to have some row.

    Args:
        clauses: A conjunction.
        grids: What each column that it names can hold.
        limits: Work that looking for rows may take.
    """
    for group in clause_groups(clauses):
        names = tuple(dict.fromkeys(name for clause in group for name in clause.variables))
        if any(grids[name].integer for name in names):
            rows = FiniteRows.of(group, names, grids)
            if rows is None or not rows.is_possible(limits):
                return False
    return True


@lru_cache(KEPT)
def _problem(
    clauses: tuple[Clause, ...], names: tuple[str, ...], grids: tuple[Grid, ...]
) -> FiniteDomains | None:
    """What clauses allow, and what follows; kept for those who ask again."""
    found = finite_domains(clauses, names, dict(zip(names, grids, strict=True)))
    return None if found is None else propagated(found, Limits(None, BEGIN_WORK))


def _whole(values: Sequence[Fraction]) -> list[int]:
    """Numbers in the same ratio that are whole."""
    scale = lcm(*(one.denominator for one in values))
    return [int(one * scale) for one in values]
