"""Eliminating variables from clauses, exactly, by covering chains.

For fixed values of the other variables a clause allows a variable x everywhere (another of its
literals holds) or everywhere but in one interval, between its largest upper bound and its
smallest lower bound. A value of x exists exactly if these forbidden intervals do not cover the
line, and they cover it exactly if there is a *chain*: a clause with lower bounds only, then any
number of clauses with bounds on both sides, then one with upper bounds only, each reaching past
the next. So x can be eliminated by adding, for every chain, the clause that says that some
neighbours leave a gap. For clauses of one inequality this is Fourier-Motzkin elimination.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.logic.plans.conjoined import Conjunctions
from pishield_cli.logic.plans.half_spaces import (
    ClauseSet,
    Disjunction,
    Half,
    combined,
    disjunction,
    equated,
    turned,
)
from pishield_cli.logic.solver.limits import DIGIT, Limits
from pishield_cli.logic.solver.search import Infeasible, Search, Undecided
from pishield_cli.logic.terms import Clause, Inequality, Term

LITERAL = 2
"""Units of work that putting a half-space into a clause takes."""

PRUNE_ABOVE = 16
"""Clauses that one elimination may add before those that the others imply are looked for."""

PRUNE_SHARE = 4
"""The part of the work left that looking for them once may take, as a divisor."""


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
    clauses: Iterable[Disjunction],
    positions: Sequence[int],
    *,
    limits: Limits,
    conjoined: Conjunctions | None = None,
) -> list[Elimination] | None:
    """Eliminate variables one by one, each from what the one before it left.

    Args:
        clauses: Clauses over the positions.
        positions: Every position that occurs, descending: the first is eliminated first.
        limits: How much work may be done; it is drawn upon.
        conjoined: What stands in clauses for half-spaces together; none by default.

    Returns:
        One entry for each position that some clause bounds, in the order of elimination; None if
        the clauses contradict each other.

    Raises:
        LimitReached: If that does not do.
    """
    conjoined = Conjunctions() if conjoined is None else conjoined
    current = ClauseSet(limits, conjoined.parts)
    for clause in clauses:
        current.add(clause)
    eliminations = []
    for position in positions:
        if current.contradicts_itself:
            return None
        # Later positions are eliminated already, so a form mentions this one only as its last.
        bounding = take_bounding(current, position, conjoined, limits)
        if not bounding:
            continue
        equality, derived = combinations(bounding, position, limits)
        kept = bounding if equality is None else ((equality,), (turned(equality),))
        eliminations.append(Elimination(position, tuple(kept), equality))
        before = len(current)
        for clause in derived:
            current.add(clause)
        if equality is None and len(current) > before + PRUNE_ABOVE:
            current.take_units(_redundant(current, limits.part(limits.work // PRUNE_SHARE)))
    return None if current.contradicts_itself else eliminations


def take_bounding(
    clauses: ClauseSet, position: int, conjoined: Conjunctions, limits: Limits
) -> list[Disjunction]:
    """Take the clauses that mention a variable, the last one, from a set.

    Conjunctions that mention it are taken apart; what that leaves without it stays in the set.

    Args:
        clauses: The set; what is taken is removed from it.
        position: The variable's.
        conjoined: What conjunctions in clauses stand for.
        limits: Work that taking them apart may take.
    """
    taken = clauses.take(position)
    if not conjoined:
        return taken
    for clause in conjoined.apart(taken, position, limits):
        clauses.add(clause)
    return clauses.take(position)


def combinations(
    bounding: list[Disjunction], position: int, limits: Limits
) -> tuple[Half | None, Iterator[Disjunction]]:
    """What eliminating a variable makes of the clauses that mention it, as their last variable.

    Args:
        bounding: All the clauses that mention it.
        position: The variable.
        limits: How much work may be done; it is drawn upon.

    Returns:
        The equality that defines the variable, where there is one; and clauses without it, which
        hold exactly if some value of it satisfies all that are given.
    """
    equality = _equality(bounding)
    if equality is None:
        return None, _chained(bounding, position, limits)
    return equality, _substituted(bounding, equality, position, limits)


def _redundant(clauses: Iterable[Disjunction], limits: Limits) -> list[Half]:
    """Inequalities standing alone that the others imply, all of them together, in order."""
    units = [clause[0] for clause in clauses if len(clause) == 1]
    search = Search(limits=limits)
    literals = [_literal(half) for half in units]
    for owner, literal in enumerate(literals):
        search.add(Clause((literal,)), owner)
    kept = dict.fromkeys(range(len(units)))
    for owner, literal in enumerate(literals):
        others = [other for other in kept if other != owner]
        answer = search.solve(others, [literal.negated()])
        if isinstance(answer, Undecided):
            break
        if isinstance(answer, Infeasible):
            del kept[owner]
    return [half for owner, half in enumerate(units) if owner not in kept]


def _literal(half: Half) -> Inequality:
    form, constant, strict = half
    terms = tuple(Term(str(p), Fraction(value)) for p, value in form)
    return Inequality(terms, Fraction(constant), strict)


def _equality(clauses: list[Disjunction]) -> Half | None:
    """The shortest equality among clauses that all mention the same last variable."""
    sides = equated(clause[0] for clause in clauses if len(clause) == 1)
    rising = [half for half in sides if half[0][-1][1] > 0]
    return min(rising, key=lambda half: len(half[0]), default=None)


def _substituted(
    clauses: list[Disjunction], equality: Half, position: int, limits: Limits
) -> Iterator[Disjunction]:
    pivot = equality[0][-1][1]
    other = turned(equality)
    for clause in clauses:
        halves = []
        for half in clause:
            form = half[0]
            coefficient = form[-1][1] if form and form[-1][0] == position else 0
            if coefficient > 0:
                halves.append(_added(half, pivot, other, coefficient, limits))
            elif coefficient < 0:
                halves.append(_added(half, pivot, equality, -coefficient, limits))
            else:
                halves.append(half)
        derived = _joined(halves, limits)
        if derived is not None:
            yield derived


def _added(first: Half, by: int, second: Half, times: int, limits: Limits) -> Half:
    """`by * first + times * second`, accounted for."""
    length = len(first[0]) + len(second[0])
    limits.spend(1 + length * (1 + (by.bit_length() + times.bit_length()) // DIGIT))
    return combined(first, by, second, times)


def _joined(halves: list[Half], limits: Limits) -> Disjunction | None:
    """The clause of some half-spaces, accounted for; None for a tautology."""
    limits.spend(LITERAL * len(halves))
    return disjunction(halves)


def split(clause: Disjunction, position: int) -> tuple[list[Half], list[Half], list[Half]]:
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


def _chained(clauses: list[Disjunction], position: int, limits: Limits) -> Iterator[Disjunction]:
    """What chains of clauses say without a variable: some value is left between their bounds.

    A chain begins with a clause of lower bounds alone and ends with one of upper bounds alone; each
    in between forbids a stretch, and is used once. Chains that say the same are followed once.
    """
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
            derived = _joined([*sofar, *_gaps(lowers, uppers, limits), *others], limits)
            if derived is not None:
                yield derived
        for index, (next_lowers, uppers, others) in enumerate(middle):
            if index in used:
                continue
            partial = _joined([*sofar, *_gaps(lowers, uppers, limits), *others], limits)
            key = (partial or (), tuple(next_lowers))
            if partial is None or key in seen:
                continue
            seen.add(key)
            agenda.append((next_lowers, partial, used | {index}))


def _gaps(lowers: list[Half], uppers: list[Half], limits: Limits) -> Iterator[Half]:
    """That one of the lower bounds lies below one of the upper bounds."""
    for lower in lowers:
        for upper in uppers:
            yield _added(lower, -upper[0][-1][1], upper, lower[0][-1][1], limits)
