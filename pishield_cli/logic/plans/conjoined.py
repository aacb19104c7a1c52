"""Half-spaces that hold together, as one literal of a clause of half-spaces.

Such a literal stands under a number of its own where a half-space does, and is taken apart only
when the last variable of one of its parts is eliminated. So a clause of n equalities over n
variables, which is 2^n clauses multiplied out, is n steps of two clauses each.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from pishield_cli.logic.plans.half_spaces import (
    Disjunction,
    Half,
    IntegerForm,
    disjunction,
    excludes,
    opposite,
)
from pishield_cli.logic.solver.limits import Limits

ALWAYS: Half = ((), 0, False)
"""`0 >= 0`, which always holds."""

NEVER: Half = ((), 1, False)
"""`0 >= 1`, which never does."""


class Conjunctions:
    """The conjunctions of one problem.

    One that stands for parts has a form of two pairs: its number, negative, and the last variable
    of its parts, both with a coefficient of 0. It is strict, so that it never seems to be its own
    complement.
    """

    def __init__(self) -> None:
        self._halves: dict[tuple[Half, ...], Half] = {}
        self._parts: dict[IntegerForm, tuple[Half, ...]] = {}

    def half(self, parts: Iterable[Half]) -> Half:
        """What stands for some half-spaces together: the only one, if it is one."""
        strongest: dict[IntegerForm, Half] = {}
        for part in parts:
            form, constant, strict = part
            if not form:
                if constant > 0 or (constant == 0 and strict):
                    return NEVER
                continue
            known = strongest.get(form)
            if known is None or (constant, strict) > known[1:]:
                strongest[form] = part
        if any(
            (other := strongest.get(opposite(form))) is not None and excludes(part, other)
            for form, part in strongest.items()
        ):
            return NEVER
        kept = tuple(sorted(strongest.values()))
        if len(kept) < 2:
            return kept[0] if kept else ALWAYS
        if kept not in self._halves:
            last = max(form[-1][0] for form, _, _ in kept)
            form = ((-1 - len(self._halves), 0), (last, 0))
            self._halves[kept] = form, 0, True
            self._parts[form] = kept
        return self._halves[kept]

    def parts(self, half: Half) -> tuple[Half, ...]:
        """What a half-space stands for: itself, unless it is a conjunction."""
        return self._parts.get(half[0], (half,))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._parts)

    def apart(
        self, clauses: Iterable[Disjunction], position: int, limits: Limits
    ) -> Iterator[Disjunction]:
        """Take conjunctions apart whose last variable is given.

        Args:
            clauses: A conjunction; no variable in them comes after the given one.
            position: The variable.
            limits: How much work may be done; it is drawn upon.

        Yields:
            The same clauses, without conjunctions that mention the variable.
        """
        for clause in clauses:
            choices = [self._choices(half, position) for half in clause]
            for chosen in product(*choices):
                limits.spend(len(chosen))
                found = disjunction(chosen)
                if found is not None:
                    yield found

    def _choices(self, half: Half, position: int) -> list[Half]:
        parts = self._parts.get(half[0])
        if parts is None or half[0][-1][0] != position:
            return [half]
        having = [part for part in parts if part[0][-1][0] == position]
        rest = [part for part in parts if part[0][-1][0] != position]
        return [*having, *([self.half(rest)] if rest else [])]
