"""Parts of a requirement, as written, that decide no row: they never hold, or always."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice, product

from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or
from pishield_cli.logic.terms import Equation, Literal

MOST_ATOMS = 256
"""Comparisons of one requirement past which none of them is asked about: as in a long list."""

MOST_CUBES = 64
"""Ways to satisfy a premise that are tried before it is left undecided."""

Possible = Callable[[list[Literal]], bool | None]
"""Whether literals can hold together beside all requirements; None if that is not decided."""

_Signed = tuple[Atom, bool]
_Cube = tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class DeadPart:
    """A part of a requirement that decides no row.

    Attributes:
        number: The requirement.
        part: A literal, or the premise of an implication, as written.
        always: Whether it holds wherever all requirements do; otherwise it never does.
        premise: Whether it is what an implication as a whole depends on.
    """

    number: int
    part: Formula
    always: bool
    premise: bool = False


def dead_parts(number: int, formula: Formula, possible: Possible) -> Iterator[DeadPart | None]:
    """Find the dead parts of a requirement, each once, in the order in which they are written.

    What a requirement itself demands is not dead: of `a or b` with `b` never true, `b` is told and
    `a` is not.

    Args:
        number: Its number.
        formula: What it says.
        possible: What the search says.

    Yields:
        The parts; None for each that was not decided.
    """
    demanded = set(_demanded(formula, {}))
    dead: dict[Atom, bool] = {}
    listed = dict.fromkeys(_atoms(formula))
    if len(listed) > MOST_ATOMS:
        yield None
        return
    for atom in listed:
        if not demanded.isdisjoint({(atom, True), (atom, False)}):
            continue
        found = _fate(atom, possible)
        if found is None:
            yield None
        elif found is not _OPEN:
            dead[atom] = found is _ALWAYS
    unequal = frozenset(_unequal(formula))
    for atom, always in dead.items():
        others = {one: value for one, value in dead.items() if one != atom}
        if (atom, always) not in set(_demanded(formula, others)):
            turned = atom in unequal
            yield DeadPart(number, Not(atom) if turned else atom, always != turned)
    for premise, rest in _premises(formula):
        # Of one whose conclusions are dead, or a part of it, that was told already.
        told = _value(premise, dead) is not None or all(_value(one, dead) is False for one in rest)
        if isinstance(premise, Atom) or told:
            continue
        answer = _any_possible(premise, possible)
        if answer is None:
            yield None
        elif not answer:
            yield DeadPart(number, premise, always=False, premise=True)


_OPEN, _NEVER, _ALWAYS = object(), object(), object()


def _fate(atom: Atom, possible: Possible) -> object | None:
    true = _any_possible(atom, possible)
    if true is False:
        return _NEVER
    false = _any_possible(Not(atom), possible)
    if false is False:
        return _ALWAYS
    return None if true is None or false is None else _OPEN


def _any_possible(formula: Formula, possible: Possible) -> bool | None:
    """Whether one of the conjunctions of literals that satisfy a formula can hold."""
    cubes = list(islice(_cubes(formula, positive=True), MOST_CUBES + 1))
    answers = []
    for cube in cubes[:MOST_CUBES]:
        answers.append(possible(list(cube)))
        if answers[-1]:
            return True
    return None if None in answers or len(cubes) > MOST_CUBES else False


def _cubes(formula: Formula, *, positive: bool) -> Iterator[_Cube]:
    match formula:
        case Constant(value):
            yield from [()] if value == positive else []
        case Atom(literal):
            yield from _literal_cubes(literal, positive=positive)
        case Not(operand):
            yield from _cubes(operand, positive=not positive)
        case Iff(parts):
            first, last = Iff(parts[:-1]) if len(parts) > 2 else parts[0], parts[-1]
            for sign in (True, False):
                yield from _products([(first, sign), (last, sign == positive)])
        case And(parts) | Or(parts):
            if isinstance(formula, And) == positive:
                yield from _products([(part, positive) for part in parts])
            else:
                for part in parts:
                    yield from _cubes(part, positive=positive)


def _products(parts: list[tuple[Formula, bool]]) -> Iterator[_Cube]:
    listed = [list(islice(_cubes(one, positive=sign), MOST_CUBES + 1)) for one, sign in parts]
    for cubes in product(*listed):
        yield tuple(literal for cube in cubes for literal in cube)


def _literal_cubes(literal: Literal | Equation, *, positive: bool) -> Iterator[_Cube]:
    if not isinstance(literal, Equation):
        yield (literal if positive else literal.negated(),)
    elif positive:
        yield literal.sides
    else:
        yield from ((side.negated(),) for side in literal.sides)


def _atoms(formula: Formula) -> Iterator[Atom]:
    match formula:
        case Atom():
            yield formula
        case Not(operand):
            yield from _atoms(operand)
        case And(parts) | Or(parts) | Iff(parts):
            for part in parts:
                yield from _atoms(part)
        case Constant():
            return


def _unequal(formula: Formula) -> Iterator[Atom]:
    """Equations that are written as `!=`."""
    match formula:
        case Not(Atom(Equation()) as atom):
            yield atom
        case Not(operand):
            yield from _unequal(operand)
        case And(parts) | Or(parts) | Iff(parts):
            for part in parts:
                yield from _unequal(part)
        case Atom() | Constant():
            return


def _premises(formula: Formula) -> Iterator[tuple[Formula, list[Formula]]]:
    """What the implications of a formula depend on, `p` of `not p or q`, and the other parts."""
    match formula:
        case Or(parts):
            for part in parts:
                if isinstance(part, Not):
                    yield part.operand, [other for other in parts if other is not part]
        case And(parts):
            for part in parts:
                yield from _premises(part)
        case _:
            return


def _demanded(
    formula: Formula, known: dict[Atom, bool], *, positive: bool = True
) -> Iterator[_Signed]:
    """The atoms whose truth a formula demands, given the truth of some others."""
    match formula:
        case Atom():
            yield formula, positive
        case Not(operand):
            yield from _demanded(operand, known, positive=not positive)
        case And(parts) | Or(parts):
            open_parts: Collection[Formula] = parts
            if isinstance(formula, Or) == positive:
                open_parts = [one for one in parts if _value(one, known) is not (not positive)]
                if len(open_parts) != 1:
                    return
            for part in open_parts:
                yield from _demanded(part, known, positive=positive)
        case Iff() | Constant():
            return


def _value(formula: Formula, known: dict[Atom, bool]) -> bool | None:
    """The truth of a formula, given that of some atoms; None where that leaves it open."""
    match formula:
        case Constant(value):
            return value
        case Atom():
            return known.get(formula)
        case Not(operand):
            inner = _value(operand, known)
            return None if inner is None else not inner
        case And(parts) | Or(parts):
            decisive = isinstance(formula, Or)
            values = [_value(part, known) for part in parts]
            return decisive if decisive in values else None if None in values else not decisive
        case Iff(parts):
            listed = [_value(part, known) for part in parts]
            return None if None in listed else listed.count(False) % 2 == 0
