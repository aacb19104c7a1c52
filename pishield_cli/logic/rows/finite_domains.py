"""Columns of few whole numbers each, and what clauses allow them, as masks of values.

A column's domain is a mask: bit `i` stands for the value `low + i`. Clauses of one column narrow
its domain. Those of two become supports: for each value of one, the values of the other that go
with it. Wider ones are kept as they are.

References:
    Mackworth, Consistency in Networks of Relations, Artificial Intelligence 1977.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import ceil, floor

from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import (
    Clause,
    Conjunction,
    Inequality,
    Literal,
    common_divisor,
    numeric,
    parts_of,
)

MOST_VALUES = 256
"""Values of a column up to which it counts as one of few."""

MOST_COLUMNS = 300
"""Columns up to which values are looked for one after the other."""

LARGEST = 400_000
"""Supports, or literals of wider clauses, up to which a problem is made ready."""

ROUNDS = 8
"""How many times bounds of columns are passed on to others."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A column lies in a set of values."""

    column: int
    mask: int


@dataclass(frozen=True, slots=True)
class IntegerSum:
    """A sum of columns, from their least values on, is at least a constant; all whole numbers."""

    terms: tuple[tuple[int, int], ...]
    constant: int


FiniteAtom = Allowed | IntegerSum

Option = tuple[FiniteAtom, ...]
"""Atoms that all hold."""


@dataclass(frozen=True, slots=True)
class Support:
    """What a column's values leave another.

    Attributes:
        other: The other column.
        masks: For each bit of the column, the other's values that go with it.
        enough: Of more values than so many, each of the other's goes with some.
    """

    other: int
    masks: Sequence[int]
    enough: int


@dataclass(frozen=True, slots=True)
class FiniteDomains:
    """A conjunction of clauses over columns of few whole numbers.

    Attributes:
        names: The columns.
        lows: The value that the lowest bit of each column's masks stands for.
        domains: What each column may be by itself.
        supports: For each column what it leaves those that clauses of two join it with.
        wider: Clauses of more columns, as options of which one holds.
        watching: For each column the wider clauses that name it.
        differing: Columns no two of which are equal.
    """

    names: tuple[str, ...]
    lows: tuple[int, ...]
    domains: tuple[int, ...]
    supports: tuple[tuple[Support, ...], ...]
    wider: tuple[tuple[Option, ...], ...]
    watching: tuple[tuple[int, ...], ...]
    differing: tuple[tuple[int, ...], ...] = field(default=())


def finite_domains(
    clauses: Iterable[Clause], names: Sequence[str], grids: Mapping[str, Grid]
) -> FiniteDomains | None:
    """Read clauses over columns of few whole numbers.

    Args:
        clauses: A conjunction.
        names: Every column that they name.
        grids: What each of these can hold.

    Returns:
        The same conjunction; None if some column may hold other than few whole numbers, or there
        are too many of them.
    """
    listed = tuple(clauses)
    if not names or len(names) > MOST_COLUMNS or not all(grids[name].integer for name in names):
        return None
    ranges = whole_ranges(listed, names, grids)
    if ranges is None:
        return None
    reader = _FiniteReader(names, ranges)
    if not reader.read(listed):
        return None
    return reader.finished()


def whole_ranges(
    clauses: Iterable[Clause], names: Sequence[str], grids: Mapping[str, Grid]
) -> list[tuple[int, int]] | None:
    """The least and the greatest value of each column; None unless there are few between.

    Args:
        clauses: A conjunction.
        names: Columns of whole numbers.
        grids: What each of these can hold.
    """
    low = {name: grids[name].low for name in names}
    high = {name: grids[name].high for name in names}
    least = {name: ceil(one) for name, one in low.items() if one is not None}
    most = {name: floor(one) for name, one in high.items() if one is not None}
    alone = [one for clause in clauses if len(clause.literals) == 1 for one in _parts(clause)]
    for _ in range(ROUNDS):
        before = (dict(least), dict(most))
        for one in alone:
            _bound(one, least, most)
        if before == (least, most):
            break
    if not all(name in least and name in most for name in names):
        return None
    found = [(least[name], max(least[name] - 1, most[name])) for name in names]
    return found if all(b - a < MOST_VALUES for a, b in found) else None


def _parts(clause: Clause) -> tuple[Inequality, ...]:
    literal = numeric(clause.literals[0])
    if isinstance(literal, Inequality):
        return (literal,)
    return literal.parts if literal.positive else ()


def _bound(one: Inequality, least: dict[str, int], most: dict[str, int]) -> None:
    """Tighten the ranges of an inequality's columns by those of the others."""
    for name, c in one.terms:
        rest = one.constant
        for other, d in one.terms:
            ends = most if d > 0 else least
            if other != name and other not in ends:
                break
            rest -= d * ends[other] if other != name else 0
        else:
            value = rest / c
            if c > 0:
                end = floor(value) + 1 if one.strict else ceil(value)
                least[name] = max(least.get(name, end), end)
            else:
                end = ceil(value) - 1 if one.strict else floor(value)
                most[name] = min(most.get(name, end), end)


