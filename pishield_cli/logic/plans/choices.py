"""Signed clauses over variables of few values, and for each variable what the others leave it.

A set of values is a whole number, bit i for value i. A signed clause asks that one of its variables
has a value of a set of its own. Variables are eliminated from the last to the first: clauses over x
whose sets have no value in common ask that something else in one of them holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from pishield_cli.logic.terms import Clause

AllowedValues = Mapping[str, int]
"""For each variable of a clause the values that make it hold; not all of them, and not none."""

MOST_CLAUSES = 20_000
"""Clauses looked at past which an elimination is given up."""


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
    found: list[AllowedValues] = []
    for clause in clauses:
        signed: dict[str, int] = {}
        for literal in (one.as_inequality() for one in clause):
            if len(literal.terms) != 1 or literal.terms[0].variable not in counts:
                return None
            name = literal.terms[0].variable
            held = sum(
                1 << value
                for value in range(counts[name])
                if literal.holds({name: Fraction(value)})
            )
            signed[name] = signed.get(name, 0) | held
        found.append(signed)
    return _simplified(found, counts)


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
    left = _simplified(clauses, counts)
    steps: list[ChoiceStep] = []
    for name in reversed(ordering):
        own = [one for one in left if name in one]
        if any(not one for one in left):
            return None
        if not own:
            continue
        rests = [
            (one[name], {other: held for other, held in one.items() if other != name})
            for one in own
        ]
        steps.append(ChoiceStep(name, tuple(rests)))
        kept = [one for one in left if name not in one]
        derived = list(islice(_covers(rests, (1 << counts[name]) - 1), MOST_CLAUSES + 1))
        if len(derived) > MOST_CLAUSES:
            raise OverflowError
        left = _simplified([*kept, *derived], counts)
    if any(not one for one in left):
        return None
    return tuple(reversed(steps))


def _covers(rests: Sequence[tuple[int, AllowedValues]], full: int) -> Iterable[AllowedValues]:
    """For each smallest lot of sets without a value in common what else has to hold."""
    opened: list[tuple[int, int, AllowedValues]] = [(0, full, {})]
    while opened:
        first, common, rest = opened.pop()
        for place in range(first, len(rests)):
            held, other = rests[place]
            if common & held == common:
                continue
            union = _union(rest, other)
            if common & held:
                opened.append((place + 1, common & held, union))
            else:
                yield union


def _union(one: AllowedValues, other: AllowedValues) -> AllowedValues:
    found = dict(one)
    for name, held in other.items():
        found[name] = found.get(name, 0) | held
    return found


def _simplified(clauses: Iterable[AllowedValues], counts: Mapping[str, int]) -> list[AllowedValues]:
    """The same without clauses that always hold or that others imply; alike ones made one."""
    found = [
        {name: held for name, held in one.items() if held}
        for one in clauses
        if all(held != (1 << counts[name]) - 1 for name, held in one.items())
    ]
    merging = True
    while merging:
        count = len(found)
        found = _minimal(found)
        for name in dict.fromkeys(name for one in found for name in one):
            found = _merged(found, name)
        merging = len(found) < count
    return list(found)


def _merged(clauses: Iterable[dict[str, int]], name: str) -> list[dict[str, int]]:
    """Clauses that differ in one variable alone ask for what its sets have in common."""
    alike: dict[frozenset[tuple[str, int]] | int, dict[str, int]] = {}
    for number, one in enumerate(clauses):
        if name not in one:
            alike[number] = one
            continue
        key = frozenset((other, held) for other, held in one.items() if other != name)
        if key in alike:
            common = alike[key].get(name, 0) & one[name]
            alike[key] = {**dict(key), **({name: common} if common else {})}
        else:
            alike[key] = one
    return list(alike.values())


def _minimal(clauses: Iterable[dict[str, int]]) -> list[dict[str, int]]:
    """Without clauses that another one implies."""
    kept: list[dict[str, int]] = []
    distinct = {frozenset(one.items()): one for one in clauses}
    for one in sorted(distinct.values(), key=len):
        if not any(
            all(held & ~one.get(name, 0) == 0 for name, held in other.items()) for other in kept
        ):
            kept.append(one)
    return kept
