"""Eliminating variables from clauses, exactly, by covering chains.

For fixed values of the other variables a clause allows a variable x everywhere (another of its
literals holds) or everywhere but in one interval, between its largest upper bound and its smallest
lower bound. A value of x exists exactly if these forbidden intervals do not cover the line, and they
cover it exactly if there is a *chain*: a clause with lower bounds only, then any number of clauses
with bounds on both sides, then one with upper bounds only, each reaching past the next. So x can be
eliminated by adding, for every chain, the clause that says that some neighbours leave a gap. For
clauses of one inequality this is Fourier-Motzkin elimination.

Variables are positions in an ordering here, and inequalities have integer coefficients without a
common factor, so that equal half-spaces are equal values.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from pishield_cli.logic.search import Infeasible, Search
from pishield_cli.logic.terms import Clause, Inequality, Term

Form = tuple[tuple[int, int], ...]
"""(position, coefficient) pairs, by ascending position; coefficients without a common factor."""

Half = tuple[Form, Fraction, bool]
"""A half-space: `form >= constant`, or `>` where the flag (strict) is true."""

PRUNE_ABOVE = 16
"""Clauses that one elimination may add before those that the others imply are looked for."""

PRUNE_COST = 20
"""What one linear program counts in comparisons of clauses."""

Disjunction = tuple[Half, ...]
"""A clause: distinct forms, sorted; empty for the contradiction."""


class EliminationLimitError(Exception):
    """Elimination grew past its limit; another method has to serve this group."""


def half_space(coefficients: Iterable[tuple[int, Fraction]], constant: Fraction, strict: bool) -> Half:
    """Bring an inequality to its canonical form by a positive factor."""
    items = sorted((position, value) for position, value in coefficients if value)
    if not items:
        return (), constant, strict
    scale = Fraction(lcm(*(v.denominator for _, v in items)))
    scale /= gcd(*(int(v * scale) for _, v in items))
    return tuple((p, int(v * scale)) for p, v in items), constant * scale, strict


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
    """

    def __init__(self, limit: int) -> None:
        self._left = limit

    def spend(self, work: int = 1) -> None:
        """Account for work.

        Raises:
            EliminationLimitError: If more is spent than there is.
        """
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


@dataclass(frozen=True, slots=True)
class Elimination:
    """The clauses that bound one variable by earlier ones.

    Attributes:
        position: The variable.
        clauses: All the clauses that mention it when it is eliminated.
        equality: A half-space whose opposite holds as well and that defines the variable; the
            clauses are then this equality's two.
    """

    position: int
    clauses: tuple[Disjunction, ...]
    equality: Half | None = None


def eliminate(
    clauses: Iterable[Disjunction], positions: Sequence[int], *, limit: int
) -> list[Elimination] | None:
    """Eliminate variables one by one, each from what the one before it left.

    Args:
        clauses: Clauses over the positions.
        positions: Every position that occurs, descending: the first is eliminated first.
        limit: How much work may be done, in comparisons of clauses.

    Returns:
        One entry a position that some clause bounds, in the order of elimination; None if the
        clauses contradict each other.

    Raises:
        EliminationLimitError: If that does not do.
    """
    budget = Budget(limit)
    current = ClauseSet(budget)
    for clause in clauses:
        current.add(clause)
    eliminations = []
    for position in positions:
        if () in set(current):
            return None
        bounding = [clause for clause in current if _mentions(clause, position)]
        if not bounding:
            continue
        current.take(bounding)
        equality = _equality(bounding, position)
        if equality is not None:
            kept = ((equality,), (_reversed(equality),))
            eliminations.append(Elimination(position, kept, equality))
            derived = _substituted(bounding, equality, position)
        else:
            eliminations.append(Elimination(position, tuple(bounding)))
            derived = _chained(bounding, position, budget)
        before = len(current)
        for clause in derived:
            budget.spend()
            current.add(clause)
        if len(current) > before + PRUNE_ABOVE:
            current.take(_redundant(current, budget))
    return None if () in set(current) else eliminations


