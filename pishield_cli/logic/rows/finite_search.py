"""The cheapest row of columns of few whole numbers: branch and bound with propagation.

References:
    Land and Doig, An Automatic Method of Solving Discrete Programming Problems, Econometrica 1960.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pishield_cli.logic.rows.finite_domains import FiniteDomains
from pishield_cli.logic.rows.propagation import Propagation
from pishield_cli.logic.solver.limits import LimitReached, Limits

Costs = Sequence[Sequence[int]]
"""What each value costs, by column and bit."""


@dataclass(frozen=True, slots=True)
class Cheapest:
    """What a search ended with.

    Attributes:
        bits: The bit of each column's value in the cheapest row found; None where none was.
        complete: Whether none is cheaper, or none exists.
    """

    bits: tuple[int, ...] | None
    complete: bool


def cheapest(
    problem: FiniteDomains,
    costs: Costs,
    limits: Limits,
    held: Mapping[int, int] = MappingProxyType({}),
) -> Cheapest:
    """Find the row of the least total cost.

    Args:
        problem: What must hold, with what follows for its domains.
        costs: What each value costs, never negative.
        limits: How much work it may take.
        held: Values that some columns are confined to, as masks.

    Returns:
        The cheapest row; of equally cheap ones, the one found first.
    """
    search = _Search(problem, costs, limits)
    try:
        search.run(held)
    except LimitReached:
        return Cheapest(search.found, complete=False)
    return Cheapest(search.found, complete=True)


class _Search:
    def __init__(self, problem: FiniteDomains, costs: Costs, limits: Limits) -> None:
        self._state = Propagation(problem, limits)
        self._costs, self._limits = costs, limits
        self._order = [
            [bit for _, bit in sorted(zip(one, range(len(one)), strict=True))] for one in costs
        ]
        self.found: tuple[int, ...] | None = None
        self._best = 1 + sum(max(one) for one in costs)

    def run(self, held: Mapping[int, int]) -> None:
        """Search all rows."""
        if not all(self._state.domains):
            return
        if all(self._state.narrow(column, mask) for column, mask in held.items()):
            self._descend()

    def _descend(self) -> None:
        """Search below what is chosen, the column of the largest regret first."""
        column, bound = self._widest()
        if bound >= self._best:
            return
        if column is None:
            self.found = tuple(one.bit_length() - 1 for one in self._state.domains)
            self._best = bound
            return
        costs, domain = self._costs[column], self._state.domains[column]
        choices = [bit for bit in self._order[column] if domain >> bit & 1]
        rest = bound - costs[choices[0]]
        for bit in choices:
            if rest + costs[bit] >= self._best:
                break
            mark = self._state.mark()
            if self._state.narrow(column, 1 << bit):
                self._descend()
            self._state.undo(mark)
            if not self._state.narrow(column, ~(1 << bit)):
                break

    def _widest(self) -> tuple[int | None, int]:
        """The column whose second value costs most above its first; what all cost at least."""
        domains = self._state.domains
        self._limits.spend(1 + len(domains) // 2)
        chosen, most, bound = None, -1, 0
        for column, domain in enumerate(domains):
            costs = self._costs[column]
            if not domain & (domain - 1):
                bound += costs[domain.bit_length() - 1]
                continue
            ranked = (bit for bit in self._order[column] if domain >> bit & 1)
            least = costs[next(ranked)]
            bound += least
            regret = costs[next(ranked)] - least
            if regret > most:
                chosen, most = column, regret
        return chosen, bound
