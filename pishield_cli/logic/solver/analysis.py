"""What follows from requirements: contradictions, what is redundant, bounds, equalities.

Each question is answered exactly, group by group, until the time is used up; what was left open
then is said, never guessed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pishield_cli.logic.groups import requirement_groups
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.solver.dead_parts import DeadPart
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.reasoner import Bounds, Reasoner
from pishield_cli.logic.terms import Equation

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What follows from requirements.

    Attributes:
        satisfiable: None if that was not decided.
        core: If contradictory, numbers of requirements that contradict each other, ascending:
            without any one of them the others can be satisfied together.
        implied: Requirements that all the others, without any listed here, imply: the number of
            each, ascending, and the numbers of those that do.
        dead: Literals and premises that never or always hold, as written, in file order.
        bounds: The columns that are bounded at all, in the order of their first mention.
        equalities: Equations that always hold.
        undecided: For each question that time ran out on, how many parts of it are open.
    """

    satisfiable: bool | None
    core: tuple[int, ...]
    implied: dict[int, tuple[int, ...]]
    dead: tuple[DeadPart, ...]
    bounds: dict[str, Bounds]
    equalities: tuple[Equation, ...]
    undecided: dict[str, int]

    @property
    def redundant(self) -> tuple[int, ...]:
        """Numbers of the requirements that others imply."""
        return tuple(self.implied)


def analyse(requirements: Requirements, *, limits: Limits | None = None) -> Analysis:
    """Find out what follows from requirements.

    Args:
        requirements: Linear, disjunctive or propositional.
        limits: When to stop; by default after `SECONDS`.

    Returns:
        What was found. Of contradictory requirements nothing but the core is told.
    """
    limits = Limits.within(SECONDS) if limits is None else limits
    groups = _reasoners(requirements)
    answers = [group.satisfiable() for group in _in_turn(groups, limits.share(2))]
    undecided: Counter[str] = Counter(satisfiable=answers.count(None))
    wrong, sound = (
        [group for group, answer in zip(groups, answers, strict=True) if answer is wanted]
        for wanted in (False, True)
    )
    if wrong:
        cores = [group.core(undecided) for group in _in_turn(wrong, limits)]
        return _analysis(undecided, satisfiable=False, core=min(cores, key=len))
    bounds = {
        name: found
        for group in _in_turn(sound, limits.share(4))
        for name, found in group.bounds(undecided)
        if found != Bounds()
    }
    equalities = [
        one for group in _in_turn(sound, limits.share(3)) for one in group.equalities(undecided)
    ]
    implied: dict[int, tuple[int, ...]] = {
        one.number: () for one in requirements.requirements if not one.clauses
    }
    for group in _in_turn(sound, limits.share(2)):
        implied |= group.redundant(undecided)
    dead = [one for group in _in_turn(sound, limits) for one in group.dead_parts(undecided)]
    return _analysis(
        undecided,
        satisfiable=None if undecided["satisfiable"] else True,
        implied=dict(sorted(implied.items())),
        dead=tuple(sorted(dead, key=lambda one: one.number)),
        bounds={name: bounds[name] for name in requirements.variables if name in bounds},
        equalities=tuple(equalities),
    )


def contradictory(core: tuple[int, ...]) -> Analysis:
    """What is told of requirements of which some are known to contradict each other."""
    return _analysis(Counter(), satisfiable=False, core=core)


def _analysis(
    undecided: Counter[str],
    *,
    satisfiable: bool | None,
    core: tuple[int, ...] = (),
    implied: dict[int, tuple[int, ...]] | None = None,
    dead: tuple[DeadPart, ...] = (),
    bounds: dict[str, Bounds] | None = None,
    equalities: tuple[Equation, ...] = (),
) -> Analysis:
    left_open = {question: count for question, count in undecided.items() if count}
    return Analysis(satisfiable, core, implied or {}, dead, bounds or {}, equalities, left_open)


def satisfiable(requirements: Requirements, *, limits: Limits | None = None) -> bool | None:
    """Whether some values satisfy all requirements; None if that was not decided."""
    limits = Limits.within(SECONDS) if limits is None else limits
    answers = {group.satisfiable() for group in _in_turn(_reasoners(requirements), limits)}
    return False if False in answers else None if None in answers else True


def contradictory_core(
    requirements: Requirements, *, limits: Limits | None = None
) -> tuple[int, ...]:
    """Numbers of requirements that contradict each other; empty if none were found to.

    Returns:
        Ascending. Within the limits, any one of them left out, the others can be satisfied.
    """
    limits = Limits.within(SECONDS) if limits is None else limits
    for group in _in_turn(_reasoners(requirements), limits):
        if group.satisfiable() is False:
            return group.allow(limits).core(Counter())
    return ()


def _reasoners(requirements: Requirements) -> list[Reasoner]:
    groups = requirement_groups(one for one in requirements.requirements if one.clauses)
    by_size = sorted(groups, key=lambda group: len(group.requirements))
    return [Reasoner(group, requirements) for group in by_size]


def _in_turn(groups: Sequence[Reasoner], limits: Limits) -> Iterator[Reasoner]:
    """Each group with its share of the time left; the greatest, last, gets all of that."""
    for index, group in enumerate(groups):
        yield group.allow(limits.share(len(groups) - index))
