"""Signed clauses over variables of few values, and for each variable what the others leave it.

A set of values is a whole number, bit i for value i. A signed clause asks that one of its variables
has a value of a set of its own. Variables are eliminated from the last to the first: clauses over x
whose sets have no value in common ask that something else in one of them holds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import islice, product
from operator import or_

from pishield_cli.logic.terms import Clause, Inequality

AllowedValues = Mapping[str, int]
"""For each variable of a clause the values that make it hold; not all of them, and not none."""

MOST_CLAUSES = 20_000
"""Clauses that follow past which an elimination is given up."""

FEW_CLAUSES = 500
"""Clauses that follow up to which a variable need not wait for others."""

WORK = 50
"""Clauses that may be looked at for each that may follow."""


@dataclass(frozen=True, slots=True)
class ChoiceStep:
    """What one variable may be.

    Attributes:
        variable: The variable.
        clauses: The sets of values, each to be kept to where no other variable of its clause, all
            of them earlier, has a value that makes it hold.
    """

    variable: str
    clauses: tuple[tuple[int, AllowedValues], ...]


def signed_clauses(
    clauses: Iterable[Clause], counts: Mapping[str, int]
) -> list[AllowedValues] | None:
    """Clauses of comparisons of single variables, as sets of values.

    Args:
        clauses: A conjunction.
        counts: How many values each variable has, counted from 0.

    Returns:
        None where a comparison is not of one variable with a number.
    """
    bits = _Bits(counts)
    found: list[int] = []
    for clause in clauses:
        signed: dict[str, int] = {}
        for literal in (one.as_inequality() for one in clause):
            if len(literal.terms) != 1 or literal.terms[0].variable not in counts:
                return None
            name = literal.terms[0].variable
            signed[name] = signed.get(name, 0) | _values_of(literal, counts[name])
        found.append(bits.joined(signed))
    return [bits.apart(one) for one in bits.simplified(found)]


@lru_cache(maxsize=4096)
def _values_of(literal: Inequality, count: int) -> int:
    """The values of a variable by which a comparison of it alone holds."""
    name = literal.terms[0].variable
    return sum(1 << value for value in range(count) if literal.holds({name: Fraction(value)}))


def choice_steps(
    clauses: Iterable[AllowedValues], counts: Mapping[str, int], ordering: Sequence[str]
) -> tuple[ChoiceStep, ...] | None:
    """Work out what each variable may be, in order.

    Args:
        clauses: A conjunction.
        counts: How many values each variable has.
        ordering: All variables, most trusted first.

    Returns:
        Steps of the variables that something restricts: whatever the earlier ones are, if they kept
        to theirs, each leaves a value. None where no values satisfy the clauses.

    Raises:
        OverflowError: If there are too many clauses on the way.
    """
    left = _Left(clauses, counts)
    steps: list[ChoiceStep] = []
    for name in reversed(ordering):
        step = left.without(name, MOST_CLAUSES)
        if step is None:
            raise OverflowError
        if left.contradictory:
            return None
        if step.clauses:
            steps.append(step)
    return tuple(reversed(steps))


def narrow_ordering(
    clauses: Iterable[AllowedValues],
    counts: Mapping[str, int],
    ordering: Sequence[str],
    held: Collection[str] = (),
) -> tuple[str, ...]:
    """Variables in an order in which few clauses follow, otherwise as they are given.

    A variable goes before another that is given before it only where too many clauses would follow
    from those that name it.

    Args:
        clauses: A conjunction.
        counts: How many values each variable has.
        ordering: All variables, most trusted first.
        held: Those that stand first in any case.

    Returns:
        The variables; as they are given where no order is found.
    """
    left = _Left(clauses, counts)
    free = [name for name in reversed(ordering) if name not in held]
    found: list[str] = []
    while free:
        tries = product((FEW_CLAUSES, MOST_CLAUSES), free)
        name = next((name for most, name in tries if left.without(name, most)), None)
        if name is None or left.contradictory:
            return tuple(ordering)
        free.remove(name)
        found.append(name)
    return (*(name for name in ordering if name in held), *reversed(found))


class _Left:
    """What is left of clauses while variables are eliminated.

    Args:
        clauses: A conjunction.
        counts: How many values each variable has.
    """

    def __init__(self, clauses: Iterable[AllowedValues], counts: Mapping[str, int]) -> None:
        self._bits = _Bits(counts)
        self._clauses = self._bits.simplified(map(self._bits.joined, clauses))

    @property
    def contradictory(self) -> bool:
        """Whether no values satisfy the clauses."""
        return 0 in self._clauses

    def without(self, name: str, most: int) -> ChoiceStep | None:
        """Eliminate a variable.

        Args:
            name: The variable.
            most: Clauses that may follow.

        Returns:
            What the variable may be; None where too many clauses follow: nothing is done then.
        """
        full, place = self._bits.full[name], self._bits.places[name]
        own = [one for one in self._clauses if one & full]
        rests = [(one & full, one & ~full) for one in own]
        others = [one for other, one in self._bits.full.items() if other != name]
        try:
            derived = list(islice(_covers(rests, full, others, WORK * most), most + 1))
        except OverflowError:
            return None
        if len(derived) > most:
            return None
        if own:
            kept = (one for one in self._clauses if not one & full)
            self._clauses = self._bits.simplified([*kept, *derived])
        bounds = ((held >> place, self._bits.apart(rest)) for held, rest in rests)
        return ChoiceStep(name, tuple(bounds))


def _covers(
    rests: Sequence[tuple[int, int]], full: int, others: Sequence[int], most: int
) -> Iterator[int]:
    """For each smallest lot of sets without a value in common what else has to hold.

    Args:
        rests: Of each clause the set of the variable, and all other sets.
        full: All values of the variable.
        others: All values of each other variable: what holds by one of them anyway is left out.
        most: Clauses that may be looked at.

    Raises:
        OverflowError: If more would have to be.
    """
    named = reduce(or_, (rest for _, rest in rests), 0)
    close = [one for one in others if one & named]
    opened: list[tuple[int, int, int]] = [(0, full, 0)]
    while opened:
        first, common, rest = opened.pop()
        most -= len(rests) - first
        if most < 0:
            raise OverflowError
        for place in range(first, len(rests)):
            held, other = rests[place]
            if common & held == common:
                continue
            both = rest | other
            if any(both & one == one for one in close):
                continue
            if common & held:
                opened.append((place + 1, common & held, both))
            else:
                yield both


class _Bits:
    """AllowedValues clauses as whole numbers: the sets of all variables side by side.

    A clause implies another one if its bits are among those of the other.

    Args:
        counts: How many values each variable has.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.places: dict[str, int] = {}
        self.full: dict[str, int] = {}
        place = 0
        # Sorted: which clauses are made one, and so how many are left, follows from this order.
        for name, count in sorted(counts.items()):
            self.places[name], self.full[name] = place, ((1 << count) - 1) << place
            place += count

    def joined(self, clause: AllowedValues) -> int:
        """A clause as a number."""
        return sum(held << self.places[name] for name, held in clause.items())

    def apart(self, clause: int) -> AllowedValues:
        """A number as a clause: the sets that are not empty."""
        return {name: (clause & full) >> self.places[name] for name, full in self._named(clause)}

    def _named(self, clause: int) -> list[tuple[str, int]]:
        return [(name, full) for name, full in self.full.items() if clause & full]

    def simplified(self, clauses: Iterable[int]) -> list[int]:
        """The same without clauses that always hold or that others imply; alike ones made one."""
        found = [one for one in dict.fromkeys(clauses) if not self._always_holds(one)]
        merging = True
        while merging:
            count = len(found)
            found = _minimal(found)
            for full in self.full.values():
                found = _merged(found, full)
            merging = len(found) < count
        return found

    def _always_holds(self, clause: int) -> bool:
        return any(clause & full == full for _, full in self._named(clause))


def _merged(clauses: Iterable[int], full: int) -> list[int]:
    """Clauses that differ in one variable alone ask for what its sets have in common."""
    alike: dict[int, int] = {}
    others: list[int] = []
    for one in clauses:
        if one & full:
            rest = one & ~full
            alike[rest] = alike.get(rest, one) & one
        else:
            others.append(one)
    return [*others, *alike.values()]


def _minimal(clauses: Iterable[int]) -> list[int]:
    """Without clauses that another one implies."""
    kept: list[int] = []
    for one in sorted(dict.fromkeys(clauses), key=int.bit_count):
        if not any(other & one == other for other in kept):
            kept.append(one)
    return kept
