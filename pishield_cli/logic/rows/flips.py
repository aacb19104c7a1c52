"""Which truths to flip so that every clause holds, at the least cost: branch and bound, exactly.

Sets of variables and of clauses are whole numbers here, one bit an element. A node decides some
variables; those left have the truths of the row, and cost nothing as long as they keep them.

References:
    Li and Manya, MaxSAT, Hard and Soft Constraints, in: Handbook of Satisfiability, 2009.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WORK = 2**20
"""Variables and clauses times nodes a row, past which its best flips so far are taken without a
proof: some tenths of a second."""

NODES = 50, 4_000
"""At least and at most so many nodes a row."""


def elements(mask: int) -> Iterator[int]:
    """The elements of a set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@dataclass(frozen=True, slots=True)
class Flips:
    """Truths that satisfy every clause.

    Attributes:
        truths: The variables that are true, as bits; None where no truths were found.
        cost: What flipping to them costs.
        proven: Whether none cost less; whether there are none, where none were found.
    """

    truths: int | None
    cost: int
    proven: bool


@dataclass(frozen=True, slots=True)
class _Node:
    decided: int
    truths: int
    satisfied: int
    cost: int


class FlipSearch:
    """Finds the cheapest flips for any number of rows.

    Args:
        clauses: Each as pairs of a variable and whether it holds when true; one that holds
            whatever the truths is left out.
        variables: How many there are.
    """

    def __init__(self, clauses: Iterable[Iterable[tuple[int, bool]]], variables: int) -> None:
        self._clauses = _clauses(clauses, variables)
        least, most = NODES
        self.limit = min(max(WORK // (variables + len(self._clauses.named) + 1), least), most)

    def cheapest(
        self,
        truths: int,
        costs: Sequence[int],
        *,
        fixed: int = 0,
        limit: int | None = None,
    ) -> Flips:
        """Find the truths that satisfy every clause and cost the least.

        Args:
            truths: The variables that are true in the row.
            costs: What flipping each variable costs, more than zero.
            fixed: Variables that must not flip.
            limit: How many nodes to visit; as many as the size of the clauses allows by default.
        """
        row = _Flipped(self._clauses, truths, costs, self.limit if limit is None else limit)
        best, least = None, 0
        for found, cost in row.search(fixed):
            best, least = found, cost
            row.room = cost - 1
        return Flips(best, least, proven=row.done)

    def equally_cheap(
        self, truths: int, costs: Sequence[int], cost: int, *, most: int, limit: int | None = None
    ) -> tuple[tuple[int, ...], bool]:
        """List the truths that satisfy every clause at a cost, where none cost less.

        Args:
            truths: The variables that are true in the row.
            costs: What flipping each variable costs, more than zero.
            cost: What they cost.
            most: How many to list.
            limit: How many nodes to visit; as many as the size of the clauses allows by default.

        Returns:
            The truths, as bits, and whether these are all.
        """
        row = _Flipped(self._clauses, truths, costs, self.limit if limit is None else limit)
        row.room = cost
        found: list[int] = []
        for one, _ in row.search(0):
            if len(found) == most:
                return tuple(found), False
            found.append(one)
        return tuple(found), row.done


@dataclass(frozen=True, slots=True)
class _Clauses:
    """Clauses by number, the shortest first, where bounds look first.

    Attributes:
        named: The variables of each.
        positive: Those that satisfy it when true; the others do when false.
        satisfying: By truth, then by variable: the clauses that it satisfies.
        variables: How many there are.
    """

    named: tuple[int, ...]
    positive: tuple[int, ...]
    satisfying: tuple[tuple[int, ...], tuple[int, ...]]
    variables: int


def _clauses(clauses: Iterable[Iterable[tuple[int, bool]]], variables: int) -> _Clauses:
    pairs = set()
    for clause in clauses:
        sides = [0, 0]
        for variable, positive in clause:
            sides[positive] |= 1 << variable
        if not sides[False] & sides[True]:
            pairs.add((sides[False], sides[True]))
    kept = sorted(pairs, key=lambda pair: ((pair[0] | pair[1]).bit_count(), pair))
    satisfying = ([0] * variables, [0] * variables)
    for index, pair in enumerate(kept):
        for truth in (False, True):
            for variable in elements(pair[truth]):
                satisfying[truth][variable] |= 1 << index
    return _Clauses(
        tuple(negative | positive for negative, positive in kept),
        tuple(positive for _, positive in kept),
        (tuple(satisfying[False]), tuple(satisfying[True])),
        variables,
    )


class _Flipped:
    """The search for one row.

    Attributes:
        room: What truths may cost at most; None without a limit.
        done: Whether the search came to its end.
    """

    def __init__(self, clauses: _Clauses, truths: int, costs: Sequence[int], limit: int) -> None:
        self._named, self._positive = clauses.named, clauses.positive
        self._satisfying = clauses.satisfying
        self._everything = (1 << len(clauses.named)) - 1
        self._all = (1 << clauses.variables) - 1
        self._row, self._costs = truths, costs
        self._limit = limit
        self.room: int | None = None
        self.done = False

    def search(self, fixed: int) -> Iterator[tuple[int, int]]:
        """Truths that satisfy every clause within the room there is then, with their cost."""
        root = self._root(fixed)
        stack = [] if root is None else [root]
        visited = 0
        while stack:
            node = stack.pop()
            if self.room is not None and node.cost > self.room:
                continue
            visited += 1
            if visited > self._limit:
                return
            violated = self._violated(node)
            if not violated:
                yield node.truths, node.cost
                continue
            variable, flip_first = self._branching(node, violated)
            if variable is None:
                continue
            truth = bool(node.truths >> variable & 1)
            children = [
                self._decided(node, [(variable, truth ^ flipped)])
                for flipped in (not flip_first, flip_first)
            ]
            stack += [child for child in children if child is not None]
        self.done = True

    def _root(self, fixed: int) -> _Node | None:
        pending = [(one, bool(self._row >> one & 1)) for one in elements(fixed)]
        for named, positive in zip(self._named, self._positive, strict=True):
            if not named & (named - 1):
                if not named:
                    return None
                pending.append((named.bit_length() - 1, bool(positive)))
        return self._decided(_Node(0, self._row, 0, 0), pending)

    def _decided(self, node: _Node, pending: list[tuple[int, bool]]) -> _Node | None:
        """Decide variables, and those that this leaves no choice; None where nothing is left."""
        decided, truths, satisfied = node.decided, node.truths, node.satisfied
        cost = node.cost
        while pending:
            variable, truth = pending.pop()
            bit = 1 << variable
            if decided & bit:
                if bool(truths & bit) != truth:
                    return None
                continue
            decided |= bit
            if bool(truths & bit) != truth:
                truths ^= bit
                cost += self._costs[variable]
            satisfied |= self._satisfying[truth][variable]
            shrunk = self._satisfying[not truth][variable] & ~satisfied
            while shrunk:
                lowest = shrunk & -shrunk
                shrunk ^= lowest
                clause = lowest.bit_length() - 1
                rest = self._named[clause] & ~decided
                if not rest:
                    return None
                if not rest & (rest - 1):
                    pending.append((rest.bit_length() - 1, bool(self._positive[clause] & rest)))
        return _Node(decided, truths, satisfied, cost)

    def _violated(self, node: _Node) -> int:
        """Clauses that do not hold while the undecided variables keep their truths."""
        held = node.satisfied
        when_false, when_true = self._satisfying
        left = self._all & ~node.decided
        for variable in elements(left & node.truths):
            held |= when_true[variable]
        for variable in elements(left & ~node.truths):
            held |= when_false[variable]
        return self._everything & ~held

    def _branching(self, node: _Node, violated: int) -> tuple[int | None, bool]:
        """The variable to decide, and whether to flip it first; None if the node costs too much.

        What violated clauses cost at least is a dual of their covering problem: each takes from
        its variables' costs what they have left in common.
        """
        costs, bound = self._costs, node.cost
        left: dict[int, int] = {}
        weight: dict[int, float] = {}
        others: dict[int, int] = {}
        for clause in elements(violated):
            rest = list(elements(self._named[clause] & ~node.decided))
            share = min(left.get(one, costs[one]) for one in rest)
            bound += share
            if self.room is not None and bound > self.room:
                return None, False
            for one in rest:
                left[one] = left.get(one, costs[one]) - share
                weight[one] = weight.get(one, 0.0) + 0.25 ** len(rest)
                others[one] = others.get(one, 0) + min(
                    (costs[other] for other in rest if other != one), default=costs[one]
                )
        variable = max(weight, key=lambda one: (weight[one], -costs[one], -one))
        return variable, costs[variable] <= others[variable]
