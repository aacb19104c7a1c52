"""Eliminating boolean variables from clauses by resolution.

For fixed values of the other variables, some value of x satisfies all clauses that mention x if and
only if every *resolvent* holds: the literals beside `x` of one clause together with those beside
`not x` of another. So the clauses without x and the resolvents say all that the clauses say, but
for x.

Inside, a clause is an integer: bit i stands for the i-th variable, bit n + i for its negation.

References:
    Davis and Putnam, A Computing Procedure for Quantification Theory, JACM 1960.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pishield_cli.logic.terms import BooleanLiteral, Clause

CLAUSE_LIMIT = 4_000
"""Clauses at one time past which elimination is given up: about a second of work."""

WORK_PER_CLAUSE = 500
"""Steps that may be taken in all, for each clause that the limit allows."""

Literals = tuple[BooleanLiteral, ...]
"""Distinct literals, by the position of their variables in the ordering."""


@dataclass(frozen=True, slots=True)
class ResolvedStep:
    """What bounds a variable by the variables before it.

    Attributes:
        variable: The variable eliminated.
        clauses: Each mentions the variable, and otherwise only variables before it.
    """

    variable: str
    clauses: tuple[Literals, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """All that follows from clauses, variable by variable.

    Attributes:
        eliminations: One for each variable, the last of the ordering first.
        conditions: Clauses over the kept variables alone; where they hold, the eliminated
            variables have values that satisfy everything.
    """

    eliminations: tuple[ResolvedStep, ...]
    conditions: tuple[Literals, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """No values satisfy the clauses.

    Attributes:
        origins: Indices of input clauses that contradict each other, ascending.
    """

    origins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Oversized:
    """Elimination grew past its limit and was given up.

    Attributes:
        variable: The variable at which it did.
        clauses: How many clauses there were then.
    """

    variable: str
    clauses: int


def resolve(
    clauses: Sequence[Clause],
    ordering: Sequence[str],
    *,
    kept: Collection[str] = (),
    propagated: bool = False,
    limit: int = CLAUSE_LIMIT,
) -> Resolution | Contradiction | Oversized:
    """Eliminate variables, the last of the ordering first.

    Tautologies are dropped, and from the first elimination on every clause that another one
    implies.

    Args:
        clauses: Over boolean literals only.
        ordering: Distinct variables, all that the clauses mention.
        kept: Variables not to eliminate; they stand first in the ordering.
        propagated: Whether literals that a clause of one literal refutes are left out of the
            others. There are fewer clauses then, but a bound may name fewer variables.
        limit: Clauses at one time.

    Returns:
        The eliminations; or what contradicts itself, also among kept variables; or that there
        were too many clauses.
    """
    return _Eliminator(clauses, ordering, frozenset(kept), propagated, limit).run()


class _Contradicted(Exception):  # noqa: N818  (a signal inside this module)
    """The empty clause was derived."""

    def __init__(self, origins: int) -> None:
        super().__init__()
        self.origins = origins


class _Grown(Exception):  # noqa: N818  (a signal inside this module)
    """There are too many clauses."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


