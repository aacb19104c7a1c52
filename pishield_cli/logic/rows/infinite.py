"""Correcting one row in which cells are infinite: they stay, or give way before all others do."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from pishield_cli.logic.plans.plan import GroupPlan, inequality, plan_groups
from pishield_cli.logic.rows.corrected import corrected_row
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Clause

_Pattern = tuple[tuple[str, ...], frozenset[tuple[str, int]], frozenset[str]]

FAR = Fraction(10**15)
"""What stands for an infinite cell that has to become a number: it goes as near to it as it can."""


class InfiniteRows:
    """Corrects rows with infinite cells, for one group's plan.

    Args:
        plan: Satisfiable.
        grids: What each column can hold.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self._plan, self._grids = plan, grids
        self._known: dict[_Pattern, tuple[GroupPlan, ...]] = {}

    def corrected(
        self, cells: Mapping[str, Fraction], infinite: Mapping[str, int]
    ) -> dict[str, Fraction] | None:
        """Correct a row: infinite cells stay where the others can do, else the others stay.

        Args:
            cells: The finite cells of the plan's variables.
            infinite: The signs of the infinite ones.

        Returns:
            The finite values of the row as corrected, fixed ones as they are; variables that are
            not among them stay infinite. None if there are none, or none were found.
        """
        for staying, fixed in self._ways(cells, infinite):
            far = {name: self._stand_in(name, sign) for name, sign in infinite.items()}
            found = self._solved({**cells, **far}, staying, fixed)
            if found is not None:
                return {name: v for name, v in found.items() if name not in staying}
        return None

    def _ways(
        self, cells: Mapping[str, Fraction], infinite: Mapping[str, int]
    ) -> Iterator[tuple[Mapping[str, int], frozenset[str]]]:
        """Which cells stay infinite, and which variables do not move, the best way first."""
        fixed = self._plan.fixed
        yield infinite, fixed
        held = {name: sign for name, sign in infinite.items() if name in fixed}
        if len(held) < len(infinite):
            yield held, fixed.union(cells)
            yield held, fixed

    def _solved(
        self, values: dict[str, Fraction], staying: Mapping[str, int], fixed: frozenset[str]
    ) -> dict[str, Fraction] | None:
        result = dict(values)
        for plan in self._plans(values, staying, fixed):
            own = {name: values[name] for name in plan.variables}
            found = corrected_row(plan, own, self._grids) if plan.satisfiable else None
            if found is None:
                return None
            result.update(found)
        return result

    def _plans(
        self, values: Iterable[str], staying: Mapping[str, int], fixed: frozenset[str]
    ) -> tuple[GroupPlan, ...]:
        key = (tuple(values), frozenset(staying.items()), fixed)
        if key not in self._known:
            clauses = without_infinite(self._plan.clauses, staying)
            self._known[key] = plan_groups(clauses, tuple(values), fixed=fixed)
        return self._known[key]

    def _stand_in(self, name: str, sign: int) -> Fraction:
        grid = self._grids[name]
        if sign > 0:
            return FAR if grid.high is None else min(FAR, Fraction(grid.high))
        return -FAR if grid.low is None else max(-FAR, Fraction(grid.low))


def without_infinite(clauses: Iterable[Clause], infinite: Mapping[str, int]) -> Iterator[Clause]:
    """What clauses ask of the other variables where some are infinite.

    Args:
        clauses: A conjunction.
        infinite: The signs of the infinite variables.

    Yields:
        The clauses that are not settled yet, without the literals that are false. Infinities of
        both signs add up to nothing known, which violates nothing.
    """
    for clause in clauses:
        left = []
        for literal in map(inequality, clause):
            ends = {infinite[n] * c > 0 for n, c in literal.terms if n in infinite}
            if True in ends:
                break
            if not ends:
                left.append(literal)
        else:
            yield Clause(tuple(left))
