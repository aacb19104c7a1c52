"""Can clauses hold together, and where is a value least or nearest: exact, within limits.

Each clause has an owner, a number such as its requirement's, and questions are asked about the
clauses of some owners. What is learned from one question serves the next.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, takewhile
from math import ceil, floor

from pishield_cli.logic.solver.answers import Infeasible, Model, Optimum, Undecided
from pishield_cli.logic.solver.atoms import FALSE, TRUE, Atoms
from pishield_cli.logic.solver.branching import BRANCH, Unbounded, make_whole, optimise_whole
from pishield_cli.logic.solver.conflicts import NumberedClause
from pishield_cli.logic.solver.learning import SEEN, Learner
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.stack import LOWER, UPPER
from pishield_cli.logic.solver.tableau import ONE, ZERO, StrictValue, infinitesimal
from pishield_cli.logic.terms import Clause, Conjunction, Literal, Term

__all__ = ["Infeasible", "Model", "Optimum", "Search", "Undecided"]

CLAUSE, LITERAL, TERM = 10, 10, 2
"""Units of work that adding a clause takes, each of its literals, and each term of these."""


class Search:
    """Clauses with owners, to be asked about many times.

    Args:
        integers: Names of variables that are whole numbers.
        limits: Bound all questions together, until replaced.
    """

    def __init__(self, *, integers: Collection[str] = (), limits: Limits | None = None) -> None:
        self.atoms = Atoms(integers)
        self._learner = Learner(self.atoms)
        self.limits = Limits() if limits is None else limits
        self._guards: dict[int, int] = {}
        self._owners: dict[int, int] = {}
        self._clauses: dict[int, list[NumberedClause]] = {}
        self._required: list[NumberedClause] = []
        self._active: tuple[int, ...] | None = None
        self._supposed: list[list[int]] = []
        self._assumed: list[list[int]] = []
        """The levels of assumptions that the learner stands on, above the owners' guards."""
        self._owed = 0
        self._conjunctions: dict[tuple[int, ...], int] = {}
        """What stands for literals that hold together, and for that one of them does not."""
        self._defining: list[NumberedClause] = []

    @staticmethod
    def cost(clauses: Iterable[Clause]) -> int:
        """Units of work that adding clauses takes."""
        return sum(
            CLAUSE + sum(LITERAL + TERM * len(one.variables) for one in clause)
            for clause in clauses
        )

    def add(self, clause: Clause, owner: int) -> None:
        """Add a clause for good, under its owner; the next question accounts for it."""
        guard = self._guards.get(owner)
        if guard is None:
            guard = self._guards[owner] = 2 * self.atoms.fresh()
            self._owners[guard] = owner
            self._clauses[owner] = []
        self._owed += self.cost([clause])
        numbers = [self._number(literal) for literal in clause]
        if TRUE in numbers:
            return
        numbers.append(guard ^ 1)
        self._clauses[owner].append(numbers)
        self._learner.add(list(numbers))
        self._active, self._assumed = None, []

    def suppose(self, literals: Iterable[Literal]) -> None:
        """Assume literals in all questions to come; what follows from them is found once."""
        self._supposed.append([self._number(one) for one in literals])

    def owe(self, work: int) -> None:
        """Let the next question account for work that it needed."""
        self._owed += work

    def solve(
        self, owners: Iterable[int] | None = None, assumed: Sequence[Literal] = ()
    ) -> Model | Infeasible | Undecided:
        """Decide whether clauses can hold together.

        Args:
            owners: Whose clauses must hold; None for all.
            assumed: Literals that must hold too.
        """
        try:
            return self._contradiction(owners, assumed) or self._model()
        except LimitReached as reached:
            return self._give_up(reached)

    def contradiction(
        self, owners: Iterable[int] | None = None, assumed: Sequence[Literal] = ()
    ) -> Infeasible | Undecided | None:
        """What `solve` says where clauses cannot hold together; None where they can.

        No values are made, which takes longer than the decision where there are many strict bounds.
        """
        try:
            return self._contradiction(owners, assumed)
        except LimitReached as reached:
            return self._give_up(reached)

    def optimise(
        self,
        terms: Sequence[Term],
        *,
        greatest: bool = False,
        owners: Iterable[int] | None = None,
        assumed: Sequence[Literal] = (),
    ) -> Optimum | Infeasible | Undecided:
        """Find where a linear form is least, or greatest, under clauses.

        Args:
            terms: The form, at least one term.
            greatest: Whether to look for the greatest value.
            owners: Whose clauses must hold; None for all.
            assumed: Literals that must hold too.
        """
        variable, scale = self.atoms.form(tuple(terms))
        side = UPPER if greatest == (scale > 0) else LOWER
        try:
            found = self._optimise(variable, side, owners, list(map(self._number, assumed)))
        except LimitReached as reached:
            return self._give_up(reached)
        if isinstance(found, Infeasible):
            return found
        if found is None:
            return Optimum(None, attained=False, model=None)
        (real, eps), model = found
        return Optimum(real * scale, attained=not eps, model=model)

    def _number(self, literal: Literal) -> int:
        """The number of a literal; a conjunction's is an atom that all its parts define."""
        if not isinstance(literal, Conjunction):
            return self.atoms.literal(literal)
        parts = tuple(sorted({self.atoms.literal(one) for one in literal.parts} - {TRUE}))
        if FALSE in parts or len(parts) < 2:
            number = FALSE if FALSE in parts else parts[0] if parts else TRUE
        elif parts in self._conjunctions:
            number = self._conjunctions[parts]
        else:
            number = self._conjunctions[parts] = 2 * self.atoms.fresh()
            together = [number, *(one ^ 1 for one in parts)]
            for defining in (together, *([number ^ 1, one] for one in parts)):
                self._defining.append(defining)
                self._learner.add(list(defining))
            self._active, self._assumed = None, []
        return number if literal.positive else number ^ 1

    # ------------------------------------------------------------------ how it is answered

    def _contradiction(
        self, owners: Iterable[int] | None, assumed: Sequence[Literal]
    ) -> Infeasible | None:
        failed = self._ask(owners, [self._number(one) for one in assumed])
        return None if failed is None else self._infeasible(failed)

    def _ask(self, owners: Iterable[int] | None, assumed: Sequence[int]) -> frozenset[int] | None:
        self.limits.require_work()
        owed, self._owed = self._owed, 0
        self.limits.spend(owed)
        active = tuple(self._guards if owners is None else owners)
        self._learner.limits = self.limits
        failed = None
        if active != self._active:
            failed = self._activate(active)
        if failed is None:
            failed = self._assume([*self._supposed, list(assumed)] if assumed else self._supposed)
        return self._learner.run(self._required) if failed is None else failed

    def _activate(self, active: tuple[int, ...]) -> frozenset[int] | None:
        """Take back all assumptions, and assume the clauses of these owners."""
        self._learner.retract(0)
        self._active, self._assumed = active, []
        self._required = [one for owner in active for one in self._clauses.get(owner, ())]
        self._required += self._defining
        self.limits.spend(2 * len(active) + len(self._required))
        return self._learner.assume(self._guards[one] for one in active if one in self._guards)

    def _assume(self, levels: Sequence[list[int]]) -> frozenset[int] | None:
        """Stand on these levels, of which those that are stood on already are kept."""
        alike = (one == other for one, other in zip(self._assumed, levels, strict=False))
        kept = sum(1 for _ in takewhile(bool, alike))
        self._learner.retract(1 + kept)
        del self._assumed[kept:]
        for level in levels[kept:]:
            failed = self._learner.assume(level)
            if failed is not None:
                return failed
            self._assumed.append(level)
        return None

    def _optimise(
        self, variable: int, side: int, owners: Iterable[int] | None, assumed: list[int]
    ) -> tuple[StrictValue, Model] | Infeasible | None:
        """Improve on one conjunction of literals after another, until none is better."""
        best: tuple[StrictValue, Model] | None = None
        beyond: list[int] = []
        failed = self._ask(owners, assumed)
        if failed is not None:
            return self._infeasible(failed)
        least = self._relaxed(variable, side)
        if least is not None:
            there = self._there(variable, side, least)
            if self._ask(owners, [*assumed, there]) is None:
                return least, self._model()
        while True:
            failed = self._ask(owners, assumed + beyond)
            if failed is not None:
                return self._infeasible(failed) if best is None else best
            self._keep_cell()
            best = self._optimum(variable, side)
            if best is None or not self._learner.is_decided_freely:
                return best
            beyond = [self.atoms.beyond(variable, best[0], downwards=side == LOWER)]

    def _relaxed(self, variable: int, side: int) -> StrictValue | None:
        """The optimum under what is assumed and follows alone; None if it is not attained."""
        self._learner.retract(1 + len(self._assumed))
        found = self.atoms.simplex.optimise(variable, side, self.limits)
        if found is None or found[1]:
            return None
        whole = ceil(found[0]) if side == LOWER else floor(found[0])
        return (Fraction(whole), ZERO) if variable in self.atoms.whole else found

    def _there(self, variable: int, side: int, value: StrictValue) -> int:
        """The literal that a variable is no farther inside than a value."""
        return self.atoms.bounded(variable, value[0], strict=False, least=side == UPPER)

    def _keep_cell(self) -> None:
        """Hold one true literal of every clause, so that the assignment stays in their cell."""
        held = list(self._held())
        if not all(map(self._learner.is_assigned, held)):
            self._learner.keep(held)

    def _held(self) -> Iterator[int]:
        holds = self._learner.holds
        return (next(filter(holds, clause)) for clause in self._required)

    def _optimum(self, variable: int, side: int) -> tuple[StrictValue, Model] | None:
        """The optimum in the cell kept, and values there; None if there is none."""
        atoms, simplex = self.atoms, self.atoms.simplex
        if not atoms.integers:
            value = simplex.optimise(variable, side, self.limits)
            return None if value is None else (value, self._model())
        found = optimise_whole(simplex, variable, side, atoms.integers, atoms.whole, self.limits)
        if isinstance(found, Unbounded):
            return None
        assert found is not None, "the cell holds the assignment that it was made from"
        mark = simplex.mark()
        simplex.tighten(variable, UPPER if side == LOWER else LOWER, found, BRANCH)
        make_whole(simplex, atoms.integers, atoms.whole, self.limits, depth=1)
        model = self._model()
        simplex.undo(mark)
        return found, model

    def _model(self) -> Model:
        """The assignment found, with a number for the infinitesimal."""
        learner, atoms = self._learner, self.atoms
        found = {name: atoms.simplex.value(one) for name, one in atoms.variables.items()}
        self.limits.spend(len(found))
        size = ZERO
        if any(eps for _, eps in found.values()):
            self.limits.spend(SEEN * (len(self._required) + len(atoms)))
            held = (pair for one in self._held() if (pair := atoms.order(one)) is not None)
            size = infinitesimal(chain(atoms.simplex.comparisons(), held))
        values = {name: real + eps * size for name, (real, eps) in found.items()}
        for name, atom in atoms.booleans.items():
            values[name] = ONE if learner.holds(2 * atom) else ZERO
        return Model(values)

    def _infeasible(self, failed: frozenset[int]) -> Infeasible:
        core = sorted(self._owners[one] for one in failed if one in self._owners)
        return Infeasible(tuple(core), assumed=len(core) < len(failed))

    def _give_up(self, reached: LimitReached) -> Undecided:
        self._learner.retract(0)
        self._active, self._assumed = None, []
        return Undecided(str(reached))
