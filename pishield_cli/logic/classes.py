"""Texts that move: columns of texts counted by what requirements tell apart.

Texts that no requirement tells apart are one *class*, and all that no requirement names are one
more. The classes of a column are stretches of the line, side by side, so that a set of classes is
a union of intervals and a requirement over texts a conjunction of clauses over one number. Since
the stretches leave no gap, eliminating that number is exact, as for any other; and since whatever
no requirement names lies farther away than all that is named, a text becomes it last of all.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from pishield_cli.logic.domains import Domain, Text
from pishield_cli.logic.expressions import Call, Cell, Expression, Function, Kind, Value, cells_of
from pishield_cli.logic.formulas import And, Atom, Formula, Or, replaced
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import (
    HALF,
    BooleanLiteral,
    Clause,
    Conjunction,
    Inequality,
    Literal,
    Term,
    multiplied,
)


@dataclass(frozen=True, slots=True)
class Membership:
    """A column's text is one of some classes.

    Attributes:
        column: The column.
        classes: Their places, from 0; -1 for texts that no requirement names.
        count: How many classes the column has, those texts not counted.
    """

    column: str
    classes: frozenset[int]
    count: int

    def negated(self) -> "Membership":
        """That it is one of all the others."""
        return replace(self, classes=frozenset(range(-1, self.count)) - self.classes)

    def united(self, other: "Membership") -> "Membership":
        """That it is one of these, or of those of another one of the same column."""
        return replace(self, classes=self.classes | other.classes)

    @property
    def always(self) -> bool:
        """Whether every text is one."""
        return len(self.classes) > self.count

    @property
    def clauses(self) -> tuple[tuple[Inequality, ...], ...]:
        """The same over codes: a conjunction of disjunctions, none of them if it always holds."""
        found: list[tuple[Inequality, ...]] = []
        open_above: tuple[Inequality, ...] = ()
        for first, last in stretches(self.classes):
            if first >= 0:
                found.append((*open_above, _least(self.column, _start(first, self.count))))
            if last == self.count - 1:
                return tuple(found)
            open_above = (_most(self.column, _start(last + 1, self.count)),)
        return (*found, open_above)

    @property
    def formula(self) -> Formula:
        """The same as a formula."""
        return And(tuple(Or(tuple(map(Atom, clause))) for clause in self.clauses))


def stretches(numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """The first and last of numbers that follow each other, ascending."""
    ends = [one for one in sorted(numbers) if one + 1 not in numbers]
    starts = [one for one in sorted(numbers) if one - 1 not in numbers]
    return zip(starts, ends, strict=True)


def _start(place: int, count: int) -> Fraction:
    """Where the stretch of a class begins; the first one reaches down to the unnamed texts."""
    return HALF if place == 0 else place + count - HALF


def _least(column: str, bound: Fraction) -> Inequality:
    return Inequality((Term(column, Fraction(1)),), bound)


def _most(column: str, bound: Fraction) -> Inequality:
    return Inequality((Term(column, Fraction(-1)),), -bound, strict=True)


def code_of(place: int, count: int) -> int:
    """The number that stands for a text of a class; 0 for one that no requirement names."""
    return 0 if place < 0 else place + count


def class_at(code: int, count: int) -> int:
    """The class that a number stands for; -1 for texts that no requirement names."""
    return -1 if code < 1 else min(max(0, code - count), count - 1)


def named_only(requirements: Requirements, columns: Collection[str]) -> Requirements:
    """Raised requirements, and that the texts of some columns are such that requirements name."""
    number = 1 + max(one.number for one in requirements.checked.requirements)
    clauses = tuple(map(is_named, sorted(columns)))
    named = Requirement(number, "texts that requirements name", clauses)
    return replace(requirements, requirements=(*requirements.requirements, named))


def among(requirements: Requirements, values: Mapping[str, Sequence[str]]) -> Requirements:
    """Raised requirements, and that texts of columns are among those that each may be."""
    limits: list[Clause] = []
    for column, texts in values.items():
        classes = classes_of(requirements.domains.get(column, Text()))
        places = frozenset(class_at(code, len(classes)) for code in codes_for(classes, texts))
        member = Membership(column, places, len(classes))
        limits += [] if member.always else map(Clause, member.clauses)
    if not limits:
        return requirements
    number = 1 + max(one.number for one in requirements.checked.requirements)
    known = Requirement(number, "texts that are known", tuple(limits))
    return replace(requirements, requirements=(*requirements.requirements, known))


def codes_for(classes: Sequence[Sequence[str]], texts: Iterable[str]) -> tuple[int, ...]:
    """The numbers that stand for texts of a column of some classes."""
    places = {text: place for place, one in enumerate(classes) for text in one}
    return tuple(code_of(places.get(text, -1), len(classes)) for text in texts)


def is_named(column: str) -> Clause:
    """That a column's text is one that requirements name."""
    return Clause((_least(column, HALF),))


def counted(domain: Domain | None) -> bool:
    """Whether a column's texts are counted by classes."""
    return isinstance(domain, Text) and domain.classes is not None


# ------------------------------------------------------------------------------- requirements


