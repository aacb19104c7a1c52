"""Can clauses hold together, and where is a value least or nearest: exact, within limits.

Each clause has an owner, a number such as its requirement's, and questions are asked about the
clauses of some owners. What is learned from one question serves the next.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain

from pishield_cli.logic.solver.answers import Infeasible, Model, Nearest, Optimum, Undecided
from pishield_cli.logic.solver.atoms import TRUE, Atoms
from pishield_cli.logic.solver.branching import BRANCH, Unbounded, make_whole, optimise_whole
from pishield_cli.logic.solver.conflicts import Numbers
from pishield_cli.logic.solver.learning import Learner
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.stack import LOWER, UPPER
from pishield_cli.logic.solver.tableau import ONE, ZERO, Value, infinitesimal
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Literal, Term

__all__ = [
    "Infeasible",
    "Model",
    "Nearest",
    "Optimum",
    "Search",
    "Undecided",
    "minimise",
    "nearest_value",
    "solve",
    "substituted",
]

TAUTOLOGY = Inequality((), ZERO)
"""A literal that always holds."""


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
        self._clauses: dict[int, list[Numbers]] = {}
        self._required: list[Numbers] = []
        self._active: tuple[int, ...] | None = None

    def add(self, clause: Clause, owner: int) -> None:
        """Add a clause for good, under its owner."""
        guard = self._guards.get(owner)
        if guard is None:
            guard = self._guards[owner] = 2 * self.atoms.fresh()
            self._owners[guard] = owner
            self._clauses[owner] = []
        numbers = [self.atoms.literal(literal) for literal in clause]
        if TRUE in numbers:
            return
        numbers.append(guard ^ 1)
        self._clauses[owner].append(numbers)
        self._learner.add(list(numbers))
        self._active = None

    def solve(
        self, owners: Iterable[int] | None = None, assumed: Sequence[Literal] = ()
    ) -> Model | Infeasible | Undecided:
        """Decide whether clauses can hold together.

        Args:
            owners: Whose clauses must hold; None for all.
            assumed: Literals that must hold too.
        """
        try:
            failed = self._ask(owners, [self.atoms.literal(one) for one in assumed])
            return self._model() if failed is None else self._infeasible(failed)
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
            found = self._optimise(variable, side, owners, list(map(self.atoms.literal, assumed)))
        except LimitReached as reached:
            return self._give_up(reached)
        if isinstance(found, Infeasible):
            return found
        if found is None:
            return Optimum(None, attained=False, model=None)
        (real, eps), model = found
        return Optimum(real * scale, attained=not eps, model=model)

    # ------------------------------------------------------------------ how it is answered

    def _ask(self, owners: Iterable[int] | None, assumed: Sequence[int]) -> frozenset[int] | None:
        self.limits.require_work()
        active = tuple(self._guards if owners is None else owners)
        learner = self._learner
        learner.limits = self.limits
        failed = None
        if active == self._active:
            learner.retract(1)
        else:
            learner.retract(0)
            self._active = active
            self._required = [one for owner in active for one in self._clauses.get(owner, ())]
            self.limits.spend(2 * len(active) + len(self._required))
            failed = learner.assume(self._guards[one] for one in active if one in self._guards)
        if failed is None and assumed:
            failed = learner.assume(assumed)
        return learner.run(self._required) if failed is None else failed

    def _optimise(
        self, variable: int, side: int, owners: Iterable[int] | None, assumed: list[int]
    ) -> tuple[Value, Model] | Infeasible | None:
        """Improve on one conjunction of literals after another, until none is better."""
        best: tuple[Value, Model] | None = None
        beyond: list[int] = []
        while True:
            failed = self._ask(owners, assumed + beyond)
            if failed is not None:
                return self._infeasible(failed) if best is None else best
            self._keep_cell()
            best = self._optimum(variable, side)
            if best is None or not self._learner.is_decided_freely:
                return best
            beyond = [self.atoms.beyond(variable, best[0], downwards=side == LOWER)]

    def _keep_cell(self) -> None:
        """Hold one true literal of every clause, so that the assignment stays in their cell."""
        held = list(self._held())
        if not all(map(self._learner.is_assigned, held)):
            self._learner.keep(held)

    def _held(self) -> Iterator[int]:
        holds = self._learner.holds
        return (next(filter(holds, clause)) for clause in self._required)

    def _optimum(self, variable: int, side: int) -> tuple[Value, Model] | None:
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
        held = (pair for one in self._held() if (pair := atoms.order(one)) is not None)
        size = infinitesimal(chain(atoms.simplex.comparisons(), held))
        values: dict[str, Fraction] = {}
        for name, variable in atoms.variables.items():
            real, eps = atoms.simplex.value(variable)
            values[name] = real + eps * size
        for name, atom in atoms.booleans.items():
            values[name] = ONE if learner.holds(2 * atom) else ZERO
        return Model(values)

    def _infeasible(self, failed: frozenset[int]) -> Infeasible:
        core = sorted(self._owners[one] for one in failed if one in self._owners)
        return Infeasible(tuple(core), assumed=len(core) < len(failed))

    def _give_up(self, reached: LimitReached) -> Undecided:
        self._learner.retract(0)
        self._active = None
        return Undecided(str(reached))


# ------------------------------------------------------------------------- single questions


def solve(
    clauses: Sequence[Clause],
    *,
    integers: Collection[str] = (),
    fixed: Mapping[str, Fraction] | None = None,
    limits: Limits | None = None,
) -> Model | Infeasible | Undecided:
    """Decide whether clauses can hold together.

    Args:
        clauses: What must hold; the core of a contradiction names their indices.
        integers: Names of variables that are whole numbers.
        fixed: Values of some variables.
        limits: When to give up.
    """
    return _search(clauses, integers, fixed or {}, limits).solve()


def minimise(
    objective: Sequence[Term],
    clauses: Sequence[Clause],
    *,
    integers: Collection[str] = (),
    fixed: Mapping[str, Fraction] | None = None,
    limits: Limits | None = None,
) -> Optimum | Infeasible | Undecided:
    """Find where a linear form over variables that are not fixed is least; see `solve`."""
    return _search(clauses, integers, fixed or {}, limits).optimise(objective)


def nearest_value(
    variable: str,
    target: Fraction,
    clauses: Sequence[Clause],
    *,
    integers: Collection[str] = (),
    fixed: Mapping[str, Fraction] | None = None,
    limits: Limits | None = None,
) -> Nearest | Infeasible | Undecided:
    """Find the value of one variable, nearest to a target, that some values of others go with.

    Args:
        variable: Not one of those fixed.
        target: Where it should be.
        clauses: What must hold; the core of a contradiction names their indices.
        integers: Names of variables that are whole numbers.
        fixed: Values of some variables.
        limits: When to give up.

    Returns:
        The nearest value; ties go to one that is itself allowed, then to the lesser.
    """
    search = _search(clauses, integers, fixed or {}, limits)
    there = search.solve(assumed=(_beyond(variable, target, 1), _beyond(variable, target, -1)))
    if isinstance(there, Undecided) or (isinstance(there, Infeasible) and not there.assumed):
        return there
    if isinstance(there, Model):
        return Nearest(target, open=False, side=0, model=there)
    best: Nearest | None = None
    core: set[int] = set(there.core)
    for side in (-1, 1):
        assumed = [_beyond(variable, target, side)]
        if best is not None:
            assumed.append(_beyond(variable, 2 * target - best.value, -side))
        found = search.optimise((Term(variable, ONE),), greatest=side < 0, assumed=assumed)
        if isinstance(found, Undecided):
            return found
        if isinstance(found, Infeasible):
            core.update(found.core)
            continue
        assert found.value is not None, "the target bounds it"
        assert found.model is not None, "a bounded optimum comes with values"
        nearest = Nearest(found.value, not found.attained, side, found.model)
        if best is None or _rank(nearest, target) < _rank(best, target):
            best = nearest
    return Infeasible(tuple(sorted(core))) if best is None else best


def _beyond(variable: str, value: Fraction, side: int) -> Inequality:
    """The variable is at least (side 1) or at most (side -1) a value."""
    return Inequality((Term(variable, Fraction(side)),), side * value)


def _rank(nearest: Nearest, target: Fraction) -> tuple[Fraction, bool]:
    return abs(nearest.value - target), nearest.open


def _search(
    clauses: Sequence[Clause],
    integers: Collection[str],
    fixed: Mapping[str, Fraction],
    limits: Limits | None,
) -> Search:
    search = Search(integers=integers, limits=limits)
    for index, clause in enumerate(clauses):
        search.add(substituted(clause, fixed) if fixed else clause, index)
    return search


def substituted(clause: Clause, fixed: Mapping[str, Fraction]) -> Clause:
    """The clause over the other variables, for values of some; folded if it holds already."""
    literals: list[Literal] = []
    for literal in clause:
        if isinstance(literal, BooleanLiteral):
            if literal.variable not in fixed:
                literals.append(literal)
            elif literal.holds(fixed):
                return Clause((TAUTOLOGY,))
            continue
        moved = sum((c * fixed[name] for name, c in literal.terms if name in fixed), ZERO)
        terms = tuple(term for term in literal.terms if term.variable not in fixed)
        reduced = Inequality(terms, literal.constant - moved, literal.strict)
        if terms:
            literals.append(reduced)
        elif reduced.holds({}):
            return Clause((TAUTOLOGY,))
    return Clause(tuple(literals))