def _redundant(clauses: Iterable[Disjunction], budget: Budget) -> list[Disjunction]:
    """Inequalities standing alone that the others imply, all of them together."""
    units = [clause[0] for clause in clauses if len(clause) == 1]
    search = Search()
    literals = [_literal(half) for half in units]
    for owner, literal in enumerate(literals):
        search.add(Clause((literal,)), owner)
    kept = dict.fromkeys(range(len(units)))
    for owner, literal in enumerate(literals):
        budget.spend(PRUNE_COST)
        others = [other for other in kept if other != owner]
        if isinstance(search.solve(others, [literal.negated()]), Infeasible):
            del kept[owner]
    return [(half,) for owner, half in enumerate(units) if owner not in kept]


def _literal(half: Half) -> Inequality:
    form, constant, strict = half
    return Inequality(tuple(Term(str(p), Fraction(value)) for p, value in form), constant, strict)


def _mentions(clause: Disjunction, position: int) -> bool:
    # Later positions are eliminated already, so a form mentions this one only as its last.
    return any(form[-1][0] == position for form, _, _ in clause)


def _reversed(half: Half) -> Half:
    return opposite(half[0]), -half[1], half[2]


def _equality(clauses: list[Disjunction], position: int) -> Half | None:
    units = {clause[0][0]: clause[0] for clause in clauses if len(clause) == 1}
    found = None
    for form, half in units.items():
        other = units.get(opposite(form))
        if other is None or half[2] or other[2] or half[1] + other[1] != 0 or form[-1][1] < 0:
            continue
        if found is None or len(form) < len(found[0]):
            found = half
    return found


def _substituted(
    clauses: list[Disjunction], equality: Half, position: int
) -> Iterator[Disjunction]:
    pivot = equality[0][-1][1]
    for clause in clauses:
        halves = []
        for half in clause:
            form = half[0]
            coefficient = form[-1][1] if form and form[-1][0] == position else 0
            if coefficient > 0:
                half = combined(half, pivot, _reversed(equality), coefficient)
            elif coefficient < 0:
                half = combined(half, pivot, equality, -coefficient)
            halves.append(half)
        derived = disjunction(halves)
        if derived is not None:
            yield derived


def split(
    clause: Disjunction, position: int
) -> tuple[list[Half], list[Half], list[Half]]:
    """A clause's lower bounds on a variable, its upper bounds, and its other literals."""
    lowers, uppers, others = [], [], []
    for half in clause:
        last, coefficient = half[0][-1]
        if last != position:
            others.append(half)
        elif coefficient > 0:
            lowers.append(half)
        else:
            uppers.append(half)
    return lowers, uppers, others


def _chained(
    clauses: list[Disjunction], position: int, budget: Budget
) -> Iterator[Disjunction]:
    parts = [split(clause, position) for clause in clauses]
    first = [part for part in parts if not part[1]]
    middle = [part for part in parts if part[0] and part[1]]
    last = [part for part in parts if not part[0]]
    if not last:
        return
    agenda = [(lowers, tuple(others), frozenset[int]()) for lowers, _, others in first]
    seen: set[tuple[Disjunction, Disjunction]] = set()
    while agenda:
        lowers, sofar, used = agenda.pop()
        for _, uppers, others in last:
            budget.spend(len(sofar) + len(lowers) * len(uppers) + len(others))
            derived = disjunction([*sofar, *_gaps(lowers, uppers), *others])
            if derived is not None:
                yield derived
        for index, (next_lowers, uppers, others) in enumerate(middle):
            if index in used:
                continue
            budget.spend(len(sofar) + len(lowers) * len(uppers) + len(others))
            partial = disjunction([*sofar, *_gaps(lowers, uppers), *others])
            key = (partial or (), tuple(next_lowers))
            if partial is None or key in seen:
                continue
            seen.add(key)
            agenda.append((next_lowers, partial, used | {index}))


def _gaps(lowers: list[Half], uppers: list[Half]) -> Iterator[Half]:
    """That one of the lower bounds lies below one of the upper bounds."""
    for lower in lowers:
        for upper in uppers:
            yield combined(lower, -upper[0][-1][1], upper, lower[0][-1][1])
