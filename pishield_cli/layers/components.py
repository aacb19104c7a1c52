"""Inequalities that share variables, numbered, and the clauses made of them."""

from collections.abc import Collection, Iterable, Mapping

from pishield_cli.logic.plans.half_spaces import Half, equated, half_of, turned
from pishield_cli.logic.terms import Clause, Inequality


class Component:
    """Inequalities over variables that they connect, and the clauses made of them.

    Args:
        clauses: Of one component.
        columns: The position of each column.
        fixed: Columns that never move.

    Attributes:
        halves: Distinct inequalities over positions.
        free: For each, whether it is an equality.
        clauses: For each clause its inequalities' numbers.
        given: The clauses as given.
        places: The positions of the columns that occur.
    """

    def __init__(
        self, clauses: Iterable[Clause], columns: Mapping[str, int], fixed: Collection[int] = ()
    ) -> None:
        self.given = tuple(clauses)
        self._columns = columns
        numbers: dict[Half, int] = {}
        listed: list[tuple[int, ...]] = []
        for clause in self.given:
            halves = [half_of(literal, columns) for literal in clause.as_inequalities()]
            if any(not form and (b < 0 or not (b or strict)) for form, b, strict in halves):
                continue
            named = [half for half in halves if half[0]]
            listed.append(tuple(dict.fromkeys(numbers.setdefault(h, len(numbers)) for h in named)))
        self.halves = list(numbers)
        units = {self.halves[one[0]] for one in listed if len(one) == 1}
        sides = set(equated(units))
        self.free = [half in sides for half in self.halves]
        mirrored = {
            place
            for place, half in enumerate(self.halves)
            if self.free[place] and half[0][0][1] < 0
        }
        # Of an equality's two inequalities one is enough, its multiplier being free.
        kept = [place for place in range(len(self.halves)) if place not in mirrored]
        renumbered = {place: new for new, place in enumerate(kept)}
        self.halves = [self.halves[place] for place in kept]
        self.free = [self.free[place] for place in kept]
        distinct = dict.fromkeys(one for one in listed if not mirrored.intersection(one))
        self.clauses = [tuple(renumbered[place] for place in one) for one in distinct]
        self._numbers = {half: place for place, half in enumerate(self.halves)}
        self.places = sorted({place for form, _, _ in self.halves for place, _ in form})
        self.fixed = frozenset(fixed)

    def number(self, literal: Inequality) -> int:
        """The number of the inequality that a literal of one of the clauses is."""
        half = half_of(literal, self._columns)
        found = self._numbers.get(half)
        return self._numbers[turned(half)] if found is None else found

    @property
    def linear(self) -> bool:
        """Whether every clause is one inequality."""
        return all(len(one) == 1 for one in self.clauses)
