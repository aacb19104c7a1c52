"""All whole numbers that solve equations, as one solution and the steps that lead to the others.

Where `-5*a + 42*b + 42*c == 42`, whole numbers leave `a` the multiples of 42 alone. A search that
halves ranges would look for that far and wide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from pishield_cli.logic.rows.congruences import Congruences, equation
from pishield_cli.logic.terms import Clause, Term


class Remainder(NamedTuple):
    """The values `first + step * n` of a variable; `first` alone where `step` is 0."""

    first: int
    step: int

    def nearest(self, target: Fraction) -> list[Fraction]:
        """Those at and on both sides of a value, the nearest first."""
        if not self.step:
            return [Fraction(self.first)]
        middle = self.first + self.step * round((target - self.first) / self.step)
        values = [Fraction(middle + self.step * way) for way in (-1, 0, 1)]
        return sorted(values, key=lambda one: (abs(one - target), one))


@dataclass(frozen=True, slots=True)
class WholeSolutions:
    """The whole numbers that solve equations, as they are demanded one by one.

    Attributes:
        names: The variables; any others are free.
        start: One solution, where there is any; zeros are left out.
        steps: What leads from it to all others, any whole number of times each.
        exist: Whether there are any.
        work: Entries that the last demand went through.

    References:
        Hermite's normal form, by Euclid's algorithm on columns: H. Cohen, A Course in Computational
        Algebraic Number Theory, 1993, section 2.4.
    """

    names: frozenset[str]
    start: Mapping[str, int]
    steps: tuple[Mapping[str, int], ...]
    exist: bool = True
    work: int = 0

    @classmethod
    def of(cls, names: Iterable[str]) -> "WholeSolutions":
        """Any whole numbers."""
        listed = tuple(names)
        return cls(frozenset(listed), {}, tuple({name: 1} for name in listed))

    def held(self, name: str, value: Fraction) -> "WholeSolutions":
        """The solutions in which a variable has a value."""
        return self.demanded({name: 1}, value) if name in self.names else self

    def demanded(self, terms: Mapping[str, int], value: Fraction) -> "WholeSolutions":
        """The solutions by which a sum is a value."""
        rest = value - sum(factor * self.start.get(name, 0) for name, factor in terms.items())
        work = len(terms) * len(self.steps)
        least, way = 0, dict[str, int]()
        kept: list[Mapping[str, int]] = []
        for step in self.steps:
            other: Mapping[str, int] = step
            change = sum(factor * step.get(name, 0) for name, factor in terms.items())
            # Euclid's algorithm: in the end one step by which the sum changes, as little as can be.
            while change:
                times = least // change
                way, other = dict(other), _plus(way, -times, other)
                least, change = change, least - times * change
                work += len(other)
            if other:
                kept.append(other)
        times_way = rest / least if least else rest
        if times_way.denominator != 1 or (rest and not least):
            return replace(self, exist=False, work=work)
        start = _plus(self.start, int(times_way), way) if least else self.start
        return replace(self, start=start, steps=tuple(kept), work=work)

    def congruences(self) -> Congruences:
        """What they leave each variable that cannot be any whole number, as clauses."""
        if not self.exist:
            return Congruences((Clause(()),), ())
        listed: list[Clause] = []
        multiples = []
        for name in dict.fromkeys(name for each in (self.start, *self.steps) for name in each):
            first, step = self.remainder(name)
            terms = [Term(name, Fraction(1))]
            if step > 1:
                multiples.append(f"times {name}\0")
                terms.append(Term(multiples[-1], Fraction(-step)))
            if step != 1:
                listed += equation(terms, Fraction(first))
        return Congruences(tuple(listed), tuple(multiples))

    def point(self) -> dict[str, Fraction]:
        """One solution, where there is any."""
        return {name: Fraction(self.start.get(name, 0)) for name in self.names}

    def remainder(self, name: str) -> Remainder:
        """What they leave one of the variables."""
        step = gcd(*(step.get(name, 0) for step in self.steps))
        first = self.start.get(name, 0)
        return Remainder(first % step if step else first, step)


def _plus(one: Mapping[str, int], times: int, other: Mapping[str, int]) -> dict[str, int]:
    found = dict(one)
    for name, value in other.items():
        total = found.get(name, 0) + times * value
        found[name] = total
    return {name: value for name, value in found.items() if value}