class _Eliminator:
    def __init__(
        self,
        clauses: Sequence[Clause],
        ordering: Sequence[str],
        kept: frozenset[str],
        propagated: bool,
        limit: int,
    ) -> None:
        self._ordering = ordering
        self._kept = kept
        self._propagated = propagated
        self._limit = limit
        self._work = limit * WORK_PER_CLAUSE
        self._size = len(ordering)
        self._set = _ClauseSet(2 * self._size)
        self._clauses = clauses

    def run(self) -> Resolution | Contradiction | Oversized:
        eliminations: list[ResolvedStep] = []
        conditions: tuple[Literals, ...] = ()
        compact = False
        variable = ""
        try:
            self._read()
            for position in range(self._size - 1, -1, -1):
                variable = self._ordering[position]
                if variable in self._kept and not conditions:
                    conditions = tuple(map(self._literals, self._set.sorted()))
                bounding = self._eliminate(position, compact)
                compact = True
                if variable not in self._kept:
                    eliminations.append(ResolvedStep(variable, bounding))
        except _Contradicted as found:
            return Contradiction(tuple(_bits(found.origins)))
        except _Grown as found:
            return Oversized(variable, found.size)
        return Resolution(tuple(eliminations), conditions)

    def _read(self) -> None:
        position = {name: index for index, name in enumerate(self._ordering)}
        for index, clause in enumerate(self._clauses):
            mask = 0
            for literal in clause:
                if not isinstance(literal, BooleanLiteral):
                    raise TypeError(f"Resolution takes boolean literals. Found {literal}.")
                bit = position[literal.variable] + (0 if literal.positive else self._size)
                mask |= 1 << bit
            if not mask:
                raise _Contradicted(1 << index)
            if not mask & (mask >> self._size):
                self._set.insert(mask, 1 << index)

    def _eliminate(self, position: int, compact: bool) -> tuple[Literals, ...]:
        """Take the clauses of a variable out and put their resolvents in."""
        if self._propagated:
            self._propagate()
        positive = self._set.take(position)
        negative = self._set.take(position + self._size)
        bounding = tuple(self._literals(mask) for mask in sorted({**positive, **negative}))
        resolvents = self._resolvents(positive, negative, 1 << position)
        if not compact:
            # Published layers bound the first variable by all clauses that were written, and reduce
            # only from then on; a bound by an implied clause can be tighter on scores.
            resolvents = {**resolvents, **self._set.drain()}
        for mask in sorted(resolvents, key=lambda one: (one.bit_count(), one)):
            self._account(1 + len(self._set) // 8)
            self._set.add(mask, resolvents[mask])
        if len(self._set) > self._limit:
            raise _Grown(len(self._set))
        return bounding

    def _resolvents(
        self, positive: dict[int, int], negative: dict[int, int], bit: int
    ) -> dict[int, int]:
        self._account(len(positive) * len(negative))
        size = self._size
        resolvents: dict[int, int] = {}
        rests = [(mask ^ (bit << size), origins) for mask, origins in negative.items()]
        for mask, origins in positive.items():
            left = mask ^ bit
            for right, others in rests:
                both = left | right
                if both & (both >> size):
                    continue
                if not both:
                    raise _Contradicted(origins | others)
                if both not in resolvents:
                    resolvents[both] = origins | others
        return resolvents

    def _account(self, work: int) -> None:
        self._work -= work
        if self._work < 0:
            raise _Grown(len(self._set))

    def _propagate(self) -> None:
        """Leave out of every clause the literals that clauses of one literal refute."""
        units = self._set.units()
        while units:
            unit = units.pop()
            origins = self._set.origins[unit]
            bit = unit.bit_length() - 1
            refuted = (bit + self._size) % (2 * self._size)
            for mask, others in self._set.take(refuted).items():
                rest = mask ^ (1 << refuted)
                if not rest:
                    raise _Contradicted(origins | others)
                if self._set.add(rest, origins | others) and rest.bit_count() == 1:
                    units.append(rest)

    def _literals(self, mask: int) -> Literals:
        places = sorted(_bits(mask), key=lambda bit: bit % self._size)
        return tuple(
            BooleanLiteral(self._ordering[bit % self._size], bit < self._size) for bit in places
        )


class _ClauseSet:
    """Clauses, found by the literals they contain and by the clauses that imply them.

    Attributes:
        origins: For each clause, the input clauses it was derived from, as a set of bits.
    """

    def __init__(self, literals: int) -> None:
        self.origins: dict[int, int] = {}
        self._containing: list[set[int]] = [set() for _ in range(literals)]
        # Every clause under one of its literals only: what implies a clause is then found by
        # going through that clause's literals.
        self._leading: list[set[int]] = [set() for _ in range(literals)]
        self._leader: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.origins)

    def sorted(self) -> list[int]:
        return sorted(self.origins)

    def units(self) -> list[int]:
        """Clauses of one literal."""
        return [mask for mask in self.origins if mask.bit_count() == 1]

    def insert(self, mask: int, origins: int) -> None:
        """Put a clause in, whatever implies it."""
        if mask in self.origins:
            return
        self.origins[mask] = origins
        bits = list(_bits(mask))
        for bit in bits:
            self._containing[bit].add(mask)
        leader = min(bits, key=lambda bit: len(self._leading[bit]))
        self._leading[leader].add(mask)
        self._leader[mask] = leader

    def add(self, mask: int, origins: int) -> bool:
        """Put a clause in unless it is implied, and take out those that it implies.

        Returns:
            Whether it was put in.
        """
        bits = list(_bits(mask))
        if any(one & mask == one for bit in bits for one in self._leading[bit]):
            return False
        rarest = min((self._containing[bit] for bit in bits), key=len)
        for implied in [one for one in rarest if one & mask == mask]:
            self._remove(implied)
        self.insert(mask, origins)
        return True

    def take(self, bit: int) -> dict[int, int]:
        """Take all clauses with a literal out, and give them with their origins."""
        return self._removed(sorted(self._containing[bit]))

    def drain(self) -> dict[int, int]:
        """Take all clauses out, and give them with their origins."""
        return self._removed(self.sorted())

    def _removed(self, masks: Iterable[int]) -> dict[int, int]:
        return {mask: self._remove(mask) for mask in masks}

    def _remove(self, mask: int) -> int:
        for bit in _bits(mask):
            self._containing[bit].discard(mask)
        self._leading[self._leader.pop(mask)].discard(mask)
        return self.origins.pop(mask)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
