"""A coherence plan as a lattice over literals, for numpy and torch alike.

Scores stand in a table of *literals*, one line each: n variables, their n negations (one minus the
score), and a last line that is always 1 and true. So a body's score is the least of some lines, its
truth their conjunction, and neither needs to know about signs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pishield_cli.kernels.scores.score_lattice import LatticeStep, ScoreLattice
from pishield_cli.logic.plans.coherence import CoherencePlan, CoherenceStep
from pishield_cli.logic.plans.resolution import Literals
from pishield_cli.logic.terms import BooleanLiteral


@dataclass(frozen=True, slots=True)
class Wave:
    """Variables that move and do not depend on each other.

    Attributes:
        variables: Their positions.
        steps: What is to be worked out before, and was not for an earlier wave.
        lower: For each variable the line that bounds it from below; None without one.
        upper: For each the line that bounds one minus its score from below; None without one.
    """

    variables: tuple[int, ...]
    steps: tuple[LatticeStep, ...]
    lower: tuple[int | None, ...]
    upper: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ScoreClauses:
    """Clauses, and how to find out where one is violated.

    Attributes:
        lines: The lines of the literal table of each clause.
        steps: A lattice over which literals are false.
        line: The line that says where all literals of a clause are; None without a clause.
    """

    lines: tuple[tuple[int, ...], ...]
    steps: tuple[LatticeStep, ...]
    line: int | None


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """A plan as lines and positions.

    Attributes:
        plan: The plan.
        variables: The name of each position.
        waves: What moves, in order. Bodies mention only what moved before or never moves, so a line
            stands for one value throughout.
        clauses: What must hold.
        conditions: What must hold of fixed variables.
    """

    plan: CoherencePlan
    variables: tuple[str, ...]
    waves: tuple[Wave, ...]
    clauses: ScoreClauses
    conditions: ScoreClauses


def compile_plan(plan: CoherencePlan, variables: Sequence[str] | None = None) -> CompiledPlan:
    """Turn a plan's names into positions, and its bodies into steps.

    Args:
        plan: The plan.
        variables: The name of each column of scores, distinct, every variable of the plan among
            them; those that the plan's clauses mention, in its order, by default.
    """
    names = plan.variables if variables is None else tuple(variables)
    position = {name: index for index, name in enumerate(names)}
    lattice = _lattice(len(names))

    def lines(literals: Iterable[BooleanLiteral]) -> list[int]:
        size = len(names)
        return [position[one.variable] + (0 if one.positive else size) for one in literals]

    def strongest(bodies: Iterable[Literals]) -> int | None:
        return lattice.strongest(map(lines, bodies))

    def wave(steps: Sequence[CoherenceStep]) -> Wave:
        known = len(lattice.steps)
        lower = tuple(strongest(step.lower) for step in steps)
        upper = tuple(strongest(step.upper) for step in steps)
        variables = tuple(position[step.variable] for step in steps)
        return Wave(variables, tuple(lattice.steps[known:]), lower, upper)

    return CompiledPlan(
        plan,
        names,
        tuple(wave([plan.steps[index] for index in one]) for one in plan.waves),
        _clauses((lines(_booleans(clause)) for clause in plan.clauses), len(names)),
        _clauses(map(lines, plan.conditions), len(names)),
    )


def _lattice(variables: int) -> ScoreLattice:
    return ScoreLattice(2 * variables + 1, 2 * variables)


def _clauses(clauses: Iterable[list[int]], variables: int) -> ScoreClauses:
    listed = tuple(map(tuple, clauses))
    lattice = _lattice(variables)
    line = lattice.strongest(listed)
    return ScoreClauses(listed, tuple(lattice.steps), line)


def _booleans(literals: Iterable[object]) -> Iterable[BooleanLiteral]:
    return (one for one in literals if isinstance(one, BooleanLiteral))
