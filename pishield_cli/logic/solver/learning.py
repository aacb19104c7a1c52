"""Clauses over boolean and arithmetic literals, decided by learning from conflicts: DPLL(T).

Assumptions are levels of their own at the bottom of the trail, so that the same clauses can be
asked about again under others, and keep what was learned.

References:
    Ganzinger, Hagen, Nieuwenhuis, Oliveras and Tinelli, DPLL(T): Fast Decision Procedures,
    CAV 2004; Een and Sorensson, An Extensible SAT-solver, SAT 2003 (assumptions).
"""

from collections.abc import Collection, Iterable, Sequence

from pishield_cli.logic.solver.activity import Activity
from pishield_cli.logic.solver.atoms import FALSE, TRUE, Atoms
from pishield_cli.logic.solver.branching import make_whole
from pishield_cli.logic.solver.conflicts import NumberedClause, first_unique_point, trace
from pishield_cli.logic.solver.limits import Limits

LEARNED = 3_000
"""Clauses learned that are kept from one question to the next; past that all are forgotten."""

ASSIGNED = 8
"""Units of work that an assignment takes, whatever clauses watch it."""

SEEN = 2
"""Units of work that looking for a literal of a clause that holds takes."""


class Learner:
    """An assignment of atoms, the clauses that it must satisfy, and what follows from both.

    Args:
        atoms: Where literals come from. New ones may be added at any time.
    """

    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        self.limits = Limits()
        self._truth: NumberedClause = []
        self._level: NumberedClause = []
        self._reason: list[NumberedClause | None] = []
        self._phase: list[bool] = []
        self._activity = Activity()
        self._watches: list[list[NumberedClause]] = []
        self._learned: list[NumberedClause] = []
        self._units: list[NumberedClause] = []
        self._trail: NumberedClause = []
        self._queued = 0
        self._levels: list[tuple[int, int]] = []
        self._base = 0
        self._failure: tuple[int, frozenset[int]] | None = None
        self._cursor = 0
        self._grow()
        self._assign(TRUE, None)

    # ------------------------------------------------------------------ clauses and assumptions

    def add(self, literals: Iterable[int]) -> None:
        """Add a clause for good; takes back all decisions and assumptions."""
        self.retract(0)
        distinct = dict.fromkeys(one for one in literals if one != FALSE)
        if TRUE in distinct or any(one ^ 1 in distinct for one in distinct):
            return
        clause = list(distinct)
        self._grow()
        if len(clause) == 1:
            self._assert_unit(clause)
        else:
            self._attach(clause)

    def assume(self, literals: Iterable[int]) -> frozenset[int] | None:
        """Assume literals, on top of those assumed before.

        Returns:
            None, or the assumptions among all that contradict each other, as far as propagation
            alone finds them.

        Raises:
            LimitReached: If the limits end it; retract the assumptions then.
        """
        self.backtrack(self._base)
        self._grow()
        if self._base == 0:
            self._settle()
        conflict = self._propagate()
        if conflict is not None:
            self._fail(conflict)
        if self._failure is not None:
            return self._failure[1]
        self._open_level()
        self._base += 1
        for literal in literals:
            if self._truth[literal] < 0:
                return self._fail([literal], {literal})
            if self._truth[literal] == 0:
                self._assign(literal, None)
        conflict = self._propagate()
        return None if conflict is None else self._fail(conflict)

    def retract(self, levels: int) -> None:
        """Keep only the first so many levels of assumptions."""
        self.backtrack(levels)
        self._base = min(self._base, levels)

    @property
    def is_decided_freely(self) -> bool:
        """Whether the assignment rests on decisions beside the assumptions."""
        return len(self._levels) > self._base

    # ------------------------------------------------------------------ the search

    def run(self, required: Sequence[NumberedClause]) -> frozenset[int] | None:
        """Find an assignment of the atoms, and of the simplex, that satisfies clauses.

        Args:
            required: Clauses that must hold, all of which were added (under a guard or not).

        Returns:
            None if there is one: `holds` tells it. Otherwise the assumptions that contradict
            the clauses.

        Raises:
            LimitReached: If the limits end it.
        """
        self._cursor = 0
        while self._failure is None:
            conflict = self._propagate()
            clause = None
            if conflict is None:
                clause = self._open_clause(required)
            if conflict is None and clause is None and self.atoms.integers:
                conflict = self._make_whole()
                if conflict is None:
                    clause = self._open_clause(required)
            if conflict is None and clause is None:
                return None
            if clause is not None and not self._decide(clause):
                conflict = clause
            if conflict is not None:
                self._resolve(conflict)
        return self._failure[1]

    def holds(self, literal: int) -> bool:
        """Whether a literal holds in the assignment found, decided or not."""
        truth = self._truth[literal] if literal < len(self._truth) else 0
        if truth:
            return truth > 0
        atom = literal >> 1
        if self.atoms.bounds[atom] is None:
            phase = self._phase[atom] if atom < len(self._phase) else False
            return phase != bool(literal & 1)
        return self.atoms.holds(literal)

    def is_assigned(self, literal: int) -> bool:
        """Whether a literal was decided, assumed or concluded to be true."""
        return self._truth[literal] > 0

    def keep(self, literals: Iterable[int]) -> None:
        """Decide literals that hold in the assignment found, so that it cannot leave them."""
        self._open_level()
        for literal in literals:
            if self._truth[literal] == 0:
                self._assign(literal, None)
        conflict = self._propagate()
        assert conflict is None, "literals that hold together cannot conflict"

    def _make_whole(self) -> NumberedClause | None:
        atoms = self.atoms
        conflict = make_whole(atoms.simplex, atoms.integers, atoms.whole, self.limits)
        return None if conflict is None else [reason ^ 1 for reason in conflict]

    def _open_clause(self, required: Sequence[NumberedClause]) -> NumberedClause | None:
        """A clause that does not hold as things stand, looked for from where the last was."""
        looked, found = 0, None
        for offset in range(len(required)):
            clause = required[(self._cursor + offset) % len(required)]
            false = next((at for at, one in enumerate(clause) if self.holds(one)), len(clause))
            looked += SEEN + false
            if false == len(clause):
                self._cursor, found = (self._cursor + offset) % len(required), clause
                break
        self.limits.spend(looked)
        return found

    def _decide(self, clause: NumberedClause) -> bool:
        """Decide for one of a clause's literals; False if all of them are false."""
        self.limits.branch()
        free = [literal for literal in clause if self._truth[literal] == 0]
        if not free:
            return False
        self._open_level()
        self._assign(self._activity.most(free), None)
        return True

    # ------------------------------------------------------------------ propagation

    def _propagate(self) -> NumberedClause | None:
        """Draw conclusions until there are no more.

        Returns:
            None, or a clause, implied by all clauses, that is false now.
        """
        while True:
            while self._queued < len(self._trail):
                literal = self._trail[self._queued]
                self._queued += 1
                self.limits.spend(ASSIGNED + len(self._watches[literal ^ 1]))
                conflict = self._tell_simplex(literal) or self._visit(literal ^ 1)
                if conflict is not None:
                    return conflict
            reasons = self.atoms.simplex.check(self.limits)
            return None if reasons is None else [reason ^ 1 for reason in reasons]

    def _tell_simplex(self, literal: int) -> NumberedClause | None:
        asserted = self.atoms.assertion(literal)
        if asserted is None:
            return None
        variable, side, bound = asserted
        reasons = self.atoms.simplex.tighten(variable, side, bound, literal)
        if reasons is not None:
            return [reason ^ 1 for reason in reasons]
        for weaker in self.atoms.weaker(literal):
            if weaker >= len(self._truth):
                continue
            if self._truth[weaker] > 0:
                break
            if self._truth[weaker] < 0:
                return [weaker, literal ^ 1]
            self._assign(weaker, [weaker, literal ^ 1])
        return None

    def _visit(self, false: int) -> NumberedClause | None:
        """Move the watches of clauses that watch a literal now false, or conclude from them."""
        truth = self._truth
        watching = self._watches[false]
        kept: list[NumberedClause] = []
        self._watches[false] = kept
        for position, clause in enumerate(watching):
            if clause[0] == false:
                clause[0], clause[1] = clause[1], false
            first = clause[0]
            if truth[first] > 0:
                kept.append(clause)
                continue
            for index in range(2, len(clause)):
                other = clause[index]
                if truth[other] >= 0:
                    clause[1], clause[index] = other, false
                    self._watches[other].append(clause)
                    break
            else:
                kept.append(clause)
                if truth[first] < 0:
                    kept.extend(watching[position + 1 :])
                    return clause
                self._assign(first, clause)
        return None

    # ------------------------------------------------------------------ conflicts

    def _resolve(self, conflict: NumberedClause) -> None:
        """Learn from a false clause and go back; note the failure where there is no way."""
        top = max((self._level[literal >> 1] for literal in conflict), default=0)
        if top <= self._base:
            self._fail(conflict)
            return
        self.backtrack(top)
        learned, seen = first_unique_point(conflict, top, self._trail, self._level, self._reason)
        self._activity.note(seen)
        learned[1:] = sorted(learned[1:], key=lambda one: -self._level[one >> 1])
        target = self._level[learned[1] >> 1] if len(learned) > 1 else 0
        self.backtrack(max(target, self._base))
        if len(learned) > 1:
            self._attach(learned)
            self._learned.append(learned)
        else:
            self._units.append(learned)
        self._assign(learned[0], learned)

    def _fail(self, conflict: NumberedClause, assumed: Collection[int] = ()) -> frozenset[int]:
        """Trace a clause that the assumptions make false back to them, and remember it."""
        roots = trace(conflict, self._level, self._reason)
        core = {2 * atom + (self._truth[2 * atom] < 0) for atom in roots}
        core.update(assumed)
        level = self._base if assumed else max((self._level[atom] for atom in roots), default=0)
        self._failure = (level, frozenset(core))
        return self._failure[1]

    # ------------------------------------------------------------------ the trail

    def _grow(self) -> None:
        self._activity.grow(len(self.atoms))
        for _ in range(len(self.atoms) - len(self._level)):
            self._truth += (0, 0)
            self._level.append(0)
            self._reason.append(None)
            self._phase.append(False)
            self._watches += ([], [])

    def _assign(self, literal: int, reason: NumberedClause | None) -> None:
        self._truth[literal] = 1
        self._truth[literal ^ 1] = -1
        self._level[literal >> 1] = len(self._levels)
        self._reason[literal >> 1] = reason
        self._trail.append(literal)

    def _open_level(self) -> None:
        self._levels.append((len(self._trail), self.atoms.simplex.mark()))

    def backtrack(self, level: int) -> None:
        """Take back all decisions above a level."""
        if len(self._levels) <= level:
            return
        length, mark = self._levels[level]
        for literal in self._trail[length:]:
            self._truth[literal] = self._truth[literal ^ 1] = 0
            self._phase[literal >> 1] = not literal & 1
        del self._trail[length:]
        del self._levels[level:]
        self._queued = min(self._queued, length)
        self.atoms.simplex.undo(mark)
        if self._failure is not None and self._failure[0] > level:
            self._failure = None

    def _settle(self) -> None:
        """At level 0: keep what was learned for good, and forget the rest when it is much."""
        units, self._units = self._units, []
        for unit in units:
            self._assert_unit(unit)
        if len(self._learned) > LEARNED:
            dropped = {id(clause) for clause in self._learned}
            self._learned = []
            for index, watching in enumerate(self._watches):
                self._watches[index] = [one for one in watching if id(one) not in dropped]

    def _assert_unit(self, unit: NumberedClause) -> None:
        literal = unit[0]
        if self._truth[literal] < 0:
            self._failure = (0, frozenset())
        elif self._truth[literal] == 0:
            self._assign(literal, unit)

    def _attach(self, clause: NumberedClause) -> None:
        """Watch a clause's two literals that were or will be last to be false."""
        if not self._levels:
            clause.sort(key=lambda literal: self._truth[literal] < 0)
            if self._truth[clause[1]] < 0:
                self._assert_unit(clause)
        self._watches[clause[0]].append(clause)
        self._watches[clause[1]].append(clause)
