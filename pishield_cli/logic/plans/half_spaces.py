"""Half-spaces and clauses of them in canonical form, and sets of clauses without idle ones.

Variables are positions in an ordering here, and inequalities have integer coefficients without a
common factor, so that equal half-spaces are equal values.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import gcd, lcm

from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Inequality

Form = tuple[tuple[int, int], ...]
"""(position, coefficient) pairs, by ascending position; coefficients without a common factor."""

Half = tuple[Form, Fraction, bool]
"""A half-space: `form >= constant`, or `>` where the flag (strict) is true."""

Disjunction = tuple[Half, ...]
"""A clause: distinct forms, sorted; empty for the contradiction."""


class EliminationLimitError(Exception):
    """Elimination grew past its limit; another method has to serve this group."""


def half_space(
    coefficients: Iterable[tuple[int, Fraction]], constant: Fraction, strict: bool
) -> Half:
    """Bring an inequality to its canonical form by a positive factor."""
    items = sorted((position, value) for position, value in coefficients if value)
    if not items:
        return (), constant, strict
    scale = Fraction(lcm(*(v.denominator for _, v in items)))
    scale /= gcd(*(int(v * scale) for _, v in items))
    return tuple((p, int(v * scale)) for p, v in items), constant * scale, strict


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


def opposite(form: Form) -> Form:
    """The form times minus one."""
    return tuple((position, -coefficient) for position, coefficient in form)


def combined(first: Half, by: int, second: Half, times: int) -> Half:
    """`by * first + times * second`, both factors positive, in canonical form."""
    coefficients = {position: value * by for position, value in first[0]}
    for position, value in second[0]:
        coefficients[position] = coefficients.get(position, 0) + value * times
    constant = first[1] * by + second[1] * times
    items = sorted((p, v) for p, v in coefficients.items() if v)
    divisor = gcd(*(v for _, v in items)) if items else 1
    form = tuple((p, v // divisor) for p, v in items)
    return form, constant / divisor, first[2] or second[2]


def disjunction(halves: Iterable[Half]) -> Disjunction | None:
    """The clause of some half-spaces: constants folded, parallel ones merged.

    Returns:
        None for a tautology.
    """
    weakest: dict[Form, tuple[Fraction, bool]] = {}
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


class Budget:
    """How much work is left, in comparisons of clauses; counted, so that it never depends on time.

    Args:
        limit: How much there is.
        limits: When to stop before that, where the answer may depend on time.
    """

    def __init__(self, limit: int, limits: Limits | None = None) -> None:
        self._left = limit
        self.limits = limits

    def spend(self, work: int = 1) -> None:
        """Account for work.

        Raises:
            EliminationLimitError: If more is spent than there is.
            LimitReached: If the time is used up.
        """
        if self.limits is not None:
            self.limits.tick()
        self._left -= work
        if self._left < 0:
            raise EliminationLimitError


class ClauseSet:
    """Clauses without the subsumed ones, with literals that single inequalities refute removed."""

    def __init__(self, budget: "Budget") -> None:
        self._budget = budget
        self._clauses: dict[Disjunction, None] = {}
        self._units: dict[Form, Half] = {}
        self._by_form: dict[Form, dict[Disjunction, None]] = {}

    def __iter__(self) -> Iterator[Disjunction]:
        return iter(self._clauses)

    def __len__(self) -> int:
        return len(self._clauses)

    def unit(self, form: Form) -> Half | None:
        """The clause that says `form >= something` alone, where there is one."""
        return self._units.get(form)

    def add(self, clause: Disjunction) -> None:
        """Add a clause, unless a clause of the set implies it; drop those that it implies."""
        pending = [clause]
        while pending:
            current = self._without_refuted(pending.pop())
            if self.subsumes(current):
                continue
            for weaker in self._subsumed_by(current):
                self._discard(weaker)
            self._insert(current)
            if len(current) == 1:
                pending.extend(self._take_refuted_by(current[0]))

    def take(self, clauses: Iterable[Disjunction]) -> None:
        """Remove some clauses."""
        for clause in clauses:
            self._discard(clause)

    def subsumes(self, clause: Disjunction) -> bool:
        """Whether one clause of the set has only literals that imply one of this clause's."""
        bounds = {form: (constant, strict) for form, constant, strict in clause}
        if () in self._clauses:
            return True
        for form in bounds:
            self._budget.spend(len(self._by_form.get(form, ())))
            for candidate in self._by_form.get(form, ()):
                if len(candidate) <= len(clause) and _implies(candidate, bounds):
                    return True
        return False

    def _subsumed_by(self, clause: Disjunction) -> list[Disjunction]:
        if not clause:
            return list(self._clauses)
        rarest = min((self._by_form.get(form, {}) for form, _, _ in clause), key=len)
        self._budget.spend(len(rarest))
        return [
            other
            for other in rarest
            if len(other) >= len(clause) and _implies(clause, {f: (c, s) for f, c, s in other})
        ]

    def _without_refuted(self, clause: Disjunction) -> Disjunction:
        if len(clause) == 1 and not self._refuted(clause[0]):
            return clause
        return tuple(half for half in clause if not self._refuted(half))

    def _refuted(self, half: Half) -> bool:
        against = self._units.get(opposite(half[0]))
        return against is not None and excludes(against, half)

    def _take_refuted_by(self, unit: Half) -> list[Disjunction]:
        taken = []
        for clause in list(self._by_form.get(opposite(unit[0]), ())):
            if len(clause) > 1 and any(
                half[0] == opposite(unit[0]) and excludes(unit, half) for half in clause
            ):
                self._discard(clause)
                taken.append(clause)
        return taken

    def _insert(self, clause: Disjunction) -> None:
        self._clauses[clause] = None
        for form, _, _ in clause:
            self._by_form.setdefault(form, {})[clause] = None
        if len(clause) == 1:
            self._units[clause[0][0]] = clause[0]

    def _discard(self, clause: Disjunction) -> None:
        del self._clauses[clause]
        for form, _, _ in clause:
            del self._by_form[form][clause]
        if len(clause) == 1:
            del self._units[clause[0][0]]


def _implies(clause: Disjunction, bounds: dict[Form, tuple[Fraction, bool]]) -> bool:
    for form, constant, strict in clause:
        bound = bounds.get(form)
        if bound is None or (constant, strict) < bound:
            return False
    return True


def excludes(first: Half, second: Half) -> bool:
    """Whether two half-spaces of opposite forms have no point in common."""
    total = first[1] + second[1]
    return total > 0 or (total == 0 and (first[2] or second[2]))
