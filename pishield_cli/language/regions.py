"""Which values of one sum a formula allows, where it compares nothing but that sum with numbers.

`x == 1 or x == 2 or x == 9` allows three values of `x`. Multiplied out, it is eight clauses, and a
list of n values 2^n; told by the gaps between the values it is n + 1: `x <= 1 or x >= 2`, ...
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or
from pishield_cli.logic.ranges import Cut, Ranges
from pishield_cli.logic.terms import BooleanLiteral, Equation, Inequality, Term

SignedFormula = tuple[Formula, bool]
"""A formula, or (False) its negation."""


@dataclass(frozen=True, slots=True)
class Region:
    """Values of a sum.

    Attributes:
        key: Equal for sums that are multiples of each other.
        terms: The sum as it was first written, up to its sign.
        lead: The values are those of the sum divided by this, above zero.
        values: What is allowed.
    """

    key: Hashable
    terms: tuple[Term, ...]
    lead: Fraction
    values: Ranges

    def clauses(self) -> Iterator[tuple[Inequality, ...]]:
        """For each gap, that the sum lies below it or above it; none if it has no limits."""
        for below, above in self.values.gaps():
            sides = (self._at_most(below), self._at_least(above))
            yield tuple(side for side in sides if side is not None)

    def _at_least(self, cut: Cut | None) -> Inequality | None:
        if cut is None:
            return None
        value, strict = cut
        return Inequality(self.terms, value * self.lead, strict)

    def _at_most(self, cut: Cut | None) -> Inequality | None:
        if cut is None:
            return None
        value, inclusive = cut
        turned = tuple(Term(name, -coefficient) for name, coefficient in self.terms)
        return Inequality(turned, -value * self.lead, not inclusive)


def merged_regions(parts: Sequence[SignedFormula]) -> list[Region | SignedFormula]:
    """Take those parts of a disjunction together that compare the same sum with numbers.

    Returns:
        The parts, with a region for each sum that several of them compare in place of the first.
    """
    together: dict[frozenset[str], list[int]] = {}
    for place, (formula, _) in enumerate(parts):
        names = _compared(formula)
        if names:
            together.setdefault(names, []).append(place)
    if len(together) == len(parts):
        return list(parts)
    merged: dict[int, Region | SignedFormula] = dict(enumerate(parts))
    for places in together.values():
        for same in _same_sum(parts, places):
            region = _union(list(same.values()))
            # Where it allows everything or nothing, a missing cell still leaves it unknown.
            if region.values.cuts:
                for place in same:
                    del merged[place]
                merged[min(same)] = region
    return [merged[place] for place in sorted(merged)]


def _same_sum(parts: Sequence[SignedFormula], places: Sequence[int]) -> Iterator[dict[int, Region]]:
    """The regions, by their places, of several parts that compare the same sum."""
    if len(places) == 1:
        return
    by_sum: dict[Hashable, dict[int, Region]] = {}
    for place in places:
        region = _region(*parts[place])
        if region is not None:
            by_sum.setdefault(region.key, {})[place] = region
    yield from (same for same in by_sum.values() if len(same) > 1)


def _compared(formula: Formula) -> frozenset[str] | None:
    """The columns of every comparison in a formula, if all have the same and none is boolean."""
    match formula:
        case Constant():
            return None
        case Atom(literal):
            boolean = isinstance(literal, BooleanLiteral)
            return None if boolean else frozenset(literal.variables)
        case Not(operand):
            return _compared(operand)
        case And(parts) | Or(parts) | Iff(parts):
            found = {_compared(part) for part in parts}
            return found.pop() if len(found) == 1 else None


def _region(formula: Formula, positive: bool) -> Region | None:
    match formula:
        case Atom(literal):
            return None if isinstance(literal, BooleanLiteral) else _half(literal, positive)
        case Not(operand):
            return _region(operand, not positive)
        case Constant() | Iff():
            return None
        case And(parts) | Or(parts):
            regions = [_region(part, positive) for part in parts]
            known = [region for region in regions if region is not None]
            if len(known) < len(regions) or len({one.key for one in known}) != 1:
                return None
            combined = _union if isinstance(formula, Or) == positive else _intersection
            return combined(known)


def _half(literal: Inequality | Equation, positive: bool) -> Region:
    lead = min(literal.terms)[1]
    terms = literal.terms
    if lead < 0:
        terms = tuple(Term(name, -coefficient) for name, coefficient in terms)
    value = literal.constant / lead
    key = frozenset((name, coefficient / lead) for name, coefficient in literal.terms)
    if isinstance(literal, Equation):
        values = Ranges(unbounded_below=False, cuts=((value, False), (value, True)))
    elif lead > 0:
        values = Ranges.above(value, strict=literal.strict)
    else:
        values = ~Ranges.above(value, strict=not literal.strict)
    return Region(key, terms, abs(lead), values if positive else ~values)


def _union(regions: Sequence[Region]) -> Region:
    return _combined(regions, Ranges.union)


def _intersection(regions: Sequence[Region]) -> Region:
    return _combined(regions, lambda parts: ~Ranges.union(~one for one in parts))


def _combined(regions: Sequence[Region], combine: Callable[[Iterable[Ranges]], Ranges]) -> Region:
    first = regions[0]
    return Region(first.key, first.terms, first.lead, combine(one.values for one in regions))
