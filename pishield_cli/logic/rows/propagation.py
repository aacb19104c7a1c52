"""What is left of columns' values once some are chosen: forward, until nothing more follows."""

from dataclasses import replace

from pishield_cli.logic.rows.finite_domains import (
    Allowed,
    FiniteAtom,
    FiniteDomains,
    IntegerSum,
    Option,
)
from pishield_cli.logic.solver.limits import LimitReached, Limits

PER_UNIT = 4
"""Terms of a sum, or columns that all differ, that count as one unit of work."""


class Propagation:
    """Domains that shrink as values are chosen, and grow back as choices are undone.

    Args:
        problem: The columns and their clauses.
        limits: What the work is accounted to.

    Attributes:
        domains: The values left to each column, as masks.
    """

    def __init__(self, problem: FiniteDomains, limits: Limits) -> None:
        self._problem, self._limits = problem, limits
        self.domains = list(problem.domains)
        self._trail: list[tuple[int, int]] = []
        least = min(problem.lows)
        self._shifts = [low - least for low in problem.lows]

    def begin(self) -> bool:
        """Draw all that follows before anything is chosen; False for a contradiction.

        Raises:
            LimitReached: If that takes more work than is left.
        """
        return all(self.domains) and self._propagated(list(range(len(self.domains))))

    def mark(self) -> int:
        """Where domains stand, to be gone back to."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Go back there."""
        while len(self._trail) > mark:
            column, domain = self._trail.pop()
            self.domains[column] = domain

    def narrow(self, column: int, mask: int) -> bool:
        """Leave a column some values only; False if nothing goes with them.

        Raises:
            LimitReached: If that takes more work than is left.
        """
        changed: list[int] = []
        return self._keep(column, mask, changed) and self._propagated(changed)

    def _keep(self, column: int, mask: int, changed: list[int]) -> bool:
        before = self.domains[column]
        after = before & mask
        if after != before:
            self._trail.append((column, before))
            self.domains[column] = after
            changed.append(column)
        return after != 0

    def _propagated(self, waiting: list[int]) -> bool:
        """Draw what follows from columns that changed, wider clauses last."""
        touched = set(waiting)
        clauses: dict[int, None] = {}
        while waiting or clauses:
            if waiting:
                column = waiting.pop()
                touched.add(column)
                clauses.update(dict.fromkeys(self._problem.watching[column]))
                sound = self._support_others(column, waiting)
            else:
                number = next(iter(clauses))
                del clauses[number]
                sound = self._one_holds(number, waiting)
            if not sound:
                return False
        return self._enough_for_all(touched)

    def _support_others(self, column: int, changed: list[int]) -> bool:
        """Leave other columns what some value of this one goes with."""
        domain = self.domains[column]
        count, looked = domain.bit_count(), 1
        for support in self._problem.supports[column]:
            if count > support.enough:
                continue
            left, mask, before = domain, 0, self.domains[support.other]
            while left and before & ~mask:
                lowest = left & -left
                mask |= support.masks[lowest.bit_length() - 1]
                left ^= lowest
                looked += 1
            if before & ~mask and not self._keep(support.other, mask, changed):
                return False
        self._limits.spend(looked)
        return True

    def _one_holds(self, number: int, changed: list[int]) -> bool:
        """Hold the only option of a clause that is left, if it is the only one."""
        only: Option | None = None
        for looked, option in enumerate(self._problem.wider[number], 1):
            if all(map(self._is_possible, option)):
                if only is not None:
                    self._limits.spend(looked)
                    return True
                only = option
        self._limits.spend(len(self._problem.wider[number]))
        return only is not None and all(self._hold(atom, changed) for atom in only)

    def _is_possible(self, atom: FiniteAtom) -> bool:
        if isinstance(atom, Allowed):
            return self.domains[atom.column] & atom.mask != 0
        return self._room(atom) >= 0

    def _room(self, atom: IntegerSum) -> int:
        """By how much a sum's greatest value is above its constant."""
        self._limits.spend(len(atom.terms) // PER_UNIT)
        domains, total = self.domains, -atom.constant
        for column, factor in atom.terms:
            domain = domains[column]
            end = domain.bit_length() if factor > 0 else (domain & -domain).bit_length()
            total += factor * (end - 1)
        return total

    def _hold(self, atom: FiniteAtom, changed: list[int]) -> bool:
        if isinstance(atom, Allowed):
            return self._keep(atom.column, atom.mask, changed)
        room = self._room(atom)
        if room < 0:
            return False
        self._limits.spend(len(atom.terms))
        for column, factor in atom.terms:
            domain = self.domains[column]
            if factor > 0:
                end = domain.bit_length() - 1 - room // factor
                mask = -1 << max(end, 0)
            else:
                mask = (1 << (domain & -domain).bit_length() + room // -factor) - 1
            if not self._keep(column, mask, changed):
                return False
        return True

    def _enough_for_all(self, touched: set[int]) -> bool:
        """Whether columns that all differ have as many values left as there are of them."""
        for columns in self._problem.differing:
            if touched.isdisjoint(columns):
                continue
            self._limits.spend(1 + len(columns) // PER_UNIT)
            every = 0
            for column in columns:
                every |= self.domains[column] << self._shifts[column]
            if every.bit_count() < len(columns):
                return False
        return True


def propagated(problem: FiniteDomains, limits: Limits) -> FiniteDomains:
    """The same problem with the domains that follow from it, as far as the limits allow.

    No column of a contradiction has any value.
    """
    state = Propagation(problem, limits)
    try:
        sound = state.begin()
    except LimitReached:
        sound = True
    return replace(problem, domains=tuple(one if sound else 0 for one in state.domains))