def raised(requirements: Requirements, movable: Collection[str]) -> Requirements:
    """The same requirements with texts that may move as numbers that stand for their classes.

    Args:
        requirements: Over columns and derived ones.
        movable: Columns that may move. Of them those of texts are raised that requirements only
            compare with constant texts, or ask whether they are missing.

    Returns:
        Requirements that name these columns themselves, in place of the derived columns that
        compared them; `domains` tells their classes. The same ones where there are none.
    """
    tests = dict(_raisable(requirements.derived, frozenset(movable)))
    if not tests:
        return requirements
    domains = {**requirements.domains, **_counted(requirements, tests)}
    meant = {
        name: Membership(column, _places(domains[column], texts), len(classes_of(domains[column])))
        for name, (column, texts) in tests.items()
    }
    listed = tuple(_raised(one, meant) for one in requirements.requirements)
    linear = all(len(clause.literals) == 1 for one in listed for clause in one.clauses)
    return replace(
        requirements,
        requirements=listed,
        declared=tuple(_raised(one, meant) for one in requirements.declared),
        type=RequirementType.LINEAR if linear else RequirementType.QFLRA,
        derived={name: one for name, one in requirements.derived.items() if name not in meant},
        domains=domains,
    )


def _raisable(
    derived: Mapping[str, Expression], movable: Collection[str]
) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """The derived columns that compare a text with constants: the column, and the constants."""
    held = {
        cell.name
        for one in derived.values()
        if compared_texts(one) is None and not _is_null_test(one)
        for cell in cells_of(one)
    }
    for name, expression in derived.items():
        found = compared_texts(expression)
        if found is not None and found[0] in movable and found[0] not in held:
            yield name, found


def compared_texts(expression: Expression) -> tuple[str, tuple[str, ...]] | None:
    """The column and the texts of `column in texts`; None for any other expression."""
    if not isinstance(expression, Call) or expression.function is not Function.IN:
        return None
    cell, *values = expression.arguments
    if not isinstance(cell, Cell) or cell.kind is not Kind.TEXT:
        return None
    texts = tuple(str(one.value) for one in values if isinstance(one, Value))
    return (cell.name, texts) if len(texts) == len(values) else None


def _is_null_test(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.function is Function.IS_NULL


def _counted(
    requirements: Requirements, tests: Mapping[str, tuple[str, tuple[str, ...]]]
) -> dict[str, Text]:
    """The domains of columns by the texts that they are compared with."""
    compared: dict[str, list[tuple[str, ...]]] = {}
    for column, texts in tests.values():
        compared.setdefault(column, []).append(texts)
    found = {}
    for column, lists in compared.items():
        domain = requirements.domains.get(column)
        known = domain if isinstance(domain, Text) else Text()
        found[column] = replace(known, classes=_told_apart([*lists, known.values or ()]))
    return found


def _told_apart(lists: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Texts by which of some lists they are in, in the order of their first mention."""
    members: dict[str, list[int]] = {}
    for place, texts in enumerate(lists):
        for text in dict.fromkeys(texts):
            members.setdefault(text, []).append(place)
    classes: dict[tuple[int, ...], list[str]] = {}
    for text, places in members.items():
        classes.setdefault(tuple(places), []).append(text)
    return tuple(map(tuple, classes.values()))


def classes_of(domain: object) -> tuple[tuple[str, ...], ...]:
    """The classes of a column of texts that requirements tell apart."""
    assert isinstance(domain, Text), "only columns of texts are raised"
    return domain.classes or ()


def _places(domain: object, texts: Iterable[str]) -> frozenset[int]:
    wanted = frozenset(texts)
    return frozenset(place for place, one in enumerate(classes_of(domain)) if one[0] in wanted)


def _raised(requirement: Requirement, meant: Mapping[str, Membership]) -> Requirement:
    if not any(name in meant for name in requirement.columns):
        numeric = (Clause(one.as_inequalities()) for one in requirement.clauses)
        return replace(requirement, clauses=tuple(numeric))
    columns = [meant[name].column if name in meant else name for name in requirement.columns]
    clauses = tuple(
        dict.fromkeys(new for old in requirement.clauses for new in _expanded(old, meant))
    )
    kept = {name for clause in clauses for name in clause.variables}
    return replace(
        requirement,
        clauses=clauses,
        written=replaced(requirement.formula, lambda atom: _meaning(atom, meant)),
        cancelled=tuple(name for name in dict.fromkeys(columns) if name not in kept),
    )


def _expanded(clause: Clause, meant: Mapping[str, Membership]) -> Iterator[Clause]:
    """The clauses over codes that a clause means."""
    conjoined = {n for one in clause if isinstance(one, Conjunction) for n in one.variables}
    for one in (clause,) if conjoined.isdisjoint(meant) else multiplied(clause):
        yield from _expanded_one(one, meant)


def _expanded_one(clause: Clause, meant: Mapping[str, Membership]) -> Iterator[Clause]:
    united: dict[str, Membership] = {}
    others: list[Literal] = []
    for literal in clause:
        member = _membership(literal, meant)
        if member is None:
            others.append(literal)
        elif member.column in united:
            united[member.column] = united[member.column].united(member)
        else:
            united[member.column] = member
    if any(one.always for one in united.values()):
        return
    for parts in product(*(one.clauses for one in united.values())):
        yield _numeric(Clause((*(literal for part in parts for literal in part), *others)))


def _meaning(atom: Atom, meant: Mapping[str, Membership]) -> Formula:
    if isinstance(atom.literal, BooleanLiteral | Inequality):
        member = _membership(atom.literal, meant)
        if member is not None:
            return member.formula
    if isinstance(atom.literal, BooleanLiteral):
        return Atom(atom.literal.as_inequality(), atom.cancelled)
    return atom


def _membership(literal: Literal, meant: Mapping[str, Membership]) -> Membership | None:
    """What a literal over a raised derived column means; None for any other literal."""
    if isinstance(literal, Conjunction) or not literal.variables:
        return None
    member = meant.get(literal.variables[0])
    if member is None:
        return None
    if isinstance(literal, BooleanLiteral):
        return member if literal.positive else member.negated()
    return member if literal.terms[0].coefficient > 0 else member.negated()


def _numeric(clause: Clause) -> Clause:
    return clause.mapped(lambda literal: literal.as_inequality())