class _FiniteReader:
    """Puts clauses into masks."""

    def __init__(self, names: Sequence[str], ranges: Sequence[tuple[int, int]]) -> None:
        self._names = tuple(names)
        self._place = {name: place for place, name in enumerate(names)}
        self._lows = tuple(low for low, _ in ranges)
        self._sizes = [high - low + 1 for low, high in ranges]
        self._full = [(1 << size) - 1 for size in self._sizes]
        self._domains = list(self._full)
        self._pairs: dict[tuple[int, int], list[int]] = {}
        self._wider: list[tuple[Option, ...]] = []
        self._left = LARGEST

    def read(self, clauses: Iterable[Clause]) -> bool:
        """Take clauses in; False if there is too much of them."""
        for clause in clauses:
            options = [option for one in clause for option in self._options(one)]
            columns = sorted({column for option in options for column in _columns(option)})
            if any(not option for option in options):
                continue
            self._left -= self._add(options, columns)
            if self._left < 0:
                return False
        return True

    def finished(self) -> FiniteDomains:
        supports: list[list[Support]] = [[] for _ in self._names]
        for (one, other), masks in self._pairs.items():
            back = self._pairs[other, one]
            enough = max((self._sizes[one] - mask.bit_count() for mask in back), default=0)
            if enough:
                supports[one].append(Support(other, masks, enough))
        watching: list[list[int]] = [[] for _ in self._names]
        for number, options in enumerate(self._wider):
            for column in sorted({c for option in options for c in _columns(option)}):
                watching[column].append(number)
        return FiniteDomains(
            self._names,
            self._lows,
            tuple(self._domains),
            tuple(map(tuple, supports)),
            tuple(self._wider),
            tuple(map(tuple, watching)),
            tuple(_cliques(len(self._names), self._differ)),
        )

    def _add(self, options: list[Option], columns: list[int]) -> int:
        """Take a clause in; how much there is of it."""
        if len(columns) <= 1:
            allowed = 0
            for option in options:
                allowed |= self._mask(option, columns[0])
            for column in columns or range(len(self._domains)):
                self._domains[column] &= allowed
            return len(options)
        if len(columns) == 2:
            size = 0
            for one, other in (columns, columns[::-1]):
                size += self._support(options, one, other)
            return size
        self._wider.append(tuple(options))
        return sum(len(_columns(option)) for option in options)

    def _support(self, options: list[Option], one: int, other: int) -> int:
        known = self._pairs.setdefault((one, other), [self._full[other]] * self._sizes[one])
        for value in range(self._sizes[one]):
            allowed = 0
            for option in options:
                allowed |= self._beside(option, one, value, other)
            known[value] &= allowed
        return self._sizes[one] * len(options)

    def _beside(self, option: Option, one: int, value: int, other: int) -> int:
        """The values of a column by which an option holds beside a value of another."""
        mask = self._full[other]
        for atom in option:
            if isinstance(atom, IntegerSum):
                factors = dict(atom.terms)
                rest = atom.constant - factors.get(one, 0) * value
                mask &= self._least(other, factors.get(other, 0), rest)
            elif atom.column == other:
                mask &= atom.mask
            elif not atom.mask >> value & 1:
                return 0
        return mask

    def _mask(self, option: Option, column: int) -> int:
        mask = self._full[column]
        for atom in option:
            assert isinstance(atom, Allowed), "a sum has more than one column"
            mask &= atom.mask
        return mask

    def _least(self, column: int, factor: int, constant: int) -> int:
        """The values of a column, from its least on, whose multiples are at least a constant."""
        size, full = self._sizes[column], self._full[column]
        if not factor:
            return full if constant <= 0 else 0
        if factor > 0:
            return full & -(1 << min(max(-(-constant // factor), 0), size))
        return (1 << min(max(constant // factor + 1, 0), size)) - 1

    def _options(self, literal: Literal) -> list[Option]:
        """A literal as options of which one holds; one of no atoms always holds."""
        one = numeric(literal)
        if isinstance(one, Conjunction) and not one.positive:
            return [option for part in one.parts for option in self._options(part.negated())]
        atoms = [self._atom(part) for part in parts_of(one)]
        if any(atom is False for atom in atoms):
            return []
        return [tuple(atom for atom in atoms if not isinstance(atom, bool))]

    def _atom(self, one: Inequality) -> FiniteAtom | bool:
        """An inequality between whole numbers; or whether it holds, whatever they are."""
        if not one.terms:
            return one.holds({})
        scale = 1 / common_divisor(c for _, c in one.terms)
        bound = one.constant * scale
        constant = floor(bound) + 1 if one.strict else ceil(bound)
        terms = [(self._place[name], int(c * scale)) for name, c in one.terms]
        constant -= sum(c * self._lows[column] for column, c in terms)
        if len(terms) == 1:
            ((column, c),) = terms
            return Allowed(column, self._least(column, c, constant))
        return IntegerSum(tuple(terms), constant)

    def _differ(self, one: int, other: int) -> bool:
        """Whether two columns are never equal."""
        masks = self._pairs.get((one, other))
        if masks is None:
            return False
        shift = self._lows[one] - self._lows[other]
        return not any(
            value + shift >= 0 and mask >> (value + shift) & 1
            for value, mask in enumerate(masks)
            if self._domains[one] >> value & 1
        )


def _columns(option: Option) -> Collection[int]:
    return {
        column
        for atom in option
        for column in ([atom.column] if isinstance(atom, Allowed) else [c for c, _ in atom.terms])
    }


def _cliques(count: int, differ: Callable[[int, int], bool]) -> list[tuple[int, ...]]:
    """Sets of three and more columns, all of which differ, that cover every such pair."""
    edges = [pair for pair in combinations(range(count), 2) if differ(*pair)]
    beside: list[set[int]] = [set() for _ in range(count)]
    for one, other in edges:
        beside[one].add(other)
        beside[other].add(one)
    found: list[tuple[int, ...]] = []
    covered: set[tuple[int, int]] = set()
    for one, other in edges:
        if (one, other) in covered:
            continue
        clique = [one, other]
        shared = beside[one] & beside[other]
        while shared:
            clique.append(min(shared))
            shared &= beside[clique[-1]]
        covered.update(combinations(sorted(clique), 2))
        if len(clique) > 2:
            found.append(tuple(sorted(clique)))
    return found
