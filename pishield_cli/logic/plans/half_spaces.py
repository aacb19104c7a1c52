"""Half-spaces and clauses of them in canonical form, and sets of clauses without idle ones.

Variables are positions in an ordering here, and inequalities have integer coefficients without a
common factor, so that equal half-spaces are equal values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd

from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Inequality, common_divisor

IntegerForm = tuple[tuple[int, int], ...]
"""(position, coefficient) pairs, by ascending position; coefficients without a common factor."""

Rational = int | Fraction
"""A constant; a whole one is an `int` where it can be, since fractions are much slower."""

Half = tuple[IntegerForm, Rational, bool]
"""A half-space: `form >= constant`, or `>` where the flag (strict) is true."""

MASK_BITS = 1_024
"""Bits that forms are told apart by at first; more would fill the memory of large sets."""

Disjunction = tuple[Half, ...]
"""A clause: distinct forms, sorted; empty for the contradiction."""


def half_space(
    coefficients: Iterable[tuple[int, Fraction]], constant: Fraction, strict: bool
) -> Half:
    """Bring an inequality to its canonical form by a positive factor.

    Args:
        coefficients: Of each variable, by position; zeros and any order are allowed, none twice.
        constant: What the sum is at least.
        strict: Whether it is more than that.
    """
    items = sorted((position, value) for position, value in coefficients if value)
    if not items:
        return (), constant, strict
    unit = common_divisor(value for _, value in items)
    constant /= unit
    whole = constant.numerator if constant.denominator == 1 else constant
    return tuple((position, int(value / unit)) for position, value in items), whole, strict


def half_of(inequality: Inequality, positions: Mapping[str, int]) -> Half:
    """The half-space of an inequality, its variables at some positions."""
    terms = ((positions[name], coefficient) for name, coefficient in inequality.terms)
    return half_space(terms, inequality.constant, inequality.strict)


def equated(halves: Iterable[Half]) -> list[Half]:
    """Those of a conjunction whose other side is one of it as well: the two of each equality."""
    listed = dict.fromkeys(halves)
    return [one for one in listed if not one[2] and turned(one) in listed]


def turned(half: Half) -> Half:
    """The other side of a half-space: `form <= constant` for `form >= constant`."""
    form, constant, strict = half
    return opposite(form), -constant, strict


def opposite(form: IntegerForm) -> IntegerForm:
    """The form times minus one."""
    return tuple((position, -coefficient) for position, coefficient in form)


def combined(first: Half, by: int, second: Half, times: int) -> Half:
    """`by * first + times * second`, both factors positive, in canonical form.

    Args:
        first: A half-space.
        by: Its factor, above 0.
        second: Another.
        times: The other's factor, above 0.
    """
    coefficients = {position: value * by for position, value in first[0]}
    for position, value in second[0]:
        coefficients[position] = coefficients.get(position, 0) + value * times
    constant = first[1] * by + second[1] * times
    items = sorted((p, v) for p, v in coefficients.items() if v)
    strict = first[2] or second[2]
    divisor = gcd(*(v for _, v in items)) if items else 1
    if divisor == 1:
        return tuple(items), constant, strict
    whole, rest = divmod(constant, divisor) if isinstance(constant, int) else (0, 1)
    constant = Fraction(constant, divisor) if rest else whole
    return tuple((p, v // divisor) for p, v in items), constant, strict


def disjunction(halves: Iterable[Half]) -> Disjunction | None:
    """The clause of some half-spaces: constants folded, parallel ones merged.

    Returns:
        None for a tautology.
    """
    weakest: dict[IntegerForm, tuple[Rational, bool]] = {}
    for form, constant, strict in halves:
        if not form:
            if constant < 0 or (constant == 0 and not strict):
                return None
            continue
        known = weakest.get(form)
        if known is None or (constant, strict) < known:
            weakest[form] = (constant, strict)
    for form, (constant, strict) in weakest.items():
        other = weakest.get(opposite(form))
        if other is not None:
            gap = constant + other[0]
            if gap < 0 or (gap == 0 and not (strict and other[1])):
                return None
    return tuple(sorted((form, constant, strict) for form, (constant, strict) in weakest.items()))


class ClauseSet:
    """Clauses without the subsumed ones, with literals that single inequalities refute removed.

    Args:
        limits: What comparing clauses is accounted to.
        parts: The half-spaces that a literal stands for together; itself by default.
    """

    def __init__(
        self, limits: Limits, parts: Callable[[Half], Sequence[Half]] = lambda half: (half,)
    ) -> None:
        self._limits = limits
        self._parts = parts
        self._count = 0
        self._clauses: dict[int, Disjunction] = {}
        """By a number of its own each: clauses are long to hash."""
        self._masks: dict[int, int] = {}
        """For each clause bits of its forms, which a clause with more forms has as well."""
        self._bits: dict[IntegerForm, int] = {}
        self._units: dict[IntegerForm, int] = {}
        self._by_form: dict[IntegerForm, dict[int, None]] = {}
        self._by_last: dict[int, dict[int, None]] = {}
        # Each clause under one of its forms only: what subsumes a clause is found by going
        # through that clause's forms, once for each candidate.
        self._led: dict[IntegerForm, dict[int, None]] = {}
        self._leader: dict[int, IntegerForm] = {}

    def __iter__(self) -> Iterator[Disjunction]:
        return iter(self._clauses.values())

    def __len__(self) -> int:
        return len(self._clauses)

    @property
    def contradicts_itself(self) -> bool:
        """Whether the empty clause is in it."""
        return len(self._clauses) == 1 and () in self._clauses.values()

    def unit(self, form: IntegerForm) -> Half | None:
        """The clause that says `form >= something` alone, where there is one."""
        number = self._units.get(form)
        return None if number is None else self._clauses[number][0]

    def add(self, clause: Disjunction) -> None:
        """Add a clause, unless a clause of the set implies it; drop those that it implies."""
        pending = [clause]
        while pending:
            current = self._without_refuted(pending.pop())
            self._limits.spend(1 + len(current))
            if len(current) == 1 and len(parts := self._parts(current[0])) > 1:
                pending.extend((part,) for part in parts)
                continue
            mask = self._mask(current)
            if self._is_subsumed(current, mask):
                continue
            for weaker in self._subsumed_by(current, mask):
                self._discard(weaker)
            self._insert(current, mask)
            if len(current) == 1:
                pending.extend(self._take_refuted_by(current[0]))

    def take(self, position: int) -> list[Disjunction]:
        """Remove the clauses with a form whose last variable this is, and give them in order."""
        return [self._discard(one) for one in list(self._by_last.get(position, ()))]

    def take_units(self, halves: Iterable[Half]) -> None:
        """Remove some clauses of one half-space."""
        for form, _, _ in halves:
            self._discard(self._units[form])

    def subsumes(self, clause: Disjunction) -> bool:
        """Whether one clause of the set has only literals that imply one of this clause's."""
        return self._is_subsumed(clause, self._mask(clause))

    def _mask(self, clause: Disjunction) -> int:
        mask = 0
        for form, _, _ in clause:
            mask |= 1 << self._bits.setdefault(form, len(self._bits)) % MASK_BITS
        return mask

    def _is_subsumed(self, clause: Disjunction, mask: int) -> bool:
        if self.contradicts_itself:
            return True
        masks, bounds = self._masks, None
        for form, _, _ in clause:
            led = self._led.get(form)
            if led:
                self._limits.spend(len(led))
                for candidate in led:
                    if masks[candidate] | mask == mask:
                        bounds = bounds or {f: (c, s) for f, c, s in clause}
                        if _implies(self._clauses[candidate], bounds):
                            return True
        return False

    def _subsumed_by(self, clause: Disjunction, mask: int) -> list[int]:
        if not clause:
            return list(self._clauses)
        rarest = min((self._by_form.get(form, {}) for form, _, _ in clause), key=len)
        self._limits.spend(len(rarest))
        return [
            other
            for other in rarest
            if self._masks[other] & mask == mask
            and _implies(clause, {f: (c, s) for f, c, s in self._clauses[other]})
        ]

    def _without_refuted(self, clause: Disjunction) -> Disjunction:
        if not self._units or not any(map(self._is_refuted, clause)):
            return clause
        return tuple(half for half in clause if not self._is_refuted(half))

    def _is_refuted(self, half: Half) -> bool:
        against = self.unit(opposite(half[0]))
        return against is not None and excludes(against, half)

    def _take_refuted_by(self, unit: Half) -> list[Disjunction]:
        form = opposite(unit[0])
        refuted = [
            number
            for number in self._by_form.get(form, ())
            if len(self._clauses[number]) > 1
            and any(half[0] == form and excludes(unit, half) for half in self._clauses[number])
        ]
        return list(map(self._discard, refuted))

    def _insert(self, clause: Disjunction, mask: int) -> None:
        self._count += 1
        number = self._count
        self._clauses[number], self._masks[number] = clause, mask
        for form, _, _ in clause:
            self._by_form.setdefault(form, {})[number] = None
            self._by_last.setdefault(form[-1][0], {})[number] = None
        if clause:
            leader = min((half[0] for half in clause), key=lambda one: len(self._led.get(one, ())))
            self._led.setdefault(leader, {})[number] = None
            self._leader[number] = leader
        if len(clause) == 1:
            self._units[clause[0][0]] = number

    def _discard(self, number: int) -> Disjunction:
        clause = self._clauses.pop(number)
        del self._masks[number]
        for form, _, _ in clause:
            del self._by_form[form][number]
            self._by_last[form[-1][0]].pop(number, None)
        if clause:
            del self._led[self._leader.pop(number)][number]
        if len(clause) == 1:
            del self._units[clause[0][0]]
        return clause


def _implies(clause: Disjunction, bounds: dict[IntegerForm, tuple[Rational, bool]]) -> bool:
    for form, constant, strict in clause:
        bound = bounds.get(form)
        if bound is None or (constant, strict) < bound:
            return False
    return True


def excludes(first: Half, second: Half) -> bool:
    """Whether two half-spaces of opposite forms have no point in common."""
    total = first[1] + second[1]
    return total > 0 or (total == 0 and (first[2] or second[2]))
